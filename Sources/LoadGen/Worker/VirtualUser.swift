// One VU: its flow, its libcurl handle, and where its iteration stands. Confined to its worker.

import HarnessCore

final class VirtualUser {
    enum State {
        case free
        /// A transfer is with libcurl.
        case transferring
        /// Waits in the heap, in the middle of an iteration.
        case thinking
        /// Its iteration is over, `minIterationDuration` is not.
        case padding
    }
    /// Position among the worker's VUs: libcurl's PRIVATE, the heap's name of it.
    let index: Int
    /// Position of its workload.
    let workload: Int
    let machine: FlowMachine
    let easy: EasyHandle

    var state = State.free
    /// Iterations begun.
    var iterations: UInt64 = 0
    /// Of the iteration.
    var intended = Instant(ns: 0)
    var dispatched = Instant(ns: 0)
    /// Intended start of the transfer under way.
    var requestIntended = Instant(ns: 0)
    var isFirstRequest = true
    var isWarmup = false
    /// Counts waits: an entry of the heap with another ticket is stale.
    var ticket: UInt64 = 0

    init(index: Int, workload: Int, machine: FlowMachine, easy: EasyHandle) {
        self.index = index
        self.workload = workload
        self.machine = machine
        self.easy = easy
    }
}

@available(*, unavailable)
extension VirtualUser: Sendable {}
