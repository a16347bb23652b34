// One VU: its flow, its exchanges, and where its iteration stands. Confined to its worker.

import HarnessCore

final class VirtualUser {
    enum State {
        case free
        /// Transfers are under way.
        case transferring
        /// Waits in the heap, in the middle of an iteration.
        case thinking
        /// Its iteration is over, `minIterationDuration` is not.
        case padding
    }
    /// Position among the worker's VUs: in tags, and the heap's name of it.
    let index: Int
    /// Position of its workload.
    let workload: Int
    /// Position among its workload's VUs in this worker.
    let ordinal: Int
    let machine: FlowMachine
    /// By place: one, or as many as the flow's widest batch.
    let exchanges: [any Exchange]

    var state = State.free
    /// Iterations begun.
    var iterations: UInt64 = 0
    /// Of the iteration.
    var intended = Instant(ns: 0)
    var dispatched = Instant(ns: 0)
    var isFirstRequest = true
    var isWarmup = false
    /// Counts waits: an entry of the heap with another ticket is stale.
    var ticket: UInt64 = 0

    // The step under way
    /// Intended start of its requests.
    var requestIntended = Instant(ns: 0)
    var isBatch = false
    /// How many requests it has, and the next of them to be sent.
    var requests = 0
    var nextRequest = 0
    /// By place: position in the step of the request that runs there, or `nothing`.
    var places: [Int]
    /// By place: when its transfer was started.
    var handedOver: [Instant]
    /// How many run.
    var transfers = 0
    static let nothing = -1

    /// - Precondition: there is an exchange.
    init(
        index: Int, workload: Int, ordinal: Int, machine: FlowMachine, exchanges: [any Exchange]
    ) {
        precondition(!exchanges.isEmpty, "a VU has an exchange")
        self.index = index
        self.workload = workload
        self.ordinal = ordinal
        self.machine = machine
        self.exchanges = exchanges
        places = [Int](repeating: Self.nothing, count: exchanges.count)
        handedOver = [Instant](repeating: Instant(ns: 0), count: exchanges.count)
    }

    /// A step with so many requests begins.
    func begin(requests: Int, intended: Instant) {
        state = .transferring
        requestIntended = intended
        self.requests = requests
        nextRequest = 0
    }
}

@available(*, unavailable)
extension VirtualUser: Sendable {}
