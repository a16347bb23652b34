// One scenario of a plan, and what each agent does of it.

package import HarnessCore

package struct WorkloadPlan: Sendable, Equatable {
    package var name: String
    /// k6's name of the executor.
    package var executor: String
    /// In k6's words.
    package var line: String
    package var startTime: TimeSpan
    /// Zero: endless.
    package var regularDuration: TimeSpan
    /// From its start until nothing of it runs any more; nil: endless.
    package var maxDuration: TimeSpan?
    /// Iterations, where their number is fixed.
    package var arrivals: UInt64?
    /// Arrivals are random and too many to be counted: about so many.
    package var uncountedMean: Double?
    package var preAllocatedVUs: Int
    package var maxVUs: Int
    /// Corners of the (mean) rate over the time since the workload's start; empty in the closed
    /// model.
    package var rate: [RatePoint]
    package var perAgent: [AgentPlan]

    var isUncounted: Bool { uncountedMean != nil }

    /// - Parameter budget: random arrivals that may still be drawn to be counted.
    init(_ workload: Workload, seed: UInt64, striping: Striping, budget: inout Double) {
        let executor = workload.executor
        name = workload.name
        self.executor = executor.name
        line = workload.line
        startTime = workload.startTime
        regularDuration = executor.nominalDuration
        maxDuration = workload.heldUntil
        preAllocatedVUs = executor.preAllocatedVUs
        maxVUs = executor.maxVUs
        rate = RatePoint.corners(executor)
        let mean = executor.meanArrivals(before: executor.regularDuration)
        if executor.isRandom, mean > budget {
            uncountedMean = mean
        } else {
            if executor.isRandom { budget -= mean }
            arrivals = executor.fixedIterations(seed: seed, scenario: workload.name)
        }
        perAgent = AgentPlan.all(executor, arrivals: arrivals, striping: striping)
    }

    var warning: String? {
        uncountedMean.map {
            "scenarios.\(name): about \(UInt64($0)) random arrivals, too many to count one by one"
        }
    }
}

/// What one agent does of one workload.
package struct AgentPlan: Sendable, Equatable {
    package var agent: Int
    package var segment: ExecutionSegment
    /// Iterations, where their number is fixed.
    package var arrivals: UInt64?
    package var preAllocatedVUs: Int
    package var maxVUs: Int

    static func all(
        _ executor: Executor, arrivals: UInt64?, striping: Striping
    ) -> [AgentPlan] {
        let ready = striping.scale(executor.preAllocatedVUs)
        let most = striping.scale(executor.maxVUs)
        let shares = arrivals.map { Self.shares(of: $0, executor, vus: most, striping) }
        return (0..<striping.count).map { agent in
            AgentPlan(
                agent: agent, segment: .equal(agent, of: striping.count),
                arrivals: shares?[agent], preAllocatedVUs: ready[agent], maxVUs: most[agent])
        }
    }

    private static func shares(
        of arrivals: UInt64, _ executor: Executor, vus: [Int], _ striping: Striping
    ) -> [UInt64] {
        if case .perVUIterations(let e) = executor {
            return vus.map { e.iterations.multipliedSaturating(by: UInt64($0)) }
        }
        let numbering = executor.numbering(striping)
        return vus.indices.map {
            SegmentShare(numbering, segment: $0).count(below: arrivals)
        }
    }
}

extension Executor {
    /// Intended starts are drawn.
    var isRandom: Bool {
        switch self {
        case .constantArrivalRate(let e): e.isPoisson || e.hawkes != nil
        case .rampingArrivalRate(let e): e.isPoisson
        default: false
        }
    }

    /// How many iterations there will be, where that is known; nothing is done without a VU.
    func fixedIterations(seed: UInt64, scenario: String) -> UInt64? {
        switch self {
        case .sharedIterations(let e): return e.iterations
        case .perVUIterations(let e): return e.iterations.multipliedSaturating(by: UInt64(e.vus))
        case .constantArrivalRate, .rampingArrivalRate, .replay:
            guard maxVUs > 0 else { return 0 }
            return Arrivals(self, seed: seed, scenario: scenario)?.total
        case .constantVUs, .rampingVUs, .externallyControlled: return nil
        }
    }
}

extension UInt64 {
    fileprivate func multipliedSaturating(by other: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
