// What will happen, before it does: everything that follows from a scenario document by arithmetic
// (scenarios.md section 7). `spotload plan` shows it. A value; computing it draws random arrivals
// once and walks ramps of VUs once.

package import HarnessCore

package struct RunPlan: Sendable, Equatable {
    package var name: String
    package var seed: UInt64
    package var agents: Int
    /// The most VUs held at one time.
    package var maxVUs: Int
    /// Until nothing runs any more, gracefulStop included; nil: endless.
    package var maxDuration: TimeSpan?
    /// Iterations of the workloads that have a fixed number of them; nil where none has, or where
    /// random arrivals are too many to be counted.
    package var totalArrivals: UInt64?
    /// Without place: what could not be worked out.
    package var warnings: [String]
    /// In order of (startTime, name).
    package var workloads: [WorkloadPlan]
    /// The regular part of the run in rows of equal length.
    package var rows: [PlanRow]

    /// - Precondition: at least one agent.
    package init(_ scenario: Scenario, agents: Int) {
        name = scenario.name
        seed = scenario.seed
        self.agents = agents
        let striping = Striping(weights: Array(repeating: 1, count: agents))
        var budget = Double(Limits.countedRandomArrivals)
        workloads = scenario.workloads.map {
            WorkloadPlan($0, seed: scenario.seed, striping: striping, budget: &budget)
        }
        maxVUs = HeldVUs(scenario.workloads).reduce(0) { max($0, $1.vus) }
        let ends = workloads.map { plan in plan.maxDuration.map { plan.startTime + $0 } }
        maxDuration = ends.contains { $0 == nil } ? nil : ends.compactMap(\.self).max()
        let fixed = workloads.compactMap(\.arrivals)
        let isComplete = !workloads.contains { $0.isUncounted }
        totalArrivals = isComplete && !fixed.isEmpty ? fixed.reduce(0, Self.sum) : nil
        warnings = workloads.compactMap(\.warning)
        rows = PlanRow.rows(scenario.workloads)
    }

    /// Saturating: a document may ask for more iterations than 64 bits count.
    private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
