// `spotload ctl status|pause|resume|scale|stop RUN`: what operators do to a run that goes on.

import ArgumentParser
import Collector
import Foundation
import HarnessCore

struct CtlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ctl", abstract: "Watch and steer a run that goes on.",
        discussion: """
            RUN is the run's folder (results/<run-id>) on the machine that coordinates it,
            or a run id with --redis URL. pause, resume and scale take effect a few
            seconds ahead, on all agents at the same second of run time.

            Exit codes: 0 done, 64 refused (the reason is printed), 69 no such run.
            """,
        subcommands: [
            CtlStatus.self, CtlPause.self, CtlResume.self, CtlScale.self, CtlStop.self,
        ])
}

struct ControlledRunOptions: ParsableArguments {
    @Argument(help: "The run's folder, or its id with --redis.")
    var run: String

    @Option(help: "redis://HOST:PORT or redis+unix:///PATH of the run.")
    var redis: String?

    func controlled() throws -> ControlledRun { try ControlledRun(run, redis: redis) }

    /// Sends a request, prints what became of it.
    func request(
        _ operation: OperatorRequest.Operation,
        _ arguments: OperatorRequest.Arguments = OperatorRequest.Arguments()
    ) async throws {
        let who = "\(NSUserName())@\(HostIdentity.name):\(getpid())"
        let request = OperatorRequest(operation, arguments, by: who)
        let result = try await controlled().operate { link throws(CommandFailure) in
            try link.request(request)
        }
        Terminal.output(result + "\n")
    }
}

struct CtlStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "State, slots and rates.")
    @OptionGroup var target: ControlledRunOptions
    @Flag(help: "The record as JSON.")
    var json = false

    mutating func run() async throws {
        let status = try await target.controlled().operate { link throws(CommandFailure) in
            try link.status()
        }
        Terminal.output(
            json
                ? String(decoding: status.json(), as: UTF8.self) + "\n"
                : StatusText.render(status, width: Terminal.width))
    }
}

struct CtlPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "All schedules stand still; nothing is made up for later.")
    @OptionGroup var target: ControlledRunOptions
    mutating func run() async throws { try await target.request(.pause) }
}

struct CtlResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "The schedules go on where they stood.")
    @OptionGroup var target: ControlledRunOptions
    mutating func run() async throws { try await target.request(.resume) }
}

struct CtlScale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Sets the VUs of an externally-controlled scenario.")
    @OptionGroup var target: ControlledRunOptions
    @Option(help: "Name of the scenario.")
    var scenario: String
    @Option(help: "VUs over the whole fleet, 0 to its maxVUs.")
    var vus: Int
    mutating func run() async throws {
        try await target.request(.scale, .init(scenario: scenario, vus: vus))
    }
}

struct CtlStop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "As the first Ctrl-C: nothing new starts, what runs may end (exit 105).")
    @OptionGroup var target: ControlledRunOptions
    mutating func run() async throws { try await target.request(.stop) }
}
