// A run over a fleet: coordinator and collector of `spotload run`. `run` blocks on its dedicated
// thread; requests come from any thread through a mailbox that the loop empties.

package import HarnessCore
import Synchronization

package final class FleetRun: Sendable {
    private let options: FleetRunOptions
    private let observer: FleetRunObserver
    private let mailbox = Mutex<[CoordinatorMachine.Event]>([])

    package init(_ options: FleetRunOptions, observer: FleetRunObserver) {
        precondition((1...Limits.slots).contains(options.agents), "1 to \(Limits.slots) agents")
        self.options = options
        self.observer = observer
    }

    /// Gathers the agents, runs them, merges what they publish, closes the books.
    ///
    /// - Throws: `CommandFailure` 69 where Redis or agents are missing, 105 where it was stopped
    ///   before the start.
    package func run() throws(CommandFailure) -> FleetRunResult {
        let session = try FleetSession(options, observer: observer)
        return try session.run { self.takeMail() }
    }

    private func takeMail() -> [CoordinatorMachine.Event] {
        mailbox.withLock { events in
            defer { events.removeAll() }
            return events
        }
    }

    /// First Ctrl-C: no new arrivals, gracefulStop, a full result.
    package func requestStop() { post(.stopRequested) }

    /// Second Ctrl-C: cut, and still a full result.
    package func requestAbort() { post(.abortRequested) }

    /// A local child died.
    package func agentProcessExited(pid: Int32, status: Int32) {
        post(.childExited(pid: pid, status: status))
    }

    private func post(_ event: CoordinatorMachine.Event) { mailbox.withLock { $0.append(event) } }
}
