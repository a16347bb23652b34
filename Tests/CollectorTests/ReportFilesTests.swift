// The files of a run: golden copies, and what must hold whatever the run says.

import Collector
import Foundation
import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

@Suite struct ReportFilesTests {
    @Test func everyVerdictInEveryFile() throws {
        let run = EvidenceFixture.run()
        for (name, bytes) in [
            ("evidence.json", SummaryJSON.render(run)), ("evidence.xml", JUnitXML.render(run)),
            ("evidence.md", MarkdownReport.render(run)),
            ("evidence.csv", TimeseriesCSV.render(run)),
            (
                "evidence.txt",
                Array(
                    TerminalReport.render(run, color: false, width: 120, quiet: false).utf8)
            ),
            (
                "evidence-quiet.txt",
                Array(TerminalReport.render(run, color: false, width: 120, quiet: true).utf8)
            ),
            (
                "evidence-annotations.txt",
                Array(GitHubReport.annotations(run) { $0 }.joined(separator: "\n").utf8)
            ),
        ] {
            try GoldenFile.expect(bytes, is: name)
        }
    }

    @Test func noRowIsWiderThanTheTerminal() {
        let run = EvidenceFixture.run()
        for width in [80, 100, 120] {
            let text = TerminalReport.render(run, color: false, width: width, quiet: false)
            let wide = text.split(separator: "\n").filter {
                $0.count > width && !$0.contains("accounting:")
            }
            #expect(wide.isEmpty, "\(wide)")
        }
    }

    @Test func theSummaryFitsItsSchema() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("docs/schema/summary.schema.json")
        let schema = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let summary = try JSONSerialization.jsonObject(
            with: Data(SummaryJSON.render(EvidenceFixture.run())))
        let violations = SchemaValidator().violations(summary, schema)
        #expect(violations.isEmpty, "\(violations.prefix(5))")
    }

    // MARK: - CSV

    @Test(arguments: [
        ("orders", "orders"), ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("+1", "'+1"),
        ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""),
        ("=1,\"x\"", "\"'=1,\"\"x\"\"\""), ("\t=1", "'\u{FFFD}=1"), ("\r=1", "'\u{FFFD}=1"),
        ("a\nb", "a\u{FFFD}b"), ("", ""), ("a=b", "a=b"), ("\u{202E}x", "\u{FFFD}x"),
    ])
    func aCellIsNeverAFormula(text: String, cell: String) throws {
        var scenario = Synthetic.scenario([])
        scenario.workloads[0].name = text
        var run = ReportFixture.passing
        run.aggregate = Synthetic.aggregate(scenario, [SyntheticWindow()])
        let lines = Self.lines(TimeseriesCSV.render(run))
        #expect(lines.count == 2 && lines[1].hasPrefix("0,0,1,\(cell),"), "\(lines)")
    }

    @Test func aRowForEveryWindowAndScenario() throws {
        var scenario = Synthetic.scenario([], warmup: .seconds(1))
        var second = scenario.workloads[0]
        second.name = "browse"
        scenario.workloads.append(second)
        var windows = [SyntheticWindow](repeating: .init(), count: 4)
        windows[2].responseMs = []
        windows[2].turnMs = 500
        var run = ReportFixture.passing
        run.aggregate = Synthetic.aggregate(scenario, windows)
        run.facts.warmup = .seconds(1)
        run.aggregate.close()
        let rows = Self.lines(TimeseriesCSV.render(run)).dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        #expect(rows.count == 8 && rows.allSatisfy { $0.count == 23 })
        #expect(rows.map { $0[0] } == ["0", "0", "1", "1", "2", "2", "3", "3"])
        #expect(rows[0][3] == "orders" && rows[1][3] == "browse")
        #expect(rows[0][20...] == ["0.800", "0.500", "direct"], "\(rows[0])")
        #expect(rows[0][4] == "100" && rows[1][4] == "0" && rows[1][10] == "")
        #expect(rows[0][14] == "40.000" && rows[4][14] == "", "no samples, no number")
        #expect(rows.map { $0[18] } == ["1", "1", "0", "0", "0", "0", "0", "0"])
        #expect(rows.map { $0[19] } == ["0", "0", "0", "0", "1", "1", "1", "1"])
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines.popLast() == "", "the last line ends too")
        return lines
    }

    // MARK: - GitHub

    @Test func annotationsAreWorstFirstAndFew() {
        var run = EvidenceFixture.run()
        let fail = EvidenceFixture.rows[2]
        let doubtful = EvidenceFixture.rows[3]
        run.verdict.rows =
            [doubtful] + .init(repeating: fail, count: 14) + .init(repeating: doubtful, count: 14)
        run.verdict.reasons = []
        let lines = GitHubReport.annotations(run) { $0 }
        #expect(lines.count == 20)
        #expect(
            lines.prefix(10).allSatisfy {
                $0.hasPrefix("::error file=scenarios/orders.yaml,line=23,")
            })
        #expect(lines.suffix(10).allSatisfy { $0.hasPrefix("::warning ") })
    }

    @Test func annotationsEscapeWhatTheRunnerReads() throws {
        var criterion = EvidenceFixture.criterion(
            "a:b,c%\r\n::error::x", "checks", .rate, "rate", .less, 0.5, unit: .ratio, line: 3)
        criterion.source.file = "dir,1/a:b%.yaml"
        var run = EvidenceFixture.run()
        run.verdict.rows = [
            CriterionRow(
                rule: .criterion(criterion), observed: 0.75, unit: .ratio, samples: 4,
                verdict: .fail, reason: "100 % of\nthem::error::y")
        ]
        run.verdict.reasons = []
        let lines = GitHubReport.annotations(run) { $0 }
        #expect(
            lines == [
                "::error file=dir%2C1/a%3Ab%25.yaml,line=3,"
                    + "title=a%3Ab%2Cc%25\u{FFFD}\u{FFFD}%3A%3Aerror%3A%3Ax%3A FAIL"
                    + "::rate 75.00 %25, limit < 50 %25: 100 %25 of\u{FFFD}them::error::y"
            ], "\(lines)")
        let outside = GitHubReport.annotations(run) { _ in nil }
        #expect(outside.first?.hasPrefix("::error title=") == true, "\(outside)")
    }

    @Test func aLongSummaryIsCutBetweenLines() {
        let line = String(repeating: "x", count: 99) + "\n"
        let report = Array(String(repeating: line, count: 20_000).utf8)
        let cut = GitHubReport.summary(report, used: 1_000)
        #expect(cut.count <= GitHubReport.summaryBytesMax - 1_000)
        let lines = String(decoding: cut, as: UTF8.self).split(separator: "\n")
        #expect(lines.last == "Cut here: the whole report is the run's report.md.")
        #expect(lines.dropLast().allSatisfy { $0.count == 99 } && lines.count > 9_000)
        #expect(GitHubReport.summary(Array("a\n".utf8), used: 0) == Array("a\n".utf8))
        #expect(GitHubReport.summary(report, used: GitHubReport.summaryBytesMax) == [])
    }

    // MARK: - What the target says

    /// Each of these would do something in one of the formats.
    @Test(arguments: [
        "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "::error file=x::boom", "##[error]boom",
        "a|b`c`\n# heading\n::error::x", "\u{1B}[2J\u{9B}31m\u{7}", "\u{202E}drowssap\u{2066}",
        "]]>&amp;<!--", "\u{0}\u{1}\u{FFFE}\u{85}\u{2028}", "![x](http://evil/)", "</failure>",
        "\u{A0}::error::x", ":\u{301}:error::x",
    ])
    func foreignTextStaysText(text: String) throws {
        let run = Self.hostile(text)
        for color in [false, true] {
            let terminal = TerminalReport.render(run, color: color, width: 120, quiet: false)
            try Self.checkTerminal(terminal, color: color)
        }
        try Self.checkLines(GitHubReport.annotations(run) { $0 }.joined(separator: "\n"))
        let markdown = String(decoding: MarkdownReport.render(run), as: UTF8.self)
        try Self.checkLines(markdown)
        #expect(!markdown.contains("<"), "no HTML at all")
        #expect(!markdown.contains("![x](") && !markdown.contains("##["))
        // All rows of a table have as many cells as its head.
        for block in markdown.components(separatedBy: "\n\n") where block.hasPrefix("|") {
            let cells = block.split(separator: "\n").map { line in
                line.replacing(/\\./, with: "").count { $0 == "|" }
            }
            #expect(Set(cells).count == 1, "\(block)")
        }
        let xml = JUnitXML.render(run)
        try Self.checkLines(String(decoding: xml, as: UTF8.self))
        let document = XMLCheck(xml)
        #expect(document.error == nil, "\(text): \(document.error ?? "")")
        #expect(
            document.elements.isSubset(of: [
                "testsuites", "testsuite", "properties", "property", "testcase", "failure", "error",
                "skipped",
            ]))
        let csv = String(decoding: TimeseriesCSV.render(run), as: UTF8.self)
        #expect(csv.components(separatedBy: "\r\n").count == 12, "a line per window")
    }

    private static func hostile(_ text: String) -> FinishedRun {
        var run = EvidenceFixture.run(extra: [
            4: ReportFixture.errors(2, errorClass: text, step: text, text: text)
        ])
        for i in run.verdict.rows.indices {
            guard case .criterion(var criterion) = run.verdict.rows[i].rule else { continue }
            criterion.name = text
            criterion.source.file = text
            criterion.subject = .metric(
                MetricSelector(text: text, metric: "http_reqs", tags: ["name": text]))
            run.verdict.rows[i].rule = .criterion(criterion)
            run.verdict.rows[i].reason = text
            run.verdict.rows[i].needs = text
        }
        run.verdict.reasons = [text]
        run.verdict.verdict = .invalid
        run.verdict.validity.distrust = [text]
        run.facts.scenarioName = text
        run.facts.scenarioFile = text
        run.facts.tags = [text: text]
        run.facts.hosts = [0: text, 1: text]
        run.facts.target = text
        run.accounting.brokenIdentities = [text]
        run.aggregate.observed.noteFailure(text, from: "engine")
        return run
    }

    private static func checkTerminal(_ text: String, color: Bool) throws {
        let plain = color ? text.replacing(/\u{1B}\[[0-9]*m/, with: "") : text
        try checkLines(plain)
        #expect(!plain.contains("\u{1B}"))
        #expect(!text.contains("##["))
        for line in text.split(separator: "\n") {
            let begin = line.unicodeScalars.drop { $0.properties.isWhitespace }
            #expect(!begin.starts(with: "::".unicodeScalars), "\(line)")
        }
    }

    /// No control or format character but the line end.
    private static func checkLines(_ text: String) throws {
        let bad = text.unicodeScalars.filter {
            $0 != "\n"
                && [.control, .format, .lineSeparator, .paragraphSeparator].contains(
                    $0.properties.generalCategory)
        }
        #expect(bad.isEmpty, "\(bad)")
    }
}
