// What every command that reads a scenario takes: the file and the overrides.

import ArgumentParser
import Foundation
import HarnessCore
import ScenarioModel

struct ScenarioOptions: ParsableArguments {
    @Argument(help: "The scenario, a YAML file.")
    var scenario: String

    @OptionGroup var overrides: ScenarioOverrides

    func check() throws { try overrides.check() }
    func loadOptions() throws -> LoadOptions { try overrides.loadOptions() }
}

struct ScenarioOverrides: ParsableArguments {
    @Option(help: "Base URL of the system under test; no bundled engine is started then.")
    var target: String?

    @Option(
        name: [.customShort("e"), .customLong("env")],
        help: "KEY=VALUE for ${KEY} in the scenario; repeatable.")
    var variables: [String] = []

    @Option(help: "k6 options (JSON) over the document: an options object or k6 inspect's output.")
    var options: String?

    @Option(name: .customLong("set"), help: "a.b=VALUE (YAML) over the document; repeatable.")
    var sets: [String] = []

    @Option(name: .customLong("tag"), help: "KEY=VALUE for the run's tags; repeatable.")
    var tags: [String] = []

    @Option(help: "Another seed.")
    var seed: UInt64?

    /// The same flags for a child; it inherits the environment.
    var arguments: [String] {
        var all: [String] = []
        if let target { all += ["--target", target] }
        for variable in variables { all += ["-e", variable] }
        if let options { all += ["--options", options] }
        for set in sets { all += ["--set", set] }
        for tag in tags { all += ["--tag", tag] }
        if let seed { all += ["--seed", String(seed)] }
        return all
    }

    func check() throws {
        for (flag, values) in [("-e", variables), ("--set", sets), ("--tag", tags)] {
            for value in values where Self.split(value) == nil {
                throw ValidationError("\(flag) takes KEY=VALUE, not \"\(value)\"")
            }
        }
    }

    func loadOptions() throws -> LoadOptions {
        var options = LoadOptions()
        options.variables = Self.pairs(variables)
        options.environment = ProcessInfo.processInfo.environment
        options.optionsFile = self.options
        options.sets = sets.compactMap(Self.split).map { (path: $0.key, value: $0.value) }
        options.target = target
        options.seed = seed
        options.tags = Self.pairs(tags)
        return options
    }

    private static func pairs(_ texts: [String]) -> [String: String] {
        Dictionary(texts.compactMap(split).map { ($0.key, $0.value) }) { $1 }
    }

    private static func split(_ text: String) -> (key: String, value: String)? {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}
