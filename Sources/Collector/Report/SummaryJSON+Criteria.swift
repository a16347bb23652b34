// The evidence rows of summary.json (measurement.md section 5) and the validity of the run
// (section 4). A threshold is judged by its point value: interval, batches and budget are null.

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
            ("per", .null),
            ("statistic", .string(row.statisticText)),
            ("op", .string(row.operatorText)),
            ("limit", .number(row.bounds.lower)),
            ("window", window(row, run)),
            ("observed", .real(row.observed)),
            ("unit", .string(row.unit.rawValue)),
            ("ci", .null),
            ("n", .count(row.samples)),
            ("nEff", .null), ("deff", .null), ("batches", .null), ("batchS", .null),
            ("bad", halves.map { .count($0.bad) } ?? .null),
            ("good", halves.map { .count($0.good) } ?? .null),
            ("droppedAsBad", .null),
            ("interruptedAsBad", .null),
            ("margin", .real(row.margin)),
            ("budget", .null),
            ("worstSlice", .null),
            ("validity", .strings(signals(run))),
            ("gate", .bool(row.isGated)),
            ("verdict", .string(row.verdict.rawValue)),
            ("reason", .string(row.explanation ?? "")),
            ("needs", .null),
            ("artefacts", .array([])),
        ])
    }

    private static func source(_ source: SourcePosition) -> ReportJSON {
        source.file.isEmpty
            ? .null
            : .object([("file", .string(source.file)), ("line", .integer(source.line))])
    }

    private static func window(_ row: CriterionRow, _ run: FinishedRun) -> ReportJSON {
        .object([
            ("fromS", .number(run.facts.warmup.seconds)),
            ("toS", .number(run.measuredEnd.seconds)),
            ("excludedWarmupS", .number(run.facts.warmup.seconds)),
            ("lastS", .real(row.threshold?.window?.seconds)),
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

    /// Keys of the signals that are not OK, each once, in order.
    private static func signals(_ run: FinishedRun) -> [String] {
        var seen: Set<String> = []
        return run.verdict.validity.signals.map(\.key).filter { seen.insert($0).inserted }
    }

    static func validity(_ run: FinishedRun) -> ReportJSON {
        let validity = run.verdict.validity
        let arrivals = validity.arrivals
        return .object([
            ("state", .string(validity.state.rawValue)),
            ("signals", .array(validity.signals.map(signal))),
            ("notMeasured", .strings(validity.notMeasured)),
            ("overrides", .object([])),
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
            ("steady", .object([("state", .string("not measured"))])),
            ("calibration", .null),
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
