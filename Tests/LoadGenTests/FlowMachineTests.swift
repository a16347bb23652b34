import HarnessCore
import LoadGen
import ScenarioModel
import Testing

/// The walk over the steps: outcomes, draws, counters.
@Suite struct FlowMachineTests {
    /// Status, rejects, onFail -> verdict, and whether the next request is sent.
    @Test(arguments: [
        (200, RequestStep.OnFail.stop, RequestVerdict.ok, true),
        (399, .stop, .ok, true),
        (400, .stop, .rejected, true),
        (404, .stop, .failed, false),
        (404, .continue, .failed, true),
        (500, .stop, .failed, false),
        (0, .stop, .failed, false),
        (0, .continue, .failed, true),
        (199, .stop, .failed, false),
    ])
    func outcomes(
        status: Int, onFail: RequestStep.OnFail, verdict: RequestVerdict, goesOn: Bool
    ) throws {
        let first = FlowFixture.get {
            $0.rejects = StatusSet([400...400])
            $0.onFail = onFail
        }
        let bench = try FlowBench([first, FlowFixture.get("/second")])
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(bench.complete(status) == verdict)
        #expect(bench.machine.next() == (goesOn ? .request : .finished(failed: true)))
        // A failed request is no iteration error.
        #expect(bench.drained().isEmpty)
    }

    @Test func expectedFailuresAreNone() throws {
        let step = FlowFixture.get { $0.expect = StatusSet([404...404]) }
        let bench = try FlowBench([step])
        #expect(bench.run(404) == .finished(failed: false))
        #expect(bench.run(200) == .finished(failed: true))
    }

    @Test func responseNamesFollowTheLatestRequest() throws {
        let second = FlowFixture.get {
            $0.body = .text(
                FlowFixture.template("${=0} ${=1}", [.name(.responseStatus), .name(.responseTime)]))
        }
        let bench = try FlowBench([FlowFixture.get { $0.onFail = .continue }, second])
        for (status, ms, text) in [(503, 12, "503 12"), (0, 1, "0 1")] {
            bench.begin()
            #expect(bench.machine.next() == .request)
            _ = bench.complete(status, ms: Int64(ms))
            #expect(bench.machine.next() == .request)
            #expect(bench.body == text)
        }
    }

    /// Draws of a flow: stream(3, a, 0), a = g, or vu x 2^32 + iteration.
    @Test(arguments: [nil, 12 as UInt64?])
    func drawsComeInOrderFromTheFlowsStream(global: UInt64?) throws {
        let steps: [Step] = [
            .think(.uniform(.milliseconds(1), .milliseconds(2))),
            .choose([
                Step.Choice(weight: 9, steps: [FlowFixture.get("/nine")]),
                Step.Choice(weight: 1, steps: [FlowFixture.get("/one")]),
            ]),
            .group(name: "g", steps: [.think(.exponential(mean: .seconds(1), max: .seconds(2)))]),
            .think(.fixed(.seconds(3))),
            FlowFixture.get {
                $0.url = FlowFixture.template("/${=0}", [.random(.integer(1), .integer(100))])
            },
        ]
        let bench = try FlowBench(steps)
        for iteration in 0..<100 as Range<UInt64> {
            let a = global ?? 7 << 32 + iteration
            var r = RandomStreams(seed: 1, scenario: "orders").stream(.flows, a, 0)
            bench.begin(global: global)
            let first = TimeSpan(ns: 1_000_000 + Int64(Draw.below(r.next(), 1_000_001)))
            #expect(bench.machine.next() == .think(first))
            #expect(bench.machine.next() == .request)
            let isNine = Draw.below(r.next(), 10) < 9
            #expect(bench.url == "http://t:1/" + (isNine ? "nine" : "one"))
            _ = bench.complete()
            let ns = -naturalLogarithmOf(Draw.unit(r.next())) * 1e9
            #expect(bench.machine.next() == .think(TimeSpan(ns: Int64(min(ns, 2e9)))))
            #expect(bench.machine.next() == .think(.seconds(3)))
            #expect(bench.machine.next() == .request)
            #expect(bench.url == "http://t:1/\(1 + Draw.below(r.next(), 100))")
            _ = bench.complete()
            #expect(bench.machine.next() == .finished(failed: false))
        }
    }

    @Test func groupsNest() throws {
        let steps: [Step] = [
            .group(
                name: "a",
                steps: [
                    FlowFixture.get("/1"), .group(name: "b", steps: []),
                    .group(name: "c", steps: [FlowFixture.get("/2")]), FlowFixture.get("/3"),
                ]),
            FlowFixture.get("/4"),
        ]
        let bench = try FlowBench(steps)
        bench.begin()
        for i in 1...4 {
            #expect(bench.machine.next() == .request)
            #expect(bench.url == "http://t:1/\(i)")
            _ = bench.complete()
        }
        #expect(bench.machine.next() == .finished(failed: false))
        #expect(bench.machine.next() == .finished(failed: false))
    }

    @Test func emptyFlowEnds() throws {
        #expect(try FlowBench([]).run() == .finished(failed: false))
    }

    /// An iteration cut off by the worker leaves nothing behind.
    @Test func beginStartsClean() throws {
        let first = FlowFixture.get("/1") { $0.captures = [FlowFixture.capture("$.a")] }
        let second = FlowFixture.get("/2") {
            $0.body = .text(FlowFixture.template("${=0}", [.fallback(.name(.variable(0)), "-")]))
        }
        let bench = try FlowBench([first, second], variables: ["x"])
        bench.begin()
        #expect(bench.machine.next() == .request)
        _ = bench.complete(body: "{\"a\":1}")
        #expect(bench.machine.next() == .request)
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(bench.url == "http://t:1/1")
        _ = bench.complete(500)
        #expect(bench.machine.next() == .finished(failed: true))
        bench.begin()
        #expect(bench.machine.next() == .request)
        _ = bench.complete(body: "{}")
        #expect(bench.machine.next() == .request)
        #expect(bench.body == "-")
    }

    /// Warm-up iterations count in twins, and each count is drained once.
    @Test func countersHaveWarmupTwins() throws {
        let step = FlowFixture.get {
            $0.checks = [Check(name: "c", subject: .statusIn(.success), conditions: [])]
            $0.captures = [FlowFixture.capture("$.none")]
            $0.onFail = .continue
        }
        let bench = try FlowBench([step], variables: ["x"])
        for (isWarmup, status) in [(true, 200), (true, 500), (false, 200)] {
            bench.begin(isWarmup: isWarmup)
            #expect(bench.machine.next() == .request)
            _ = bench.complete(status)
            #expect(bench.machine.next() == .finished(failed: false))
            bench.context.countIteration(failed: status == 500, isWarmup: isWarmup)
        }
        #expect(
            bench.drained() == [
                "checks{check=\"c\",phase=\"warmup\",rate=\"true\",scenario=\"orders\"}": 1,
                "checks{check=\"c\",phase=\"warmup\",rate=\"false\",scenario=\"orders\"}": 1,
                "checks{check=\"c\",rate=\"true\",scenario=\"orders\"}": 1,
                "capture_misses{phase=\"warmup\",scenario=\"orders\"}": 2,
                "capture_misses{scenario=\"orders\"}": 1,
                "iteration_failed{phase=\"warmup\",rate=\"true\",scenario=\"orders\"}": 1,
                "iteration_failed{phase=\"warmup\",rate=\"false\",scenario=\"orders\"}": 1,
                "iteration_failed{rate=\"false\",scenario=\"orders\"}": 1,
            ])
        #expect(bench.drained().isEmpty)
    }

    /// Two checks of one name are one series.
    @Test func checksOfOneNameAreMerged() throws {
        let step = FlowFixture.get {
            $0.checks = [Check(name: "c", subject: .statusIn(.success), conditions: [])]
        }
        let bench = try FlowBench([step, step])
        #expect(bench.run() == .finished(failed: false))
        #expect(bench.drained() == ["checks{check=\"c\",rate=\"true\",scenario=\"orders\"}": 2])
    }
}
