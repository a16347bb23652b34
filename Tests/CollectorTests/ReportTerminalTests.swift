import Collector
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@Suite struct ReportTerminalTests {
    private static func text(
        _ run: FinishedRun, color: Bool = false, width: Int = 92, quiet: Bool = false
    ) -> String {
        TerminalReport.render(run, color: color, width: width, quiet: quiet)
    }

    @Test func golden() throws {
        for (name, run) in [
            ("passing", ReportFixture.passing), ("failing", ReportFixture.failing),
            ("invalid", ReportFixture.invalid), ("interrupted", ReportFixture.interrupted),
            ("closed", ReportFixture.closed), ("empty", ReportFixture.empty),
            ("untrusted", ReportFixture.untrusted),
        ] {
            try GoldenFile.expect(Array(Self.text(run).utf8), is: name + ".txt")
        }
        for (name, run) in [
            ("quiet-passing", ReportFixture.passing), ("quiet-failing", ReportFixture.failing),
        ] {
            try GoldenFile.expect(Array(Self.text(run, quiet: true).utf8), is: name + ".txt")
        }
    }

    /// Colour says nothing that the words do not: without it, the text is the same.
    @Test func colourIsDecoration() {
        for (name, run) in ReportFixture.all {
            let plain = Self.text(run)
            let coloured = Self.text(run, color: true)
            #expect(coloured.contains("\u{1B}["), "\(name)")
            #expect(coloured.replacing(/\u{1B}\[[0-9]*m/, with: "") == plain, "\(name)")
            #expect(!plain.contains("\u{1B}"), "\(name)")
        }
    }

    @Test(arguments: [80, 92, 100, 120, 500])
    func linesFit(width: Int) {
        for (name, run) in ReportFixture.all {
            let lines = Self.text(run, width: width).split(separator: "\n")
            let books = lines.filter { !$0.contains("accounting:") }
            let longest = books.map(\.count).max() ?? 0
            #expect(longest <= min(width, 120), "\(name): \(books.filter { $0.count > width })")
            #expect(!lines.contains { $0.hasSuffix(" ") }, "\(name)")
        }
    }

    @Test func theLastLineIsForGrep() {
        for (name, run) in ReportFixture.all {
            let last = Self.text(run).split(separator: "\n").last ?? ""
            #expect(last.wholeMatch(of: /Requests\/sec: [0-9]+\.[0-9]{2}/) != nil, "\(name)")
        }
        #expect(Self.text(ReportFixture.passing).hasSuffix("Requests/sec: 200.00\n"))
    }

    @Test func accountingIsWordForWord() {
        var run = ReportFixture.passing
        run.accounting = AccountingSummary(
            planned: 624_000, started: 623_954, dropped: 46, missed: 0, unaccounted: 0,
            finalsEqualMerged: true, agentsFinal: 2, agents: 2, deltas: 240)
        #expect(
            Self.text(run).contains(
                "         accounting: planned 624000 = started 623954 + dropped 46 + missed 0"
                    + " + unaccounted 0; finals = merged, 2 of 2 agents\n"))
        run.accounting.finalsEqualMerged = false
        run.accounting.badDeltas = 1
        #expect(Self.text(run).contains("; finals != merged, 2 of 2 agents\n"))
    }

    @Test func foreignTextCannotActOnTheTerminal() {
        let hostile = "<script>\u{1B}]0;owned\u{7}\u{1B}[2J\r\nVERDICT  PASS\u{202E}\u{9B}31m"
        var thresholds = ReportFixture.fail
        thresholds[0].selector.text = "http_req_response_time{name:\(hostile)}"
        thresholds[0].source.file = hostile
        var run = ReportFixture.run(
            thresholds, every: .init(failed: 2),
            extra: [
                1: ReportFixture.errors(2, errorClass: hostile, step: hostile, text: hostile)
            ]
        ) { facts, _ in
            facts.scenarioFile = hostile
            facts.runID = hostile
            facts.version = hostile
            facts.hosts = [0: hostile, 1: String(repeating: "x", count: 5_000)]
            facts.aborted = hostile
        }
        run.directory = hostile
        run.files = [hostile]
        run.processes[0].name = hostile
        run.accounting.brokenIdentities = [hostile]
        for quiet in [false, true] {
            let text = Self.text(run, quiet: quiet)
            let bad = text.unicodeScalars.filter {
                $0 != "\n"
                    && ($0.properties.generalCategory == .control
                        || $0.properties.generalCategory == .format)
            }
            #expect(bad.isEmpty)
            let verdicts = text.split(separator: "\n").filter { $0.hasPrefix("VERDICT") }
            #expect(verdicts.count == 1, "nobody else speaks the verdict")
        }
    }

    @Test func roundingNeverHidesWhichSideOfTheLimit() {
        var run = ReportFixture.passing
        run.verdict.rows[0].observed = 99.99999
        #expect(Self.text(run).contains("99.99999 ms"))
        run.verdict.rows[0].observed = 100
        #expect(Self.text(run).contains("100.00 ms"))
    }

    @Test func manyErrorsAreCut() {
        let extra = (0..<14).flatMap { i in
            ReportFixture.errors(UInt64(20 - i), errorClass: "http_\(500 + i)")
        }
        let run = ReportFixture.run(ReportFixture.fail, every: .init(failed: 5), extra: [2: extra])
        let text = Self.text(run)
        #expect(text.contains("http_509") && !text.contains("http_510"))
        #expect(text.contains("  and 4 more in summary.json\n"))
    }

    @Test func severalScenariosAreNamed() {
        var scenario = Synthetic.scenario(ReportFixture.pass)
        var second = scenario.workloads[0]
        second.name = "browse"
        scenario.workloads.append(second)
        let aggregate = Synthetic.aggregate(scenario, .init(repeating: .init(), count: 10))
        var run = ReportFixture.passing
        run.aggregate = aggregate
        #expect(Self.text(run).contains("  orders / order new"))
        #expect(Self.text(run).contains("  orders / schedule lag"))
    }

    /// `summaryTrendStats` decides which columns there are, in an order of our own.
    @Test(
        arguments: [
            ([.max, .percentile(99), .med], "count    p50    p99    max"),
            ([.percentile(50), .med, .count], "count    p50"),
            ([.avg, .percentile(99.99), .min], "count    min   mean  p99.99"), ([], "count"),
        ] as [([TrendStatistic], String)])
    func statisticsAskedFor(statistics: [TrendStatistic], columns: String) {
        var scenario = Synthetic.scenario([])
        scenario.summaryTrendStats = statistics
        var run = ReportFixture.passing
        run.aggregate = Synthetic.aggregate(scenario, .init(repeating: .init(), count: 10))
        let title = Self.text(run).split(separator: "\n").first { $0.hasPrefix("LATENCY") } ?? ""
        #expect(title == "LATENCY ms                 " + columns, "\(title)")
    }

    @Test func whatTheDocumentCounts() {
        func counter(_ metric: String, _ tags: [String: String], _ n: UInt64) -> SeriesDelta {
            SeriesDelta(
                key: SeriesKey(metric, tags.merging(["scenario": "orders"]) { $1 }),
                value: .counter(delta: n, cum: n))
        }
        let run = ReportFixture.run(
            ReportFixture.pass,
            extra: [
                2: [
                    counter("checks", ["check": "status", "rate": "true"], 1_999),
                    counter("checks", ["check": "status", "rate": "false"], 1),
                    counter("orders", ["op": "new"], 1_500), counter("orders", ["op": "cancel"], 3),
                    counter("order_substitutions", [:], 7),
                    counter("http_req_rejected", ["rate": "true", "reject_code": "-2010"], 4),
                    counter("http_req_rejected", ["rate": "true"], 1),
                    counter("iterations_interrupted", [:], 2),
                    counter("iteration_errors", ["reason": "fail"], 1),
                ]
            ])
        let text = Self.text(run)
        for line in [
            "  status   1,999       1  99.95 %\n",
            "ORDERS   cancel 3   new 1,500   substitutions 7\n",
            "REJECTS  5   -2010 4\n",
            "iterations 2,000   interrupted 2\n         iteration errors: fail 1   sent",
        ] { #expect(text.contains(line), "\(line) is not in \(text)") }
    }
}
