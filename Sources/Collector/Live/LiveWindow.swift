// One second of the run as the live page gets it: plain values that become one JSON object. Times
// in ms, rates per second, shares 0...1. Made on the collector's thread, read by nobody there.

import HarnessCore
package import ScenarioModel
import Telemetry

/// What does not change while the run lasts.
package struct LiveRun: Sendable, Encodable, Equatable {
    package var id: String
    package var scenario: String
    package var version: String
    package var target: String
    package var seed: UInt64
    package var agents: Int
    package var warmupS: Double
    /// The longest regular duration; nil: a scenario is endless.
    package var durationS: Double?

    package init(
        _ scenario: Scenario, runID: String, version: String, target: String, agents: Int
    ) {
        id = runID
        self.scenario = scenario.name
        self.version = version
        self.target = target
        seed = scenario.seed
        self.agents = agents
        warmupS = scenario.warmup.seconds
        let isEndless = scenario.workloads.contains { $0.executor.isEndless }
        let ends = scenario.workloads.map { $0.startTime + $0.executor.regularDuration }
        durationS = isEndless ? nil : ends.max()?.seconds
    }
}

package struct LiveTrend: Sendable, Encodable, Equatable {
    package var count: UInt64
    package var p50: Double
    package var p90: Double
    package var p95: Double
    package var p99: Double
    package var max: Double

    init?(_ trend: TimelineTrend?) {
        guard let trend else { return nil }
        func ms(_ ns: UInt64) -> Double { (Double(ns) / 1e3).rounded() / 1e3 }
        count = trend.count
        p50 = ms(trend.p50)
        p90 = ms(trend.p90)
        p95 = ms(trend.p95)
        p99 = ms(trend.p99)
        max = ms(trend.max)
    }
}

package struct LiveScenario: Sendable, Encodable, Equatable {
    package var name: String
    package var isOpen: Bool
    /// `direct`, `multi`
    package var lane: String
    /// nil in the closed model, which plans no arrivals.
    package var planned: UInt64?
    /// nil where neither the agents say so nor the plan.
    package var started: UInt64?
    package var completed: UInt64
    package var requests: UInt64
    package var failed: UInt64
    package var dropped: UInt64
    package var late: UInt64
    package var vus: Int64?
    package var response: LiveTrend?
    package var service: LiveTrend?
    package var lag: LiveTrend?
    package var vuWait: LiveTrend?
    package var connWait: LiveTrend?
    /// Failed requests by class, of this window.
    package var errors: [String: UInt64]
}

package struct LiveAgent: Sendable, Encodable, Equatable {
    package var slot: UInt32
    /// `ok`, `suspect`, `invalid`: the worst of its signals so far.
    package var state: String
    /// Keys of the signals that are not ok.
    package var signals: [String]
    /// Of the run so far.
    package var lagP99: Double?
    package var delivered: Double?
    /// Mean share of a core of its busiest worker.
    package var cpu: Double?
    package var turnMax: Double?
    /// Windows it is behind the first of the fleet.
    package var behind: UInt32
    package var lost: UInt64
    package var isFinal: Bool
}

package struct LiveObserved: Sendable, Encodable, Equatable {
    /// `source.metric`
    package var name: String
    /// The latest reading.
    package var value: Double
    /// Run time of that reading, s.
    package var at: Double
}

package struct LiveCriterion: Sendable, Encodable, Equatable {
    package var name: String
    package var statistic: String
    package var observed: String
    /// `81.00 .. 97.52`, at 95 % unless it says otherwise; nil: none is computed.
    package var interval: String?
    package var limit: String
    package var verdict: String
    package var reason: String
    package var isGated: Bool
}

package struct LiveWindow: Sendable, Encodable, Equatable {
    package var window: UInt32
    package var run: LiveRun
    /// `warmup`, `measured`, `paused` or `draining`.
    package var phase: String
    /// Agents on which the generator added delay.
    package var tainted: Int
    package var scenarios: [LiveScenario]
    package var agents: [LiveAgent]
    package var observed: [LiveObserved]
    package var criteria: [LiveCriterion]
}

/// The last event of a run.
package struct LiveVerdict: Sendable, Encodable, Equatable {
    package var verdict: String
    package var exitCode: Int32
    package var reasons: [String]
    package var criteria: [LiveCriterion]
    /// Where the reports are.
    package var directory: String?
    package var durationS: Double
}
