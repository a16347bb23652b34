// `spotload plan FILE`: what will happen, before it does.

import ArgumentParser
import Collector
import Foundation
import HarnessCore
import ScenarioModel

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "What a scenario will do: arrivals, VUs, who does which.",
        discussion: """
            Nothing is started or sent. --starts and --steps print nothing but their
            lines: number TAB offset in ns, or offset in ns TAB VUs, from the
            scenario's own start.

              spotload plan load.yaml --agents 3
              spotload plan load.yaml --starts --scenario orders --agents 3 --agent 0
              spotload plan load.yaml --steps --reserved --segment 1/3:2/3 \\
                  --sequence 0,1/3,2/3,1

            Exit codes: 0, 64 usage, 104 bad scenario.
            """)

    @OptionGroup var scenarioOptions: ScenarioOptions

    @Option(help: "How many agents share the work.")
    var agents: Int = 1

    @Flag(help: "JSON on stdout instead of text.")
    var json = false

    @Flag(help: "Intended starts of an arrival-rate or replay scenario, one a line.")
    var starts = false

    @Flag(help: "VU steps of a ramping-vus scenario, one a line.")
    var steps = false

    @Flag(help: "With --steps: until when VUs may be held (gracefulRampDown, gracefulStop).")
    var reserved = false

    @Option(help: "Whose starts or steps; needed where there are several.")
    var scenario: String?

    @Option(help: "Only what this agent of --agents does; from 0.")
    var agent: Int?

    @Option(help: "Only what this segment does: 0:1/3, 20%, 0.2:0.5.")
    var segment: String?

    @Option(help: "All bounds the segment is one of: 0,1/3,2/3,1.")
    var sequence: String?

    @Option(help: "At most so many lines.")
    var limit: UInt64?

    func validate() throws {
        guard (1...Limits.slots).contains(agents) else {
            throw ValidationError("--agents takes 1 to \(Limits.slots), not \(agents)")
        }
        if let agent, !(0..<agents).contains(agent) {
            throw ValidationError(
                "--agent takes 0 to \(agents - 1) with --agents \(agents), not \(agent)")
        }
        if starts && steps { throw ValidationError("--starts or --steps, not both") }
        if starts || steps {
            try validateListing()
        } else if let flag = listingFlag {
            throw ValidationError("\(flag) belongs to --starts or --steps")
        }
        try scenarioOptions.check()
    }

    private func validateListing() throws {
        if json { throw ValidationError("--starts and --steps print lines, not JSON") }
        if reserved && !steps { throw ValidationError("--reserved belongs to --steps") }
        if sequence != nil && segment == nil {
            throw ValidationError("--sequence belongs to --segment")
        }
        if segment != nil && (agents > 1 || agent != nil) {
            throw ValidationError("--segment or --agents and --agent, not both")
        }
        if agents > 1 && agent == nil {
            throw ValidationError(
                "which of the \(agents) agents? --agent takes 0 to \(agents - 1)")
        }
    }

    private var listingFlag: String? {
        let given = [
            ("--reserved", reserved), ("--scenario", scenario != nil), ("--agent", agent != nil),
            ("--segment", segment != nil), ("--sequence", sequence != nil),
            ("--limit", limit != nil),
        ]
        return given.first { $0.1 }?.0
    }

    func run() throws {
        let loaded: LoadedScenario
        do {
            loaded = try ScenarioLoader.load(
                path: scenarioOptions.scenario, options: scenarioOptions.loadOptions())
        } catch let errors as ScenarioErrors {
            Terminal.error(errors.description)
            Foundation.exit(HarnessCore.ExitCode.badConfiguration.rawValue)
        }
        if starts || steps {
            try list(loaded)
        } else {
            show(loaded)
        }
    }

    private func show(_ loaded: LoadedScenario) {
        let plan = RunPlan(loaded.scenario, agents: agents)
        let warnings =
            loaded.warnings + loaded.warnings(agents: agents)
            + plan.warnings.map { "warning: \($0)" }
        for warning in warnings { Terminal.error(warning) }
        if json {
            Terminal.output(
                String(decoding: PlanJSON.render(plan, warnings: warnings), as: UTF8.self))
        } else {
            Terminal.output(PlanText.render(plan))
        }
    }

    private func list(_ loaded: LoadedScenario) throws {
        for warning in loaded.warnings { Terminal.error(warning) }
        let place: SegmentPlace
        if let segment {
            place = try SegmentPlace(segment: segment, sequence: sequence)
            if sequence == nil {
                Terminal.error(
                    "warning: without --sequence, segments of agents overlap; "
                        + "the coordinator always hands out all bounds")
            }
        } else {
            place = SegmentPlace(agent: agent ?? 0, of: agents)
        }
        let listing = PlanListing(scenario: loaded.scenario, place: place, limit: limit ?? .max)
        if starts {
            try listing.starts(of: scenario)
        } else {
            try listing.steps(of: scenario, reserved: reserved)
        }
    }
}
