// Runs a real `LoadPlane` (its threads, libcurl, the clock) against a scripted server and adds up
// what its cuts held.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import Testing

/// Scenario values made by hand.
enum PlaneScenario {
    /// GET `/n/<number of the iteration>`.
    static func get(
        timeout: TimeSpan? = nil, _ change: (inout RequestStep) -> Void = { _ in }
    ) -> Step {
        var step = RequestStep(
            id: 0, method: "GET",
            url: Template(
                source: "/n/${iterationInTest}",
                parts: [.literal("/n/"), .expression(.name(.iterationInTest))]),
            name: Template(literal: "get"))
        step.timeout = timeout
        change(&step)
        return .request(step)
    }

    static func arrivals(
        perSecond rate: Double, for duration: TimeSpan, vus: Int, ready: Int? = nil
    ) -> Executor {
        .constantArrivalRate(
            ConstantArrivalRate(
                rate: rate, duration: duration, preAllocatedVUs: ready ?? vus, maxVUs: vus))
    }

    static func loop(vus: Int, for duration: TimeSpan) -> Executor {
        .constantVUs(ConstantVUs(vus: vus, duration: duration))
    }

    static func make(
        _ executor: Executor, steps: [Step] = [get()], maxWait: TimeSpan = .seconds(60),
        gracefulStop: TimeSpan = .seconds(60)
    ) -> Scenario {
        var workload = Workload(name: "load", exec: "default", executor: executor)
        workload.maxWait = maxWait
        workload.gracefulStop = gracefulStop
        return Scenario(
            name: "plane", workloads: [workload],
            flows: ["default": Flow(name: "default", steps: steps, variables: [])])
    }

    /// A latency limit on one metric, so that samples over it are counted.
    static func limit(_ metric: String, below ms: Double) -> Threshold {
        Threshold(
            selector: MetricSelector(text: metric, metric: metric, tags: [:]),
            expression: "p(95)<\(ms)", aggregation: .percentile(95), comparison: .less, limit: ms,
            source: SourcePosition(file: "test", line: 1, column: 1))
    }
}

/// One plane, and the sum of its cuts.
final class PlaneRun {
    let plane: LoadPlane
    private(set) var counters = RunCounters()
    /// Of the last cut.
    private(set) var vus = 0
    /// Of the busiest worker since the cut before the last, in ppm.
    private(set) var threadCPU: Int64 = 0
    /// Of any worker in any window, in ns.
    private(set) var longestTurn: Int64 = 0
    private(set) var series: [SeriesDelta] = []

    convenience init(
        _ scenario: Scenario, url: String, workers: Int = 1, agent: Int = 0, agents: Int = 1,
        allowedTargets: [String] = [], log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        try self.init(
            Self.assignment(
                scenario, url: url, workers: workers, agent: agent, agents: agents,
                allowedTargets: allowedTargets), log: log)
    }

    init(
        _ assignment: AgentAssignment, log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        plane = try LoadPlane(assignment, log: log)
        try plane.prepare()
    }

    static func assignment(
        _ scenario: Scenario, url: String, workers: Int = 1, agent: Int = 0, agents: Int = 1,
        allowedTargets: [String] = []
    ) -> AgentAssignment {
        AgentAssignment(
            runID: "20270102T001500Z-7c1e", scenario: scenario, slot: agent, epoch: 1,
            weights: [Int](repeating: 1, count: agents), segment: agent, targetURL: url,
            allowedTargets: allowedTargets, env: [:], runTag: "abcdef", workers: workers)
    }

    /// Starts, and adds up cuts until everything has ended.
    /// - Parameter pause: between two cuts.
    @discardableResult
    func run(from start: Instant = Instant.now(), cutEvery pause: TimeSpan = .zero) -> PlaneRun {
        plane.start(at: start)
        finish(cutEvery: pause)
        return self
    }

    func finish(cutEvery pause: TimeSpan = .zero) {
        var next = Instant.now()
        #expect(
            Self.waits {
                if Instant.now() >= next {
                    cut()
                    next = Instant.now() + pause
                }
                return plane.isIdle
            }, "the plane never became idle")
        plane.shutdown()
        cut()
    }

    func cut() {
        let cut = plane.cut()
        counters = cut.counters
        vus = cut.vus
        for item in cut.series where item.key.metric == "health_threadCpu" {
            if case .gauge(let gauge) = item.value { threadCPU = gauge.max }
        }
        for item in cut.series where item.key.metric == "health_turn" {
            if case .gauge(let gauge) = item.value { longestTurn = max(longestTurn, gauge.max) }
        }
        series += cut.series
    }

    /// Waits, a minute at most, until `condition` holds.
    static func waits(until condition: () -> Bool) -> Bool {
        let deadline = Instant.now() + .seconds(60)
        let never = Semaphore()
        while !condition() {
            if Instant.now() > deadline { return false }
            never.wait(upTo: .milliseconds(10))
        }
        return true
    }

    // MARK: - What was recorded

    private func matching(_ metric: String, _ tags: [String: String]) -> [SeriesDelta] {
        series.filter { item in
            item.key.metric == metric && tags.allSatisfy { item.key[$0.key] == $0.value }
        }
    }

    /// Sum of a counter over its series with these tags.
    func count(_ metric: String, _ tags: [String: String] = [:]) -> UInt64 {
        matching(metric, tags).reduce(0) { total, item in
            if case .counter(let delta, _) = item.value { return total + delta }
            return total
        }
    }

    func histogram(_ metric: String, _ tags: [String: String] = [:]) -> MergedHistogram {
        var merged = MergedHistogram()
        for item in matching(metric, tags) {
            if case .histogram(let delta) = item.value { merged.add(delta) }
        }
        return merged
    }

    /// The same without what was intended in the warm-up.
    func measured(_ metric: String) -> MergedHistogram {
        var merged = MergedHistogram()
        for item in matching(metric, [:]) where item.key["phase"] == nil {
            if case .histogram(let delta) = item.value { merged.add(delta) }
        }
        return merged
    }

    /// Samples over the first limit of a metric.
    func over(_ metric: String) -> UInt64 {
        matching(metric, [:]).reduce(0) { total, item in
            if case .histogram(let delta) = item.value { return total + (delta.over.first ?? 0) }
            return total
        }
    }

    /// What must hold of every run that has ended.
    func expectIdentities(_ source: SourceLocation = #_sourceLocation) {
        let c = counters
        #expect(c.scheduled == c.started + c.dropped + c.missed, "\(c)", sourceLocation: source)
        #expect(c.started == c.completed + c.interrupted, "\(c)", sourceLocation: source)
        #expect(c.transfersStarted == c.transfersEnded, "\(c)", sourceLocation: source)
        let samples = series.reduce(UInt64(0)) { total, item in
            if case .histogram(let delta) = item.value { return total + delta.count }
            return total
        }
        #expect(c.samples == samples && c.overflow == 0, sourceLocation: source)
        #expect(count("arrivals") == c.scheduled, sourceLocation: source)
        #expect(count("iterations") == c.completed, sourceLocation: source)
        #expect(histogram("iteration_duration").count == c.completed, sourceLocation: source)
        #expect(count("iterations_interrupted") == c.interrupted, sourceLocation: source)
        #expect(count("dropped_iterations") == c.dropped, sourceLocation: source)
        #expect(count("iterations_missed") == c.missed, sourceLocation: source)
        #expect(count("iteration_failed") == c.completed, sourceLocation: source)
        let finished = c.transfersEnded - count("http_reqs_interrupted")
        #expect(count("http_reqs") == finished, sourceLocation: source)
        #expect(histogram("http_req_response_time").count == finished, sourceLocation: source)
        #expect(
            count("http_req_failed", ["rate": "true"]) == c.transfersFailed,
            sourceLocation: source)
        #expect(count("http_req_errors") == c.transfersFailed, sourceLocation: source)
    }
}
