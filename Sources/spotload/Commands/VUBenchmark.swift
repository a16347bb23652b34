// `spotload bench vus`: what a VU takes of memory, and whether thousands of them can be held. Also
// what the leak check and the soak run (scripts/check-leaks, `make soak`).

import ArgumentParser
import Collector
import Foundation
import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry

struct VUBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vus",
        abstract: "Memory of VUs, and the generator's health while it holds them.",
        discussion: """
            VUs that get TARGET and think, in one agent in this process, without Redis: --rounds
            requests each, or --ramp and --duration, or --requests in all. Resident memory is
            that of the whole process. Exits with 70 where a request is missing or failed, or a
            limit below was passed.
            """)

    @Option(help: "Where requests go: http://127.0.0.1:PORT.")
    var target: String

    @Option(help: "VUs.")
    var vus: Int = 10_000

    @Option(help: "Path of the requests.")
    var path: String = "/"

    @Option(help: "Think time after each request, on average: half of it to one and a half.")
    var think: String = "5s"

    @Option(help: "Requests of each VU.")
    var rounds: UInt64 = 3

    @Option(help: "VUs come over so long, not at once, and stay for --duration.")
    var ramp: String?

    @Option(help: "How long they stay then.")
    var duration: String = "10s"

    @Option(help: "So many requests in all.")
    var requests: UInt64?

    @Option(help: "Lane: direct or multi.")
    var transport: String = "direct"

    @Flag(help: "A connection for each request.")
    var noReuse = false

    @Option(help: "Worker threads.")
    var workers: Int = 1

    /// Blocks lost on purpose: shows that a leak check finds them.
    @Option(help: .hidden) var leak: Int = 0

    @Option(help: "Fail where a VU takes more bytes than this.")
    var maxBytes: Int?

    @Option(help: "Fail where memory grows by more percent after the first fifth of the run.")
    var maxGrowth: Double?

    func validate() throws {
        guard (1...Limits.vus).contains(vus), (1...64).contains(workers), rounds > 0 else {
            throw ValidationError("--vus, --workers and --rounds are above 0")
        }
        guard Workload.Transport(rawValue: transport) != nil else {
            throw ValidationError("--transport takes direct or multi, not \"\(transport)\"")
        }
        for (name, text) in [
            ("--think", think), ("--duration", duration), ("--ramp", ramp ?? "0s"),
        ]
        where TimeSpan(text: text) == nil {
            throw ValidationError("\(name) takes a duration such as 5s, not \"\(text)\"")
        }
        guard let (host, _, _) = URLAuthority.of(target),
            LoopbackName.contains(HostName.canonical(host))
        else {
            throw ValidationError("--target takes a URL on this machine, not \"\(target)\"")
        }
    }

    mutating func run() async throws {
        let command = self
        let failures = try await Blocking.run(name: "bench-vus") {
            Result { try command.measure() }
        }
        .get()
        for failure in failures { Terminal.error("bench vus: \(failure)\n") }
        if !failures.isEmpty {
            Foundation.exit(HarnessCore.ExitCode.internalError.rawValue)
        }
    }

    /// - Returns: what is wrong.
    private func measure() throws -> [String] {
        // What the sum is made of is lost, but not to the optimiser.
        var lost = 0
        for _ in 0..<leak { lost &+= Int(bitPattern: strdup("a leak on purpose")) }
        if leak > 0 { Terminal.error("bench vus: \(leak) blocks lost, sum \(lost)\n") }
        let before = residentBytes()
        let trial = try PlaneTrial(scenario, target: target, workers: workers)
        let built = residentBytes()
        var highest = built
        var rows: [UInt64] = []
        trial.run { _ in
            rows.append(residentBytes())
            highest = max(highest, rows.last ?? 0)
        }
        let perVU = Double(highest - before) / Double(vus)
        let c = trial.counters
        let lag = trial.histogram("schedule_lag")
        let response = trial.histogram("http_req_response_time")
        func ms(_ ns: UInt64?) -> String { ns.map { ReportText.milliseconds(Double($0)) } ?? "-" }
        Terminal.output(
            """
            lane \(transport), \(vus) VUs, \(c.transfersEnded) requests, \(c.transfersFailed) failed
            resident MiB: \(Self.mib(before)) before, \(Self.mib(built)) with VUs, \
            \(Self.mib(highest)) at most
            a VU: \(ReportText.decimal(Double(built - before) / Double(vus) / 1024, 1)) KiB when \
            made, \(ReportText.decimal(perVU / 1024, 1)) KiB at most
            response time ms: p50 \(ms(response.percentile(50))), p99 \
            \(ms(response.percentile(99))), max \(ms(response.isEmpty ? nil : response.max))
            longest turn \(ms(UInt64(trial.longestTurn.ns))) ms, busiest window \
            \(ReportText.percent(trial.threadCPU, 0)) of a core\
            \(lag.isEmpty ? "" : ", lag p99 " + ms(lag.percentile(99)) + " ms")

            """)
        return Self.failures(self, trial, rows: rows, perVU: perVU)
    }

    private static func failures(
        _ command: VUBenchmark, _ trial: PlaneTrial, rows: [UInt64], perVU: Double
    ) -> [String] {
        var found: [String] = []
        let c = trial.counters
        if c.transfersFailed > 0 {
            found.append("\(c.transfersFailed) requests failed: \(trial.errors)")
        }
        let wanted = command.requests ?? UInt64(command.vus) * command.rounds
        if command.ramp == nil, c.transfersEnded != wanted {
            found.append("\(c.transfersEnded) requests, not \(wanted)")
        }
        if let limit = command.maxBytes, perVU > Double(limit) {
            found.append("a VU takes \(Int(perVU)) bytes, more than \(limit)")
        }
        if let limit = command.maxGrowth {
            let early = rows.prefix(max(1, rows.count / 5)).last ?? 0
            let growth = (Double(rows.last ?? 0) / Double(max(1, early)) - 1) * 100
            Terminal.output(
                "memory after a fifth \(mib(early)) MiB, at the end \(mib(rows.last ?? 0)) MiB: "
                    + "\(ReportText.decimal(growth, 1)) %\n")
            if growth > limit {
                found.append("memory grew by \(ReportText.decimal(growth, 1)) %")
            }
        }
        return found
    }

    private static func mib(_ bytes: UInt64) -> String {
        ReportText.decimal(Double(bytes) / 1_048_576, 1)
    }

    private var scenario: Scenario {
        let url = Template(source: path, parts: [.literal(path)])
        var steps: [Step] = [
            .request(RequestStep(id: 0, method: "GET", url: url, name: Template(literal: "get")))
        ]
        if let think = TimeSpan(text: think), think > .zero {
            let half = TimeSpan(ns: think.ns / 2)
            steps.append(.think(.uniform(half, think + half)))
        }
        var workload = Workload(name: "vus", exec: "get", executor: executor)
        workload.gracefulStop = .seconds(30)
        workload.transport = Workload.Transport(rawValue: transport) ?? .auto
        var scenario = Scenario(
            name: "vus", workloads: [workload],
            flows: ["get": Flow(name: "get", steps: steps, variables: [])])
        scenario.defaults.reuse = !noReuse
        return scenario
    }

    private var executor: Executor {
        if let requests {
            var shared = SharedIterations()
            shared.vus = vus
            shared.iterations = requests
            shared.maxDuration = .seconds(3_600)
            return .sharedIterations(shared)
        }
        guard let ramp, let over = TimeSpan(text: ramp), over > .zero else {
            var each = PerVUIterations()
            each.vus = vus
            each.iterations = rounds
            each.maxDuration = .seconds(3_600)
            return .perVUIterations(each)
        }
        let length = TimeSpan(text: duration) ?? .zero
        var stages = RampingVUs(stages: [
            Stage(duration: over, target: vus), Stage(duration: length, target: vus),
        ])
        stages.startVUs = 1
        return .rampingVUs(stages)
    }
}
