// `spotload bench engine-journal`: a data directory with a journal of so many commands, for
// scripts/bench-recovery. Hidden: of use to nobody else.

import ArgumentParser
import Engine
import HarnessCore

struct JournalBenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine-journal",
        abstract: "Write a journal of the mixed flow of bench match, or make one longer.",
        shouldDisplay: false)

    @Option(help: "Of the engine; its journal, where it has one, must be of the same flow.")
    var dataDir: String

    @Option(help: "Commands of the journal, the FUND of 1,000 accounts included.")
    var commands = 1_000_000

    @Option(help: "Orders that rest.")
    var resting = MixedFlow.resting

    @Option(help: "Seed of the flow.")
    var seed: UInt64 = 42

    func validate() throws {
        guard (1...50_000_000).contains(commands) else {
            throw ValidationError("--commands takes 1 to 50000000, not \(commands)")
        }
        guard (1...900_000).contains(resting) else {
            throw ValidationError("--resting takes 1 to 900000, not \(resting)")
        }
    }

    func run() throws {
        let written = try JournalMaker.run(
            dataDirectory: dataDir, seed: seed, commands: commands, resting: resting)
        Terminal.output("\(dataDir): \(written) commands written, \(commands) in all\n")
    }
}
