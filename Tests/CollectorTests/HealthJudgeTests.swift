// The table of health signals, row by row: what makes a window suspect or tainted, and a run.

import Collector
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@Suite struct HealthJudgeTests {
    private static let limits = [Synthetic.latency(100)]

    private static func gauge(_ key: String, _ value: Int64) -> SeriesDelta {
        SeriesDelta(
            key: SeriesKey("health_" + key),
            value: .gauge(GaugeDelta(n: 1, last: value, min: value, max: value, sum: value)))
    }

    /// 20 windows, in those of `places` the signal has that value; `isLate`: a lag beyond its first
    /// bound as well.
    private static func aggregate(
        _ key: String, _ value: Int64, in places: [Int], isLate: Bool = false, isOpen: Bool = true,
        target: String? = nil
    ) -> RunAggregate {
        var scenario = Synthetic.scenario(limits, seconds: 20, isOpen: isOpen)
        scenario.target = target
        var windows = [SyntheticWindow](
            repeating: SyntheticWindow(responseMs: [80, 90]), count: 20)
        if isLate { for i in places { windows[i].turnMs = 11 } }
        var extra: [UInt32: [SeriesDelta]] = [:]
        for i in windows.indices {
            extra[UInt32(i)] = [gauge(key, places.contains(i) ? value : 0)]
        }
        var aggregate = RunAggregate(scenario: scenario)
        for delta in Synthetic.deltas(windows, extra: extra) { aggregate.merge(delta) }
        return aggregate
    }

    private static func verdict(_ aggregate: RunAggregate) -> RunVerdict {
        let scenario = aggregate.scenario
        return Judge(scenario: scenario).verdict(
            aggregate, facts: Synthetic.facts(scenario, seconds: 20),
            accounting: Synthetic.books(aggregate))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let key: String
        /// As it travels: ns, ppm or a count.
        let value: Int64
        var places = [4, 5]
        var isLate = false
        var isOpen = true
        var target: String?
        var tainted = 0
        var state = HealthState.ok
        var testDescription: String {
            "\(key) \(value) in \(places)\(isLate ? ", late" : "")\(isOpen ? "" : ", closed")"
        }
    }

    static let remote = "http://shop.test:80/"
    static let rows: [Row] = [
        .init(key: "runQueue", value: 20_000),
        .init(key: "runQueue", value: 20_001, isLate: true, state: .suspect),
        .init(key: "runQueue", value: 20_001, places: [4]),
        .init(key: "runQueue", value: 100_001),
        .init(key: "runQueue", value: 100_001, isLate: true, tainted: 2, state: .invalidating),
        .init(
            key: "runQueue", value: 100_001, places: [4], isLate: true, tainted: 1, state: .suspect
        ),
        .init(key: "runQueue", value: 100_001, isOpen: false, tainted: 2, state: .invalidating),
        .init(key: "steal", value: 10_001, isLate: true, state: .suspect),
        .init(key: "steal", value: 50_001, isLate: true, tainted: 2, state: .invalidating),
        .init(key: "pressure", value: 50_001, isLate: true, state: .suspect),
        .init(key: "pressure", value: 200_001, isLate: true, tainted: 2, state: .invalidating),
        // Of the cores only those of another host than the target's are ours alone.
        .init(key: "coreBusy", value: 1_000_000, isLate: true, state: .suspect),
        .init(
            key: "coreBusy", value: 1_000_000, isLate: true, target: "http://127.0.0.1:80",
            state: .suspect),
        .init(
            key: "coreBusy", value: 1_000_000, isLate: true, target: "http://[::1]:80/x",
            state: .suspect),
        .init(
            key: "coreBusy", value: 950_001, isLate: true, target: remote, tainted: 2,
            state: .invalidating),
        .init(key: "coreBusy", value: 950_000, isLate: true, target: remote, state: .suspect),
        .init(key: "coreBusy", value: 950_001, target: remote),
        // Any throttling is suspect, in 3 of 5 windows it taints.
        .init(key: "throttled", value: 1, isLate: true, state: .suspect),
        .init(
            key: "throttled", value: 1, places: [4, 6, 8], isLate: true, tainted: 1, state: .suspect
        ),
        .init(key: "throttled", value: 1, places: [4, 6, 9], isLate: true, state: .suspect),
        .init(
            key: "throttled", value: 9, places: [4, 5, 6, 7], isLate: true, tainted: 2,
            state: .invalidating),
        .init(key: "throttled", value: 9, places: [4, 5, 6, 7]),
        .init(
            key: "threadCpu", value: 900_000, places: [2, 3, 4, 5], isLate: true, state: .suspect),
        .init(
            key: "threadCpu", value: 900_000, places: [2, 3, 4, 5, 6], isLate: true, tainted: 1,
            state: .suspect),
        .init(
            key: "threadCpu", value: 900_000, places: [2, 3, 4, 5, 6, 7], isLate: true, tainted: 2,
            state: .invalidating),
        // What only ever raises a question.
        .init(
            key: "sockets", value: 1_000_000, places: Array(2..<12), isLate: true, state: .suspect),
        .init(key: "retransmits", value: 10_000),
        .init(
            key: "retransmits", value: 900_000, places: Array(2..<12), isLate: true, state: .suspect
        ),
        .init(key: "clock", value: 50_000_000),
        .init(key: "clock", value: 50_000_001, state: .suspect),
        .init(key: "clock", value: 1_000_000_001, tainted: 2, state: .invalidating),
    ]

    @Test(arguments: rows) func row(_ row: Row) {
        let aggregate = Self.aggregate(
            row.key, row.value, in: row.places, isLate: row.isLate, isOpen: row.isOpen,
            target: row.target)
        #expect(aggregate.taint.windows == row.tainted)
        let signal = Self.verdict(aggregate).validity.signals.first { $0.key == row.key }
        #expect(signal?.state ?? .ok == row.state)
        #expect(signal == nil || signal?.agent == 0)
    }

    @Test func anUnknownSignalIsIgnored() {
        let aggregate = Self.aggregate("mood", 1_000_000_000, in: [1, 2, 3])
        #expect(aggregate.taint.windows == 0 && Self.verdict(aggregate).validity.signals.isEmpty)
    }

    @Test func aClockThatIsOffSpoilsEverything() {
        let verdict = Self.verdict(Self.aggregate("clock", 2_000_000_000, in: Array(0..<20)))
        #expect(verdict.verdict == .invalid && verdict.exitCode == .invalid)
        #expect(
            verdict.validity.distrust == ["the clock of agent 0 was off by 2,000.00 ms"],
            "\(verdict.validity.distrust)")
    }

    // MARK: - What was not measured

    @Test func theListIsOfThisRun() {
        let open = Self.verdict(Self.aggregate("steal", 0, in: [])).validity.notMeasured
        #expect(
            open == [
                "coreBusy", "runQueue", "throttled", "pressure", "sockets", "retransmits", "clock",
            ])
    }

    @Test func whereOnlySomeAgentsCouldTell() {
        let scenario = Synthetic.scenario(Self.limits)
        let windows = [SyntheticWindow](repeating: .init(responseMs: [80, 90]), count: 10)
        var aggregate = RunAggregate(scenario: scenario)
        for slot in UInt32(0)..<3 {
            var extra: [UInt32: [SeriesDelta]] = [:]
            for i in windows.indices {
                extra[UInt32(i)] =
                    (slot == 1 ? [] : [Self.gauge("steal", 1)]) + [Self.gauge("runQueue", 5_000)]
            }
            for delta in Synthetic.deltas(windows, slot: slot, extra: extra) {
                aggregate.merge(delta)
            }
        }
        let missing = Self.verdict(aggregate).validity.notMeasured
        #expect(missing.contains("steal (agent 1)") && !missing.contains("runQueue"))
        #expect(missing.contains("pressure"))
        let agents = aggregate.agents
        #expect(agents[0]?.health.meanRunQueue.map { abs($0 - 0.005) < 1e-12 } ?? false)
        #expect(agents[0]?.health.meanSteal.map { abs($0 - 1e-6) < 1e-15 } ?? false)
        #expect(agents[1]?.health.meanSteal == nil)
        #expect(agents[2]?.health.longestTurnNs == 1_000_000)
        #expect(agents[2]?.health.meanThreadCpu.map { abs($0 - 0.4) < 1e-9 } ?? false)
    }

    @Test func ofNothingNothingWasMeasured() {
        let aggregate = RunAggregate(scenario: Synthetic.scenario(Self.limits))
        let missing = Self.verdict(aggregate).validity.notMeasured
        #expect(missing == HealthSignal.allCases.map(\.rawValue))
    }
}
