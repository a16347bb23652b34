// One run from the command line: starts what is missing as children, coordinates and collects,
// judges, writes the reports, stops the children in reverse order.
//
// Local is a fleet of one: redis, engine and agents are processes that speak the same protocol as
// hosts would. Nothing here measures.

import Collector
import Foundation
import HarnessCore
import LoadGen
import RedisClient
import ScenarioModel
import Synchronization
import Telemetry

struct RunOptions {
    var scenarioPath: String
    var load = LoadOptions()
    var agents = 1
    var workers = 1
    /// nil: a private redis-server.
    var redis: RedisEndpoint?
    /// nil: agents are children.
    var pool: String?
    /// Folder of the local agents' secrets.
    var secrets: String?
    var out = "results"
    /// nil: calibration.json in `out`.
    var calibration: String?
    /// No progress.
    var isQuiet = false
    /// Port of the live page; nil: none.
    var uiPort: Int?
    /// Where metrics are pushed.
    var otlp: URL?
    /// Where load may go beside loopback.
    var targets = TargetPermission()
}

final class RunSession: Sendable {
    /// What the collector's thread and the main task share; one lock, brief.
    private struct Live {
        var aggregate: RunAggregate
        var judge: Judge
    }
    private let options: RunOptions
    private let loaded: LoadedScenario
    private let targets: RunTargets
    private let runID: String
    private let directory: RunDirectory
    private let scratch: ScratchFolder
    private let live: Mutex<Live>
    private let monitor = ProcessMonitor()
    private let display: ProgressDisplay
    private let watchers = LiveWatch()
    private let calibration: CalibrationCheck
    private struct Children {
        var all: [ChildProcess] = []
        var agents: [ChildProcess] = []
        var areStopping = false
        /// The run's own redis-server died: nothing can be collected any more.
        var redisLoss: String?
    }
    private let children = Mutex(Children())
    /// Scrapes the target while it is loaded; there once the target is known.
    private let observer = Mutex<TargetObserver?>(nil)
    private let stopping: StopRequests

    /// Loads and checks everything that can be checked before anything is started.
    /// - Throws: `ScenarioErrors`; `CommandFailure` 69 (results folder), 104 (target).
    init(_ options: RunOptions, stopping: StopRequests) throws {
        self.options = options
        self.stopping = stopping
        loaded = try ScenarioLoader.load(path: options.scenarioPath, options: options.load)
        targets = try RunTargets(
            options.targets, scenario: loaded.scenario, agents: options.agents,
            redis: options.redis, uiPort: options.uiPort)
        runID = RunID.make(
            unixNs: WallClock.unixNs(), random: UInt16.random(in: 0...UInt16.max))
        calibration = CalibrationCheck(
            loaded.scenario, agents: options.agents,
            path: options.calibration ?? options.out + "/" + CalibrationFile.name)
        directory = try RunDirectory.create(out: options.out, runID: runID)
        scratch = try ScratchFolder()
        display = ProgressDisplay(isQuiet: options.isQuiet)
        var aggregate = RunAggregate(scenario: loaded.scenario)
        aggregate.expectedAgents = options.agents
        live = Mutex(Live(aggregate: aggregate, judge: Judge(scenario: loaded.scenario)))
    }

    /// Runs, judges, writes the files; how it is shown is the caller's.
    func run() async throws -> FinishedRun {
        for line in loaded.warnings + loaded.warnings(agents: options.agents)
            + targets.warnings + targets.announcement
        {
            Terminal.error(line)
        }
        defer { scratch.remove() }
        do {
            let finished = try await runWithChildren()
            await stopChildren()
            await watchers.stop()
            return finished
        } catch {
            await stopChildren()
            await watchers.stop()
            throw error
        }
    }

    private func runWithChildren() async throws -> FinishedRun {
        let environment = EnvironmentRecord.current(versions: Versions.all)
        try directory.write("scenario.effective.yaml", Array(loaded.effectiveYAML.utf8))
        try directory.write("environment.json", environment.json())
        monitor.watch("spotload run", pid: getpid())
        let endpoint = try await startRedis()
        let control = ControlFile(directory: directory.path)
        try control.write(ControlFileRecord(run: runID, redis: endpoint.description))
        defer { control.remove() }
        let target = try await startTarget()
        try writeRunFile(facts(target: target), environment: environment, end: nil)
        let scrapes = ScrapeClient(rule: targets.rule)
        let observer = try makeObserver(target: target, client: scrapes)
        var targets = targets
        if let port = try await startWatch(target: target) {
            targets.refuse(livePort: UInt16(truncatingIfNeeded: port))
        }
        let fleet = makeFleet(endpoint: endpoint, target: target, targets)
        stopping.attach(stop: { fleet.requestStop() }, abort: { fleet.requestAbort() })
        try await startAgents(endpoint, fleet)
        let outcome = await Blocking.run(name: "coordinator") {
            Result { () throws(CommandFailure) in try fleet.run() }
        }
        await observer.stop()
        monitor.sample()
        display.finish()
        if case .failure(let failure) = outcome, failure.code == .unavailable, let redisLoss {
            throw CommandFailure(.unavailable, redisLoss)
        }
        return try report(try outcome.get(), target: target, environment: environment)
    }

    private var redisLoss: String? { children.withLock { $0.redisLoss } }

    // MARK: - Children

    private func startRedis() async throws -> RedisEndpoint {
        if let given = options.redis { return given }
        let redis = try await PrivateRedis.start(in: scratch)
        adopt(redis.process)
        watch(redis.process) { [self] status in
            let loss = "the run's redis-server ended with status \(status)"
            display.note(loss)
            let agents = children.withLock { children in
                children.redisLoss = loss
                return children.agents
            }
            // They would wait for Redis to come back, which it does not.
            await withTaskGroup { group in
                for agent in agents {
                    group.addTask { _ = await agent.stop(grace: .seconds(2)) }
                }
            }
        }
        return redis.endpoint
    }

    private func startTarget() async throws -> String {
        if let target = loaded.scenario.target { return target }
        let engine = try await BundledEngine.start(for: loaded.scenario, in: scratch)
        adopt(engine.process)
        watch(engine.process) { [self] status in
            display.note("the bundled engine ended with status \(status)")
        }
        return engine.url
    }

    private var pool: String { options.pool ?? "local-" + runID.lowercased() }

    private func startAgents(_ endpoint: RedisEndpoint, _ fleet: FleetRun) async throws {
        guard options.pool == nil else { return }
        let rule = try targets.agentFile.map { try scratch.write($0, to: "targets.yaml") }
        for i in 0..<options.agents {
            let log = LineLog(limit: 20)
            let agent = try await ChildProcess.start(
                name: "agent \(i)", executable: Executables.own,
                arguments: [
                    "agent", "--redis", endpoint.description, "--pool", pool, "--once",
                    "--workers", String(options.workers), "--neighbours",
                    String(options.agents), "--data", scenarioFolder,
                ] + (options.secrets.map { ["--secrets", $0] } ?? [])
                    + (rule.map { ["--targets", $0] } ?? [])
            ) { [display] line in
                log.append(line)
                if let text = AgentLine.text(line) { display.note("agent \(i): \(text)") }
            }
            adopt(agent)
            children.withLock { $0.agents.append(agent) }
            let display = display
            Task {
                let status = await agent.wait()
                if status != 0 {
                    display.note("agent \(i) ended with exit code \(status): \(log.text)")
                }
                fleet.agentProcessExited(pid: agent.pid, status: status)
            }
        }
    }

    /// What the scenario's files are relative to.
    private var scenarioFolder: String {
        let folder = (options.scenarioPath as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }

    private func adopt(_ child: ChildProcess) {
        children.withLock { $0.all.append(child) }
        monitor.watch(child.name, pid: child.pid)
    }

    /// Tells of an end that is not our doing.
    private func watch(
        _ child: ChildProcess, _ ended: @escaping @Sendable (Int32) async -> Void
    ) {
        Task { [self] in
            let status = await child.wait()
            if children.withLock({ !$0.areStopping }) { await ended(status) }
        }
    }

    private func stopChildren() async {
        let all = children.withLock { children in
            children.areStopping = true
            return children.all
        }
        for child in all.reversed() {
            await child.stop(grace: .seconds(10))
        }
    }

    // MARK: - The run

    private func makeObserver(target: String, client: ScrapeClient) throws -> TargetObserver {
        let made = TargetObserver(
            try loaded.scenario.observeEndpoints(target: target), client: client
        ) { [self] scrape in
            live.withLock { $0.aggregate.observed.note(scrape) }
        }
        observer.withLock { $0 = made }
        return made
    }

    private func makeFleet(
        endpoint: RedisEndpoint, target: String, _ targets: RunTargets
    ) -> FleetRun {
        let letters = "abcdefghijklmnopqrstuvwxyz"
        let tag = String((0..<6).compactMap { _ in letters.randomElement() })
        return FleetRun(
            FleetRunOptions(
                endpoint: endpoint, pool: pool, agents: options.agents, runID: runID,
                scenario: loaded.scenario, effectiveYAML: loaded.effectiveYAML,
                env: loaded.usedEnv, target: target, rule: targets.rule, caps: targets.caps,
                walDirectory: directory.path("wal"), runTag: tag, files: loaded.files),
            observer: FleetRunObserver(
                phaseChanged: { [display, monitor, watchers] text in
                    if text.hasPrefix("running") { monitor.begin() }
                    display.note(text)
                    watchers.note(text)
                },
                merged: { [self] delta in live.withLock { $0.aggregate.merge(delta) } },
                tick: { [self] runTime in tick(runTime) },
                seated: { [calibration] slot, agent in
                    for text in calibration.seated(slot, agent) {
                        Terminal.error("warning: \(text)")
                    }
                },
                pausesChanged: { [self] pauses in live.withLock { $0.aggregate.pauses = pauses } },
                startAnnounced: { [self] start in observer.withLock { $0 }?.start(at: start) },
                loadEnded: { [self] in observer.withLock { $0 }?.requestStop() }))
    }

    private func startWatch(target: String) async throws -> Int? {
        let run = LiveRun(
            loaded.scenario, runID: runID, version: Limits.version, target: target,
            agents: options.agents)
        return try await watchers.start(run, uiPort: options.uiPort, otlp: options.otlp)
    }

    private func tick(_ runTime: TimeSpan) -> FleetDirective {
        monitor.sample()
        if let redisLoss { return .abort(redisLoss) }
        return live.withLock { live in
            display.show(live.aggregate, runTime: runTime)
            watchers.push(live.aggregate, live.judge, runTime: runTime)
            switch live.judge.evaluate(live.aggregate, runTime: runTime, isFinal: false) {
            case .goOn: return .goOn
            case .abort(let reason): return .abort(reason)
            }
        }
    }

    private func report(
        _ result: FleetRunResult, target: String, environment: EnvironmentRecord
    ) throws -> FinishedRun {
        for line in result.slots.compactMap(\.loss) + result.notes { Terminal.error(line) }
        var facts = facts(target: target)
        facts.startedAtUnixNs = result.startedAtUnixNs
        facts.duration = result.duration
        facts.interrupted = result.interrupted
        facts.aborted = redisLoss ?? result.aborted
        facts.hosts = result.hosts
        facts.pauses = result.pauses
        facts.scales = result.scales
        let (aggregate, judge) = live.withLock { ($0.aggregate, $0.judge) }
        facts.calibration = calibration.facts(
            bytesPerRequest: aggregate.counters.bytesPerRequest)
        let verdict = judge.verdict(aggregate, facts: facts, accounting: result.accounting)
        var finished = FinishedRun(
            aggregate: aggregate, verdict: verdict, facts: facts, accounting: result.accounting,
            directory: directory.path, files: [], processes: monitor.usages,
            environment: environment)
        let end = RunFile.End(
            accounting: result.accounting, judge: judge.memory(aggregate.scenario),
            processes: finished.processes, observed: aggregate.observed, notes: result.notes)
        try writeRunFile(facts, environment: environment, end: end)
        finished.scenarioText = loaded.effectiveYAML
        finished = try RunReports.writeAll(finished, wal: directory.path("wal"), into: directory)
        watchers.finish(finished)
        return finished
    }

    /// What is known when the run starts.
    private func facts(target: String) -> RunFacts {
        let scenario = loaded.scenario
        var facts = RunFacts(
            runID: runID, scenarioFile: options.scenarioPath, scenarioName: scenario.name,
            seed: scenario.seed, agents: options.agents, startedAtUnixNs: WallClock.unixNs(),
            duration: .zero, warmup: scenario.warmup, version: Limits.version, target: target)
        facts.scenarioSha256 = Sha256.hex(Array(loaded.effectiveYAML.utf8))
        facts.tags = scenario.tags
        return facts
    }

    private func writeRunFile(
        _ facts: RunFacts, environment: EnvironmentRecord, end: RunFile.End?
    ) throws {
        let file = RunFile(
            facts: facts, scenario: loaded.scenario, environment: environment, end: end)
        try directory.write(RunFile.name, try file.json())
    }
}

extension RunCounters {
    /// Sent and received, heads included; nil where no request ended.
    fileprivate var bytesPerRequest: Double? {
        transfersEnded == 0
            ? nil : (Double(bytesSent) + Double(bytesReceived)) / Double(transfersEnded)
    }
}
