// The judge of a run: thresholds while it runs (every 2 s of run time), criteria that may abort it
// (every 10 s), all of them at its end, then the verdict under the direction-of-bias rule of
// measurement.md section 4: an error that makes the target look worse cannot spoil a PASS, one that
// makes it look better cannot spoil a FAIL.
//
// A value; no clock, no I/O. The caller passes run time and the aggregate.

package import HarnessCore
package import ScenarioModel
import Telemetry

package struct Judge: Sendable {
    /// The scenario's thresholds, and `iteration_errors: count==0` where none names that metric.
    let thresholds: [Threshold]
    /// Index of the first threshold that is implied, not written.
    let impliedFrom: Int
    private let warmup: TimeSpan
    /// Run time before which nothing is evaluated again.
    private var nextEvaluation = TimeSpan.zero
    /// Window thresholds that were false once: final. With the value seen then.
    var crossedWindows: [Int: Double] = [:]
    /// What aborted the run.
    var abortedBy: JudgedRule?
    /// Of criteria with `abort`.
    var looks: CriterionLooks

    private static let interval = TimeSpan.seconds(2)

    package init(scenario: Scenario) {
        impliedFrom = scenario.thresholds.count
        warmup = scenario.warmup
        looks = CriterionLooks(scenario.criteria)
        let selectors =
            scenario.thresholds.map(\.selector) + scenario.criteria.compactMap(\.selector)
        let namesErrors = selectors.contains { $0.metric == "iteration_errors" }
        thresholds = scenario.thresholds + (namesErrors ? [] : [Self.noIterationErrors])
    }

    private static let noIterationErrors = Threshold(
        selector: MetricSelector(text: "iteration_errors", metric: "iteration_errors", tags: [:]),
        expression: "count==0", aggregation: .count, comparison: .equal, limit: 0,
        source: SourcePosition(file: "", line: 0, column: 0))

    /// Evaluates what is due; may be called at any pace.
    package mutating func evaluate(
        _ aggregate: RunAggregate, runTime: TimeSpan, isFinal: Bool
    ) -> JudgeDirective {
        if !isFinal, abortedBy == nil,
            let criterion = looks.established(aggregate, runTime: runTime)
        {
            abortedBy = .criterion(criterion)
            return .abort("criterion \(criterion.name) failed at \(runTime.goText)")
        }
        guard isFinal || runTime >= nextEvaluation else { return .goOn }
        nextEvaluation = runTime + Self.interval
        for (i, threshold) in thresholds.enumerated() {
            let observation: ThresholdObservation?
            if threshold.window != nil {
                observation = observeWindow(i, in: aggregate)
            } else {
                observation = observe(threshold, in: aggregate, runTime: runTime, isFinal: isFinal)
            }
            guard abortedBy == nil, !isFinal, observation?.holds(threshold) == false,
                threshold.abortOnFail, threshold.delayAbortEval < runTime
            else { continue }
            abortedBy = .threshold(threshold)
            let text = "threshold \(threshold.selector.text) \(threshold.expression) failed"
            return .abort(text + " at \(runTime.goText)")
        }
        return .goOn
    }

    /// The verdict at the end, whichever way it came. Evaluates once more by itself.
    package func verdict(
        _ aggregate: RunAggregate, facts: RunFacts, accounting: AccountingSummary
    ) -> RunVerdict {
        var final = self
        _ = final.evaluate(aggregate, runTime: facts.duration, isFinal: true)
        let validity = ValidityJudge(
            aggregate: aggregate, facts: facts, accounting: accounting,
            abortedByThreshold: abortedBy != nil
        ).judge()
        var judged = validity
        judged.steady = SteadyCheck(aggregate: aggregate, end: facts.duration).results()
        let rule = BiasRule(validity: judged)
        let end = facts.duration
        let criteria = criterionRows(aggregate, rule: rule, end: end)
        let rows = thresholds.indices.compactMap { i -> CriterionRow? in
            let row = final.row(i, aggregate: aggregate, runTime: end, rule: rule)
            // The implied criterion is shown only where it has something to say.
            return i >= impliedFrom && row.observed == 0 ? nil : row
        }
        return Overall(
            rows: criteria + rows, validity: judged, facts: facts,
            unanswered: aggregate.unanswered
        ).verdict
    }

    func observe(
        _ threshold: Threshold, in aggregate: RunAggregate, runTime: TimeSpan, isFinal: Bool
    ) -> ThresholdObservation {
        let reading = aggregate.reading(threshold.selector)
        // While it runs, the data end before the clock does: a rate over time not yet reported
        // would be too low.
        let reported = TimeSpan.seconds(Int64(aggregate.closedWindows))
        let elapsed = aggregate.measured(until: isFinal ? runTime : min(runTime, reported))
        let isRate = reading.kind == .counter && threshold.aggregation == .rate
        return threshold.observe(
            isRate ? aggregate.throughput : aggregate.totals, reading, elapsed: elapsed)
    }

    /// Judges the last `window` of complete windows; remembers the first time it was false.
    private mutating func observeWindow(
        _ i: Int, in aggregate: RunAggregate
    ) -> ThresholdObservation? {
        let threshold = thresholds[i]
        guard let span = threshold.window else { return nil }
        // What drains after the schedule adds nothing to a rate, here as over the whole run.
        let reading = aggregate.reading(threshold.selector)
        let isRate = reading.kind == .counter && threshold.aggregation == .rate
        let scheduled = UInt32(clamping: aggregate.throughputEnd.ns / 1_000_000_000)
        let end = isRate ? min(aggregate.closedWindows, scheduled) : aggregate.closedWindows
        let windows = UInt32(max(1, span.seconds.rounded(.up)))
        let warmupWindows = UInt32(warmup.seconds.rounded(.up))
        let start = max(warmupWindows, end > windows ? end - windows : 0)
        guard start < end else { return nil }
        let (from, to) = (TimeSpan.seconds(Int64(start)), TimeSpan.seconds(Int64(end)))
        let elapsed = to - from - aggregate.pauses.paused(from: from, to: to)
        // In a window that is all pause nothing was to happen.
        guard elapsed > .zero else { return nil }
        let observation = threshold.observe(
            aggregate.recent.table(start..<end), reading, elapsed: elapsed)
        guard observation.samples > 0 else { return nil }
        if crossedWindows[i] == nil, observation.holds(threshold) == false {
            crossedWindows[i] = observation.value
        }
        return observation
    }

    private func row(
        _ i: Int, aggregate: RunAggregate, runTime: TimeSpan, rule: BiasRule
    ) -> CriterionRow {
        let threshold = thresholds[i]
        let stance = ThresholdStance(
            threshold: threshold, aggregate: aggregate,
            elapsed: aggregate.measured(until: runTime))
        var row = row(i, aggregate: aggregate, runTime: runTime, isFinal: true)
        if abortedBy == .threshold(threshold) {
            row.verdict = .fail
            row.reason = "aborted the run"
        }
        return rule.applied(
            to: row, isThroughput: stance.isThroughput, stands: { stance.stands })
    }

    /// Before health and bias.
    func row(
        _ i: Int, aggregate: RunAggregate, runTime: TimeSpan, isFinal: Bool
    ) -> CriterionRow {
        let threshold = thresholds[i]
        let observation = observe(
            threshold, in: aggregate, runTime: runTime, isFinal: isFinal)
        var row = CriterionRow(
            rule: .threshold(threshold), observed: observation.value, unit: observation.unit,
            samples: observation.samples, verdict: .pass)
        guard let holds = observation.holds(threshold) else {
            let wasStarted = aggregate.hasStarted(threshold.selector.tags["scenario"])
            row.verdict = !isFinal ? .inconclusive : wasStarted ? .fail : .invalid
            row.reason = isFinal ? "no samples" : "no samples yet"
            return row
        }
        if !holds { row.verdict = .fail }
        if let crossed = crossedWindows[i], let window = threshold.window {
            row.observed = crossed
            row.verdict = .fail
            row.reason = "a window of \(window.goText) failed, which is final"
        } else if threshold.window != nil {
            // Every window held, whatever the whole run adds up to.
            row.verdict = .pass
        }
        return row
    }
}
