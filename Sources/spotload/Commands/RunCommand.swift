// `spotload run SCENARIO.yaml`.

import ArgumentParser
import Collector
import Foundation
import HarnessCore
import RedisClient
import ScenarioModel

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a scenario and judge it.",
        discussion: """
            Starts what is missing as children: a private redis-server, the bundled
            engine where the scenario has no target, and the agents. Results go to
            <out>/<run-id>/: summary.json, junit.xml, report.md, timeseries.csv and
            what `spotload report` makes them from again. On GitHub Actions the job's
            summary gets the report, and criteria that do not hold are annotated.
            First Ctrl-C: nothing new starts; second: cut.

            --ui prints the address of a page that shows the run while it goes on; the
            page keeps what it shows when the run, which waits for no browser, has ended.

            Load goes to loopback addresses. Any other target needs --allow-target, or
            a file of --targets that has it, and --yes-i-am-authorized=HOST.

            Exit codes: 0 pass or warn, 99 criteria failed, 90 INVALID,
            91 inconclusive, 105 interrupted, 104 bad scenario, 69 something needed
            is missing.
            """)

    @OptionGroup var scenarioOptions: ScenarioOptions

    @Option(help: "How many agents.")
    var agents: Int = 1

    @Option(help: "Worker threads of each local agent.")
    var workers: Int = 1

    @Option(help: "redis://HOST:PORT or redis+unix:///PATH; a private one is started without it.")
    var redis: String?

    @Option(help: "Take agents that registered in this pool (needs --redis).")
    var pool: String?

    @Option(help: "Folder with a file (mode 0600) for each secret, for local agents.")
    var secrets: String?

    @Option(help: "Folder of the results.")
    var out: String = "results"

    @Option(help: "What spotload calibrate found; default: calibration.json in --out.")
    var calibration: String?

    @Flag(help: "Serve a live page and /metrics on 127.0.0.1 while it runs.")
    var ui = false

    @Option(help: "Port of --ui; 0: any free one.")
    var uiPort: Int = LiveServer.defaultPort

    @Option(help: "Push metrics to URL/v1/metrics (OTLP/HTTP, JSON) every 10 s and at the end.")
    var otlp: String?

    @OptionGroup var targets: TargetOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...Limits.slots).contains(agents) else {
            throw ValidationError("--agents takes 1 to \(Limits.slots), not \(agents)")
        }
        guard (1...64).contains(workers) else {
            throw ValidationError("--workers takes 1 to 64, not \(workers)")
        }
        if pool != nil && redis == nil {
            throw ValidationError("--pool names agents on a Redis: give it with --redis URL")
        }
        if secrets != nil && pool != nil {
            throw ValidationError("--secrets is for local agents: give it to those of the pool")
        }
        guard (0...65_535).contains(uiPort) else {
            throw ValidationError("--ui-port takes 0 to 65535, not \(uiPort)")
        }
        if !ui && uiPort != LiveServer.defaultPort {
            throw ValidationError("--ui-port is for the live page: add --ui")
        }
        if let otlp, OtlpPush.endpoint(otlp) == nil {
            throw ValidationError(
                "--otlp takes http://HOST:PORT[/PATH] or https://.., not \"\(otlp)\"")
        }
        if let calibration, !FileManager.default.fileExists(atPath: calibration) {
            throw ValidationError("--calibration \(calibration): no such file")
        }
        try scenarioOptions.check()
        try targets.check()
    }

    mutating func run() async throws {
        let stopping = StopRequests()
        let watcher = SignalWatcher { stopping.signal($0) }
        var options = RunOptions(scenarioPath: scenarioOptions.scenario)
        options.load = try scenarioOptions.loadOptions()
        options.agents = agents
        options.workers = workers
        options.redis = try redis.map { try RedisEndpoint(url: $0) }
        options.pool = pool
        options.secrets = secrets
        options.out = out
        options.calibration = calibration
        options.isQuiet = output.quiet
        options.uiPort = ui ? uiPort : nil
        options.otlp = otlp.flatMap(OtlpPush.endpoint)
        let session: RunSession
        do {
            options.targets = try targets.permission()
            session = try RunSession(options, stopping: stopping)
        } catch let errors as ScenarioErrors {
            Terminal.error(errors.description)
            Foundation.exit(HarnessCore.ExitCode.badConfiguration.rawValue)
        }
        let finished = try await session.run()
        withExtendedLifetime(watcher) {}
        output.show(finished, isInJob: true)
        let code = finished.verdict.exitCode
        if code != .pass { Foundation.exit(code.rawValue) }
    }
}
