// What one worker of one agent does of a workload: its VUs and, where arrivals are numbered, which
// of them. Pure; the same on every machine.
//
// An agent's arrival j and its VU j go to worker j mod W. Where an agent owns fewer VUs than it has
// workers, W is the number of VUs: a worker without a VU could only drop.

package import ScenarioModel

/// A worker's share of one workload.
package struct WorkloadShare: Sendable, Equatable {
    /// Numbers of its VUs in the test, from 1, ascending.
    package let vuNumbers: [UInt64]
    /// How many of them, from the first, are ready at the barrier.
    package let preAllocated: Int
    /// The agent's numbered iterations.
    package let iterations: Stripe
    /// Our place among the workers that share this workload, and how many they are.
    package let worker: Int
    package let workers: Int

    package init(
        _ executor: Executor, weights: [Int], segment: Int, worker: Int, workers: Int
    ) {
        let striping = Striping(weights: weights)
        let vus: (pre: Int, max: Int)
        let numbering: Striping?
        switch executor {
        case .constantArrivalRate(let e):
            vus = (e.preAllocatedVUs, e.maxVUs)
            numbering = striping.resegmented(from: e.maxVUs)
        case .constantVUs(let e):
            vus = (e.vus, e.vus)
            numbering = striping
        default:
            vus = (0, 0)
            numbering = nil
        }
        let owned = Stripe(striping, segment: segment).numbers(below: UInt64(vus.max))
        let sharing = max(1, min(workers, owned.count))
        let mine = owned.enumerated().filter { $0.offset % sharing == worker }.map(\.element)
        vuNumbers = mine.map { $0 + 1 }
        preAllocated = mine.count { $0 < UInt64(vus.pre) }
        iterations = Stripe(numbering ?? striping, segment: numbering == nil ? -1 : segment)
        self.worker = worker
        self.workers = sharing
    }

    /// Nothing to do for this worker.
    package var isEmpty: Bool { vuNumbers.isEmpty || iterations.isEmpty }

    /// Number in the test of this worker's `count`-th iteration, from 0.
    package func iterationInTest(_ count: UInt64) -> UInt64 {
        iterations.number(count * UInt64(workers) + UInt64(worker))
    }
}
