import Collector
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@Suite struct AggregateTests {
    private static let limits = [Synthetic.latency(100), Synthetic.rateAtLeast(50)]

    @Test func totalsOfTwoAgentsInAnyOrder() {
        let scenario = Synthetic.scenario(Self.limits)
        let windows = (0..<10).map { SyntheticWindow(failed: $0 == 3 ? 2 : 0) }
        let first = Synthetic.deltas(windows)
        let second = Synthetic.deltas(windows, slot: 1)
        var oneAfterTheOther = RunAggregate(scenario: scenario)
        oneAfterTheOther.expectedAgents = 2
        for delta in first + second { oneAfterTheOther.merge(delta) }
        var mixed = RunAggregate(scenario: scenario)
        mixed.expectedAgents = 2
        for (a, b) in zip(first, second) {
            mixed.merge(b)
            mixed.merge(a)
        }
        #expect(mixed.totals == oneAfterTheOther.totals)
        #expect(mixed.throughput == oneAfterTheOther.throughput)
        #expect(mixed.untainted == oneAfterTheOther.untainted)
        #expect(
            mixed.timeline == oneAfterTheOther.timeline && mixed.errors == oneAfterTheOther.errors)
        #expect(mixed.totals.count("http_reqs") == 2_000)
        #expect(mixed.totals.count("http_reqs", ["status": "503"]) == 4)
        #expect(mixed.counters.scheduled == 2_000)
        #expect(mixed.closedWindows == 10)
        #expect(mixed.agents.values.allSatisfy { $0.isFinal && $0.lostSamples == 0 })
        #expect(
            mixed.totals.gauge(SeriesSelection("vus")) == 20, "a gauge is the sum over the agents")
    }

    @Test func warmupStaysApart() {
        let scenario = Synthetic.scenario(Self.limits, warmup: .seconds(2))
        let windows = (0..<10).map { SyntheticWindow(turnMs: $0 < 2 ? 500 : 1, isWarmup: $0 < 2) }
        let aggregate = Synthetic.aggregate(scenario, windows)
        #expect(aggregate.totals.count("http_reqs") == 800)
        #expect(aggregate.arrivals.scheduled == 800)
        #expect(aggregate.taint.windows == 0 && aggregate.taint.of == 8)
        #expect(aggregate.totals.counters.values.reduce(0, +) > 0)
        #expect(aggregate.totals.counters.keys.contains { $0.isWarmup })
    }

    @Test func whatArrivesAfterTheScheduleIsNoThroughput() {
        let scenario = Synthetic.scenario(Self.limits, seconds: 8)
        let aggregate = Synthetic.aggregate(scenario, .init(repeating: .init(), count: 10))
        #expect(aggregate.totals.count("http_reqs") == 1_000)
        #expect(aggregate.throughput.count("http_reqs") == 800)
    }

    @Test(arguments: [
        ("clean", SyntheticWindow(), 0), ("a long turn", SyntheticWindow(turnMs: 101), 2),
        ("turn on its bound", SyntheticWindow(turnMs: 100), 0),
        ("lag beyond a tenth of the limit", SyntheticWindow(lagMs: 10.5), 1),
        ("lag below", SyntheticWindow(responseMs: [50, 60, 70, 80], lagMs: 9), 0),
        ("lag is much of a fast response", SyntheticWindow(responseMs: [1, 2], lagMs: 0.2), 0),
        ("lag is much of the response", SyntheticWindow(responseMs: [10, 20], lagMs: 3), 1),
        ("a busy core proves nothing", SyntheticWindow(cpu: 0.99), 0),
    ])
    func taint(name: String, window: SyntheticWindow, tainted: Int) {
        var windows = [SyntheticWindow](repeating: .init(), count: 10)
        windows[4] = window
        let aggregate = Synthetic.aggregate(Synthetic.scenario(Self.limits), windows)
        #expect(aggregate.taint.windows == tainted, "\(name)")
        let clean = aggregate.untainted.count("http_reqs")
        #expect(clean == UInt64(1_000 - 100 * tainted), "\(name)")
    }

    @Test func busyCoreTaintsTheClosedModelAfterFiveWindows() {
        let busy = [SyntheticWindow](repeating: SyntheticWindow(cpu: 0.9), count: 10)
        let closed = Synthetic.scenario(Self.limits, isOpen: false)
        #expect(Synthetic.aggregate(closed, busy).taint.windows == 6)
        let open = Synthetic.scenario(Self.limits)
        #expect(Synthetic.aggregate(open, busy).taint.windows == 0)
    }

    /// A check that did not hold is a row of its own kind, after the failed requests, however often
    /// it failed; series kept for a selector are counted once.
    @Test func failedChecksAreRowsToo() {
        func counter(_ metric: String, _ tags: [String: String], _ n: UInt64) -> SeriesDelta {
            SeriesDelta(
                key: SeriesKey(metric, tags.merging(["scenario": "orders"]) { $1 }),
                value: .counter(delta: n, cum: n))
        }
        let extra: [UInt32: [SeriesDelta]] = [
            2: [
                counter("checks", ["check": "filled", "rate": "false"], 5),
                counter("checks", ["check": "filled", "rate": "true"], 90),
                counter("checks", ["check": "filled", "rate": "false", "sel": "0"], 5),
                counter("error_sample", ["error": "check", "name": "filled", "text": "no"], 1),
            ],
            8: [
                counter("checks", ["check": "filled", "rate": "false"], 2),
                counter(
                    "http_req_errors",
                    ["name": "order new", "error": "connect", "error_code": "1212"], 1),
                counter(
                    "http_req_errors",
                    ["name": "order new", "error": "connect", "error_code": "1213"], 3),
            ],
        ]
        var aggregate = RunAggregate(scenario: Synthetic.scenario([]))
        for delta in Synthetic.deltas(.init(repeating: .init(), count: 10), extra: extra) {
            aggregate.merge(delta)
        }
        let rows = aggregate.errors.sorted
        #expect(rows.map(\.key.errorClass) == ["connect", "connect", "check"])
        #expect(rows.map(\.key.code) == [1213, 1212, nil] && rows.map(\.row.count) == [3, 1, 7])
        #expect(
            rows.map(\.key.words) == ["not reachable", "connection refused", "check failed"])
        let check = rows[2]
        #expect(check.key.step == "filled" && check.row.example == "no")
        #expect(check.row.firstWindow == 2 && check.row.lastWindow == 8)
    }

    @Test func errorsKeepFirstLastAndOneExample() {
        func error(_ n: UInt64) -> SeriesDelta {
            SeriesDelta(
                key: SeriesKey(
                    "http_req_errors",
                    [
                        "scenario": "orders", "name": "order new", "error": "http_503",
                        "error_code": "1503",
                    ]), value: .counter(delta: n, cum: n))
        }
        func sample(_ text: String) -> SeriesDelta {
            SeriesDelta(
                key: SeriesKey(
                    "error_sample",
                    [
                        "scenario": "orders", "name": "order new", "error": "http_503",
                        "error_code": "1503", "text": text,
                    ]), value: .counter(delta: 1, cum: 1))
        }
        var aggregate = RunAggregate(scenario: Synthetic.scenario([]))
        let extra = [UInt32(7): [error(1), sample("late")], 3: [error(2), sample("overloaded")]]
        for delta in Synthetic.deltas(.init(repeating: .init(), count: 10), extra: extra) {
            aggregate.merge(delta)
        }
        let rows = aggregate.errors.sorted
        #expect(rows.count == 1 && rows[0].row.count == 3)
        #expect(rows[0].row.firstWindow == 3 && rows[0].row.lastWindow == 7)
        #expect(rows[0].row.example == "overloaded")
    }

    @Test func lostSamplesAreNamed() {
        var aggregate = RunAggregate(scenario: Synthetic.scenario([]))
        for (i, delta) in Synthetic.deltas(.init(repeating: .init(), count: 4)).enumerated()
        where i != 1 {
            aggregate.merge(delta)
        }
        #expect(aggregate.agents[0]?.lostSamples == 11)
    }
}
