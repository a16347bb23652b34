// Finished runs made up for the report tests: the synthetic run with something to say in every
// section, in each verdict a run can have.

import Collector
import HarnessCore
import ScenarioModel
import Telemetry

enum ReportFixture {
    static let pass = [
        Synthetic.latency(100), Synthetic.rateAtLeast(90),
        Synthetic.threshold("http_req_failed", "rate<0.01", .rate, .less, 0.01, line: 16),
    ]
    static let fail = [
        Synthetic.latency(25), Synthetic.rateAtLeast(90),
        Synthetic.threshold("http_req_failed", "rate<0.001", .rate, .less, 0.001, line: 16),
    ]

    static func run(
        _ thresholds: [Threshold], every: SyntheticWindow = .init(failed: 0),
        special: [Int: SyntheticWindow] = [:], agents: Int = 2, isOpen: Bool = true,
        warmup: TimeSpan = .zero, extra: [UInt32: [SeriesDelta]] = [:],
        change: (inout RunFacts, inout AccountingSummary) -> Void = { _, _ in }
    ) -> FinishedRun {
        let scenario = Synthetic.scenario(thresholds, warmup: warmup, isOpen: isOpen)
        let windows = (0..<10).map { i in
            var window = special[i] ?? every
            window.isWarmup = TimeSpan.seconds(Int64(i)) < warmup
            return window
        }
        var aggregate = RunAggregate(scenario: scenario)
        for slot in 0..<UInt32(agents) {
            for delta in Synthetic.deltas(windows, slot: slot, extra: slot == 0 ? extra : [:]) {
                aggregate.merge(delta)
            }
        }
        var facts = Synthetic.facts(scenario, agents: agents)
        var books = Synthetic.books(aggregate)
        change(&facts, &books)
        let verdict = Judge(scenario: scenario).verdict(aggregate, facts: facts, accounting: books)
        return FinishedRun(
            aggregate: aggregate, verdict: verdict, facts: facts, accounting: books,
            directory: "results/20270102T001500Z-7c1e",
            files: ["summary.json", "environment.json", "a.hlog", "b.hlog"],
            processes: [
                ProcessUsage(
                    name: "agent 0", cpuSeconds: 4.2, cpuShare: 0.42, rssBytes: 25 << 20),
                ProcessUsage(
                    name: "redis-server", cpuSeconds: 0.31, cpuShare: 0.03, rssBytes: 9 << 20),
            ])
    }

    /// Errors of one class at one step, with an example of what the target said.
    static func errors(
        _ n: UInt64, errorClass: String = "http_503", code: Int = 1503, step: String = "order new",
        text: String = "overloaded"
    ) -> [SeriesDelta] {
        let tags = [
            "scenario": "orders", "name": step, "error": errorClass, "error_code": "\(code)",
        ]
        return [
            SeriesDelta(
                key: SeriesKey("http_req_errors", tags), value: .counter(delta: n, cum: n)),
            SeriesDelta(
                key: SeriesKey("error_sample", tags.merging(["text": text]) { $1 }),
                value: .counter(delta: 1, cum: 1)),
        ]
    }

    static var passing: FinishedRun {
        run(pass, extra: [:]) { facts, _ in facts.tags = ["branch": "main"] }
    }
    static var failing: FinishedRun {
        run(
            fail, special: [3: .init(failed: 3), 7: .init(failed: 2)],
            extra: [
                3: errors(3) + failedChecks(4),
                7: errors(2) + errors(1, errorClass: "connect", code: 1212, text: "refused"),
            ])
    }

    /// Checks that did not hold, with what the target said instead.
    static func failedChecks(
        _ n: UInt64, check: String = "is filled", text: String = #"{"status":"REJECTED"}"#
    ) -> [SeriesDelta] {
        let tags = ["scenario": "orders", "check": check, "rate": "false"]
        let sample = ["scenario": "orders", "name": check, "error": "check", "text": text]
        return [
            SeriesDelta(key: SeriesKey("checks", tags), value: .counter(delta: n, cum: n)),
            SeriesDelta(
                key: SeriesKey("error_sample", sample), value: .counter(delta: 1, cum: 1)),
        ]
    }
    /// The generator stalled, and that alone broke the limit.
    static var invalid: FinishedRun {
        run(
            [Synthetic.latency(100, p: 99)],
            special: [4: .init(responseMs: [900, 900, 900], turnMs: 900)], agents: 1)
    }
    static var interrupted: FinishedRun {
        run(pass) { facts, books in
            facts.interrupted = true
            facts.duration = .milliseconds(6_250)
            books.agentsFinal = 1
        }
    }
    static var closed: FinishedRun { run(pass, agents: 1, isOpen: false) }
    static var untrusted: FinishedRun {
        run(pass) { _, books in
            books.badDeltas = 1
            books.finalsEqualMerged = false
        }
    }
    /// Nothing came from anyone.
    static var empty: FinishedRun {
        run(pass, every: .init(arrivals: 0, responseMs: []), agents: 0) { facts, _ in
            facts.agents = 2
            facts.hosts = [:]
        }
    }

    static var all: [(name: String, run: FinishedRun)] {
        [
            ("passing", passing), ("failing", failing), ("invalid", invalid),
            ("interrupted", interrupted), ("closed", closed), ("untrusted", untrusted),
            ("empty", empty), ("0 criteria", run([])),
            ("warm-up", run(pass, warmup: .seconds(2))),
            ("all in the warm-up", run(pass, warmup: .seconds(20))),
        ]
    }
}
