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
    /// Addresses that may be connected to, as `host:port=address`; loopback is always allowed.
    package var allowedTargets: [String]
    package var env: [String: String]
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
    /// Run time 0. Workers begin by themselves when the clock gets there.
    func start(at: Instant)
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
