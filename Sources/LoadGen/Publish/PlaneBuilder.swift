// Builds the data plane on a thread of its own: making thousands of VUs takes longer than a
// heartbeat, and the heartbeats must go on meanwhile.

import HarnessCore
import Synchronization

final class PlaneBuilder: Sendable {
    enum Outcome: Sendable {
        case built(any DataPlane)
        case failed(String)
    }
    private let outcome: Mutex<Outcome?> = Mutex(nil)

    init(
        assignment: AgentAssignment,
        makePlane: @escaping @Sendable (AgentAssignment) throws -> any DataPlane
    ) {
        _ = DedicatedThread(name: "agent-prepare") { [self] in
            let result: Outcome
            do {
                let plane = try makePlane(assignment)
                try plane.prepare()
                result = .built(plane)
            } catch {
                result = .failed("\(error)")
            }
            outcome.withLock { $0 = result }
        }
    }

    /// Nil while it builds.
    var result: Outcome? { outcome.withLock { $0 } }
}
