// A run made up for tests: a scenario, and deltas whose numbers are known by construction.

import Collector
import HarnessCore
import ScenarioModel
import Telemetry

/// What one window of one agent holds. Times in ms.
struct SyntheticWindow {
    var arrivals: UInt64 = 100
    var dropped: UInt64 = 0
    var missed: UInt64 = 0
    var late: UInt64 = 0
    var failed: UInt64 = 0
    /// Of the failed ones; 0: no response.
    var failedStatus = "503"
    var responseMs: [Double] = [10, 20, 30, 40]
    /// nil: the same as the response times.
    var serviceMs: [Double]?
    var lagMs: Double = 0.2
    var vuWaitMs: Double = 0.8
    var connWaitMs: Double = 0.5
    var turnMs: Double = 1
    /// Share of a core.
    var cpu: Double = 0.4
    var isWarmup = false
}

enum Synthetic {
    static func threshold(
        _ metric: String, _ expression: String, _ aggregation: Threshold.Aggregation,
        _ comparison: Threshold.Comparison, _ limit: Double, tags: [String: String] = [:],
        line: Int = 14
    ) -> Threshold {
        let inner = tags.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
        let text = tags.isEmpty ? metric : "\(metric){\(inner.joined(separator: ","))}"
        return Threshold(
            selector: MetricSelector(text: text, metric: metric, tags: tags),
            expression: expression, aggregation: aggregation, comparison: comparison, limit: limit,
            source: SourcePosition(file: "scenarios/orders.yaml", line: line, column: 5))
    }

    static func latency(_ limitMs: Double, p: Double = 95) -> Threshold {
        threshold(
            "http_req_response_time", "p(\(Int(p)))<\(Int(limitMs))", .percentile(p), .less,
            limitMs)
    }

    static func rateAtLeast(_ perSecond: Double) -> Threshold {
        threshold(
            "http_reqs", "rate>=\(Int(perSecond))", .rate, .greaterOrEqual, perSecond, line: 15)
    }

    static func scenario(
        _ thresholds: [Threshold], seconds: Int64 = 10, warmup: TimeSpan = .zero,
        isOpen: Bool = true
    ) -> Scenario {
        let executor: Executor =
            isOpen
            ? .constantArrivalRate(
                ConstantArrivalRate(
                    rate: 100, duration: .seconds(seconds), preAllocatedVUs: 10, maxVUs: 20))
            : .constantVUs(ConstantVUs(vus: 10, duration: .seconds(seconds)))
        var scenario = Scenario(
            name: "orders-test",
            workloads: [Workload(name: "orders", exec: "trade", executor: executor)], flows: [:])
        scenario.thresholds = thresholds
        scenario.warmup = warmup
        return scenario
    }

    static func facts(_ scenario: Scenario, seconds: Int64 = 10, agents: Int = 1) -> RunFacts {
        var facts = RunFacts(
            runID: "20270102T001500Z-7c1e", scenarioFile: "scenarios/orders.yaml",
            scenarioName: scenario.name, seed: 42, agents: agents,
            startedAtUnixNs: 1_798_848_900_250_000_000, duration: .seconds(seconds),
            warmup: scenario.warmup, version: "0.1.0", target: "http://127.0.0.1:8080")
        facts.scenarioSha256 = String(repeating: "ab", count: 32)
        facts.hosts = [0: "host-a", 1: "host-b"]
        return facts
    }

    /// Books that agree with the aggregate.
    static func books(_ aggregate: RunAggregate) -> AccountingSummary {
        let counters = aggregate.counters
        return AccountingSummary(
            planned: counters.scheduled, started: counters.started, dropped: counters.dropped,
            missed: counters.missed, unaccounted: 0, finalsEqualMerged: true,
            agentsFinal: aggregate.agents.count, agents: aggregate.agents.count,
            deltas: aggregate.deltas)
    }

    static func aggregate(_ scenario: Scenario, _ windows: [SyntheticWindow]) -> RunAggregate {
        var aggregate = RunAggregate(scenario: scenario)
        for delta in deltas(windows) { aggregate.merge(delta) }
        return aggregate
    }

    static func deltas(
        _ windows: [SyntheticWindow], slot: UInt32 = 0, extra: [UInt32: [SeriesDelta]] = [:]
    ) -> [Delta] {
        var counters = RunCounters()
        return windows.enumerated().map { i, window in
            let series = series(window) + (extra[UInt32(i)] ?? [])
            counters.scheduled += window.arrivals
            counters.dropped += window.dropped
            counters.missed += window.missed
            counters.started += window.arrivals - window.dropped - window.missed
            counters.completed = counters.started
            for item in series {
                if case .histogram(let h) = item.value { counters.samples += h.count }
            }
            return Delta(
                flags: i == windows.count - 1 ? .final : [], runTag: Delta.runTag(of: "run"),
                slot: slot, epoch: 1, seq: UInt64(i + 1), fromWindow: UInt32(i),
                toWindow: UInt32(i + 1), planRev: 1, cutAtUs: Int64(i + 1) * 1_000_000,
                counters: counters, series: series)
        }
    }

    private static func series(_ window: SyntheticWindow) -> [SeriesDelta] {
        let started = window.arrivals - window.dropped - window.missed
        let ok = started - window.failed
        let request = ["scenario": "orders", "name": "order new"]
        let scenario = ["scenario": "orders"]
        let service = window.serviceMs ?? window.responseMs
        func key(_ metric: String, _ tags: [String: String]) -> SeriesKey {
            SeriesKey(metric, window.isWarmup ? tags.merging(["phase": "warmup"]) { $1 } : tags)
        }
        func counter(_ metric: String, _ tags: [String: String], _ n: UInt64) -> SeriesDelta? {
            n == 0 ? nil : SeriesDelta(key: key(metric, tags), value: .counter(delta: n, cum: 0))
        }
        func trend(_ metric: String, _ tags: [String: String], _ ms: [Double]) -> SeriesDelta? {
            ms.isEmpty
                ? nil
                : SeriesDelta(
                    key: key(metric, tags),
                    value: .histogram(histogram(ms.map { UInt64($0 * 1e6) })))
        }
        let counters = [
            counter("arrivals", scenario, window.arrivals),
            counter("iterations", scenario, started),
            counter(
                "http_reqs",
                request.merging(["status": "200", "expected_response": "true"]) { $1 }, ok),
            counter(
                "http_reqs",
                request.merging(["status": window.failedStatus, "expected_response": "false"]) {
                    $1
                },
                window.failed),
            counter("http_req_failed", request.merging(["rate": "true"]) { $1 }, window.failed),
            counter("http_req_failed", request.merging(["rate": "false"]) { $1 }, ok),
            counter(
                "dropped_iterations", scenario.merging(["reason": "no_vu"]) { $1 }, window.dropped),
            counter(
                "iterations_missed", scenario.merging(["cause": "offline"]) { $1 }, window.missed),
            counter("iterations_late", scenario, window.late),
            counter("data_sent", scenario, started * 200),
            counter("data_received", scenario, started * 120),
        ]
        let okTags = request.merging(["expected_response": "true"]) { $1 }
        let trends = [
            trend("http_req_response_time", okTags, window.responseMs),
            trend("http_req_duration", okTags, service),
            trend("schedule_lag", scenario, [window.lagMs]),
            trend("vu_wait", scenario, [window.vuWaitMs]),
            trend("conn_wait", request, [window.connWaitMs]),
        ]
        return counters.compactMap { $0 } + trends.compactMap { $0 } + [
            gauge("vus", scenario, 10), gauge("vus_max", scenario, 20),
            gauge("health_turn", [:], Int64(window.turnMs * 1e6)),
            gauge("health_threadCpu", [:], Int64(window.cpu * 1e6)),
        ]
    }

    private static func gauge(
        _ metric: String, _ tags: [String: String], _ value: Int64
    ) -> SeriesDelta {
        SeriesDelta(
            key: SeriesKey(metric, tags),
            value: .gauge(GaugeDelta(n: 1, last: value, min: value, max: value, sum: value)))
    }

    static func histogram(_ values: [UInt64]) -> HistogramDelta {
        var counts: [Int: UInt64] = [:]
        for value in values { counts[HistogramLayout.index(value), default: 0] += 1 }
        let n = UInt64(values.count)
        return HistogramDelta(
            count: n, cum: n, min: values.min() ?? 0, max: values.max() ?? 0,
            sum: values.reduce(0, +), over: [],
            buckets: counts.sorted { $0.key < $1.key }.map {
                .init(index: UInt32($0.key), count: $0.value)
            })
    }
}
