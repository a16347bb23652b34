// `spotload calibrate`: the null server and, for each step, the agents as children; the search
// decides what comes next. Every step is a fresh process, as every run's agent is.

import Collector
import Foundation
import HarnessCore
import LoadGen
import ScenarioModel
import Synchronization
import Telemetry

struct CalibrateOptions {
    /// nil: `PlainShape`.
    var scenarioPath: String?
    var load = LoadOptions()
    /// The same as flags, for the children.
    var loadArguments: [String] = []
    var agents = 1
    var workers = 1
    var bodyBytes = NullAnswer.plainBodyBytes
    var search = CalibrationSearch.Settings()
}

final class CalibrateSession: Sendable {
    private struct Best {
        var reading: CalibrationReading
        var step: CalibrationEntry.Step
    }
    /// How long children have to make their VUs.
    private static let prepareTimeout = TimeSpan.seconds(60)
    /// From telling them when to run time 0.
    private static let startLead = TimeSpan.milliseconds(200)
    /// Beyond this much of a core the null server may be what gives way.
    private static let busyServer = 0.9
    /// Of the requests.
    private static let unansweredMax = 0.01

    private let options: CalibrateOptions
    private let scenarioPath: String
    private let loaded: LoadedScenario
    let shape: CalibrationShape
    private let scratch: ScratchFolder
    private let monitor = ProcessMonitor()
    private struct Children {
        var all: [ChildProcess] = []
        var isCut = false
    }
    private let children = Mutex(Children())

    /// - Throws: `ScenarioErrors`; `CommandFailure` 104 where the scenario cannot be calibrated.
    init(_ options: CalibrateOptions) throws {
        self.options = options
        scratch = try ScratchFolder()
        if let path = options.scenarioPath {
            scenarioPath = path
        } else {
            scenarioPath = scratch.path + "/" + PlainShape.fileName
            try PlainShape.yaml.write(toFile: scenarioPath, atomically: true, encoding: .utf8)
        }
        do {
            loaded = try ScenarioLoader.load(path: scenarioPath, options: options.load)
            shape = try CalibrationShape(loaded.scenario)
            try Self.check(transport(of: loaded.scenario))
        } catch {
            scratch.remove()
            throw error
        }
    }

    private static func check(_ transport: CalibratedTransport) throws(CommandFailure) {
        guard !transport.tls else {
            throw CommandFailure(
                .badConfiguration,
                "calibrate: the target is https and the null server has no TLS; --target "
                    + "http://localhost calibrates the same requests without it, an upper bound")
        }
    }

    private func transport(of scenario: Scenario) -> CalibratedTransport {
        CalibratedTransport(scenario, target: scenario.target)
    }

    /// Ends the children; `run` throws 105.
    func cut() {
        let all = children.withLock { children in
            children.isCut = true
            return children.all
        }
        for child in all { kill(child.pid, SIGKILL) }
    }

    /// Runs the search.
    /// - Parameter stepped: called after each step.
    /// - Throws: `CommandFailure` 69 where no rate held or a child could not start, 70 where the
    ///   null server did not answer, 105 where it was cut.
    func run(
        stepped: (CalibrationSearch.Step, CalibrationEntry.Step) -> Void
    ) async throws -> CalibrationEntry {
        defer { scratch.remove() }
        do {
            let entry = try await search(stepped)
            await stopChildren()
            return entry
        } catch {
            await stopChildren()
            if children.withLock({ $0.isCut }) {
                throw CommandFailure(.interrupted, "interrupted: nothing was written")
            }
            throw error
        }
    }

    private func search(
        _ stepped: (CalibrationSearch.Step, CalibrationEntry.Step) -> Void
    ) async throws -> CalibrationEntry {
        let (server, target) = try await startNullServer()
        monitor.watch(server.name, pid: server.pid)
        var search = CalibrationSearch(options.search)
        var steps: [CalibrationEntry.Step] = []
        var best: Best?
        var failed: CalibrationEntry.Step?
        while let next = search.next {
            let reading = try await run(next, target, number: steps.count)
            let step = reading.step(nullServerCpu: serverCpu)
            steps.append(step)
            stepped(next, step)
            let held = step.gaveWay.isEmpty
            search.note(held: held)
            if held { best = Best(reading: reading, step: step) } else { failed = step }
        }
        guard let best, let ceiling = search.ceiling else {
            let why = failed?.gaveWay.joined(separator: ", ") ?? "nothing"
            throw CommandFailure(
                .unavailable,
                "no rate held: \(why) gave way at \(steps.last?.arrivalsPerSecond ?? 0)/s; "
                    + "is this machine busy with something else?")
        }
        return entry(ceiling, search, best: best, failed: failed, steps: steps)
    }

    // MARK: - Children

    private func startNullServer() async throws -> (ChildProcess, CalibrationTarget) {
        let socket = shape.usesUnixSocket ? scratch.path + "/null.sock" : nil
        let (lines, listening) = AsyncStream.makeStream(of: String.self)
        let log = LineLog(limit: 20)
        let arguments =
            ["null-server", "--body", String(options.bodyBytes), "--threads", "\(serverThreads)"]
            + (socket.map { ["--unix-socket", $0] } ?? [])
        let server = try await ChildProcess.start(
            name: "null server", executable: Executables.own, arguments: arguments
        ) { line in
            log.append(line)
            if line.hasPrefix("listening ") {
                listening.yield(String(line.dropFirst("listening ".count)))
            }
        }
        try adopt(server)
        Task {
            _ = await server.wait()
            listening.finish()
        }
        for await url in lines {
            return (server, CalibrationTarget(url: url, unixSocket: socket))
        }
        throw CommandFailure(.unavailable, "the null server did not start:\n\(log.text)")
    }

    /// One for two workers: it costs a fraction of what they cost.
    private var serverThreads: Int {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return min(max(1, cores / 2), (options.agents * options.workers + 1) / 2)
    }

    private func adopt(_ child: ChildProcess) throws(CommandFailure) {
        let isCut = children.withLock { children in
            children.all.removeAll(where: \.hasEnded)
            children.all.append(child)
            return children.isCut
        }
        guard isCut else { return }
        kill(child.pid, SIGKILL)
        throw CommandFailure(.interrupted, "interrupted")
    }

    private func stopChildren() async {
        for child in children.withLock({ $0.all }) { await child.stop(grace: .seconds(2)) }
    }

    /// Of the null server's threads, since `monitor.begin`.
    private var serverCpu: Double? {
        monitor.usages.first.map { $0.cpuShare / Double(serverThreads) }
    }

    // MARK: - A step

    private func run(
        _ step: CalibrationSearch.Step, _ target: CalibrationTarget, number: Int
    ) async throws -> CalibrationReading {
        let folder = scratch.path + "/step-\(number)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        var agents: [StepAgent] = []
        for slot in 0..<options.agents {
            agents.append(try await startAgent(slot, step, target, folder))
        }
        for agent in agents { try await agent.waitUntilReady(within: Self.prepareTimeout) }
        let start = Instant.now() + Self.startLead
        try "\(start.ns)\n".write(toFile: folder + "/go", atomically: true, encoding: .utf8)
        try await Task.sleep(for: .nanoseconds(Self.startLead.ns))
        monitor.begin()
        try await Task.sleep(for: .nanoseconds(step.length.ns))
        monitor.sample()
        var deltas: [[Delta]] = []
        for agent in agents { deltas.append(try await agent.deltas()) }
        try FileManager.default.removeItem(atPath: folder)
        let scenario = shape.scenario(
            rate: step.rate, length: step.length, unixSocket: target.unixSocket)
        let reading = CalibrationReading(
            scenario, rate: step.rate, length: step.length, deltas: deltas)
        try check(reading)
        return reading
    }

    private func startAgent(
        _ slot: Int, _ step: CalibrationSearch.Step, _ target: CalibrationTarget, _ folder: String
    ) async throws -> StepAgent {
        let deltas = folder + "/\(slot).deltas"
        var arguments = ["calibrate-step", scenarioPath] + options.loadArguments
        arguments += [
            "--rate", String(step.rate), "--seconds", String(Int(step.length.seconds)), "--url",
            target.url, "--slot", String(slot), "--agents", String(options.agents), "--workers",
            String(options.workers), "--go", folder + "/go", "--deltas", deltas,
        ]
        if let socket = target.unixSocket { arguments += ["--unix-socket", socket] }
        let agent = try await StepAgent.start(slot, arguments: arguments, deltas: deltas)
        try adopt(agent.process)
        return agent
    }

    /// A request without an answer was lost by us: no figure of such a step means anything.
    private func check(_ reading: CalibrationReading) throws(CommandFailure) {
        let lost = reading.unanswered
        guard Double(lost) > Self.unansweredMax * Double(max(1, reading.requests)) else { return }
        throw CommandFailure(
            .internalError,
            "at \(Int(reading.rate))/s \(lost) of \(reading.requests) requests had no answer from "
                + "the null server: are there enough open files (ulimit -n) and local ports?")
    }

    // MARK: - The result

    private func entry(
        _ ceiling: Double, _ search: CalibrationSearch, best: Best,
        failed: CalibrationEntry.Step?, steps: [CalibrationEntry.Step]
    ) -> CalibrationEntry {
        let workers = options.agents * options.workers
        let requestsPerArrival = best.reading.requestsPerArrival ?? 0
        let requests = max(ceiling * requestsPerArrival, .leastNonzeroMagnitude)
        let bytes = best.reading.bytesPerRequest ?? 0
        let key = CalibrationKey(
            machine: .current, transport: transport(of: loaded.scenario),
            agents: options.agents, workers: options.workers, bodyClass: .init(bytes: bytes))
        return CalibrationEntry(
            key: key,
            shape: .init(
                name: shape.name, sha256: shape.sha256, requestsPerArrival: requestsPerArrival,
                bytesPerRequest: bytes),
            measuredAt: ISO8601DateFormatter().string(from: Date()), arrivalsPerSecond: ceiling,
            requestsPerSecond: requests, requestsPerSecondPerCore: requests / Double(workers),
            isBounded: search.isBounded, gaveWay: search.isBounded ? failed?.gaveWay ?? [] : [],
            cpuUsPerRequest: best.reading.cpuUsPerRequest(workers: workers),
            floor: Self.floor(steps), notes: notes(best, failed), steps: steps)
    }

    /// Of the step whose P99 is the lowest: the others waited for something.
    private static func floor(_ steps: [CalibrationEntry.Step]) -> CalibrationEntry.Floor? {
        let held = steps.filter(\.gaveWay.isEmpty).compactMap { step in
            if let p50 = step.serviceP50Ms, let p99 = step.serviceP99Ms {
                CalibrationEntry.Floor(p50Ms: p50, p99Ms: p99)
            } else {
                nil as CalibrationEntry.Floor?
            }
        }
        return held.min { ($0.p99Ms, $0.p50Ms) < ($1.p99Ms, $1.p50Ms) }
    }

    private func notes(_ best: Best, _ failed: CalibrationEntry.Step?) -> [String] {
        var notes = shape.remarks + best.reading.remarks
        if let cpu = failed?.nullServerCpu, cpu > Self.busyServer {
            notes.append(
                "the null server was busy itself (\(ReportText.percent(cpu, 0)) of its threads): "
                    + "the generator may do more")
        }
        if failed?.gaveWay == ["delivered"] {
            notes.append("arrivals found no free VU: more of them (maxVUs) may do more")
        }
        return notes
    }
}
