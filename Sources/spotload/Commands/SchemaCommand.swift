// `spotload schema`: the JSON Schema of scenarios, for editors.

import ArgumentParser
import Foundation
import HarnessCore
import ScenarioModel

struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "The JSON Schema of scenarios, for editors.",
        discussion: """
            spotload schema --out spotload.schema.json, and this line at the top of a scenario:
            # yaml-language-server: $schema=spotload.schema.json
            """)

    @Option(help: "Write it there instead of standard output.")
    var out: String?

    @Flag(help: "The same as Markdown, for people: a line for every key.")
    var markdown = false

    mutating func run() async throws {
        let text = markdown ? ScenarioSchema.reference : ScenarioSchema.text
        guard let out else {
            Terminal.output(text)
            return
        }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: out))
        } catch {
            throw CommandFailure(
                .unavailable, "--out \(out) cannot be written: \(error.localizedDescription)")
        }
    }
}
