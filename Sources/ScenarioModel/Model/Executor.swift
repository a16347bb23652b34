// How iterations are started: k6's seven executors, and `replay` (scenarios.md section 4). Counts
// and rates are those of the whole test; who of a fleet does which part is `Plan/`'s.

package import HarnessCore

/// One scenario's executor with its options.
package enum Executor: Sendable, Equatable {
    case sharedIterations(SharedIterations)
    case perVUIterations(PerVUIterations)
    case constantVUs(ConstantVUs)
    case rampingVUs(RampingVUs)
    case constantArrivalRate(ConstantArrivalRate)
    case rampingArrivalRate(RampingArrivalRate)
    case externallyControlled(ExternallyControlled)
    case replay(Replay)

    /// Open model: arrivals exist whether or not the target answers.
    package var isOpenModel: Bool {
        switch self {
        case .constantArrivalRate, .rampingArrivalRate, .replay: true
        case .sharedIterations, .perVUIterations, .constantVUs, .rampingVUs, .externallyControlled:
            false
        }
    }

    /// Iterations have a number in the test before they start: flows draw by it, the order flow is
    /// the same whatever the number of agents.
    package var isNumbered: Bool {
        if case .sharedIterations = self { return true }
        return isOpenModel
    }

    /// k6's name of it.
    package var name: String {
        switch self {
        case .sharedIterations: "shared-iterations"
        case .perVUIterations: "per-vu-iterations"
        case .constantVUs: "constant-vus"
        case .rampingVUs: "ramping-vus"
        case .constantArrivalRate: "constant-arrival-rate"
        case .rampingArrivalRate: "ramping-arrival-rate"
        case .externallyControlled: "externally-controlled"
        case .replay: "replay"
        }
    }

    /// How long it may start iterations; zero for an endless externally-controlled one.
    package var regularDuration: TimeSpan {
        switch self {
        case .sharedIterations(let e): e.maxDuration
        case .perVUIterations(let e): e.maxDuration
        case .constantVUs(let e): e.duration
        case .rampingVUs(let e): e.stages.reduce(.zero) { $0 + $1.duration }
        case .constantArrivalRate(let e): e.duration
        case .rampingArrivalRate(let e): e.stages.reduce(.zero) { $0 + $1.duration }
        case .externallyControlled(let e): e.duration
        case .replay(let e): e.duration
        }
    }
}

package struct SharedIterations: Sendable, Equatable {
    package var vus = 1
    /// In total.
    package var iterations: UInt64 = 1
    package var maxDuration: TimeSpan = .seconds(600)
    package init() {}
}

package struct PerVUIterations: Sendable, Equatable {
    package var vus = 1
    /// Of each VU.
    package var iterations: UInt64 = 1
    package var maxDuration: TimeSpan = .seconds(600)
    package init() {}
}

package struct ConstantVUs: Sendable, Equatable {
    package var vus: Int
    package var duration: TimeSpan
    package init(vus: Int, duration: TimeSpan) {
        self.vus = vus
        self.duration = duration
    }
}

/// A stage of a ramp: from the level before to `target`, linearly; of no duration: a jump.
package struct Stage: Sendable, Equatable {
    package var duration: TimeSpan
    package var target: Int
    package init(duration: TimeSpan, target: Int) {
        self.duration = duration
        self.target = target
    }
}

package struct RampingVUs: Sendable, Equatable {
    package var startVUs = 1
    package var stages: [Stage]
    package var gracefulRampDown: TimeSpan = .seconds(30)
    package init(stages: [Stage]) { self.stages = stages }
}

package struct ConstantArrivalRate: Sendable, Equatable {
    /// Iterations per `timeUnit`, over the whole fleet.
    package var rate: Double
    package var timeUnit: TimeSpan = .seconds(1)
    package var duration: TimeSpan
    package var preAllocatedVUs: Int
    package var maxVUs: Int
    /// Exponential gaps of the same mean instead of equal ones.
    package var isPoisson = false
    /// A self-exciting process; excludes `isPoisson`.
    package var hawkes: Hawkes?
    /// P = trunc(timeUnit / rate) in ns; arrival g is due at g x P (scenarios.md 4.1). At least 1.
    package var periodNs: Int64 { Int64(Double(timeUnit.ns) / rate) }

    package init(rate: Double, duration: TimeSpan, preAllocatedVUs: Int, maxVUs: Int) {
        self.rate = rate
        self.duration = duration
        self.preAllocatedVUs = preAllocatedVUs
        self.maxVUs = maxVUs
    }
}

/// Arrivals that provoke arrivals (scenarios.md 4.3): each brings `branching` others on average,
/// their excess fading with e^(-decay t).
package struct Hawkes: Sendable, Equatable {
    /// n, in 0 ..< 1.
    package var branching = 0.75
    /// Per second, above 0.
    package var decay = 20.0
    package init() {}
}

package struct RampingArrivalRate: Sendable, Equatable {
    /// Iterations per `timeUnit` at the start.
    package var startRate = 0
    package var timeUnit: TimeSpan = .seconds(1)
    package var stages: [Stage]
    package var preAllocatedVUs: Int
    package var maxVUs: Int
    package var isPoisson = false
    package init(stages: [Stage], preAllocatedVUs: Int, maxVUs: Int) {
        self.stages = stages
        self.preAllocatedVUs = preAllocatedVUs
        self.maxVUs = maxVUs
    }
}

/// VUs as many as `spotload ctl scale` says.
package struct ExternallyControlled: Sendable, Equatable {
    /// At the start.
    package var vus = 0
    package var maxVUs: Int
    /// Zero: until stopped.
    package var duration: TimeSpan
    package init(maxVUs: Int, duration: TimeSpan) {
        self.maxVUs = maxVUs
        self.duration = duration
    }
}

/// Arrivals at recorded times.
package struct Replay: Sendable, Equatable {
    /// As the document names it.
    package var file: String
    /// Offset of each arrival from the workload's start, ns, ascending.
    package var offsetsNs: [Int64]
    package var preAllocatedVUs: Int
    package var maxVUs: Int
    /// To the last arrival, which is included.
    package var duration: TimeSpan { TimeSpan(ns: (offsetsNs.last ?? 0) + 1) }
    package init(file: String, offsetsNs: [Int64], preAllocatedVUs: Int, maxVUs: Int) {
        self.file = file
        self.offsetsNs = offsetsNs
        self.preAllocatedVUs = preAllocatedVUs
        self.maxVUs = maxVUs
    }
}
