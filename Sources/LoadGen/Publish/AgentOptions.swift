// What an agent is told on its command line, and how signals reach it.

import HarnessCore
package import RedisClient
package import ScenarioModel
import Synchronization

package struct AgentOptions: Sendable {
    package var endpoint: RedisEndpoint
    package var pool: String
    /// Leaves after one run instead of joining the pool again.
    package var once: Bool
    package var wantSlot: Int?
    package var workers: Int
    /// Where files of scenarios are on this host; those too large to travel must be there.
    package var dataFolder: String?
    package var secrets: SecretStore
    /// What it may load, whatever it is told.
    package var targets: OwnTargets
    /// Reads the effective scenario of the spec, with the files it names.
    package var decode: @Sendable (String, [ScenarioFile]) throws -> Scenario
    /// One line for the operator of this host; from any of the agent's threads.
    package var log: @Sendable (String) -> Void

    package init(
        endpoint: RedisEndpoint, pool: String, once: Bool, wantSlot: Int?, workers: Int,
        dataFolder: String? = nil,
        secrets: SecretStore = SecretStore(folder: nil, environment: [:]),
        targets: OwnTargets = OwnTargets(),
        decode: @escaping @Sendable (String, [ScenarioFile]) throws -> Scenario,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.endpoint = endpoint
        self.pool = pool
        self.once = once
        self.wantSlot = wantSlot
        self.workers = workers
        self.dataFolder = dataFolder
        self.secrets = secrets
        self.targets = targets
        self.decode = decode
        self.log = log
    }
}

/// Requests from signal handlers' threads to the agent; they only rise.
package final class AgentSignals: Sendable {
    private let level = Atomic<Int>(0)

    package init() {}

    /// First signal: drain, flush, leave.
    package func requestStop() {
        _ = level.compareExchange(expected: 0, desired: 1, ordering: .relaxed)
    }

    /// Second signal: cut what runs, try to flush, leave with exit code 105.
    package func requestAbort() { level.store(2, ordering: .relaxed) }

    var isStopRequested: Bool { level.load(ordering: .relaxed) >= 1 }
    var isAbortRequested: Bool { level.load(ordering: .relaxed) >= 2 }
}
