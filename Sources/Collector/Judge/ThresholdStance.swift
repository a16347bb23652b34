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

    private var isThroughput: Bool { threshold.isThroughputBound(kind: reading.kind) }

    /// A lower bound on throughput, or an exact number that was missed from below.
    func isThroughput(_ row: CriterionRow) -> Bool {
        if isThroughput { return true }
        guard reading.kind == .counter, row.verdict == .fail, let observed = row.observed else {
            return false
        }
        switch threshold.comparison {
        case .equal, .strictlyEqual: return observed < threshold.limit
        default: return false
        }
    }

    var stands: Bool {
        if failsUntainted || failsByResponses { return true }
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

    /// Of an error ratio: counting only failures that were HTTP responses, which no delay of ours
    /// makes.
    private var failsByResponses: Bool {
        let selector = threshold.selector
        guard selector.metric == "http_req_failed", reading.selection.ownKeys.isEmpty else {
            return false
        }
        let halves = aggregate.totals.rate(reading.selection)
        let errors = SeriesSelection(
            "http_req_errors", tags: selector.tags, staticTags: aggregate.scenario)
        let responses = aggregate.totals.counters.reduce(UInt64(0)) { sum, item in
            let isResponse = item.key["error"]?.hasPrefix("http_") == true
            return errors.reads(item.key) && isResponse ? sum + item.value : sum
        }
        let all = Double(halves.true) + Double(halves.false)
        guard all > 0 else { return false }
        return !threshold.comparison.holds(Double(responses) / all, threshold.limit)
    }

    private func fails(
        _ threshold: Threshold, in table: SeriesTable, elapsed: TimeSpan
    ) -> Bool {
        let observation = threshold.observe(
            table, aggregate.reading(threshold.selector), elapsed: elapsed)
        return observation.holds(threshold) == false
    }
}
