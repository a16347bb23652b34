// Criteria in the verdict: the evidence row of each, then the bias rule, then steady state; and the
// running verdict of every rule for the live page.

package import HarnessCore
import ScenarioModel
import Telemetry

extension Judge {
    /// In the document's order.
    func criterionRows(
        _ aggregate: RunAggregate, rule: BiasRule, end: TimeSpan
    ) -> [CriterionRow] {
        aggregate.criterionJudges(end: end, isFinal: true).map { judge in
            var row = judge.row()
            if abortedBy == .criterion(judge.criterion) {
                row.verdict = .fail
                row.reason = "aborted the run"
                row.needs = nil
            }
            row = rule.applied(
                to: row, isThroughput: judge.isThroughputBound(row),
                stands: { judge.stands(aggregate) })
            return Self.settled(row, rule.validity, aggregate.scenario.steady)
        }
    }

    /// Every rule as it stands now, criteria first, before health and bias: what the live page
    /// shows. The data end with the last complete window.
    /// - Complexity: O(windows + buckets in use) a criterion; meant for once a second.
    package func standing(_ aggregate: RunAggregate, runTime: TimeSpan) -> [CriterionRow] {
        let criteria = aggregate.criterionJudges(end: runTime, isFinal: false).map { judge in
            var row = judge.row()
            if abortedBy == .criterion(judge.criterion) {
                row.verdict = .fail
                row.reason = "aborted the run"
            }
            return row
        }
        let rows = thresholds.indices.compactMap { i -> CriterionRow? in
            let row = row(i, aggregate: aggregate, runTime: runTime, isFinal: false)
            return i >= impliedFrom && row.observed == 0 ? nil : row
        }
        let reported = TimeSpan.seconds(Int64(aggregate.closedWindows))
        let isMeasured = aggregate.measured(until: min(runTime, reported)) > .zero
        return (criteria + rows).map { row in
            guard row.observed == nil || !isMeasured else { return row }
            // There is time left for some.
            var row = row
            row.observed = nil
            row.verdict = .inconclusive
            row.reason = "no samples yet"
            return row
        }
    }

    /// A run that never settled cannot show with confidence how it would go on.
    private static func settled(
        _ row: CriterionRow, _ validity: Validity, _ mode: SteadyMode
    ) -> CriterionRow {
        guard mode == .require, row.verdict == .pass || row.verdict == .warn,
            case .criterion(let criterion) = row.rule, criterion.confidence != nil
        else { return row }
        let scenario = criterion.selector?.tags["scenario"]
        let unsettled = validity.steady.first { result in
            result.isUnsettled && (scenario == nil || result.scenario == scenario)
        }
        guard let unsettled else { return row }
        var row = row
        row.verdict = .inconclusive
        row.reason = "\(unsettled.scenario) \(unsettled.text)"
        row.needs = unsettled.suggestedWarmup.map { "warmup: \($0.goText)" } ?? "a run that settles"
        row.validity.append("steady")
        return row
    }
}

extension RunAggregate {
    /// A criterion whose track is missing has no samples.
    func criterionJudges(end: TimeSpan, isFinal: Bool) -> [CriterionJudge] {
        let tracks = tracks
        return scenario.criteria.enumerated().map { i, criterion in
            CriterionJudge(
                criterion, track: i < tracks.count ? tracks[i] : CriterionTrack(),
                aggregate: self, end: end, isFinal: isFinal)
        }
    }
}

extension CriterionJudge {
    /// A lower bound on throughput: what a generator can only make look worse. A band is one where
    /// it was missed from below, and so is an exact number.
    func isThroughputBound(_ row: CriterionRow) -> Bool {
        guard kind == .counter else { return false }
        switch criterion.comparison {
        case .greater, .greaterOrEqual: return true
        case .within, .equal:
            return row.verdict == .fail && (row.observed ?? 0) < criterion.lower
        case .less, .lessOrEqual, .notEqual: return false
        }
    }

    /// Whether a FAIL is the target's, though the generator added delay (measurement.md section 4).
    func stands(_ aggregate: RunAggregate) -> Bool {
        if fails(in: .untainted) { return true }
        guard let metric = criterion.selector?.metric else { return false }
        if metric == "http_req_failed" { return fails(in: .responses) }
        guard (aggregate.longestTurnNs ?? 0) <= aggregate.bounds.turn.invalidating else {
            return false
        }
        switch metric {
        case "http_req_response_time": return fails(in: .service)
        case "http_req_duration": return true
        default: return false
        }
    }
}
