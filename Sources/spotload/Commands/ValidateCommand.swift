// `spotload validate FILE...`: every error at once.

import ArgumentParser
import Foundation
import HarnessCore
import ScenarioModel

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check scenarios; every error with its place.")

    @Argument(help: "Scenario files.")
    var files: [String]

    @OptionGroup var overrides: ScenarioOverrides

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("name at least one scenario file") }
        try overrides.check()
    }

    mutating func run() async throws {
        let options = try overrides.loadOptions()
        var isBad = false
        for file in files {
            do {
                let loaded = try ScenarioLoader.load(path: file, options: options)
                for warning in loaded.warnings { Terminal.error(warning) }
                let scenario = loaded.scenario
                let workloads = scenario.workloads.map { "\($0.name) (\($0.executor.name))" }
                Terminal.output(
                    "\(file): ok: \(scenario.name): \(workloads.joined(separator: ", "))\n")
            } catch {
                Terminal.error(error.description)
                isBad = true
            }
        }
        if isBad { Foundation.exit(HarnessCore.ExitCode.badConfiguration.rawValue) }
    }
}
