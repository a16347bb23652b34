// What a fleet run is given, tells on the way, and comes to.

package import HarnessCore
package import RedisClient
package import ScenarioModel
package import Telemetry

package struct FleetRunOptions: Sendable {
    package var endpoint: RedisEndpoint
    package var pool: String
    package var agents: Int
    package var runID: String
    package var scenario: Scenario
    /// The effective scenario, as agents read it.
    package var effectiveYAML: String
    /// Values of `${env.X}` that the flows name.
    package var env: [String: String]
    /// Base URL.
    package var target: String
    /// Where load may go beside loopback; names resolved, every target with addresses.
    package var rule: TargetRule
    /// How much of it; nil: no caps.
    package var caps: TargetCaps?
    package var walDirectory: String
    /// Six letters, the first part of every client order id.
    package var runTag: String
    /// What the scenario names: feeders, bodies, recorded times, certificates.
    package var files: [ScenarioFile]

    package init(
        endpoint: RedisEndpoint, pool: String, agents: Int, runID: String, scenario: Scenario,
        effectiveYAML: String, env: [String: String], target: String,
        rule: TargetRule = TargetRule(), caps: TargetCaps? = nil, walDirectory: String,
        runTag: String, files: [ScenarioFile] = []
    ) {
        self.endpoint = endpoint
        self.pool = pool
        self.agents = agents
        self.runID = runID
        self.scenario = scenario
        self.effectiveYAML = effectiveYAML
        self.env = env
        self.target = target
        self.rule = rule
        self.caps = caps
        self.walDirectory = walDirectory
        self.runTag = runTag
        self.files = files
    }
}

package enum FleetDirective: Sendable, Equatable {
    case goOn
    /// Cut everything, e.g. because an `abortOnFail` threshold failed; with the reason.
    case abort(String)
}

/// Callbacks on the collector's thread; they must be brief.
package struct FleetRunObserver: Sendable {
    /// A line for people: "waiting for 2 agents", "armed", "running" ...
    package var phaseChanged: @Sendable (String) -> Void
    /// Each accepted delta once, in order per slot, after it is durable.
    package var merged: @Sendable (Delta) -> Void
    /// About four times a second while running or paused.
    package var tick: @Sendable (_ runTime: TimeSpan) -> FleetDirective
    /// An agent took a slot, before the start; again where another takes its place.
    package var seated: @Sendable (_ slot: Int, Registration) -> Void
    /// Operators changed when schedules stand still; before it takes effect.
    package var pausesChanged: @Sendable (SchedulePauses) -> Void
    /// When run time 0 will be, as soon as that is known.
    package var startAnnounced: @Sendable (Instant) -> Void
    /// No agent has any load any more.
    package var loadEnded: @Sendable () -> Void

    package init(
        phaseChanged: @escaping @Sendable (String) -> Void,
        merged: @escaping @Sendable (Delta) -> Void,
        tick: @escaping @Sendable (_ runTime: TimeSpan) -> FleetDirective,
        seated: @escaping @Sendable (_ slot: Int, Registration) -> Void = { _, _ in },
        pausesChanged: @escaping @Sendable (SchedulePauses) -> Void = { _ in },
        startAnnounced: @escaping @Sendable (Instant) -> Void = { _ in },
        loadEnded: @escaping @Sendable () -> Void = {}
    ) {
        self.phaseChanged = phaseChanged
        self.merged = merged
        self.tick = tick
        self.seated = seated
        self.pausesChanged = pausesChanged
        self.startAnnounced = startAnnounced
        self.loadEnded = loadEnded
    }
}

/// One slot at the end of the run.
package struct FleetSlotDetail: Sendable, Equatable {
    package var slot: Int
    package var epoch: UInt64
    package var agent: String
    package var host: String
    package var pid: Int32
    /// `left`, `lost`, `empty`.
    package var state: String
    /// Its final delta was merged.
    package var isFinal: Bool
    /// First window of which nothing was merged.
    package var mergedThrough: UInt32
    /// What is missing, in words; nil where nothing is.
    package var loss: String?
}

package struct FleetRunResult: Sendable {
    package var accounting: AccountingSummary
    /// Of run time 0, by the clock of Redis.
    package var startedAtUnixNs: Int64
    /// Run time at the last cut.
    package var duration: TimeSpan
    package var hosts: [Int: String]
    /// Why the run was cut short, where it was.
    package var aborted: String?
    /// Someone stopped the run.
    package var interrupted: Bool
    /// Start of each slot against the plan, with its clock's error bound below.
    package var startErrorUs: [Int: Int64]
    package var clockErrorUs: [Int: Int64]
    package var slots: [FleetSlotDetail]
    /// The latest refused deltas and other oddities, in words.
    package var notes: [String]
    /// What operators did.
    package var pauses: SchedulePauses
    package var scales: [PlanRecord.Scale]
}
