// What the coordinator must know of a scenario beyond its timings: hooks that run once for the
// fleet, what operators may change, and whether it ends by itself. A value.

package import HarnessCore
package import ScenarioModel

package struct RunRules: Sendable, Equatable {
    /// An externally-controlled scenario.
    package struct External: Sendable, Equatable {
        package var maxVUs: Int
        /// Schedule time at which it is over; nil: never by itself.
        package var end: TimeSpan?
        package init(maxVUs: Int, end: TimeSpan?) {
            self.maxVUs = maxVUs
            self.end = end
        }
    }
    /// How long `setup` may take; nil: there is none.
    package var setupTimeout: TimeSpan?
    package var teardownTimeout: TimeSpan?
    /// The longest time that running iterations may take once nothing starts any more.
    package var gracefulStop = TimeSpan.zero
    package var scenarios: Set<String> = []
    package var external: [String: External] = [:]
    /// A scenario that only operators end.
    package var isEndless: Bool { external.values.contains { $0.end == nil } }

    package init() {}

    package init(scenario: Scenario) {
        if scenario.flows["setup"] != nil { setupTimeout = scenario.setupTimeout }
        if scenario.flows["teardown"] != nil { teardownTimeout = scenario.teardownTimeout }
        gracefulStop = scenario.workloads.map(\.gracefulStop).max() ?? .zero
        scenarios = Set(scenario.workloads.map(\.name))
        for workload in scenario.workloads {
            guard case .externallyControlled(let executor) = workload.executor else { continue }
            let isEndless = executor.duration == .zero
            external[workload.name] = External(
                maxVUs: executor.maxVUs,
                end: isEndless ? nil : workload.startTime + executor.duration)
        }
    }
}

extension FleetTimings {
    /// How long before it takes effect a change of the plan is published.
    package var handoverLead: TimeSpan { max(.seconds(3), heartbeat * 3) }
    /// What setup and teardown may take to be told and to be heard of, beyond their own timeout.
    package var hookSlack: TimeSpan { leaseTtl + .seconds(5) }
}
