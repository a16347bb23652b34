// What a job on GitHub Actions gets besides files: annotations at the lines of the criteria, and
// the report in the job's summary. Pure; spotload/Local writes it.
//
//     ::error file=scenarios/a.yaml,line=14,title=p99 FAIL::p(99) 231.70 ms, limit < 200 ms
//
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions

import HarnessCore
import ScenarioModel

package enum GitHubReport {
    /// GitHub shows so many of each level a step.
    private static let annotationsMax = 10
    /// GitHub refuses a step's summary above 1 MiB.
    package static let summaryBytesMax = 900 * 1024

    /// Lines for stdout, worst first: `::error` for what fails or spoils the run, `::warning` for
    /// what is doubtful; at most ten of each.
    /// - Parameter path: a criterion's file as the repository knows it; nil: not in the repository.
    package static func annotations(
        _ run: FinishedRun, path: (String) -> String?
    ) -> [String] {
        let rows = run.verdict.rows.filter { $0.verdict != .pass }
        let sorted = rows.enumerated().sorted { a, b in
            (b.element.rank, a.offset) < (a.element.rank, b.offset)
        }.map(\.element)
        let ofRows = sorted.map { row in
            (isError: row.isError, line: annotation(row, path: path))
        }
        let verdict = run.verdict.verdict
        let isError = verdict == .fail || verdict == .invalid
        let ofRun = run.ownReasons.map { reason in
            (isError: isError, line: line(isError, [title("run", verdict.rawValue)], reason))
        }
        let all = ofRun + ofRows
        return [true, false].flatMap { isError in
            all.filter { $0.isError == isError }.prefix(annotationsMax).map(\.line)
        }
    }

    private static func annotation(_ row: CriterionRow, path: (String) -> String?) -> String {
        var properties: [(String, String)] = []
        if row.location != nil, let file = path(row.source.file) {
            properties = [("file", file), ("line", String(row.source.line))]
        }
        properties.append(title(row.titleText, row.verdictText))
        let numbers = "\(row.statisticText) \(row.observedText), limit \(row.limitText)"
        let text = [numbers, row.explanation].compactMap { $0 }.joined(separator: ": ")
        return line(row.isError, properties, text)
    }

    private static func title(_ subject: String, _ verdict: String) -> (String, String) {
        ("title", "\(subject): \(verdict)")
    }

    private static func line(
        _ isError: Bool, _ properties: [(String, String)], _ text: String
    ) -> String {
        let list = properties.map { "\($0.0)=\(property($0.1))" }.joined(separator: ",")
        return "::\(isError ? "error" : "warning") \(list)::\(data(text))"
    }

    private static func data(_ text: String) -> String {
        ReportText.escaped(text, limit: 1_000).replacing("%", with: "%25")
    }

    /// A line break never gets here: it is U+FFFD by then.
    private static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }

    /// What of a report fits into a summary that holds `used` bytes already: whole lines, and a
    /// last one that says where the rest is.
    package static func summary(_ report: [UInt8], used: Int) -> [UInt8] {
        let room = summaryBytesMax - used
        guard report.count > room else { return report }
        let note = Array("\nCut here: the whole report is the run's \(MarkdownReport.name).\n".utf8)
        let kept = report.prefix(max(0, room - note.count))
        guard let end = kept.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        return kept[...end] + note
    }
}

extension CriterionRow {
    /// FAIL and INVALID that count; the rest is a warning.
    fileprivate var isError: Bool { isGated && (verdict == .fail || verdict == .invalid) }

    fileprivate var rank: Int { verdict.rank * 2 + (isGated ? 1 : 0) }
}
