// `spotload init`: a commented scenario to begin with.

import ArgumentParser
import Foundation
import HarnessCore
import ScenarioModel

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "A commented scenario to begin with.",
        discussion: StarterScenario.all.map { starter in
            starter.name.padding(toLength: 10, withPad: " ", startingAt: 0) + starter.summary
        }.joined(separator: "\n"))

    @Argument(
        help: ArgumentHelp(
            "Which: " + StarterScenario.all.map(\.name).joined(separator: ", ") + "."))
    var template: String = "smoke"

    @Option(help: "Write a new file instead of standard output; one that exists is left alone.")
    var out: String?

    func validate() throws {
        guard StarterScenario.named(template) == nil else { return }
        let names = StarterScenario.all.map(\.name).joined(separator: ", ")
        throw ValidationError(
            "no template \"\(template)\": there are \(names)" + StarterScenario.hint(template))
    }

    mutating func run() async throws {
        guard let starter = StarterScenario.named(template) else { return }
        guard let out else {
            Terminal.output(starter.text)
            return
        }
        do {
            try Data(starter.text.utf8).write(
                to: URL(fileURLWithPath: out), options: .withoutOverwriting)
        } catch CocoaError.fileWriteFileExists {
            throw CommandFailure(.badConfiguration, "--out \(out) exists; it is left as it is")
        } catch {
            throw CommandFailure(
                .unavailable, "--out \(out) cannot be written: \(error.localizedDescription)")
        }
        Terminal.error("\(out) written; next: spotload validate \(out)")
    }
}
