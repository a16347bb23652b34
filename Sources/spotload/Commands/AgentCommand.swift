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

    func validate() throws {
        if let slot, !(0..<Limits.slots).contains(slot) {
            throw ValidationError("--slot takes 0 to \(Limits.slots - 1), not \(slot)")
        }
        if let workers, !(1...64).contains(workers) {
            throw ValidationError("--workers takes 1 to 64, not \(workers)")
        }
    }

    mutating func run() async throws {
        let signals = AgentSignals()
        let watcher = SignalWatcher { n in
            if n == 1 { signals.requestStop() } else { signals.requestAbort() }
        }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let options = AgentOptions(
            endpoint: try RedisEndpoint(url: redis), pool: pool, once: once, wantSlot: slot,
            workers: workers ?? max(1, cores / 2),
            decode: { try ScenarioLoader.decodeEffective(yaml: $0) },
            log: { Terminal.error("agent: \($0)") })
        let code = await Blocking.run(name: "agent") {
            Agent.run(options, signals: signals) {
                try LoadPlane($0, log: options.log)
            }
        }
        withExtendedLifetime(watcher) {}
        if code != .pass { Foundation.exit(code.rawValue) }
    }
}
