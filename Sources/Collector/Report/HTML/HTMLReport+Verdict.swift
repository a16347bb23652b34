// Panel 1: the verdict, and for each criterion the evidence: observed, limit, margin, interval,
// samples, why, what would change it, what was used of the error budget.

import HarnessCore
import ScenarioModel

extension HTMLReportBuilder {
    func verdict() -> HTMLVerdict {
        let verdict = run.verdict.verdict
        let rows = run.verdict.rows
        let ofRows = Set(rows.map { $0.reason.isEmpty ? $0.name : "\($0.name): \($0.reason)" })
        let reasons = run.verdict.reasons.filter { !ofRows.contains($0) && $0 != "0 criteria" }
        return HTMLVerdict(
            style: HTMLIcon.style(verdict), iconMarkup: HTMLIcon.verdict(verdict),
            word: verdict.rawValue,
            sum: "\(Self.tally(rows)) \u{00B7} exit code \(run.verdict.exitCode.rawValue)",
            measured: "Measured from \(ReportText.span(run.facts.warmup)) to"
                + " \(ReportText.span(run.measuredEnd)) of run time, \(run.model) model"
                + (run.model == "open"
                    ? "." : ": arrivals never attempted are not in these numbers."),
            reasons: reasons.map { HTMLText.foreign($0, limit: 1_000) },
            evidence: rows.map(evidence), hasEvidence: !rows.isEmpty)
    }

    /// `6 of 7 criteria pass, 1 fails (not gated)`
    private static func tally(_ rows: [CriterionRow]) -> String {
        guard !rows.isEmpty else { return "No criteria" }
        let passing = rows.count { $0.verdict == .pass || $0.verdict == .warn }
        var text = "\(passing) of \(rows.count) criteria pass"
        let others: [(Verdict, String, String)] = [
            (.fail, "fails", "fail"), (.invalid, "is invalid", "are invalid"),
            (.inconclusive, "is inconclusive", "are inconclusive"),
        ]
        for (verdict, one, many) in others {
            let found = rows.filter { $0.verdict == verdict }
            guard !found.isEmpty else { continue }
            text += ", \(found.count) \(found.count == 1 ? one : many)"
            if found.allSatisfy({ !$0.isGated }) { text += " (not gated)" }
        }
        return text + TerminalReport.warned(rows)
    }

    private func evidence(_ row: CriterionRow) -> HTMLEvidence {
        let style = HTMLIcon.style(row.verdict)
        return HTMLEvidence(
            style: style, iconMarkup: HTMLIcon.verdict(row.verdict), word: row.verdict.rawValue,
            gate: row.isGated ? nil : "not gated",
            name: HTMLText.foreign(title(row)), sub: HTMLText.foreign(subtitle(row)),
            observed: row.observedText, bulletMarkup: bullet(row, style: "v-" + style),
            interval: Self.interval(row), level: Self.level(row),
            limit: row.limitText, margin: Self.margin(row),
            samples: ReportText.grouped(row.samples),
            effective: row.effectiveSamples.map { "effective \(ReportText.decimal($0, 0))" } ?? "",
            sentences: Self.sentences(row), facts: Self.facts(row))
    }

    /// A criterion has a name of its own; a threshold is named by what it says.
    private func title(_ row: CriterionRow) -> String {
        row.threshold == nil ? row.name : "\(row.subjectText) \(row.statisticText)"
    }

    private func subtitle(_ row: CriterionRow) -> String {
        guard row.threshold == nil else { return "threshold, without interval" }
        guard case .criterion(let criterion) = row.rule, let per = criterion.per else {
            return "\(row.statisticText) of \(row.subjectText)"
        }
        return "\(row.statisticText) of \(row.subjectText) per \(per.text)"
    }

    private func bullet(_ row: CriterionRow, style: String) -> String {
        guard let observed = row.observed, observed.isFinite else { return "" }
        let isWithin = row.operatorText == "within"
        let isUpper = row.isUpperBound || isWithin
        let isLower = row.isLowerBound || isWithin
        guard isUpper || isLower else { return "" }
        let interval = row.interval.flatMap { interval -> ClosedRange<Double>? in
            guard interval.low.isFinite, interval.high.isFinite, interval.low <= interval.high
            else { return nil }
            return interval.low...interval.high
        }
        return BulletChart(
            observed: observed, interval: interval,
            lowerLimit: isLower ? row.bounds.lower : nil,
            upperLimit: isUpper ? row.bounds.upper : nil, style: style
        ).svg()
    }

    private static func interval(_ row: CriterionRow) -> String {
        guard let interval = row.interval else { return "-" }
        let high = interval.high.isFinite ? HTMLNumber.text(interval.high, row.unit) : "> max"
        return "\(HTMLNumber.text(interval.low, row.unit)) .. \(high)"
    }

    private static func level(_ row: CriterionRow) -> String {
        row.interval.map {
            "\(ReportText.trimmed($0.level * 100)) %, \($0.method.rawValue)"
        } ?? ""
    }

    /// Room to the limit, in words as well as by sign.
    private static func margin(_ row: CriterionRow) -> String {
        guard let margin = row.margin, margin.isFinite else { return "-" }
        if margin >= 0 { return "\(ReportText.percent(margin, 1)) room" }
        return "\(ReportText.percent(-margin, 1)) \(row.isUpperBound ? "above" : "below")"
    }

    private static func sentences(_ row: CriterionRow) -> [String] {
        var out: [String] = []
        if let why = row.explainedCause { out.append(capitalized(why)) }
        if let needs = row.needs { out.append("What would change it: \(needs).") }
        return out.map { HTMLText.foreign($0, limit: 1_000) }
    }

    private static func facts(_ row: CriterionRow) -> [HTMLPair] {
        var facts: [(String, String?)] = []
        if let bad = row.bad {
            let all = bad + (row.good ?? 0)
            let dropped = row.droppedAsBad.map {
                $0 > 0 ? ", \(ReportText.grouped($0)) dropped" : ""
            }
            let cut = row.interruptedAsBad.map {
                $0 > 0 ? ", \(ReportText.grouped($0)) interrupted" : ""
            }
            facts.append(
                (
                    "Against the limit",
                    "\(ReportText.grouped(bad)) of \(ReportText.grouped(all))"
                        + (dropped ?? "") + (cut ?? "")
                ))
        }
        facts.append(("Error budget", row.budget.map(budget)))
        facts.append(
            (
                "Worst slice",
                row.worstSlice.map { slice in
                    "\(HTMLNumber.text(slice.value, row.unit)) from \(ReportText.span(slice.from))"
                }
            ))
        facts.append(("Design effect", row.designEffect.map { ReportText.decimal($0, 2) }))
        facts.append(
            (
                "Batches",
                row.batches.map { batches in
                    "\(batches)" + (row.batchWindows.map { " of \($0) s" } ?? "")
                }
            ))
        facts.append(
            (
                "Window",
                row.window.map { window in
                    "\(ReportText.span(window.from)) .. \(ReportText.span(window.to))"
                }
            ))
        facts.append(
            ("Touched by", row.validity.isEmpty ? nil : row.validity.joined(separator: ", ")))
        facts.append(("Written at", row.location.map { HTMLText.foreign($0) }))
        return facts.compactMap { term, value in value.map { HTMLPair(term: term, value: $0) } }
    }

    private static func budget(_ budget: CriterionRow.Budget) -> String {
        "\(ReportText.percent(budget.consumed, 1)) used, worst minute at"
            + " \(ReportText.decimal(budget.burnRate, 2)) times the allowed rate"
    }

    private static func capitalized(_ text: String) -> String {
        guard let first = text.first else { return text }
        return first.uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
    }
}

/// Numbers of a criterion, with their unit.
enum HTMLNumber {
    static func text(_ value: Double, _ unit: MetricUnit) -> String {
        switch unit {
        case .milliseconds: ReportText.decimal(value, 2) + " ms"
        case .ratio: ReportText.percent(value, value < 0.01 ? 4 : 2)
        case .perSecond: ReportText.decimal(value, 1) + "/s"
        case .bytes: value >= 0 && value < 1e18 ? ReportText.bytes(UInt64(value)) : "n/a"
        case .plain: ReportText.decimal(value, value == value.rounded() ? 0 : 2)
        }
    }
}
