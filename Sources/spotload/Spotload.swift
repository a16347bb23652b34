// The executable: the root command and the one place where an error becomes an exit code.

import ArgumentParser
import Foundation
import HarnessCore

@main
struct Spotload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spotload",
        abstract: "Load tests for services that take orders.",
        discussion: """
            spotload run        runs a scenario; starts redis, engine, agents as needed
            spotload report     the reports of a run again, from its folder
            spotload validate   every error of a scenario, with its place
            spotload plan       what a scenario will do, before it does
            spotload init       a commented scenario to begin with
            spotload schema     the JSON Schema of scenarios, for editors
            spotload agent      joins a fleet as a load generator
            spotload agents     lists the agents of a pool
            spotload ctl        watches and steers a run: status, pause, resume, scale, stop
            spotload engine     the bundled spot exchange as a service;
                                engine replay: commands from a file through its matcher
            spotload calibrate  what load this machine can generate, for runs to stay below
            spotload hdr        merges HdrHistogram logs and prints percentiles
            spotload doctor     check this machine

            Exit codes: 0 pass or warn, 64 usage, 69 something needed is missing,
            70 internal error, 90 INVALID, 91 inconclusive, 99 criteria failed,
            104 bad scenario or configuration, 105 interrupted.
            """,
        version: Limits.version,
        subcommands: [
            RunCommand.self, ReportCommand.self, ValidateCommand.self, PlanCommand.self,
            InitCommand.self,
            SchemaCommand.self, AgentCommand.self, AgentsCommand.self, CtlCommand.self,
            EngineGroup.self, HdrCommand.self, CalibrateCommand.self, DoctorCommand.self,
            BenchCommand.self, NullServerCommand.self, CalibrateStepCommand.self,
        ])

    static func main() async {
        // A write to a closed pipe or socket is an error value, never the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            let environment = EngineEnvironment(
                environment: ProcessInfo.processInfo.environment)
            var command = try parseAsRoot(
                environment.arguments(Array(CommandLine.arguments.dropFirst())))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            Terminal.error("spotload: \(failure.message)")
            Foundation.exit(failure.code.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
