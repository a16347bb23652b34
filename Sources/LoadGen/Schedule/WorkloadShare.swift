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
        let vus = Self.vus(of: executor)
        // Arrivals and shared iterations are shared as the VUs are; no VUs, no work.
        let numbering =
            executor.isNumbered ? striping.resegmented(from: vus.max) : Optional(striping)
        let owned = Stripe(striping, segment: segment).numbers(below: UInt64(vus.max))
        let sharing = max(1, min(workers, owned.count))
        let mine = owned.enumerated().filter { $0.offset % sharing == worker }.map(\.element)
        vuNumbers = mine.map { $0 + 1 }
        preAllocated = mine.count { $0 < UInt64(vus.pre) }
        iterations = Stripe(numbering ?? striping, segment: numbering == nil ? -1 : segment)
        self.worker = worker
        self.workers = sharing
    }

    /// VUs of the whole test: ready at the barrier, and at most.
    private static func vus(of executor: Executor) -> (pre: Int, max: Int) {
        switch executor {
        case .sharedIterations(let e): (e.vus, e.vus)
        case .perVUIterations(let e): (e.vus, e.vus)
        case .constantVUs(let e): (e.vus, e.vus)
        case .rampingVUs(let e): (e.mostVUs, e.mostVUs)
        case .constantArrivalRate(let e): (e.preAllocatedVUs, e.maxVUs)
        case .rampingArrivalRate(let e): (e.preAllocatedVUs, e.maxVUs)
        case .externallyControlled(let e): (e.maxVUs, e.maxVUs)
        case .replay(let e): (e.preAllocatedVUs, e.maxVUs)
        }
    }

    /// Nothing to do for this worker.
    package var isEmpty: Bool { vuNumbers.isEmpty || iterations.isEmpty }

    /// Number in the test of this worker's `count`-th iteration, from 0.
    package func iterationInTest(_ count: UInt64) -> UInt64 {
        iterations.number(count * UInt64(workers) + UInt64(worker))
    }

    /// How many of the test's first `total` iterations are this worker's.
    package func iterations(below total: UInt64) -> UInt64 {
        guard !isEmpty else { return 0 }
        let (ours, place) = (iterations.count(below: total), UInt64(worker))
        return ours > place ? (ours - place - 1) / UInt64(workers) + 1 : 0
    }

    /// Which part of the test's arrivals is this worker's.
    package var fraction: Double {
        guard !isEmpty else { return 0 }
        return Double(iterations.slots.count) / Double(iterations.period) / Double(workers)
    }
}

extension RampingVUs {
    /// The highest level of the ramp.
    fileprivate var mostVUs: Int { stages.reduce(startVUs) { max($0, $1.target) } }
}
