// The report on the terminal (measurement.md section 7): verdict and evidence first, then whether
// the generator can be believed, then the numbers. Pure: a finished run in, text out, at most
// `width` columns where the text allows it; the same run always gives the same bytes.
//
// What this version does not measure is named once, under VALID, and has no column.

import HarnessCore
import ScenarioModel
import Telemetry

package enum TerminalReport {
    static let widthMax = 120
    private static let widthMin = 60

    /// - Parameters:
    ///   - color: ANSI colours; the words say the same without them.
    ///   - width: columns of the terminal; 60 to 120 are used.
    ///   - quiet: only the verdict and the rows that do not pass.
    package static func render(
        _ run: FinishedRun, color: Bool, width: Int, quiet: Bool
    ) -> String {
        let width = min(widthMax, max(widthMin, width))
        var lines: [TerminalLine] = []
        if quiet {
            lines = verdict(run, width: width) + criteria(run, width: width, onlyNotPassing: true)
        } else {
            lines = header(run, width: width) + verdict(run, width: width)
            lines += criteria(run, width: width, onlyNotPassing: false)
            lines += [TerminalLine()] + validity(run, width: width)
            lines += totals(run, width: width) + latency(run, width: width)
            lines += checks(run, width: width) + custom(run, width: width)
            lines += errors(run, width: width) + statuses(run, width: width)
            lines += rejects(run, width: width) + orders(run, width: width)
            lines += agents(run, width: width) + observed(run, width: width)
            lines += processes(run, width: width)
            lines += files(run, width: width)
            lines.append(lastLine(run))
        }
        return lines.map { $0.rendered(color: color) + "\n" }.joined()
    }

    private static func header(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let words = operated(run.facts)
        return wrapped("spotload", headWords(run), separator: "   ", width: width)
            + (words.isEmpty ? [] : wrapped("CTL", words, separator: "   ", width: width))
    }

    static func headWords(_ run: FinishedRun) -> [String] {
        let facts = run.facts
        return [
            facts.version, "run \(facts.runID)", "scenario \(facts.scenarioFile)",
            "seed \(facts.seed)", ReportText.counted(facts.agents, "agent"),
        ] + facts.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    /// What operators did meanwhile; nothing where nobody did anything.
    static func operated(_ facts: RunFacts) -> [String] {
        let pauses = facts.pauses.spans.map { span in
            let to = span.to.map { "to \(TimeSpan.seconds(Int64($0)).goText)" } ?? "to the end"
            return "paused from \(TimeSpan.seconds(Int64(span.from)).goText) \(to)"
        }
        let scales = facts.scales.map { scale in
            "\(scale.scenario): \(ReportText.counted(scale.vus, "VU")) "
                + "from \(TimeSpan.seconds(Int64(scale.from)).goText)"
        }
        return pauses + scales
    }

    /// The line others grep for; nothing comes after it.
    private static func lastLine(_ run: FinishedRun) -> TerminalLine {
        let text = ReportText.decimal(run.requestsPerSecond ?? 0, 2)
        return TerminalLine("Requests/sec: \(text.filter { $0 != "," })")
    }

    private static func files(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        guard let directory = run.directory else { return [] }
        return wrapped("FILES", first: directory + "/ ", fileWords(run), width: width)
    }

    /// What a reader opens first, first; the logs as a number.
    static func fileWords(_ run: FinishedRun) -> [String] {
        let first = ["report.html", "summary.json", "junit.xml", "report.md", "timeseries.csv"]
        let logs = run.files.count { $0.hasSuffix(".hlog") }
        let others = run.files.filter { !$0.hasSuffix(".hlog") && !first.contains($0) }
        let words = first.filter(run.files.contains) + others
        return words + (logs > 0 ? ["\(logs) .hlog"] : [])
    }

    /// `title` in its own column of 9, then the words, as many a line as fit.
    static func wrapped(
        _ title: String, first: String = "", _ words: [String], separator: String = " ", width: Int
    ) -> [TerminalLine] {
        var lines: [String] = []
        var current = ReportText.left(title, indent) + ReportText.escaped(first)
        var isFresh = true
        for word in words.map({ ReportText.escaped($0) }) {
            let lead = isFresh ? (first.isEmpty ? "" : " ") : separator
            if !isFresh, current.count + lead.count + word.count > width {
                lines.append(current)
                current = String(repeating: " ", count: indent) + word
            } else {
                current += lead + word
            }
            isFresh = false
        }
        return (lines + [current]).map { TerminalLine($0) }
    }

    /// Width of the section titles that share a line with their content.
    static let indent = 9
}
