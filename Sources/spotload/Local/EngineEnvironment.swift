// Flags of `spotload engine` from the environment: SPOTLOAD_ENGINE_MAX_LAG=5s is `--max-lag=5s`,
// where that flag is not given. It works for whatever flags the command has: the command itself
// says whether it knows one and takes the value.

import ArgumentParser
import HarnessCore

struct EngineEnvironment {
    private struct Variable {
        var name: String
        var flag: String
        var value: String

        /// As an argument; a flag without a value takes `true` and `false`.
        var arguments: [String] {
            if let isOn = ["true": true, "1": true, "false": false, "0": false][value],
                EngineEnvironment.error(of: [flag]) == nil
            {
                return isOn ? [flag] : []
            }
            return ["\(flag)=\(value)"]
        }
    }
    private static let prefix = "SPOTLOAD_ENGINE_"
    /// Not flags: a password, and a fault for tests.
    private static let reserved = ["STORE_PASSWORD", "FAULT"]

    let environment: [String: String]

    /// The arguments (without the program) and what the environment adds to them.
    ///
    /// - Throws: `CommandFailure` 64 that names the variable with a bad value.
    func arguments(_ given: [String]) throws(CommandFailure) -> [String] {
        guard given.first == "engine" else { return given }
        let service = EngineCommand.configuration.commandName
        let second = given.dropFirst().first
        let others = EngineGroup.configuration.subcommands
            .compactMap { $0.configuration.commandName }.filter { $0 != service }
        if let second, others.contains(second) { return given }
        let variables = variables(without: given)
        guard !variables.isEmpty else { return given }
        let all = given + variables.flatMap { $0.arguments }
        let options = all.dropFirst(second == service ? 2 : 1)
        if Self.error(of: Array(options)) == nil { return all }
        for variable in variables {
            if let error = Self.error(of: variable.arguments) {
                throw CommandFailure(.usage, "\(variable.name)=\(variable.value): \(error)")
            }
        }
        // Wrong together or without the environment: the parser says what.
        return all
    }

    /// By name; empty ones count as not set.
    private func variables(without given: [String]) -> [Variable] {
        environment.filter { $0.key.hasPrefix(Self.prefix) && !$0.value.isEmpty }
            .sorted { $0.key < $1.key }
            .compactMap { name, value in
                let word = String(name.dropFirst(Self.prefix.count))
                if Self.reserved.contains(word) { return nil }
                let flag = "--" + word.lowercased().replacing("_", with: "-")
                let isGiven = given.contains { $0 == flag || $0.hasPrefix(flag + "=") }
                return isGiven ? nil : Variable(name: name, flag: flag, value: value)
            }
    }

    /// What the command says to these arguments; nil where it takes them.
    private static func error(of arguments: [String]) -> String? {
        do {
            _ = try EngineCommand.parse(arguments)
            return nil
        } catch {
            return EngineCommand.message(for: error)
        }
    }
}
