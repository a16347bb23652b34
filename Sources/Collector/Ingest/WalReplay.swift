// A run's write-ahead log once more: the deltas that were merged, in the order they were, and the
// books as far as the log tells them. What the ingest refused then, it refuses now, by the same
// rules; an entry that was written twice (a failed sync) counts once.

import Foundation
package import HarnessCore
package import Telemetry

package struct WalReplay {
    /// In the order of the log.
    package private(set) var deltas: [Delta] = []
    package private(set) var ledgers: [EpochLedger] = []
    package private(set) var badDeltas: UInt64 = 0
    package private(set) var duplicates: UInt64 = 0
    /// Of the last plan; nil: the run was never armed.
    package private(set) var plan: PlanRecord?
    /// The collector closed the log: the run came to its end.
    package private(set) var isClosed = false
    /// Bytes of a torn end that were left out.
    package private(set) var tornBytes = 0

    /// - Parameter runID: entries of other runs are refused.
    /// - Throws: `CommandFailure` 69 where the log is missing or cannot be read, 104 where it is
    ///   damaged, with the place and what could be read before it.
    package init(directory: String, runID: String) throws(CommandFailure) {
        let contents = try Self.read(directory)
        tornBytes = contents.tornBytes
        var books = Books(runTag: Delta.runTag(of: runID))
        for record in contents.records {
            switch record {
            case .header(let header):
                guard header.run == runID else {
                    throw CommandFailure(
                        .badConfiguration,
                        "\(directory) holds the log of run \(ReportText.escaped(header.run)), not "
                            + "of \(ReportText.escaped(runID)): files of two runs are mixed")
                }
            case .delta(let slot, let epoch, let seq, let bytes):
                if let delta = books.take(slot: slot, epoch: epoch, seq: seq, bytes) {
                    deltas.append(delta)
                }
            case .slotEvent: break
            // Losing the error is right: an unreadable plan changes no count.
            case .plan(let json): plan = (try? PlanRecord.decode(json)) ?? plan
            case .end: isClosed = true
            }
        }
        ledgers = books.sorted
        badDeltas = books.badDeltas
        duplicates = books.duplicates
    }

    private static func read(_ directory: String) throws(CommandFailure) -> WalReader.Contents {
        let scan: (contents: WalReader.Contents, damage: WalDamage?)
        do {
            scan = try WalReader.scan(directory: directory)
        } catch {
            throw CommandFailure(.unavailable, "the log \(directory) cannot be read: \(error)")
        }
        if let damage = scan.damage {
            throw CommandFailure(
                .badConfiguration,
                "\(directory)/\(damage); before it \(text(scan.contents)) can be read. Nothing was "
                    + "rendered: numbers of a part would look like those of the run")
        }
        guard !scan.contents.records.isEmpty else {
            throw CommandFailure(
                .unavailable,
                "\(directory) has no log of the run: reports are made from it, and from nothing else")
        }
        return scan.contents
    }

    private static func text(_ contents: WalReader.Contents) -> String {
        var deltas = 0
        var windows: UInt32 = 0
        for case .delta(_, _, _, let bytes) in contents.records {
            deltas += 1
            // Losing the error is right: a delta that is refused has no window.
            if let delta = try? DeltaCodec.decode(bytes) { windows = max(windows, delta.toWindow) }
        }
        return "\(ReportText.counted(deltas, "delta")) up to second \(windows) of the run"
    }
}

/// The ingest's checks, without its log.
private struct Books {
    let runTag: [UInt8]
    private var ledgers: [UInt32: [UInt64: EpochLedger]] = [:]
    private var cursors: [UInt32: StreamID] = [:]
    private(set) var badDeltas: UInt64 = 0
    private(set) var duplicates: UInt64 = 0

    init(runTag: [UInt8]) { self.runTag = runTag }

    var sorted: [EpochLedger] {
        ledgers.values.flatMap(\.values).sorted { ($0.slot, $0.epoch) < ($1.slot, $1.epoch) }
    }

    /// nil: refused, or not new.
    mutating func take(slot: UInt32, epoch: UInt64, seq: UInt64, _ bytes: [UInt8]) -> Delta? {
        let id = StreamID(epoch, seq)
        guard id > cursors[slot] ?? .zero else {
            duplicates += 1
            return nil
        }
        cursors[slot] = id
        var ledger =
            ledgers[slot]?[epoch] ?? EpochLedger(slot: slot, epoch: epoch, runTag: runTag)
        defer { ledgers[slot, default: [:]][epoch] = ledger }
        // Losing the reason is right: the run has told it, and the number is in the books.
        guard let delta = try? DeltaCodec.decode(bytes),
            (try? ledger.check(delta, seq: seq)) != nil
        else {
            badDeltas += 1
            ledger.refuse()
            return nil
        }
        ledger.accept(delta)
        return delta
    }
}
