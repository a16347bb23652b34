// VERDICT and the rows of evidence. A row that is no plain PASS is followed by a line that says
// why, and what would settle it.

import Foundation
import HarnessCore
import ScenarioModel

extension TerminalReport {
    static func verdict(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let verdict = run.verdict
        var line = TerminalLine("VERDICT  ", .heading)
        line.append(verdict.verdict.rawValue, verdict.verdict.style)
        let counts = tally(verdict.rows)
        let left = " (exit \(verdict.exitCode.rawValue)): \(counts)"
        let from = ReportText.span(run.facts.warmup)
        let to = ReportText.span(run.measuredEnd)
        let right = "measured \(from) .. \(to), \(run.model) model"
        let used = indent + verdict.verdict.rawValue.count + left.count
        let gap = max(3, min(width, 104) - used - right.count)
        if used + gap + right.count <= width {
            line.append(left + String(repeating: " ", count: gap) + right)
            return [line] + reasons(run, width: width)
        }
        guard used > width else {
            line.append(left)
            let second = TerminalLine(String(repeating: " ", count: indent) + right)
            return [line, second] + reasons(run, width: width)
        }
        // Many kinds of rows: each of the counts stays whole.
        let parts = counts.components(separatedBy: ", ")
        line.append(" (exit \(verdict.exitCode.rawValue)): \(parts[0]),")
        let rest = parts.dropFirst()
        let words = rest.dropLast().map { $0 + "," } + [rest.last ?? "", "  " + right]
        let more = wrapped("", words, width: width)
        return [line] + more + reasons(run, width: width)
    }

    /// `6 of 7 criteria pass, 1 fails`, `1 ungated fails`.
    static func tally(_ rows: [CriterionRow]) -> String {
        guard !rows.isEmpty else { return "0 criteria" }
        let passing = rows.count { $0.verdict == .pass || $0.verdict == .warn }
        var text = "\(passing) of \(rows.count) criteria pass"
        for (verdict, one, many) in [
            (Verdict.fail, "fails", "fail"), (.invalid, "is invalid", "are invalid"),
            (.inconclusive, "is inconclusive", "are inconclusive"),
        ] {
            for (isGated, word) in [(true, ""), (false, "ungated ")] {
                let n = rows.count { $0.verdict == verdict && $0.isGated == isGated }
                if n > 0 { text += ", \(n) \(word)\(n == 1 ? one : many)" }
            }
        }
        return text + warned(rows)
    }

    /// `, 2 with a warning`; empty where every passing row is a plain PASS.
    static func warned(_ rows: [CriterionRow]) -> String {
        let n = rows.count { $0.verdict == .warn }
        return n > 0 ? ", \(n) with a warning" : ""
    }

    /// What is said of the run and not of a row: interrupted, aborted.
    private static func reasons(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        run.ownReasons.flatMap { paragraph($0, indent: indent, width: width) }
    }

    static func criteria(
        _ run: FinishedRun, width: Int, onlyNotPassing: Bool
    ) -> [TerminalLine] {
        let rows = run.verdict.rows.filter { !onlyNotPassing || $0.verdict != .pass }
        guard !rows.isEmpty else { return [] }
        let texts = table(rows).lines(width: width)
        var lines = onlyNotPassing ? [] : [TerminalLine(texts[0], .heading)]
        for (row, text) in zip(rows, texts.dropFirst()) {
            lines += Self.lines(of: row, text: text, width: width)
        }
        return lines
    }

    private static func table(_ rows: [CriterionRow]) -> TextTable {
        var table = TextTable([
            .left("  CRITERION", isFlexible: true), .left("OBSERVED"),
            .left(intervalTitle, dispensable: 1), .left("LIMIT"), .left("VERDICT"),
        ])
        let names = rows.map { ReportText.escaped($0.titleText, limit: 90) }
        let nameWidth = names.reduce(0) { max($0, min($1.count, nameMax)) }
        for (row, name) in zip(rows, names) {
            let padding = String(repeating: " ", count: max(0, nameWidth - name.count))
            table.add([
                "\(row.marker) \(name)\(padding)  \(row.detailText)",
                row.observedText, row.intervalText, row.limitText, row.verdictText,
            ])
        }
        return table
    }

    static let intervalTitle = "95 % INTERVAL"
    /// A longer name does not push the others' details to the right.
    private static let nameMax = 60

    private static func lines(
        of row: CriterionRow, text: String, width: Int
    ) -> [TerminalLine] {
        // The verdict is the last cell, so the line ends with it.
        var line = TerminalLine(String(text.dropLast(row.verdictText.count)))
        line.append(row.verdictText, row.isGated ? row.verdict.style : .doubtful)
        guard row.verdict != .pass, let explanation = row.explanation else { return [line] }
        let location = row.location.map { " (\(ReportText.escaped($0)))" } ?? ""
        return [line] + paragraph(explanation + location, indent: 4, width: width)
    }

    /// Prose, broken between words.
    static func paragraph(_ text: String, indent: Int, width: Int) -> [TerminalLine] {
        let lead = String(repeating: " ", count: indent)
        var lines: [String] = []
        var current = ""
        for word in ReportText.escaped(text, limit: 1_000).split(separator: " ") {
            if !current.isEmpty, indent + current.count + 1 + word.count > width {
                lines.append(current)
                current = String(word)
            } else {
                current += (current.isEmpty ? "" : " ") + word
            }
        }
        if !current.isEmpty { lines.append(current) }
        return lines.map { TerminalLine(lead + $0) }
    }
}
