// The books of one epoch: what its deltas must say, given those before (fleet.md section 3). Every
// delta carries cumulative counts, so a lost or doubled one shows at once:
//
//     cum(seq) = cum(seq - 1) + delta      for each counter and each histogram's count
//
// A value; the ingest owns one for each slot and epoch.

import HarnessCore
package import Telemetry

/// Why a delta was not merged.
package struct DeltaRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

package struct EpochLedger: Sendable, Equatable {
    package let slot: UInt32
    package let epoch: UInt64
    private let runTag: [UInt8]
    /// Of the last good delta.
    package private(set) var seq: UInt64 = 0
    package private(set) var counters = RunCounters()
    package private(set) var toWindow: UInt32 = 0
    package private(set) var cutAtUs: Int64 = 0
    package private(set) var isFinal = false
    package private(set) var badDeltas: UInt64 = 0
    /// Sums of what was merged, per series; independent of what the agent says they are.
    private var merged: [SeriesKey: UInt64] = [:]
    package private(set) var mergedSamples: UInt64 = 0
    /// What the final delta says each series came to, where that is not what was merged.
    package private(set) var disagreements: [String] = []

    package init(slot: UInt32, epoch: UInt64, runTag: [UInt8]) {
        self.slot = slot
        self.epoch = epoch
        self.runTag = runTag
    }

    /// Checks a decoded delta against its id and its predecessors; changes nothing.
    package func check(_ delta: Delta, seq idSeq: UInt64) throws(DeltaRefusal) {
        guard delta.runTag == runTag else { throw DeltaRefusal("it is of another run") }
        guard delta.slot == slot, delta.epoch == epoch, delta.seq == idSeq else {
            throw DeltaRefusal(
                "it says slot \(delta.slot), \(delta.epoch)-\(delta.seq); "
                    + "its place is slot \(slot), \(epoch)-\(idSeq)")
        }
        guard !isFinal else { throw DeltaRefusal("the epoch is closed") }
        guard delta.toWindow >= toWindow else { throw DeltaRefusal("its windows go back") }
        guard !delta.flags.contains(.relay) else { throw DeltaRefusal("it is a relay's") }
        for (now, before) in zip(delta.counters.values, counters.values) where now < before {
            throw DeltaRefusal("a counter went back")
        }
        // After a refused delta the next good one cannot match; its cost then shows in the sums.
        guard badDeltas == 0 else { return }
        guard delta.seq == seq + 1 else {
            throw DeltaRefusal("seq \(delta.seq) comes after \(seq)")
        }
        for item in delta.series {
            guard let (n, cum) = item.counted else { continue }
            let (sum, overflow) = merged[item.key, default: 0].addingReportingOverflow(n)
            guard !overflow, sum == cum else {
                throw DeltaRefusal("\(item.key.text) is \(cum) in all, not \(sum)")
            }
        }
    }

    /// Sum of what was merged of a counter, over the series that are wanted.
    func count(of metric: String, where isWanted: (SeriesKey) -> Bool) -> UInt64 {
        merged.reduce(0) { sum, item in
            item.key.metric == metric && isWanted(item.key) ? sum &+ item.value : sum
        }
    }

    /// A delta that is not merged; it is in the log, and its cost shows in the identities.
    package mutating func refuse() { badDeltas += 1 }

    /// Books a delta that was checked.
    package mutating func accept(_ delta: Delta) {
        seq = delta.seq
        counters = delta.counters
        toWindow = delta.toWindow
        cutAtUs = delta.cutAtUs
        var named = Set<SeriesKey>()
        for item in delta.series {
            guard let (n, _) = item.counted else { continue }
            merged[item.key, default: 0] &+= n
            named.insert(item.key)
            if case .histogram(let h) = item.value { mergedSamples &+= h.count }
        }
        guard delta.flags.contains(.final) else { return }
        isFinal = true
        for item in delta.series {
            guard let (_, cum) = item.counted, cum != merged[item.key] else { continue }
            disagreements.append(
                "\(item.key.text): final \(cum), merged \(merged[item.key] ?? 0)")
        }
        for key in merged.keys where !named.contains(key) {
            disagreements.append("\(key.text): merged \(merged[key] ?? 0), not in the final")
        }
        disagreements.sort()
    }
}

extension SeriesDelta {
    /// Count of this delta and since the epoch began; nil for gauges, which have none.
    fileprivate var counted: (n: UInt64, cum: UInt64)? {
        switch value {
        case .counter(let n, let cum): (n, cum)
        case .histogram(let h): (h.count, h.cum)
        case .gauge: nil
        }
    }
}
