// `spotload engine`: the service, unless another subcommand is named.

import ArgumentParser

struct EngineGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "The bundled spot exchange.",
        discussion: """
            Without a subcommand it serves: `spotload engine --bind 127.0.0.1:0` is
            `spotload engine serve --bind 127.0.0.1:0`. Options: spotload engine serve --help.
            """,
        subcommands: [EngineCommand.self, EngineReplayCommand.self],
        defaultSubcommand: EngineCommand.self)
}
