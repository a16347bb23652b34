// The seam between the agent's control side (Publish/) and its data plane (workers): start, stop,
// and one cut a second. Publish/ knows nothing else of workers; tests put a fake in its place.

package import HarnessCore
package import ScenarioModel
package import Telemetry

/// What an agent is to run: its share of one run.
package struct AgentAssignment: Sendable {
    package var runID: String
    package var scenario: Scenario
    package var slot: Int
    package var epoch: UInt64
    /// The full sequence (fleet.md section 5): one weight per segment, equal agents 1,1,..,1.
    package var weights: [Int]
    /// Which segment is ours.
    package var segment: Int
    package var targetURL: String
    /// What may be connected to, as `AllowedTarget` writes it; loopback is allowed beside.
    package var allowedTargets: [String]
    /// `address:port`: never connected to.
    package var refusedEndpoints: [String] = []
    /// This agent's own rule, which must agree; nil: none.
    package var ownRule: TargetRule?
    package var env: [String: String]
    /// `${secret.X}`: this agent's own; in no record, log or report.
    package var secrets: [String: String] = [:]
    package var runTag: String
    package var workers: Int

    package init(
        runID: String, scenario: Scenario, slot: Int, epoch: UInt64, weights: [Int], segment: Int,
        targetURL: String, allowedTargets: [String], env: [String: String], runTag: String,
        workers: Int
    ) {
        self.runID = runID
        self.scenario = scenario
        self.slot = slot
        self.epoch = epoch
        self.weights = weights
        self.segment = segment
        self.targetURL = targetURL
        self.allowedTargets = allowedTargets
        self.env = env
        self.runTag = runTag
        self.workers = workers
    }
}

/// What a `setup` capture, or a text of an iteration, is: its bytes and how JSON writes them.
package struct SetupValue: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable {
        case text, number
        /// true, false, null, a list or a map.
        case json
    }
    package var kind: Kind
    package var text: String
    package init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }
}

/// A flow that runs once for the whole fleet.
package enum FlowHook: String, Sendable { case setup, teardown }

/// How a hook ended.
package struct HookOutcome: Sendable, Equatable {
    /// What failed, in words; nil where nothing did.
    package var failure: String?
    /// Captures by name.
    package var captures: [String: SetupValue]
    package init(failure: String?, captures: [String: SetupValue]) {
        self.failure = failure
        self.captures = captures
    }
}

/// What operators change while a run goes on; times are run time.
package struct ScheduleControl: Sendable, Equatable {
    /// Schedule time stands still from `from` to `to` (nil: until further notice); ascending.
    package struct Pause: Sendable, Equatable {
        package var from: TimeSpan
        package var to: TimeSpan?
        package init(from: TimeSpan, to: TimeSpan?) {
            self.from = from
            self.to = to
        }
    }
    /// An externally-controlled scenario has `vus` VUs (of the whole fleet) from `from` on.
    package struct Scale: Sendable, Equatable {
        package var scenario: String
        package var from: TimeSpan
        package var vus: Int
        package init(scenario: String, from: TimeSpan, vus: Int) {
            self.scenario = scenario
            self.from = from
            self.vus = vus
        }
    }
    package var pauses: [Pause] = []
    package var scales: [Scale] = []
    package init() {}
}

/// What was recorded since the previous cut.
package struct WindowCut: Sendable {
    /// Cumulative since the start.
    package var counters: RunCounters
    /// This cut's part of each series that has one; `cum` fields are 0.
    package var series: [SeriesDelta]
    /// VUs existing and iterations running now, for the heartbeat.
    package var vus: Int

    package init(counters: RunCounters, series: [SeriesDelta], vus: Int) {
        self.counters = counters
        self.series = series
        self.vus = vus
    }
}

/// The workers of one agent for one run. Callable from any thread; each method is brief, except
/// `cut`, which waits for every worker to swap its recorders (one turn, bounded).
package protocol DataPlane: AnyObject, Sendable {
    /// Builds VUs and connections' slots; after it the plane is ready to start. Called once.
    func prepare() throws
    /// Captures of `setup`, before `start`.
    func provide(setup: [String: SetupValue])
    /// Runs a hook to its end, on the caller's thread; before `start` or once idle. Its samples are
    /// in no series.
    func run(_ hook: FlowHook) -> HookOutcome
    /// Replaces what was announced before; what has passed is not done again.
    func apply(_ control: ScheduleControl)
    /// Run time 0. Workers begin by themselves when the clock gets there.
    func start(at: Instant)
    /// Run time 0 is now: what a cut tells of the machine is told from here on.
    func windowsBegin()
    /// Nothing new starts; what runs gets each scenario's gracefulStop.
    func stop()
    /// Cuts everything at once.
    func abort()
    /// Renews the permission to dispatch up to `until`: past it nothing new starts (self-fence).
    func renew(until: Instant)
    /// Swaps the recorders and returns what they held.
    func cut() -> WindowCut
    /// All schedules ended (or stop, abort, fence) and nothing is in flight.
    var isIdle: Bool { get }
    /// Ends the threads; after it `cut` may be called once more for what was left.
    func shutdown()
}

extension DataPlane {
    package func windowsBegin() {}
}
