// report.md: the tables of the terminal for a pull request or the summary of a CI job. GitHub's
// Markdown; nothing is fetched from anywhere.

import HarnessCore
import ScenarioModel
import Telemetry

package enum MarkdownReport {
    package static let name = "report.md"

    package static func render(_ run: FinishedRun) -> [UInt8] {
        var lines = title(run) + criteria(run) + validity(run)
        lines += numbers(run)
        lines += section("Latency", TerminalReport.latencyTable(run), "ms, warm-up excluded")
        let custom = TerminalReport.customValues(run)
        lines += section("Checks", TerminalReport.checkTable(run))
        lines += section("Custom trends", custom.trends)
        lines += section("Errors", TerminalReport.errorTable(run), TerminalReport.moreErrors(run))
        lines += section("Agents", TerminalReport.agentTable(run))
        lines += section("Observed", TerminalReport.observedTable(run), "measured part")
        let notes = TerminalReport.observedNotes(run)
        if !notes.isEmpty { lines += bullets(notes) + [""] }
        lines += section("Processes", TerminalReport.processTable(run))
        if lines.last == "" { lines.removeLast() }
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    private static func title(_ run: FinishedRun) -> [String] {
        let verdict = run.verdict
        let from = ReportText.span(run.facts.warmup)
        let to = ReportText.span(run.measuredEnd)
        let name = MarkdownText.escaped(run.facts.scenarioName)
        var lines = [
            "## spotload: \(verdict.verdict.rawValue) · \(name)", "",
            "**\(verdict.verdict.rawValue)** (exit \(verdict.exitCode.rawValue)): "
                + "\(TerminalReport.tally(verdict.rows)) · measured \(from) .. \(to), "
                + "\(run.model) model",
            "",
        ]
        if !run.ownReasons.isEmpty { lines += bullets(run.ownReasons) + [""] }
        let words = TerminalReport.headWords(run) + TerminalReport.operated(run.facts)
        return lines + [joined(words), ""]
    }

    private static func criteria(_ run: FinishedRun) -> [String] {
        let rows = run.verdict.rows
        guard !rows.isEmpty else { return [] }
        let table = MarkdownText.table(
            titles: [
                "", "criterion", "what", "observed", TerminalReport.intervalTitle.lowercased(),
                "limit", "verdict",
            ],
            isLeft: [true, true, true, false, true, true, true],
            rows: rows.map { row in
                [
                    row.marker, row.titleText, row.detailText, row.observedText, row.intervalText,
                    row.limitText, row.verdictText,
                ]
            })
        let notes = rows.compactMap { row -> String? in
            guard row.verdict != .pass, let explanation = row.explanation else { return nil }
            let location = row.location.map { " (\($0))" } ?? ""
            return "\(row.titleText) \(row.verdictText): \(explanation)\(location)"
        }
        return ["### Criteria", ""] + table + [""] + (notes.isEmpty ? [] : bullets(notes) + [""])
    }

    private static func validity(_ run: FinishedRun) -> [String] {
        let words = TerminalReport.delivery(run) + TerminalReport.load(run)
        let points =
            [GeneratorText.sentence(run), words.joined(separator: " · ")]
            + TerminalReport.findings(run)
            + [TerminalReport.accounting(run.accounting)] + TerminalReport.remarks(run)
        return ["### Validity: \(TerminalReport.stateWord(run).word)", ""] + bullets(points) + [""]
    }

    private static func numbers(_ run: FinishedRun) -> [String] {
        let all: [(String, [String])] = [
            ("Totals", TerminalReport.totalWords(run)), ("Lane", LaneText.words(run.aggregate)),
            ("Status", TerminalReport.statusWords(run)),
            ("Rejects", TerminalReport.rejectWords(run)),
            ("Orders", TerminalReport.orderWords(run)),
            ("Custom", TerminalReport.customValues(run).words),
        ]
        let points = all.filter { !$0.1.isEmpty }.map { "- **\($0.0)** \(joined($0.1))" }
        return ["### Numbers", ""] + points + [""]
    }

    private static func section(
        _ title: String, _ table: TextTable, _ note: String? = nil
    ) -> [String] {
        guard !table.isEmpty else { return [] }
        let content = table.content
        let heading = "### \(title)" + (note.map { " (\($0))" } ?? "")
        // The first title repeats the heading's.
        let titles = [""] + content.titles.dropFirst()
        // A column that only makes room for the heading on a terminal is none here.
        let from = content.rows.allSatisfy { $0[0].isEmpty } ? 1 : 0
        return [heading, ""]
            + MarkdownText.table(
                titles: Array(titles[from...]), isLeft: Array(content.isLeft[from...]),
                rows: content.rows.map { Array($0[from...]) }) + [""]
    }

    private static func joined(_ words: [String]) -> String {
        words.map { MarkdownText.escaped($0) }.joined(separator: " · ")
    }

    private static func bullets(_ points: [String]) -> [String] {
        points.map { "- " + MarkdownText.escaped($0, limit: 2_000) }
    }
}
