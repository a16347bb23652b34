// A run with a criterion in every verdict, gated and not, with intervals, budgets and what the
// target's exporter said. Rows are made by hand: reports print what the judge found, whatever it
// was.

import Collector
import HarnessCore
import ScenarioModel
import Telemetry

enum EvidenceFixture {
    static func criterion(
        _ name: String, _ metric: String, tags: [String: String] = [:],
        _ statistic: Criterion.Statistic, _ text: String, _ comparison: Criterion.Operator,
        _ lower: Double, _ upper: Double? = nil, unit: Criterion.Unit, line: Int
    ) -> Criterion {
        let parts = metric.split(separator: ".").map(String.init)
        let subject: Criterion.Subject =
            parts.count == 3
            ? .observed(ObservedName(source: parts[1], metric: parts[2]))
            : .metric(MetricSelector(text: metric, metric: metric, tags: tags))
        return Criterion(
            name: name, subject: subject, statistic: statistic, statisticText: text,
            comparison: comparison, lower: lower, upper: upper ?? lower, unit: unit,
            limitText: "",
            source: SourcePosition(file: "scenarios/orders.yaml", line: line, column: 5))
    }

    private static func row(
        _ criterion: Criterion, _ observed: Double?, _ unit: MetricUnit, _ samples: UInt64,
        _ verdict: Verdict, _ reason: String = "",
        ci: (Double, Double, IntervalMethod)? = nil, change: (inout CriterionRow) -> Void = { _ in }
    ) -> CriterionRow {
        var row = CriterionRow(
            rule: .criterion(criterion), observed: observed, unit: unit, samples: samples,
            verdict: verdict, reason: reason)
        row.interval = ci.map {
            ConfidenceInterval(low: $0.0, high: $0.1, level: 0.95, method: $0.2)
        }
        row.window = .init(
            from: .seconds(2), to: .seconds(10), excludedWarmup: .seconds(2))
        change(&row)
        return row
    }

    static var rows: [CriterionRow] {
        var cpu = criterion(
            "cpu", "observe.engine.cpu", .average, "avg", .within, 0.6, 0.7, unit: .ratio, line: 25)
        cpu.isGated = false
        cpu.per = ObservedName(source: "engine", metric: "cores")
        var slow = criterion(
            "slow reads", "http_req_duration", tags: ["name": "depth"], .average, "avg", .less, 30,
            unit: .milliseconds, line: 28)
        slow.isGated = false
        return [
            row(
                criterion(
                    "tps", "http_reqs", tags: ["name": "order new", "expected_response": "true"],
                    .rate, "rate", .greaterOrEqual, 150, unit: .perSecond, line: 21),
                199.5, .perSecond, 1_596, .pass, ci: (199.0, 199.9, .mean)
            ) { $0.validity = ["lag"] },
            row(
                criterion(
                    "p95", "http_req_response_time", tags: ["name": "order new"], .percentile(95),
                    "p(95)", .less, 100, unit: .milliseconds, line: 22),
                38.414, .milliseconds, 80, .warn, "the generator is suspect",
                ci: (37.12, 39.9, .woodruff)
            ) {
                $0.effectiveSamples = 72.5
                $0.designEffect = 1.1
                $0.batches = 30
                $0.batchWindows = 2
                $0.bad = 3
                $0.good = 77
                $0.droppedAsBad = 1
                $0.interruptedAsBad = 0
                $0.budget = .init(consumed: 0.75, burnRate: 1.5)
                $0.worstSlice = .init(from: .seconds(5), value: 61.25)
            },
            row(
                criterion(
                    "tail", "http_req_response_time", .percentile(99), "p(99)", .less, 35,
                    unit: .milliseconds, line: 23),
                40, .milliseconds, 80, .fail, ci: (36, .infinity, .woodruff)
            ) { $0.bad = 12 },
            row(
                criterion(
                    "errors", "http_req_failed", .rate, "rate", .less, 0.0001, unit: .ratio,
                    line: 24),
                0.00006, .ratio, 1_596, .inconclusive, "the interval holds the limit",
                ci: (0.00001, 0.00019, .clopperPearson)
            ) { $0.needs = "about 4 times longer" },
            row(
                cpu, 0.718, .ratio, 8, .fail, ci: (0.709, 0.727, .mean)
            ) { _ in },
            row(
                criterion(
                    "memory", "observe.engine.rss", .maximum, "max", .lessOrEqual, 1_610_612_736,
                    unit: .bytes, line: 26),
                1_314_259_992, .bytes, 8, .pass),
            row(
                criterion(
                    "p99.9", "http_req_response_time", .percentile(99.9), "p(99.9)", .less, 200,
                    unit: .milliseconds, line: 27),
                nil, .milliseconds, 0, .invalid, "no samples"
            ) { $0.effectiveSamples = 12 },
            row(slow, 31.25, .milliseconds, 40, .inconclusive, "run too short") {
                $0.needs = "needs 300 measured seconds"
            },
        ]
    }

    /// `extra` goes to the first agent's windows.
    static func run(extra: [UInt32: [SeriesDelta]] = [:]) -> FinishedRun {
        let windows = (0..<10).map { i in
            var window = SyntheticWindow(failed: i == 3 ? 3 : i == 7 ? 2 : 0)
            window.isWarmup = i < 2
            if i == 5 { window.turnMs = 150 }
            if i == 6 {
                window.dropped = 2
                window.late = 1
            }
            return window
        }
        var scenario = Synthetic.scenario([], warmup: .seconds(2))
        scenario.criteria = rows.compactMap {
            if case .criterion(let criterion) = $0.rule { criterion } else { nil }
        }
        scenario.observe = [
            ObserveSource(
                name: "engine", url: "/metrics",
                metrics: ["cores", "cpu", "rss"].map { .init(name: $0, series: $0) },
                source: SourcePosition(file: "scenarios/orders.yaml", line: 30, column: 3))
        ]
        scenario.health.texts = ["turn": "[20ms, 200ms]"]
        var aggregate = RunAggregate(scenario: scenario)
        aggregate.expectedAgents = 2
        let waits = SeriesDelta(
            key: SeriesKey("vu_wait", ["scenario": "orders"]),
            value: .histogram(Synthetic.histogram([12_000_000])))
        let connections = SeriesDelta(
            key: SeriesKey("conn_wait", ["scenario": "orders", "name": "order new"]),
            value: .histogram(Synthetic.histogram([400_000, 500_000])))
        let all = extra.merging(
            [
                3: ReportFixture.errors(3), 6: [waits, connections], 7: ReportFixture.errors(2),
            ]
        ) { $0 + $1 }
        for slot in 0..<UInt32(2) {
            for delta in Synthetic.deltas(windows, slot: slot, extra: slot == 0 ? all : [:]) {
                aggregate.merge(delta)
            }
        }
        observe(&aggregate)
        var facts = Synthetic.facts(scenario, agents: 2)
        facts.tags = ["branch": "main"]
        let books = Synthetic.books(aggregate)
        var verdict = Judge(scenario: scenario).verdict(
            aggregate, facts: facts, accounting: books)
        verdict.rows = rows
        verdict.verdict = .fail
        verdict.exitCode = .criteriaFailed
        verdict.reasons = ["tail"]
        var run = FinishedRun(
            aggregate: aggregate, verdict: verdict, facts: facts, accounting: books,
            directory: "results/20270102T001500Z-7c1e",
            files: [
                "environment.json", "junit.xml", "report.html", "report.md", "run.json", "a.hlog",
                "summary.json", "timeseries.csv",
            ],
            processes: [
                ProcessUsage(
                    name: "agent 0", cpuSeconds: 4.2, cpuShare: 0.42, rssBytes: 25 << 20)
            ])
        let responses = ["scenario": "orders", "name": "order new", "expected_response": "true"]
        run.logs = [SeriesKey("http_req_response_time", responses): "a.hlog"]
        run.estimates = [
            SeriesKey("http_req_response_time", ["scenario": "orders"]): SeriesEstimate(
                intervals: [
                    95: ConfidenceInterval(
                        low: 37_120_000, high: 39_900_000, level: 0.95, method: .woodruff)
                ], effectiveSamples: 72.5)
        ]
        run.written = ["a.hlog", "run.json", "timeseries.csv"].map {
            WrittenFile(name: $0, bytes: 3, sha256: String(repeating: "ab", count: 32))
        }
        return run
    }

    /// A scrape a second, the last one unanswered; the first two are in the warm-up.
    private static func observe(_ aggregate: inout RunAggregate) {
        func name(_ metric: String) -> ObservedName {
            ObservedName(source: "engine", metric: metric)
        }
        for i in 0..<9 {
            aggregate.observed.note(
                [
                    (name("cpu"), 1.4 + 0.01 * Double(i)), (name("cores"), 2),
                    (name("rss"), 1_300_000_000 + 1_782_499 * Double(i)),
                ], from: "engine", at: .milliseconds(500 + 1_000 * Int64(i)))
        }
        aggregate.observed.noteFailure("connection refused", from: "engine")
    }
}
