// How many VUs a scenario may have, for fleets with more agents than that.

/// The most VUs of one scenario and where they are written.
struct VUBound: Sendable {
    var scenario: String
    var vus: Int
    var place: SourcePosition
}

extension Executor {
    /// The most VUs it has at one time, all agents together.
    var mostVUs: Int {
        switch self {
        case .sharedIterations(let e): e.vus
        case .perVUIterations(let e): e.vus
        case .constantVUs(let e): e.vus
        case .rampingVUs(let e): e.stages.reduce(e.startVUs) { max($0, $1.target) }
        case .constantArrivalRate(let e): e.maxVUs
        case .rampingArrivalRate(let e): e.maxVUs
        case .externallyControlled(let e): e.maxVUs
        case .replay(let e): e.maxVUs
        }
    }
}
