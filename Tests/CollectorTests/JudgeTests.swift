import Collector
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@Suite struct JudgeTests {
    /// What a run of ten equal or special windows is judged.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var thresholds: [Threshold]
        var windows: [Int: SyntheticWindow] = [:]
        var every = SyntheticWindow()
        var isOpen = true
        var change: @Sendable (inout RunFacts, inout AccountingSummary) -> Void = { _, _ in }
        var verdict: Verdict
        var exit: ExitCode
        var reason = ""
        var testDescription: String { name }
    }

    static let fast = Synthetic.latency(100)
    static let slow = Synthetic.latency(25)
    static let few = Synthetic.rateAtLeast(90)
    static let many = Synthetic.rateAtLeast(200)
    static let noErrors = Synthetic.threshold(
        "http_req_failed", "rate<0.01", .rate, .less, 0.01)

    static let cases: [Case] = [
        Case(name: "clean", thresholds: [fast, few, noErrors], verdict: .pass, exit: .pass),
        Case(name: "slow", thresholds: [slow], verdict: .fail, exit: .criteriaFailed),
        Case(name: "too few", thresholds: [many], verdict: .fail, exit: .criteriaFailed),
        Case(
            name: "errors", thresholds: [noErrors], every: .init(failed: 2), verdict: .fail,
            exit: .criteriaFailed),
        Case(name: "0 criteria", thresholds: [], verdict: .pass, exit: .pass, reason: "0 criteria"),
        Case(
            name: "no samples", thresholds: [fast], every: .init(responseMs: []), verdict: .fail,
            exit: .criteriaFailed, reason: "no samples"),
        Case(
            name: "nobody answered: quick refusals are no fast target", thresholds: [fast, few],
            every: .init(failed: 100, failedStatus: "0"), verdict: .fail,
            exit: .criteriaFailed, reason: "no request was answered"),
        Case(
            name: "nobody answered, no criteria", thresholds: [],
            every: .init(failed: 100, failedStatus: "0"), verdict: .fail,
            exit: .criteriaFailed, reason: "no request was answered"),
        Case(
            name: "one answer is an answer", thresholds: [fast, few],
            every: .init(failed: 99, failedStatus: "0"), verdict: .pass, exit: .pass),
        Case(
            name: "nothing started", thresholds: [fast],
            every: .init(arrivals: 0, responseMs: []), verdict: .invalid, exit: .invalid,
            reason: "nothing was started"),
        Case(
            name: "a selector that matches nothing",
            thresholds: [
                Synthetic.threshold(
                    "http_req_response_time", "p(95)<100", .percentile(95), .less, 100,
                    tags: ["scenario": "typo"])
            ], verdict: .invalid, exit: .invalid, reason: "no samples"),
        Case(
            name: "dropped: a PASS on latency is pool limited", thresholds: [fast],
            every: .init(dropped: 2), verdict: .invalid, exit: .invalid, reason: "pool limited"),
        Case(
            name: "dropped: a FAIL on latency stays", thresholds: [slow],
            every: .init(dropped: 2), verdict: .fail, exit: .criteriaFailed),
        Case(
            name: "dropped: throughput is judged as it is", thresholds: [many],
            every: .init(dropped: 2), verdict: .fail, exit: .criteriaFailed),
        Case(
            name: "late: a PASS on latency is INVALID", thresholds: [fast], every: .init(late: 2),
            verdict: .invalid, exit: .invalid, reason: "delivered 98.00 %"),
        Case(
            name: "late: a FAIL on throughput is INVALID", thresholds: [many],
            every: .init(late: 2), verdict: .invalid, exit: .invalid),
        Case(
            name: "late: a PASS on throughput is only suspect", thresholds: [few],
            every: .init(late: 2), verdict: .warn, exit: .pass),
        Case(
            name: "late: a FAIL on latency stands", thresholds: [slow], every: .init(late: 2),
            verdict: .fail, exit: .criteriaFailed),
        Case(
            name: "missed: more than the allowed loss", thresholds: [fast],
            every: .init(missed: 2), verdict: .invalid, exit: .invalid),
        Case(
            name: "a stall alone cannot FAIL the target",
            thresholds: [Synthetic.latency(100, p: 99)],
            windows: [4: .init(responseMs: [900, 900, 900], turnMs: 900)], verdict: .invalid,
            exit: .invalid, reason: "only where the generator"),
        Case(
            name: "lag alone: the service time was fine",
            thresholds: [Synthetic.latency(100, p: 99)],
            windows: [4: .init(responseMs: [900, 900], serviceMs: [10, 10], lagMs: 50)],
            verdict: .invalid, exit: .invalid),
        Case(
            name: "lag, but the service time fails too",
            thresholds: [Synthetic.latency(100, p: 99)],
            windows: [4: .init(responseMs: [900, 900], serviceMs: [880, 880], lagMs: 50)],
            verdict: .fail, exit: .criteriaFailed),
        Case(
            name: "lag, but other windows fail as well", thresholds: [slow],
            windows: [4: .init(lagMs: 50)], verdict: .fail, exit: .criteriaFailed),
        Case(
            name: "added delay cannot spoil a PASS", thresholds: [fast],
            windows: [4: .init(lagMs: 50)], verdict: .warn, exit: .pass),
        Case(
            name: "closed model: a tainted tenth spoils a PASS", thresholds: [fast],
            windows: [4: .init(turnMs: 500)], isOpen: false, verdict: .invalid, exit: .invalid),
        Case(
            name: "identity broken", thresholds: [fast, many],
            change: { $1.brokenIdentities = ["started 5 is not completed 4 + interrupted 0"] },
            verdict: .invalid, exit: .invalid, reason: "data not trusted: started 5"),
        Case(
            name: "finals differ", thresholds: [slow], change: { $1.finalsEqualMerged = false },
            verdict: .invalid, exit: .invalid),
        Case(
            name: "a damaged delta", thresholds: [slow], change: { $1.badDeltas = 1 },
            verdict: .invalid, exit: .invalid),
        Case(
            name: "a duplicate has no effect", thresholds: [fast], change: { $1.duplicates = 3 },
            verdict: .pass, exit: .pass),
        Case(
            name: "unaccounted above the allowed loss", thresholds: [slow],
            change: { $1.unaccounted = 20 }, verdict: .invalid, exit: .invalid),
        Case(
            name: "a little unaccounted", thresholds: [fast], change: { $1.unaccounted = 1 },
            verdict: .warn, exit: .pass),
        Case(
            name: "0 criteria, damaged", thresholds: [], change: { $1.badDeltas = 1 },
            verdict: .invalid, exit: .invalid),
        Case(
            name: "interrupted", thresholds: [fast],
            change: { facts, _ in facts.interrupted = true },
            verdict: .inconclusive, exit: .interrupted, reason: "interrupted"),
        Case(
            name: "interrupted and failing", thresholds: [slow],
            change: { facts, _ in facts.interrupted = true }, verdict: .fail, exit: .interrupted),
        Case(
            name: "aborted from outside", thresholds: [fast],
            change: { facts, _ in facts.aborted = "agent 1 was lost" }, verdict: .invalid,
            exit: .invalid, reason: "agent 1 was lost"),
        Case(
            name: "FAIL wins over INVALID", thresholds: [slow, fast], every: .init(dropped: 2),
            verdict: .fail, exit: .criteriaFailed),
    ]

    @Test(arguments: cases)
    func verdicts(_ c: Case) {
        let scenario = Synthetic.scenario(c.thresholds, isOpen: c.isOpen)
        let windows = (0..<10).map { c.windows[$0] ?? c.every }
        let aggregate = Synthetic.aggregate(scenario, windows)
        var facts = Synthetic.facts(scenario)
        var books = Synthetic.books(aggregate)
        c.change(&facts, &books)
        let verdict = Judge(scenario: scenario).verdict(aggregate, facts: facts, accounting: books)
        #expect(verdict.verdict == c.verdict, "\(c.name): \(verdict.reasons)")
        #expect(verdict.exitCode == c.exit, "\(c.name)")
        let texts = verdict.reasons + verdict.rows.map(\.reason)
        #expect(c.reason.isEmpty || texts.contains { $0.contains(c.reason) }, "\(texts)")
    }

    /// scenarios.md section 9: p(95) = 500 failing `p(95)<200` at 1.5 s aborts with the delay
    /// unset or 1 s, not with 2 s.
    @Test(arguments: [(0, true), (1_000, true), (1_500, false), (2_000, false)])
    func abortIsStrictlyAfterTheDelay(delayMs: Int64, aborts: Bool) {
        var threshold = Synthetic.latency(200)
        threshold.abortOnFail = true
        threshold.delayAbortEval = .milliseconds(delayMs)
        let scenario = Synthetic.scenario([threshold])
        let aggregate = Synthetic.aggregate(scenario, [.init(responseMs: [500])])
        var judge = Judge(scenario: scenario)
        let directive = judge.evaluate(aggregate, runTime: .milliseconds(1_500), isFinal: false)
        #expect((directive != .goOn) == aborts)
        let verdict = judge.verdict(
            aggregate, facts: Synthetic.facts(scenario, seconds: 2),
            accounting: Synthetic.books(aggregate))
        #expect(verdict.exitCode == .criteriaFailed)
    }

    @Test func anAbortStaysAFailEvenIfItRecovers() {
        var threshold = Synthetic.latency(200, p: 50)
        threshold.abortOnFail = true
        let scenario = Synthetic.scenario([threshold])
        let deltas = Synthetic.deltas(
            [.init(responseMs: [500])] + .init(repeating: .init(), count: 3))
        var aggregate = RunAggregate(scenario: scenario)
        var judge = Judge(scenario: scenario)
        aggregate.merge(deltas[0])
        #expect(judge.evaluate(aggregate, runTime: .seconds(1), isFinal: false) != .goOn)
        for delta in deltas[1...] { aggregate.merge(delta) }
        var facts = Synthetic.facts(scenario, seconds: 4)
        facts.aborted = "threshold"
        let verdict = judge.verdict(
            aggregate, facts: facts, accounting: Synthetic.books(aggregate))
        #expect(verdict.verdict == .fail && verdict.rows[0].reason == "aborted the run")
    }

    @Test func evaluatesEveryTwoSeconds() {
        var threshold = Synthetic.latency(200)
        threshold.abortOnFail = true
        let scenario = Synthetic.scenario([threshold])
        var judge = Judge(scenario: scenario)
        let good = Synthetic.aggregate(scenario, [.init()])
        let bad = Synthetic.aggregate(scenario, [.init(responseMs: [500])])
        #expect(judge.evaluate(good, runTime: .milliseconds(500), isFinal: false) == .goOn)
        #expect(judge.evaluate(bad, runTime: .milliseconds(2_499), isFinal: false) == .goOn)
        #expect(judge.evaluate(bad, runTime: .milliseconds(2_500), isFinal: false) != .goOn)
    }

    @Test func aWindowThatFailedOnceIsFinal() {
        var threshold = Synthetic.latency(100)
        threshold.window = .seconds(2)
        let scenario = Synthetic.scenario([threshold])
        var windows = [SyntheticWindow](repeating: .init(), count: 10)
        windows[3].responseMs = [900, 900, 900, 900]
        windows[5].responseMs = []
        windows[6].responseMs = []
        var aggregate = RunAggregate(scenario: scenario)
        var judge = Judge(scenario: scenario)
        var plain = Judge(scenario: Synthetic.scenario([Synthetic.latency(950)]))
        for (i, delta) in Synthetic.deltas(windows).enumerated() {
            aggregate.merge(delta)
            let now = TimeSpan.seconds(Int64(i + 1))
            #expect(judge.evaluate(aggregate, runTime: now, isFinal: false) == .goOn)
            #expect(plain.evaluate(aggregate, runTime: now, isFinal: false) == .goOn)
        }
        let facts = Synthetic.facts(scenario)
        let books = Synthetic.books(aggregate)
        let verdict = judge.verdict(aggregate, facts: facts, accounting: books)
        #expect(verdict.verdict == .fail)
        #expect(verdict.rows[0].reason.contains("final"))
        #expect(plain.verdict(aggregate, facts: facts, accounting: books).verdict == .pass)
    }

    /// Observations of k6's thresholds (scenarios.md section 9).
    @Test(arguments: [
        ("med<39", Threshold.Aggregation.med, Threshold.Comparison.less, 39.0, false),
        ("med>39", .med, .greater, 39, true), ("max==90", .max, .equal, 90, true),
        ("min!=70", .min, .notEqual, 70, false), ("avg===80", .avg, .strictlyEqual, 80, true),
        ("p(100)<=90", .percentile(100), .lessOrEqual, 90, true),
    ])
    func trends(
        text: String, aggregation: Threshold.Aggregation, comparison: Threshold.Comparison,
        limit: Double, holds: Bool
    ) {
        let scenario = Synthetic.scenario([
            Synthetic.threshold("http_req_response_time", text, aggregation, comparison, limit)
        ])
        let aggregate = Synthetic.aggregate(
            scenario, .init(repeating: .init(responseMs: [70, 80, 90]), count: 10))
        let verdict = Judge(scenario: scenario).verdict(
            aggregate, facts: Synthetic.facts(scenario), accounting: Synthetic.books(aggregate))
        #expect((verdict.verdict == .pass) == holds, "\(text): \(verdict.rows)")
    }

    @Test func rateAtZeroSecondsIsZero() {
        let scenario = Synthetic.scenario(
            [Synthetic.threshold("http_reqs", "rate<100", .rate, .less, 100)],
            warmup: .seconds(1))
        var judge = Judge(scenario: scenario)
        let aggregate = Synthetic.aggregate(scenario, [])
        #expect(judge.evaluate(aggregate, runTime: .zero, isFinal: false) == .goOn)
    }

    @Test func throughputLeavesOutWarmupAndDraining() throws {
        let scenario = Synthetic.scenario(
            [Synthetic.rateAtLeast(100)], seconds: 8, warmup: .seconds(2))
        let windows = (0..<10).map { SyntheticWindow(isWarmup: $0 < 2) }
        let aggregate = Synthetic.aggregate(scenario, windows)
        let verdict = Judge(scenario: scenario).verdict(
            aggregate, facts: Synthetic.facts(scenario), accounting: Synthetic.books(aggregate))
        #expect(try #require(verdict.rows.first).observed == 100)
        #expect(verdict.verdict == .pass)
    }

    @Test func iterationErrorsAreJudgedUnlessNamed() {
        let error = SeriesDelta(
            key: SeriesKey("iteration_errors", ["scenario": "orders", "reason": "arithmetic"]),
            value: .counter(delta: 1, cum: 1))
        let tolerant = Synthetic.threshold("iteration_errors", "count<5", .count, .less, 5)
        for (thresholds, expected) in [([Self.fast], Verdict.fail), ([tolerant], .pass)] {
            let scenario = Synthetic.scenario(thresholds)
            var aggregate = RunAggregate(scenario: scenario)
            let windows = [SyntheticWindow](repeating: .init(), count: 10)
            for delta in Synthetic.deltas(windows, extra: [2: [error]]) { aggregate.merge(delta) }
            let verdict = Judge(scenario: scenario).verdict(
                aggregate, facts: Synthetic.facts(scenario), accounting: Synthetic.books(aggregate))
            #expect(verdict.verdict == expected, "\(verdict.reasons)")
        }
    }
}
