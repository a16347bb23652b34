// The spans of a run's coordination, from the scenario's `fleet` map and its schedule (fleet.md
// section 6). Values.

package import HarnessCore
package import ScenarioModel

package struct FleetTimings: Sendable, Equatable {
    package var heartbeat: TimeSpan
    package var leaseTtl: TimeSpan
    package var lostAfter: TimeSpan
    package var startTimeout: TimeSpan
    package var collectTimeout: TimeSpan
    /// Run time after which no arrival is due.
    package var scheduleEnd: TimeSpan
    /// Windows after which nothing runs: the schedule's end with every gracefulStop.
    package var endWindow: Int

    package init(scenario: Scenario) {
        let fleet = scenario.fleet
        heartbeat = fleet.heartbeat
        leaseTtl = fleet.heartbeat * Int64(fleet.leaseTtlHeartbeats)
        lostAfter = fleet.heartbeat * Int64(fleet.lostAfterHeartbeats)
        startTimeout = fleet.startTimeout
        collectTimeout = fleet.collectTimeout ?? fleet.maxOffline + .seconds(30)
        let ends = scenario.workloads.map { $0.startTime + $0.executor.boundedDuration }
        scheduleEnd = ends.max() ?? .zero
        let last = zip(ends, scenario.workloads).map { $0 + $1.gracefulStop }.max() ?? .zero
        endWindow = Int((last.ns + 999_999_999) / 1_000_000_000)
    }

    /// How long before run time 0 the plan is published.
    package func startLead(worstRttUs: Int64) -> TimeSpan {
        max(.seconds(2), heartbeat * 2 + .microseconds(worstRttUs) * 5)
    }
}
