// A run's log read again: the deltas that the ingest merged, decided by the same books
// (`EpochLedger`), in the order of the log. What was written twice, because a sync had failed,
// counts once. Memory: the books, whatever the length of the log.

import HarnessCore
package import Telemetry

package enum WalReplay {
    /// Gives every merged delta to `body`, with its place in the log.
    /// - Throws: `WalDamage`, `SystemError`, or what `body` throws.
    package static func visit(
        directory: String, _ body: (Delta, WalPlace) throws -> Void
    ) throws {
        var books = ReplayBooks()
        _ = try WalReader.visit(directory: directory) { record, place in
            switch record {
            case .header(let header): books.begin(run: header.run)
            case .delta(let slot, let epoch, let seq, let bytes):
                let delta = books.take(slot: slot, epoch: epoch, seq: seq, bytes)
                if let delta { try body(delta, place) }
            default: break
            }
        }
    }
}

/// The ingest's checks, without its log.
struct ReplayBooks {
    private var runTag = Delta.runTag(of: "")
    private var ledgers: [UInt32: [UInt64: EpochLedger]] = [:]
    private var cursors: [UInt32: StreamID] = [:]
    private(set) var deltas: UInt64 = 0
    private(set) var badDeltas: UInt64 = 0

    /// By slot and epoch.
    var allLedgers: [EpochLedger] {
        ledgers.values.flatMap(\.values).sorted { ($0.slot, $0.epoch) < ($1.slot, $1.epoch) }
    }

    mutating func begin(run: String) { runTag = Delta.runTag(of: run) }

    /// nil: refused, or not new.
    mutating func take(slot: UInt32, epoch: UInt64, seq: UInt64, _ bytes: [UInt8]) -> Delta? {
        let id = StreamID(epoch, seq)
        guard id > cursors[slot] ?? .zero else { return nil }
        cursors[slot] = id
        var ledger =
            ledgers[slot]?.removeValue(forKey: epoch)
            ?? EpochLedger(slot: slot, epoch: epoch, runTag: runTag)
        defer { ledgers[slot, default: [:]][epoch] = ledger }
        do {
            let delta = try DeltaCodec.decode(bytes)
            try ledger.check(delta, seq: seq)
            ledger.accept(delta)
            deltas += 1
            return delta
        } catch {
            // The ingest has told the operator when it refused the same bytes.
            badDeltas += 1
            ledger.refuse()
            return nil
        }
    }
}

/// Single records of a log, by place.
final class WalRecords {
    private let directory: String
    private var maps: [Int: WalSegmentFile] = [:]

    init(directory: String) { self.directory = directory }

    /// The delta at a place that `WalReplay` gave.
    /// - Throws: `SystemError`, or `WalDamage` where the log has changed since.
    func delta(at place: WalPlace) throws -> Delta {
        let name = WriteAheadLog.fileName(place.segment)
        let segment = try maps[place.segment] ?? WalSegmentFile(directory + "/" + name)
        maps[place.segment] = segment
        let bytes = try segment.record(at: place.offset)
        let record = bytes.withUnsafeBytes { WalRecord.decode($0, at: 0)?.record }
        guard case .delta(_, _, _, let entry)? = record else {
            throw WalDamage(segment: name, offset: place.offset, why: "the record is gone")
        }
        return try DeltaCodec.decode(entry)
    }
}
