// What `spotload bench generator` measures: a whole data plane in this process (its threads, flow,
// checks, histograms, one cut a second) with a real scenario, and no Redis or collector beside it.

import Foundation
import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry

/// One pass: how connections are kept busy.
enum GeneratorPass {
    /// Every connection asks again as soon as it has its answer.
    case closed
    /// Arrivals at a constant rate a second, over all connections.
    case paced(rate: Double)

    var name: String {
        switch self {
        case .closed: "closed"
        case .paced: "paced"
        }
    }
}

struct GeneratorLoad {
    var target: String
    var transport: Workload.Transport
    var connections: Int
    var workers = 1
    /// Not counted: connections open, buffers find their size.
    var warmup = TimeSpan.seconds(1)
    var measured: TimeSpan

    /// What a request of a real scenario has: an expression in path, query and header, a check of
    /// the status and one of the body.
    private static let document = """
        name: bench-generator
        flows:
          ask:
            - get:
                name: ask
                url: "/orders/${iterationInTest}?account=${random(1, 1000)}"
                headers: { X-Trace: "t-${vu}-${iteration}" }
                check: { status: 200, json: { $.state: ok } }
        scenarios:
          load:
            executor: constant-vus
            exec: ask
            vus: 1
            duration: 1h
        """

    /// - Throws: where the plane cannot be built.
    func run(_ pass: GeneratorPass) throws -> GeneratorResult {
        let plane = try LoadPlane(try assignment(pass)) { Terminal.error($0) }
        try plane.prepare()
        defer { plane.shutdown() }
        let start = Instant.now() + .milliseconds(20)
        plane.start(at: start)
        sleep(until: start + warmup)
        _ = plane.cut()
        var result = GeneratorResult(pass: pass, connections: connections)
        var before = GeneratorUse.now()
        let begun = Instant.now()
        let end = begun + measured
        var next = begun
        while next < end {
            next = min(end, next + .seconds(1))
            sleep(until: next)
            result.add(plane.cut())
        }
        result.wall = Instant.now() - begun
        before.formDifference(to: GeneratorUse.now())
        result.used = before
        plane.abort()
        return result
    }

    private func assignment(_ pass: GeneratorPass) throws -> AgentAssignment {
        var options = LoadOptions()
        options.target = target
        var scenario = try ScenarioLoader.load(
            text: Self.document, file: "bench generator", options: options
        ).scenario
        let duration = warmup + measured + .seconds(60)
        switch pass {
        case .closed:
            scenario.workloads[0].executor = .constantVUs(
                ConstantVUs(vus: connections, duration: duration))
        case .paced(let rate):
            scenario.workloads[0].executor = .constantArrivalRate(
                ConstantArrivalRate(
                    rate: rate, duration: duration, preAllocatedVUs: connections,
                    maxVUs: connections))
            scenario.workloads[0].maxWait = .seconds(1)
        }
        scenario.workloads[0].transport = transport
        return AgentAssignment(
            runID: "20270102T001500Z-7c1e", scenario: scenario, slot: 0, epoch: 1, weights: [1],
            segment: 0, targetURL: target, allowedTargets: [], env: [:], runTag: "abcdef",
            workers: workers)
    }

    private func sleep(until instant: Instant) {
        let rest = instant - Instant.now()
        if rest > .zero { Thread.sleep(forTimeInterval: rest.seconds) }
    }
}

/// What the process has used so far, or between two looks.
struct GeneratorUse {
    var cpu = TimeSpan.zero
    /// Allocations of threads other than the caller's, where a counting malloc is preloaded
    /// (Benchmarks/generator): by our code, and by libcurl and the C library; else nil.
    var allocations: (ours: UInt, libraries: UInt)?

    static func now() -> GeneratorUse {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        let cpu =
            TimeSpan.seconds(Int64(usage.ru_utime.tv_sec) + Int64(usage.ru_stime.tv_sec))
            + .microseconds(Int64(usage.ru_utime.tv_usec) + Int64(usage.ru_stime.tv_usec))
        return GeneratorUse(cpu: cpu, allocations: countedAllocations())
    }

    mutating func formDifference(to later: GeneratorUse) {
        cpu = later.cpu - cpu
        guard let a = allocations, let b = later.allocations else { return }
        allocations = (b.ours - a.ours, b.libraries - a.libraries)
    }

    private typealias Counter =
        @convention(c) (UnsafeMutablePointer<UInt>, UnsafeMutablePointer<UInt>) -> Void

    private static func countedAllocations() -> (ours: UInt, libraries: UInt)? {
        guard let symbol = dlsym(nil, "allocations_of_other_threads") else { return nil }
        let count = unsafeBitCast(symbol, to: Counter.self)
        var ours: UInt = 0
        var libraries: UInt = 0
        count(&ours, &libraries)
        return (ours, libraries)
    }
}

/// What one pass came to.
struct GeneratorResult {
    let pass: GeneratorPass
    let connections: Int
    var wall = TimeSpan.zero
    var used = GeneratorUse()
    var requests: UInt64 = 0
    var failed: UInt64 = 0
    var dropped: UInt64 = 0
    var checksFailed: UInt64 = 0
    /// Histogram samples, all series.
    var samples: UInt64 = 0
    var response = MergedHistogram()
    var service = MergedHistogram()
    var lag = MergedHistogram()
    var vuWait = MergedHistogram()

    init(pass: GeneratorPass, connections: Int) {
        self.pass = pass
        self.connections = connections
    }

    var perSecond: Double { Double(requests) / max(1e-9, wall.seconds) }
    /// Microseconds of CPU, of all threads of the process.
    var cpuPerRequest: Double { used.cpu.seconds * 1e6 / Double(max(1, requests)) }

    mutating func add(_ cut: WindowCut) {
        for item in cut.series {
            switch item.value {
            case .histogram(let delta): add(item.key.metric, delta)
            case .counter(let delta, _): add(item.key, delta)
            case .gauge: break
            }
        }
    }

    private mutating func add(_ metric: String, _ delta: HistogramDelta) {
        samples += delta.count
        switch metric {
        case "http_req_response_time": response.add(delta)
        case "http_req_duration": service.add(delta)
        case "schedule_lag": lag.add(delta)
        case "vu_wait": vuWait.add(delta)
        default: break
        }
    }

    private mutating func add(_ key: SeriesKey, _ delta: UInt64) {
        switch key.metric {
        case "http_reqs": requests += delta
        case "http_req_failed": if key["rate"] == "true" { failed += delta }
        case "checks": if key["rate"] == "false" { checksFailed += delta }
        case "dropped_iterations": dropped += delta
        default: break
        }
    }
}
