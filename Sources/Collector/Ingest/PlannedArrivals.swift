// How many arrivals of the open-model scenarios a segment owns within a span of run time: what an
// agent that vanished would have owed. Arrival g of a workload is due at startTime + g x P and
// belongs to the segment that `Striping` gives it.
//
//     10/s, weights 1,1, [3 s, 5 s): g = 30 ..< 50, ten of them each

package import HarnessCore
package import ScenarioModel

package struct PlannedArrivals: Sendable {
    private let workloads: [(start: TimeSpan, duration: TimeSpan, periodNs: Int64)]
    private let striping: Striping

    package init(scenario: Scenario, weights: [Int]) {
        striping = Striping(weights: weights)
        workloads = scenario.workloads.compactMap { workload in
            guard case .constantArrivalRate(let rate) = workload.executor else { return nil }
            return (workload.startTime, rate.duration, max(1, rate.periodNs))
        }
    }

    /// Arrivals of `segment` due before `end` of run time.
    package func count(segment: Int, before end: TimeSpan) -> UInt64 {
        workloads.reduce(0) { sum, workload in
            let span = min(end - workload.start, workload.duration)
            guard span > .zero else { return sum }
            let due = (span.ns + workload.periodNs - 1) / workload.periodNs
            return sum + UInt64(striping.scale(Int(due), segment: segment))
        }
    }
}
