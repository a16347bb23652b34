// How each criterion stands while the run goes on, for the live page and `criterion_state`. The
// one place that asks the judge for it.

import HarnessCore
import ScenarioModel

enum StandingRows {
    /// The scenario's criteria by what is known at `runTime`; without samples INCONCLUSIVE, because
    /// there is time left for some. The implied row is shown only where it has something to say.
    static func rows(
        _ judge: Judge, _ aggregate: RunAggregate, runTime: TimeSpan
    ) -> [CriterionRow] {
        let reported = TimeSpan.seconds(Int64(aggregate.closedWindows))
        let elapsed = aggregate.measured(until: min(runTime, reported))
        return judge.thresholds.enumerated().compactMap { i, threshold in
            let reading = aggregate.reading(threshold.selector)
            let isRate = reading.kind == .counter && threshold.aggregation == .rate
            let seen = threshold.observe(
                isRate ? aggregate.throughput : aggregate.totals, reading, elapsed: elapsed)
            if i >= judge.impliedFrom, seen.value == 0 { return nil }
            let holds = elapsed > .zero || !isRate ? seen.holds(threshold) : nil
            return CriterionRow(
                rule: .threshold(threshold), observed: holds == nil ? nil : seen.value,
                unit: seen.unit, samples: seen.samples,
                verdict: holds.map { $0 ? .pass : .fail } ?? .inconclusive,
                reason: holds == nil ? "no samples yet" : "")
        }
    }
}
