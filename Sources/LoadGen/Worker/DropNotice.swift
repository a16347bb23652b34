// The one warning of a scenario whose arrivals are dropped (scenarios.md 4.4), whichever worker is
// the first to drop one. Callable from any thread.

import ScenarioModel
import Synchronization

final class DropNotice: Sendable {
    private let text: String
    private let log: @Sendable (String) -> Void
    private let isTold = Atomic<Bool>(false)

    init(_ workload: Workload, log: @escaping @Sendable (String) -> Void) {
        text =
            "warning: scenario \(workload.name): arrivals are dropped, because no VU is free for "
            + "them in time; raise maxVUs, or maxWait"
        self.log = log
    }

    func tell() {
        if !isTold.exchange(true, ordering: .relaxed) { log(text) }
    }
}
