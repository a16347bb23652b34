// From stream entries to merged deltas: check, log, sync, merge, in this order (fleet.md section
// 2). Owned by the collector's thread; knows nothing of Redis, so that tests feed it by hand.
//
//     entry -> stage: WAL.append, decode, check -> commit: fdatasync -> merged, may be acknowledged

package import HarnessCore
package import Telemetry

package final class DeltaIngest {
    private let log: WriteAheadLog
    private let runTag: [UInt8]
    private let merged: (Delta) -> Void
    private var ledgers: [UInt32: [UInt64: EpochLedger]] = [:]
    private var staged: [(slot: UInt32, id: StreamID, delta: Delta?)] = []
    /// Last entry staged, per slot: where to read on.
    private var cursors: [UInt32: StreamID] = [:]
    /// Last entry durable, per slot: what may be acknowledged.
    private var durable: [UInt32: StreamID] = [:]
    package private(set) var deltas: UInt64 = 0
    package private(set) var duplicates: UInt64 = 0
    package private(set) var badDeltas: UInt64 = 0
    /// The latest refusals, at most 20, for the operator.
    package private(set) var refusals: [String] = []

    /// - Parameter merged: gets each accepted delta once, in order per slot, after it is durable.
    package init(log: WriteAheadLog, runID: String, merged: @escaping (Delta) -> Void) {
        self.log = log
        runTag = Delta.runTag(of: runID)
        self.merged = merged
    }

    package func cursor(_ slot: Int) -> StreamID { cursors[UInt32(slot)] ?? .first }
    package func durable(_ slot: Int) -> StreamID? { durable[UInt32(slot)] }
    package func ledger(_ slot: Int, epoch: UInt64) -> EpochLedger? {
        ledgers[UInt32(slot)]?[epoch]
    }
    package var allLedgers: [EpochLedger] {
        ledgers.values.flatMap(\.values).sorted { ($0.slot, $0.epoch) < ($1.slot, $1.epoch) }
    }

    /// Takes in one entry of `d:<slot>`; the coordinator's own `init` is skipped.
    package func stage(slot: Int, id: StreamID, bytes: [UInt8]?) {
        guard id.major > 0 else { return }
        let slot = UInt32(slot)
        guard id > cursors[slot] ?? .zero else {
            duplicates += 1
            return
        }
        cursors[slot] = id
        log.append(.delta(slot: slot, epoch: id.major, seq: id.minor, bytes: bytes ?? []))
        var delta: Delta?
        do throws(DeltaError) {
            delta = try DeltaCodec.decode(bytes ?? [])
        } catch {
            note("slot \(slot), \(id): \(error)")
        }
        staged.append((slot, id, delta))
    }

    /// Makes everything staged durable, then merges it.
    ///
    /// - Throws: `SystemError`; nothing is merged then, and the next commit tries again.
    package func commit() throws(SystemError) {
        try log.commit()
        for (slot, id, delta) in staged {
            merge(slot: slot, id: id, delta)
            durable[slot] = id
        }
        staged.removeAll(keepingCapacity: true)
    }

    private func merge(slot: UInt32, id: StreamID, _ delta: Delta?) {
        // Taken out, so that booking does not copy the sums of all series.
        var ledger =
            ledgers[slot, default: [:]].removeValue(forKey: id.major)
            ?? EpochLedger(slot: slot, epoch: id.major, runTag: runTag)
        defer { ledgers[slot, default: [:]][id.major] = ledger }
        guard let delta else {
            badDeltas += 1
            ledger.refuse()
            return
        }
        do throws(DeltaRefusal) {
            try ledger.check(delta, seq: id.minor)
        } catch {
            badDeltas += 1
            ledger.refuse()
            note("slot \(slot), \(id): \(error)")
            return
        }
        ledger.accept(delta)
        deltas += 1
        merged(delta)
    }

    private func note(_ refusal: String) {
        if refusals.count < 20 { refusals.append(refusal) }
    }
}

@available(*, unavailable)
extension DeltaIngest: Sendable {}
