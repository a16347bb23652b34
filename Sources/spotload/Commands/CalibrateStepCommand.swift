// `spotload calibrate-step` (hidden): one step of a calibration in the process of one agent. It
// says "ready", waits for the file that holds run time 0, and leaves its deltas in another.

import ArgumentParser
import Foundation
import HarnessCore
import LoadGen
import ScenarioModel

struct CalibrateStepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate-step", abstract: "One step of a calibration, as one agent.",
        shouldDisplay: false)

    @OptionGroup var scenarioOptions: ScenarioOptions

    @Option(help: "Arrivals/s over all agents.")
    var rate: Double

    @Option(help: "Seconds.")
    var seconds: Int

    @Option(help: "Where the null server listens.")
    var url: String

    @Option(help: "Its Unix socket.")
    var unixSocket: String?

    @Option(help: "Which agent, from 0.")
    var slot: Int

    @Option(help: "How many agents.")
    var agents: Int

    @Option(help: "Worker threads.")
    var workers: Int

    @Option(help: "File that will hold run time 0 in ns of CLOCK_MONOTONIC.")
    var go: String

    @Option(help: "File for the deltas.")
    var deltas: String

    /// How long it waits for `go`.
    private static let patience = TimeSpan.seconds(120)

    func validate() throws {
        guard rate > 0, seconds > 0, agents > 0, (0..<agents).contains(slot), workers > 0 else {
            throw ValidationError("--rate, --seconds, --slot, --agents, --workers are above 0")
        }
        try scenarioOptions.check()
    }

    mutating func run() async throws {
        let loaded: LoadedScenario
        do {
            loaded = try ScenarioLoader.load(
                path: scenarioOptions.scenario, options: scenarioOptions.loadOptions())
        } catch let errors as ScenarioErrors {
            throw CommandFailure(.badConfiguration, errors.description)
        }
        let step = CalibrationStep(
            shape: try CalibrationShape(loaded.scenario), rate: rate,
            length: .seconds(Int64(seconds)),
            target: CalibrationTarget(url: url, unixSocket: unixSocket), slot: slot,
            agents: agents, workers: workers, env: loaded.usedEnv)
        let outcome = await Blocking.run(name: "calibrate-step") { [go] in
            Result {
                try step.run(start: { try Self.wait(for: go) }) { Terminal.error("note \($0)") }
            }
        }
        let bytes = try CalibrationDeltas.bytes(try outcome.get())
        try Data(bytes).write(to: URL(fileURLWithPath: deltas))
    }

    private static func wait(for file: String) throws -> Instant {
        Terminal.output("ready\n")
        let deadline = Instant.now() + patience
        while Instant.now() < deadline {
            // It is not there yet, or half written: looked at again.
            if let text = try? String(contentsOfFile: file, encoding: .utf8), text.hasSuffix("\n"),
                let ns = Int64(text.dropLast())
            {
                return Instant(ns: ns)
            }
            Pause.sleep(.milliseconds(5))
        }
        throw CommandFailure(.unavailable, "nobody said when to start")
    }
}
