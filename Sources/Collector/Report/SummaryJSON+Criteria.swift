// The evidence rows of summary.json (measurement.md section 5) and the validity of the run
// (section 4). A threshold is judged by its point value: interval, batches and budget are null.
// Artefacts are the files that hold the numbers a row was judged by.

import HarnessCore
import ScenarioModel
import Telemetry

extension SummaryJSON {
    static func criteria(_ run: FinishedRun) -> ReportJSON {
        .array(run.verdict.rows.enumerated().map { i, row in criterion(row, id: i + 1, run) })
    }

    private static func criterion(
        _ row: CriterionRow, id: Int, _ run: FinishedRun
    ) -> ReportJSON {
        let halves = halves(of: row, run)
        return .object([
            ("id", .string("c\(id)")),
            ("name", .string(row.name)),
            ("source", source(row.source)),
            ("metric", .string(row.metric)),
            ("selector", .tags(row.tags)),
            ("per", .text(row.criterion?.per?.text)),
            ("statistic", .string(row.statisticText)),
            ("op", .string(row.operatorText)),
            ("limit", limit(row)),
            ("window", window(row, run)),
            ("observed", .real(row.observed)),
            ("unit", .string(row.unit.rawValue)),
            ("ci", row.interval.map(interval) ?? .null),
            ("n", .count(row.samples)),
            ("nEff", .real(row.effectiveSamples)),
            ("deff", .real(row.designEffect)),
            ("batches", .whole(row.batches)),
            // A window is a second.
            ("batchS", .whole(row.batchWindows)),
            ("bad", .whole(row.bad ?? halves?.bad)),
            ("good", .whole(row.good ?? halves?.good)),
            ("droppedAsBad", .whole(row.droppedAsBad)),
            ("interruptedAsBad", .whole(row.interruptedAsBad)),
            ("margin", .real(row.margin)),
            ("budget", row.budget.map(budget) ?? .null),
            ("worstSlice", row.worstSlice.map(slice) ?? .null),
            ("validity", .strings(row.validity)),
            ("gate", .bool(row.isGated)),
            ("verdict", .string(row.verdict.rawValue)),
            ("reason", .string(row.explainedReason)),
            ("needs", .text(row.needs)),
            ("artefacts", .array(artefacts(of: row, run).map(artefact))),
        ])
    }

    /// A number, or both bounds of a band.
    private static func limit(_ row: CriterionRow) -> ReportJSON {
        row.operatorText == "within"
            ? .array([.number(row.bounds.lower), .number(row.bounds.upper)])
            : .number(row.bounds.lower)
    }

    static func interval(_ interval: ConfidenceInterval) -> ReportJSON {
        .object([
            ("lo", .number(interval.low)), ("hi", .number(interval.high)),
            ("level", .number(interval.level)), ("method", .string(interval.method.rawValue)),
        ])
    }

    private static func budget(_ budget: CriterionRow.Budget) -> ReportJSON {
        .object([
            ("consumed", .number(budget.consumed)), ("burnRate", .number(budget.burnRate)),
        ])
    }

    private static func slice(_ slice: CriterionRow.Slice) -> ReportJSON {
        .object([("fromS", .number(slice.from.seconds)), ("value", .number(slice.value))])
    }

    private static func artefact(_ file: WrittenFile) -> ReportJSON {
        .object([("file", .string(file.name)), ("sha256", .string(file.sha256))])
    }

    /// The logs of the series it reads; what was observed is in run.json, counts per window in
    /// timeseries.csv. Of those that were written.
    private static func artefacts(of row: CriterionRow, _ run: FinishedRun) -> [WrittenFile] {
        var names: Set<String> = []
        if let criterion = row.criterion, criterion.selector == nil {
            names = [RunFile.name]
        } else {
            let selector = row.threshold?.selector ?? row.criterion?.selector
            let selection = selector.map { run.aggregate.reading($0).selection }
            names = Set(run.logs.filter { selection?.reads($0.key) == true }.values)
            if names.isEmpty { names = [TimeseriesCSV.name] }
        }
        return run.written.filter { names.contains($0.name) }
    }

    private static func source(_ source: SourcePosition) -> ReportJSON {
        source.file.isEmpty
            ? .null
            : .object([("file", .string(source.file)), ("line", .integer(source.line))])
    }

    private static func window(_ row: CriterionRow, _ run: FinishedRun) -> ReportJSON {
        var last = row.threshold?.window?.seconds
        if case .last(let span)? = row.criterion?.window { last = span.seconds }
        let judged = row.window
        return .object([
            ("fromS", .number((judged?.from ?? run.facts.warmup).seconds)),
            ("toS", .number((judged?.to ?? run.measuredEnd).seconds)),
            ("excludedWarmupS", .number((judged?.excludedWarmup ?? run.facts.warmup).seconds)),
            ("lastS", .real(last)),
        ])
    }

    /// What counts against a Rate criterion and what does not; nil for other kinds. `true` is the
    /// bad half where the rate has an upper bound.
    private static func halves(
        of row: CriterionRow, _ run: FinishedRun
    ) -> (bad: UInt64, good: UInt64)? {
        guard row.unit == .ratio, let threshold = row.threshold, threshold.window == nil else {
            return nil
        }
        let rate = run.aggregate.totals.rate(
            run.aggregate.reading(threshold.selector).selection)
        switch threshold.comparison {
        case .less, .lessOrEqual: return (rate.true, rate.false)
        case .greater, .greaterOrEqual: return (rate.false, rate.true)
        case .equal, .strictlyEqual, .notEqual: return nil
        }
    }

    static func validity(_ run: FinishedRun) -> ReportJSON {
        let validity = run.verdict.validity
        let arrivals = validity.arrivals
        return .object([
            ("state", .string(validity.state.rawValue)),
            ("bottleneck", .string(GeneratorText.finding(validity).rawValue)),
            ("statement", .string(GeneratorText.sentence(run))),
            ("signals", .array(validity.signals.map(signal))),
            ("notMeasured", .strings(validity.notMeasured)),
            ("overrides", .tags(run.aggregate.scenario.health.texts)),
            ("distrust", .strings(validity.distrust)),
            ("delivered", .real(validity.delivered)),
            (
                "arrivals",
                .object([
                    ("scheduled", .count(arrivals.scheduled)), ("late", .count(arrivals.late)),
                    ("dropped", .count(arrivals.dropped)), ("missed", .count(arrivals.missed)),
                ])
            ),
            ("longestTurnMs", .milliseconds(validity.longestTurnNs)),
            ("taintedWindows", .integer(validity.taintedWindows)),
            ("measuredWindows", .integer(validity.measuredWindows)),
            ("accounting", accounting(run.accounting)),
            ("steady", SteadyText.json(run)),
            ("calibration", CalibrationText.json(validity)),
        ])
    }

    private static func signal(_ signal: ValiditySignal) -> ReportJSON {
        .object([
            ("key", .string(signal.key)),
            ("agent", signal.agent.map { .integer($0) } ?? .null),
            ("state", .string(signal.state.rawValue)),
            ("windows", .integer(signal.windows)),
            ("worst", .string(signal.worst)),
            ("bound", .string(signal.bound)),
        ])
    }

    private static func accounting(_ a: AccountingSummary) -> ReportJSON {
        .object([
            ("planned", .count(a.planned)), ("started", .count(a.started)),
            ("dropped", .count(a.dropped)), ("missed", .count(a.missed)),
            ("unaccounted", .count(a.unaccounted)),
            ("finalsEqualMerged", .bool(a.finalsEqualMerged)),
            ("agentsFinal", .integer(a.agentsFinal)), ("agents", .integer(a.agents)),
            ("deltas", .count(a.deltas)), ("duplicates", .count(a.duplicates)),
            ("badDeltas", .count(a.badDeltas)),
            ("brokenIdentities", .strings(a.brokenIdentities)),
        ])
    }
}
