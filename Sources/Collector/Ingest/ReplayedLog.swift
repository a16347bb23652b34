// A run's whole log merged again, and its books as far as the log tells them: what `spotload
// report` is made from. A log that is damaged says where, and how much before it can be read.

import Foundation
import HarnessCore
import Telemetry

struct ReplayedLog {
    private(set) var ledgers: [EpochLedger] = []
    /// Merged.
    private(set) var deltas: UInt64 = 0
    private(set) var badDeltas: UInt64 = 0
    /// The last one; nil: the run was never armed.
    private(set) var plan: PlanRecord?

    /// - Parameters:
    ///   - runID: the log of another run is refused.
    ///   - merge: gets every merged delta, in the order they were merged.
    /// - Throws: `CommandFailure` 69 where the log is missing or cannot be read, 104 where it is
    ///   damaged or another run's.
    init(
        directory: String, runID: String, merge: (Delta) -> Void
    ) throws(CommandFailure) {
        var books = ReplayBooks()
        var plan: PlanRecord?
        var lastWindow: UInt32 = 0
        var records = 0
        do {
            _ = try WalReader.visit(directory: directory) { record, _ in
                records += 1
                switch record {
                case .header(let header):
                    guard header.run == runID else { throw OtherRun(run: header.run) }
                    books.begin(run: header.run)
                case .delta(let slot, let epoch, let seq, let bytes):
                    let delta = books.take(slot: slot, epoch: epoch, seq: seq, bytes)
                    guard let delta else { return }
                    lastWindow = max(lastWindow, delta.toWindow)
                    merge(delta)
                // Losing the error is right: an unreadable plan changes no count.
                case .plan(let json): plan = (try? PlanRecord.decode(json)) ?? plan
                case .slotEvent, .end: break
                }
            }
        } catch let damage as WalDamage {
            let read = ReportText.counted(Int(clamping: books.deltas), "delta")
            throw CommandFailure(
                .badConfiguration,
                "\(directory)/\(damage); before it \(read) up to second \(lastWindow) of the run "
                    + "can be read. Nothing was rendered: numbers of a part would look like those "
                    + "of the run")
        } catch let other as OtherRun {
            throw CommandFailure(
                .badConfiguration,
                "\(directory) holds the log of run \(ReportText.escaped(other.run)), not of "
                    + "\(ReportText.escaped(runID)): files of two runs are mixed")
        } catch {
            throw CommandFailure(.unavailable, "the log \(directory) cannot be read: \(error)")
        }
        guard records > 0 else {
            throw CommandFailure(
                .unavailable,
                "\(directory) has no log of the run: reports are made from it and nothing else"
            )
        }
        ledgers = books.allLedgers
        deltas = books.deltas
        badDeltas = books.badDeltas
        self.plan = plan
    }

    private struct OtherRun: Error {
        let run: String
    }
}
