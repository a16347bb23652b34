// One agent's part of the run: counters of each epoch, what was merged of them, its arrivals in
// the measured part, its health.

package import Telemetry

/// Arrivals of the measured part of open-model scenarios, by what became of them.
package struct ArrivalTally: Sendable, Equatable {
    package var scheduled: UInt64 = 0
    package var late: UInt64 = 0
    package var dropped: UInt64 = 0
    package var missed: UInt64 = 0

    package init(scheduled: UInt64 = 0, late: UInt64 = 0, dropped: UInt64 = 0, missed: UInt64 = 0) {
        self.scheduled = scheduled
        self.late = late
        self.dropped = dropped
        self.missed = missed
    }

    /// (started - late) / scheduled; nil where nothing was scheduled.
    package var delivered: Double? {
        guard scheduled > 0 else { return nil }
        let lost = Double(late) + Double(dropped) + Double(missed)
        return max(0, 1 - lost / Double(scheduled))
    }

    package static func + (a: Self, b: Self) -> Self {
        Self(
            scheduled: a.scheduled + b.scheduled, late: a.late + b.late,
            dropped: a.dropped + b.dropped, missed: a.missed + b.missed)
    }

    mutating func count(_ metric: String, _ n: UInt64) {
        switch metric {
        case "arrivals": scheduled += n
        case "iterations_late": late += n
        case "dropped_iterations": dropped += n
        case "iterations_missed": missed += n
        default: break
        }
    }
}

/// One incarnation of a slot.
package struct EpochAggregate: Sendable, Equatable {
    /// Of the newest delta; cumulative.
    package var counters = RunCounters()
    package var newestSeq: UInt64 = 0
    /// Samples in the histograms that were merged.
    package var mergedSamples: UInt64 = 0
    package var isFinal = false
}

package struct AgentAggregate: Sendable, Equatable {
    package private(set) var epochs: [UInt64: EpochAggregate] = [:]
    package var arrivals = ArrivalTally()
    package var lag = MergedHistogram()
    package var health = AgentHealth()
    /// First window of which nothing is merged yet.
    package private(set) var mergedThrough: UInt32 = 0

    /// Over all epochs.
    package var counters: RunCounters {
        epochs.values.reduce(RunCounters()) { $0 + $1.counters }
    }

    /// Samples the agent recorded and we never got: newest counters less merged.
    package var lostSamples: UInt64 {
        epochs.values.reduce(0) { sum, epoch in
            let recorded = epoch.counters.samples
            return sum + (recorded > epoch.mergedSamples ? recorded - epoch.mergedSamples : 0)
        }
    }

    /// The newest epoch closed properly.
    package var isFinal: Bool { epochs.max { $0.key < $1.key }?.value.isFinal ?? false }

    mutating func note(_ delta: Delta) {
        var epoch = epochs[delta.epoch] ?? EpochAggregate()
        if delta.seq > epoch.newestSeq {
            epoch.newestSeq = delta.seq
            epoch.counters = delta.counters
        }
        epoch.isFinal = epoch.isFinal || delta.flags.contains(.final)
        for item in delta.series {
            if case .histogram(let h) = item.value { epoch.mergedSamples += h.count }
        }
        epochs[delta.epoch] = epoch
        mergedThrough = max(mergedThrough, delta.toWindow)
    }
}
