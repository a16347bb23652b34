// One criterion and its evidence row: what was observed, how sure that is, and what the rule makes
// of it, before health and bias have their say. Pure.

package import HarnessCore
package import ScenarioModel
import Telemetry

package struct CriterionJudge {
    let criterion: Criterion
    private let reader: CriterionReader
    private let aggregate: RunAggregate
    private let isFinal: Bool

    /// - Parameters:
    ///   - end: run time up to which there are data.
    ///   - isFinal: the run is over; else only complete windows count, and nothing is taken for
    ///     missing.
    package init(
        _ criterion: Criterion, track: CriterionTrack, aggregate: RunAggregate, end: TimeSpan,
        isFinal: Bool
    ) {
        self.criterion = criterion
        self.aggregate = aggregate
        self.isFinal = isFinal
        let closed = aggregate.closedWindows
        reader = CriterionReader(
            criterion: criterion, aggregate: aggregate, track: track,
            end: isFinal ? end : min(end, .seconds(Int64(closed))),
            windowsEnd: isFinal ? .max : closed)
    }

    /// - Parameter confidence: instead of the criterion's own, where that has one.
    package func row(confidence: Double? = nil) -> CriterionRow {
        let data = reader.read(.all)
        let level = criterion.confidence.map { confidence ?? $0 }
        let rule = CriterionRule(
            criterion: criterion, kind: reader.kind, confidence: level, data: data)
        let evidence = rule.evidence()
        var row = CriterionRow(
            rule: .criterion(criterion), observed: nil, unit: unit,
            samples: samples(rule), verdict: .pass)
        row.window = CriterionRow.JudgedWindow(
            from: data.span.from, to: data.span.to, excludedWarmup: data.span.excludedWarmup)
        guard hasSamples(rule) else { return withoutSamples(row, data) }
        row.observed = rule.pointValue(data.cells)
        fill(&row, rule, evidence)
        let outcome = settled(rule.outcome(evidence), data)
        row.verdict = outcome.verdict
        row.reason = outcome.reason
        row.needs = outcome.needs
        if outcome.verdict == .fail, outcome.reason.isEmpty { row.reason = lossText(row) }
        return row
    }

    /// Whether a FAIL is one in another view of the same windows too.
    func fails(in view: CellView) -> Bool {
        let data = reader.read(view)
        var scaled = data
        if view == .untainted, criterion.statistic == .count {
            // A count over a part of the windows is no count over the run.
            let all = reader.read(.all)
            let share = Double(data.cells.count) / Double(max(1, all.cells.count))
            guard share > 0 else { return false }
            for i in scaled.cells.indices { scaled.cells[i].sum /= share }
        }
        let rule = CriterionRule(
            criterion: criterion, kind: reader.kind, confidence: criterion.confidence, data: scaled)
        guard hasSamples(rule) else { return false }
        return rule.outcome(rule.evidence()).verdict == .fail
    }

    var kind: MetricKind { reader.kind }

    /// More slices miss than the whole run could allow.
    func isBeyond(_ length: TimeSpan, allow: Double) -> Bool {
        let rule = CriterionRule(
            criterion: criterion, kind: kind, confidence: nil, data: reader.read(.all))
        let planned = aggregate.throughputEnd - aggregate.scenario.warmup
        let missed = rule.slices(length).count { $0.isMissed }
        let slices = max(1, planned.ns / max(1, length.ns))
        return Double(missed) / Double(slices) > allow
    }

    var isTainted: Bool { reader.read(.all).cells.contains { $0.isTainted } }

    private func fill(
        _ row: inout CriterionRow, _ rule: CriterionRule, _ evidence: CriterionRule.Evidence?
    ) {
        row.batches = evidence?.plan.ranges.count
        row.batchWindows = evidence?.plan.length
        row.designEffect = evidence?.designEffect
        row.effectiveSamples = evidence?.effectiveSamples
        row.interval = CriterionInterval(rule: rule, evidence: evidence).value
        row.budget = rule.budget()
        row.worstSlice = rule.worstSlice(evidence)
        guard rule.isShare, !criterion.sides.isEmpty else { return }
        let bad = rule.shareBounds.reduce(0) { sum, bound in
            sum + rule.data.cells.reduce(0) { $0 + bound.bad($1) }
        }
        // Both bounds of a share speak of the same samples.
        let against = criterion.sides.count == 2 && criterion.percentile == nil ? nil : bad
        row.bad = against.map { UInt64($0) }
        row.good = against.map { UInt64(max(0, rule.samples - $0)) }
        guard criterion.isShareOfTimes, criterion.selector != nil else { return }
        row.droppedAsBad = UInt64(rule.data.cells.reduce(0) { $0 + $1.dropped })
        row.interruptedAsBad = UInt64(rule.data.cells.reduce(0) { $0 + $1.interrupted })
    }

    /// What the state of the measurement leaves of an outcome.
    private func settled(_ outcome: RuleOutcome, _ data: JudgedData) -> RuleOutcome {
        if let missing = data.missingScrapes, isFinal {
            return RuleOutcome(verdict: .inconclusive, reason: missing)
        }
        guard !data.span.isReached, outcome.verdict == .pass else { return outcome }
        return RuleOutcome(
            verdict: .inconclusive, reason: "the run ended before the window did: \(windowText)")
    }

    private func withoutSamples(_ row: CriterionRow, _ data: JudgedData) -> CriterionRow {
        var row = row
        if !isFinal {
            row.verdict = .inconclusive
            row.reason = "no samples yet"
        } else if !data.span.isReached {
            row.verdict = .inconclusive
            row.reason = "the run never reached the window: \(windowText)"
        } else {
            let isOurs = criterion.selector.map { aggregate.hasStarted($0.tags["scenario"]) }
            row.verdict = isOurs == true ? .fail : .invalid
            row.reason = "no samples"
            if let missing = data.missingScrapes { row.reason += ": \(missing)" }
        }
        return row
    }

    private func hasSamples(_ rule: CriterionRule) -> Bool {
        switch (criterion.statistic, reader.kind) {
        case (.count, _): !rule.data.cells.isEmpty || rule.data.span.isReached
        case (.value, _): rule.data.value != nil
        case (_, .counter): rule.data.cells.contains { $0.sum > 0 }
        default: rule.samples > 0
        }
    }

    private func samples(_ rule: CriterionRule) -> UInt64 {
        switch (criterion.statistic, reader.kind) {
        case (_, .counter):
            UInt64(exactly: rule.data.cells.reduce(0) { $0 + $1.sum }.rounded(.up)) ?? .max
        case (.value, _) where criterion.selector != nil: rule.data.value == nil ? 0 : 1
        default: UInt64(rule.samples)
        }
    }

    private func lossText(_ row: CriterionRow) -> String {
        var parts: [String] = []
        if let n = row.droppedAsBad, n > 0 {
            parts.append("\(ReportText.grouped(n)) dropped")
        }
        if let n = row.interruptedAsBad, n > 0 {
            parts.append("\(ReportText.grouped(n)) interrupted")
        }
        guard !parts.isEmpty, let bad = row.bad else { return "" }
        return "\(ReportText.grouped(bad)) bad samples, among them \(parts.joined(separator: ", "))"
    }

    private var windowText: String {
        switch criterion.window {
        case .whole: "the whole run"
        case .span(let from, let to): "\(from.goText) to \(to.goText)"
        case .last(let length): "the last \(length.goText)"
        case .slices(let length, _): "slices of \(length.goText)"
        }
    }

    private var unit: MetricUnit { MetricUnit(rawValue: criterion.unit.rawValue) ?? .plain }
}

extension RunAggregate {
    /// Whether arrivals were started for a scenario; nil: for any.
    func hasStarted(_ scenario: String?) -> Bool {
        guard let scenario else { return counters.started > 0 }
        let tags = ["scenario": scenario]
        // An iteration that never ended was started all the same.
        return ["arrivals", "iterations_started", "iterations"].contains {
            totals.count($0, tags) > 0
        }
    }
}
