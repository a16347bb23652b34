// Ctrl-C before, during and after a run: the first asks for a graceful stop, the second cuts, a
// third ends the process whatever hangs.

import Foundation
import HarnessCore
import Synchronization

final class StopRequests: Sendable {
    private struct State {
        var level = 0
        var stop: (@Sendable () -> Void)?
        var abort: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())

    /// Who is to be told; told at once where a signal came earlier.
    func attach(stop: @escaping @Sendable () -> Void, abort: @escaping @Sendable () -> Void) {
        let level = state.withLock { state in
            state.stop = stop
            state.abort = abort
            return state.level
        }
        if level >= 1 { stop() }
        if level >= 2 { abort() }
    }

    /// The `n`-th signal.
    func signal(_ n: Int) {
        let handlers = state.withLock { state in
            state.level = n
            return (state.stop, state.abort)
        }
        switch n {
        case 1:
            Terminal.error("stopping: nothing new starts, what runs may end; again to cut it")
            handlers.0?()
        case 2:
            Terminal.error("cutting what runs")
            handlers.1?()
        default: Foundation.exit(HarnessCore.ExitCode.interrupted.rawValue)
        }
    }
}
