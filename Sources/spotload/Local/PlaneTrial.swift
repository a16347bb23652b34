// A data plane by itself, in this process: no Redis, no coordinator. What benchmarks of the
// generator run, with cuts once a second as an agent makes them.

import Foundation
import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry

final class PlaneTrial {
    private let plane: LoadPlane
    private(set) var counters = RunCounters()
    private var histograms: [String: MergedHistogram] = [:]
    /// By error class.
    private(set) var errors: [String: UInt64] = [:]
    /// Of any worker in any window.
    private(set) var longestTurn = TimeSpan.zero
    /// The busiest window of a worker, in parts of a core.
    private(set) var threadCPU = 0.0

    /// Makes the VUs.
    init(_ scenario: Scenario, target: String, workers: Int = 1) throws {
        plane = try LoadPlane(
            AgentAssignment(
                runID: "20270102T001500Z-7c1e", scenario: scenario, slot: 0, epoch: 1,
                weights: [1], segment: 0, targetURL: target, allowedTargets: [], env: [:],
                runTag: "abcdef", workers: workers))
        try plane.prepare()
    }

    /// Runs to the end of the scenario; `everySecond` is told the seconds.
    func run(everySecond: (Int) -> Void = { _ in }) {
        let start = Instant.now()
        plane.start(at: start)
        plane.windowsBegin()
        let never = Semaphore()
        var second = 0
        while !plane.isIdle {
            never.wait(upTo: .milliseconds(20))
            guard Instant.now() >= start + .seconds(Int64(second + 1)) else { continue }
            second += 1
            add(plane.cut())
            everySecond(second)
        }
        plane.shutdown()
        add(plane.cut())
    }

    /// Of all names and outcomes.
    func histogram(_ metric: String) -> MergedHistogram { histograms[metric] ?? MergedHistogram() }

    private func add(_ cut: WindowCut) {
        counters = cut.counters
        for item in cut.series {
            let metric = item.key.metric
            switch item.value {
            case .histogram(let delta): histograms[metric, default: MergedHistogram()].add(delta)
            case .counter(let delta, _):
                guard metric == "http_req_errors", let name = item.key["error"] else { continue }
                errors[name, default: 0] += delta
            case .gauge(let gauge):
                if metric == "health_turn" {
                    longestTurn = max(longestTurn, TimeSpan(ns: gauge.max))
                } else if metric == "health_threadCpu" {
                    threadCPU = max(threadCPU, Double(gauge.max) / 1e6)
                }
            }
        }
    }
}

/// Memory of this process that is in RAM, in bytes; 0 where /proc does not say.
func residentBytes() -> UInt64 {
    let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let pages = text?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0
    return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
}
