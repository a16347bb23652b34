// `spotload agent`: a generator that waits in a pool for runs.

import ArgumentParser
import Foundation
import HarnessCore
import LoadGen
import RedisClient
import ScenarioModel

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Join a fleet as a load generator.",
        discussion: """
            Registers in a pool on Redis and runs what a coordinator (spotload run --pool) seats it
            for. First Ctrl-C: ends its part and leaves; second: at once (exit 105).
            Loads loopback addresses; others only where --targets or --allow-target with
            --yes-i-am-authorized has them here, whatever the run allows.
            """)

    @Option(help: "redis://HOST:PORT or redis+unix:///PATH")
    var redis: String

    @Option(help: "Pool name: 1 to 40 of a-z, 0-9 and -.")
    var pool: String = "default"

    @Flag(help: "Leave after one run.")
    var once = false

    @Option(help: "Ask for this slot.")
    var slot: Int?

    @Option(help: "Worker threads; default: half the cores.")
    var workers: Int?

    /// Set by `run`, whose agents are all on this machine.
    @Option(help: .hidden) var neighbours: Int = 1

    @Option(help: "Folder with the files of scenarios; those over 16 MiB must be there.")
    var data: String?

    @Option(help: "Folder with a file (mode 0600) for each secret; else SPOTLOAD_SECRET_NAME.")
    var secrets: String?

    @OptionGroup var targets: TargetOptions

    func validate() throws {
        try targets.check()
        if let slot, !(0..<Limits.slots).contains(slot) {
            throw ValidationError("--slot takes 0 to \(Limits.slots - 1), not \(slot)")
        }
        if let workers, !(1...64).contains(workers) {
            throw ValidationError("--workers takes 1 to 64, not \(workers)")
        }
    }

    mutating func run() async throws {
        let own: TargetPermission
        do {
            own = try targets.permission()
        } catch let errors as ScenarioErrors {
            Terminal.error(errors.description)
            Foundation.exit(HarnessCore.ExitCode.badConfiguration.rawValue)
        }
        let signals = AgentSignals()
        let watcher = SignalWatcher { n in
            if n == 1 { signals.requestStop() } else { signals.requestAbort() }
        }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let options = AgentOptions(
            endpoint: try RedisEndpoint(url: redis), pool: pool, once: once, wantSlot: slot,
            workers: workers ?? max(1, cores / 2), dataFolder: data,
            secrets: SecretStore(
                folder: secrets, environment: ProcessInfo.processInfo.environment),
            targets: OwnTargets(rule: HarnessCore.TargetRule(allowed: own.allowed), caps: own.caps),
            decode: { yaml, files in
                try ScenarioLoader.decodeEffective(
                    yaml: yaml,
                    files: Dictionary(files.map { ($0.path, $0.bytes) }) { $1 })
            },
            log: { Terminal.error("agent: \($0)") })
        // A core file would hold secrets.
        var noCore = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noCore)
        let code = await Blocking.run(name: "agent") { [neighbours] in
            Agent.run(options, signals: signals) {
                try LoadPlane($0, neighbours: neighbours) { Terminal.error(AgentLine.load($0)) }
            }
        }
        withExtendedLifetime(watcher) {}
        if code != .pass { Foundation.exit(code.rawValue) }
    }
}
