// A whole fleet inside a test: real redis-server, real FleetRun, real agents with fake planes,
// each on a thread of its own.

import Collector
import HarnessCore
import LoadGen
import RedisClient
import ScenarioModel
import Synchronization
import Telemetry
import TestSupport

final class FleetBench: Sendable {
    static let yaml = "name: fleet-test\n"

    let server: RedisServer
    let directory: TemporaryDirectory
    let scenario: Scenario
    let files: [ScenarioFile]
    let script: @Sendable (_ slot: Int) -> FakePlane.Script
    let seconds: Int64
    private let state = Mutex(State())

    struct State {
        var planes: [Int: FakePlane] = [:]
        var merged = RecordedTotals()
        var seqs: [UInt32: [UInt64]] = [:]
        var phases: [String] = []
        var exits: [Int: ExitCode] = [:]
        var directive = FleetDirective.goOn
        var outcome: Result<FleetRunResult, CommandFailure>?
        var pauses: [SchedulePauses] = []
        /// Lines agents log.
        var logs: [String] = []
        /// Files an agent decoded its scenario with.
        var files: [Int: [ScenarioFile]] = [:]
        var runID = ""
    }

    init(
        server: RedisServer, seconds: Int64, onLoss: OnAgentLoss = .degrade,
        maxOffline: TimeSpan = .seconds(20), lostAfterHeartbeats: Int = 100,
        files: [ScenarioFile] = [],
        script: @escaping @Sendable (_ slot: Int) -> FakePlane.Script = { _ in .init() },
        adjust: (inout Scenario) -> Void = { _ in }
    ) throws {
        self.files = files
        self.script = script
        self.server = server
        self.seconds = seconds
        directory = try TemporaryDirectory()
        var scenario = Scenario(
            name: "fleet-test",
            workloads: [
                Workload(
                    name: "orders", exec: "trade",
                    executor: .constantArrivalRate(
                        // More than any fake plane makes up: who vanishes owes arrivals.
                        ConstantArrivalRate(
                            rate: 100_000, duration: .seconds(seconds), preAllocatedVUs: 8,
                            maxVUs: 8)))
            ], flows: [:])
        scenario.workloads[0].gracefulStop = .seconds(1)
        scenario.fleet.heartbeat = .milliseconds(100)
        scenario.fleet.startTimeout = .seconds(60)
        // 10 s by default: longer than the 2 s an agent may take to connect again after an outage,
        // which heartbeats of 100 ms would otherwise not allow for.
        scenario.fleet.lostAfterHeartbeats = lostAfterHeartbeats
        scenario.fleet.maxOffline = maxOffline
        scenario.fleet.collectTimeout = .seconds(30)
        scenario.onAgentLoss = onLoss
        adjust(&scenario)
        self.scenario = scenario
    }

    func read<Value>(_ body: (inout State) -> Value) -> Value { state.withLock { body(&$0) } }
    var recorded: RecordedTotals {
        let planes = read { Array($0.planes.values) }
        var all = RecordedTotals()
        for plane in planes {
            let own = plane.recorded
            for (key, value) in own.counts { all.counts[key, default: 0] += value }
            for (key, value) in own.times {
                all.times[key, default: MergedHistogram()].merge(value)
            }
        }
        return all
    }
    var merged: RecordedTotals { read { $0.merged } }

    /// Starts agent number `number`; its plane is seeded by it.
    func startAgent(
        _ number: Int, signals: AgentSignals = AgentSignals(),
        through endpoint: RedisEndpoint? = nil,
        wantSlot: Int? = nil, dataFolder: String? = nil,
        secrets: SecretStore = SecretStore(folder: nil, environment: [:])
    ) -> DedicatedThread {
        let options = AgentOptions(
            endpoint: endpoint ?? server.endpoint, pool: "test", once: true,
            wantSlot: wantSlot ?? number, workers: 1, dataFolder: dataFolder, secrets: secrets,
            decode: { [self] _, files in
                read { $0.files[number] = files }
                return scenario
            },
            log: { [self] line in read { $0.logs.append(line) } })
        return DedicatedThread(name: "agent") { [self] in
            let code = Agent.run(options, signals: signals) { [self] assignment in
                let plane = FakePlane(
                    seed: UInt64(assignment.slot) + 1, duration: .seconds(seconds),
                    script: script(assignment.slot), secrets: assignment.secrets)
                read { $0.planes[assignment.slot] = plane }
                return plane
            }
            read { $0.exits[number] = code }
        }
    }

    func makeRun(agents: Int) -> FleetRun {
        let runID = RunID.make(unixNs: WallClock.unixNs(), random: UInt16.random(in: 0 ... .max))
        read { $0.runID = runID }
        let options = FleetRunOptions(
            endpoint: server.endpoint, pool: "test", agents: agents, runID: runID,
            scenario: scenario, effectiveYAML: Self.yaml, env: [:],
            target: "http://127.0.0.1:8080", walDirectory: directory.path + "/wal",
            runTag: "abcdef", files: files)
        let observer = FleetRunObserver(
            phaseChanged: { [self] line in read { $0.phases.append(line) } },
            merged: { [self] delta in
                read { state in
                    state.merged.add(delta.series)
                    state.seqs[delta.slot, default: []].append(delta.seq)
                }
            },
            tick: { [self] _ in read { $0.directive } },
            pausesChanged: { [self] pauses in read { $0.pauses.append(pauses) } })
        return FleetRun(options, observer: observer)
    }

    func start(_ run: FleetRun) -> DedicatedThread {
        DedicatedThread(name: "fleet-run") { [self] in
            let outcome: Result<FleetRunResult, CommandFailure>
            do throws(CommandFailure) {
                outcome = .success(try run.run())
            } catch {
                outcome = .failure(error)
            }
            read { $0.outcome = outcome }
        }
    }

    /// Waits on the calling thread; false where `limit` passes first.
    func waits(upTo limit: TimeSpan = .seconds(60), until condition: () -> Bool) -> Bool {
        let deadline = Instant.now() + limit
        while !condition() {
            if Instant.now() > deadline { return false }
            Pause.sleep(.milliseconds(10))
        }
        return true
    }

    func isLoading(_ slots: Int) -> Bool {
        let planes = read { Array($0.planes.values) }
        return planes.count == slots && planes.allSatisfy(\.hasStarted)
    }

    /// Deltas merged so far of a slot.
    func mergedDeltas(_ slot: UInt32) -> Int { read { $0.seqs[slot]?.count ?? 0 } }

    /// Each slot's deltas came once, in order, without a hole.
    var isInOrder: Bool {
        read { state in
            state.seqs.values.allSatisfy { $0 == Array(1...UInt64($0.count)) }
        }
    }
}

/// Runs a blocking body on a thread of its own.
func onFleetThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        _ = DedicatedThread(name: "test") {
            do {
                continuation.resume(returning: try body())
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
