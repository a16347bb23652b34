// Whether a threshold's FAIL stands where the generator itself added delay (BiasRule.swift).

import HarnessCore
import ScenarioModel
import Telemetry

struct ThresholdStance {
    let threshold: Threshold
    let aggregate: RunAggregate
    /// Measured time of the run.
    let elapsed: TimeSpan

    private var reading: MetricReading { aggregate.reading(threshold.selector) }

    var isThroughput: Bool { threshold.isThroughputBound(kind: reading.kind) }

    var stands: Bool {
        if failsUntainted { return true }
        let turn = aggregate.longestTurnNs ?? 0
        guard turn <= aggregate.bounds.turn.invalidating, let onService = threshold.onServiceTime
        else { return false }
        return fails(onService, in: aggregate.totals, elapsed: elapsed)
    }

    /// A count per second is held against as much time as its windows have; a count that is to be
    /// reached, against as much of it.
    private var failsUntainted: Bool {
        guard isThroughput else {
            return fails(threshold, in: aggregate.untainted, elapsed: elapsed)
        }
        let taint = aggregate.taint
        let share = 1 - Double(taint.windows) / Double(max(1, taint.of))
        guard share > 0 else { return false }
        var part = threshold
        if threshold.aggregation == .count { part.limit *= share }
        let time = TimeSpan(ns: Int64(Double(elapsed.ns) * share))
        return fails(part, in: aggregate.untainted, elapsed: time)
    }

    private func fails(
        _ threshold: Threshold, in table: SeriesTable, elapsed: TimeSpan
    ) -> Bool {
        let observation = threshold.observe(
            table, aggregate.reading(threshold.selector), elapsed: elapsed)
        return observation.holds(threshold) == false
    }
}
