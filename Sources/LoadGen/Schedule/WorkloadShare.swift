// What one worker of one agent does of a workload: its VUs, and which of the test's iterations.
// Pure; the same on every machine.
//
// An agent's iteration j and its VU j go to worker j mod W. Where an agent owns fewer VUs than it
// has workers, W is the number of VUs: a worker without a VU could only drop.

package import ScenarioModel

/// A worker's share of one workload.
package struct WorkloadShare: Sendable, Equatable {
    /// Numbers of its VUs in the test, from 1, ascending.
    package let vuNumbers: [UInt64]
    /// How many of them, from the first, are ready at the barrier.
    package let preAllocated: Int
    /// The agent's iterations: numbered ones are shared as VUs are, the others as they come.
    package let iterations: SegmentShare
    /// Our place among the workers that share this workload, and how many they are.
    package let worker: Int
    package let workers: Int

    package init(
        _ executor: Executor, weights: [Int], segment: Int, worker: Int, workers: Int
    ) {
        let striping = Striping(weights: weights)
        let vus = SegmentShare(striping, segment: segment)
        let owned = vus.count(below: UInt64(executor.maxVUs))
        let sharing = max(1, Int(min(UInt64(workers), owned)))
        vuNumbers = stride(from: UInt64(worker), to: worker < sharing ? owned : 0, by: sharing)
            .compactMap { vus.number($0).map { $0 + 1 } }
        preAllocated = vuNumbers.count { $0 <= UInt64(executor.preAllocatedVUs) }
        iterations = SegmentShare(
            executor.isNumbered ? executor.numbering(striping) : striping, segment: segment)
        self.worker = worker
        self.workers = sharing
    }

    /// Nothing to do for this worker.
    package var isEmpty: Bool { vuNumbers.isEmpty || iterations.isEmpty }

    /// Number in the test of this worker's `count`-th iteration, from 0.
    /// - Precondition: the share is not empty.
    package func iterationInTest(_ count: UInt64) -> UInt64 {
        iterations.number(count * UInt64(workers) + UInt64(worker)) ?? .max
    }

    /// How many of the test's first `total` iterations are this worker's.
    package func iterations(below total: UInt64) -> UInt64 {
        guard !isEmpty else { return 0 }
        let (ours, place) = (iterations.count(below: total), UInt64(worker))
        return ours > place ? (ours - place - 1) / UInt64(workers) + 1 : 0
    }

    /// Which part of the test's iterations is this worker's.
    package var fraction: Double {
        guard !isEmpty else { return 0 }
        return Double(iterations.slots.count) / Double(iterations.period) / Double(workers)
    }
}
