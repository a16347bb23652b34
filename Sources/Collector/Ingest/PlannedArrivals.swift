// How many arrivals of the open-model scenarios each segment owns up to a moment of run time: what
// an agent that vanished would have owed. Arrivals are those of `Arrivals`, counted from their
// scenario's startTime; who owns which is `Executor.numbering`, as agents have it.
//
//     10/s, weights 1,1, before 5 s: 50 arrivals, 25 each

package import HarnessCore
package import ScenarioModel
import Telemetry

package struct PlannedArrivals: Sendable {
    private struct Part {
        let start: TimeSpan
        let duration: TimeSpan
        let arrivals: Arrivals
        let shares: [SegmentShare]
    }

    private let parts: [Part]
    private let segments: Int
    /// Open scenarios; nil where there are no others.
    private let openScenarios: Set<String>?

    package init(scenario: Scenario, weights: [Int]) {
        let striping = Striping(weights: weights)
        segments = weights.count
        let open = scenario.workloads.filter(\.executor.isOpenModel)
        openScenarios = open.count == scenario.workloads.count ? nil : Set(open.map(\.name))
        parts = scenario.workloads.compactMap { workload in
            let executor = workload.executor
            guard
                let arrivals = Arrivals(executor, seed: scenario.seed, scenario: workload.name)
            else { return nil }
            let numbering = executor.numbering(striping)
            return Part(
                start: workload.startTime, duration: executor.regularDuration, arrivals: arrivals,
                shares: weights.indices.map { SegmentShare(numbering, segment: $0) })
        }
    }

    /// Arrivals of open scenarios that an epoch has told of. What closed ones began is in the
    /// counters too, and would hide that arrivals are missing.
    func known(of ledger: EpochLedger) -> UInt64 {
        guard let openScenarios else { return ledger.counters.scheduled }
        return ledger.count(of: "arrivals") { openScenarios.contains($0["scenario"] ?? "") }
    }

    /// Arrivals of each segment due before `end` of run time; from a scenario's regular end on all
    /// of them, those at that very end included.
    ///
    /// - Complexity: O(1) per scenario and segment, but for random arrivals, which are drawn.
    package func counts(before end: TimeSpan) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: segments)
        for part in parts {
            let span = end - part.start
            let due =
                span >= part.duration ? part.arrivals.total : part.arrivals.count(before: span)
            for segment in counts.indices {
                counts[segment] += part.shares[segment].count(below: due)
            }
        }
        return counts
    }
}
