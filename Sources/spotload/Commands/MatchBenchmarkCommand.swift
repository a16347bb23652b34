// `spotload bench match`: the plan's tables of in-memory matching, with our book beside a heap and
// an array that is sorted again after every insert; and the mixed flow of engine.md 9.

import ArgumentParser
import Collector
import Engine
import Foundation
import HarnessCore

struct MatchBenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "match",
        abstract: "Orders one core matches a second, beside the plan's figures.",
        discussion: """
            One thread; rates are of its own CPU time, commands are made outside of it. Each
            repeat has a fresh book, the first one is discarded. "spread" is (max - min) /
            median. The state after every repeat must be the same.

            (1) N limits that do not cross, then N that each take one of them.
            (2) N inserts: binary heap, array sorted again after each, our book.
            (3) 46 % GTC near the best (5 % of them crossing), 4 % IOC, 43 % cancel of a random
                live order, 6 % replace by a tick, 1 % amend; about 10,000 orders rest.
                "engine" is what the server does: accounts that pay, fees, client ids, effects.
                "book only" has unlimited funds and events, as engine replay --no-ledger.

            --emit-commands writes (3) for engine replay, which comes to the state printed here
            for "book only":

              spotload engine replay --no-ledger --quiet --hash FILE.jsonl
            """)

    @Option(help: "Repeats, the discarded first one included.")
    var repeats = 10

    @Option(help: "Seed of prices and of the mixed flow.")
    var seed: UInt64 = 42

    @Option(help: "Commands of the mixed flow, after those that fill the book.")
    var commands = 2_000_000

    @Flag(help: "JSON on stdout instead of tables.")
    var json = false

    @Option(help: "Write the mixed flow to this file, too.")
    var emitCommands: String?

    @Option(help: "Which of the tables.")
    var tables = "1,2,3"

    private var wanted: Set<String> {
        Set(tables.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }

    func validate() throws {
        guard (2...1_000).contains(repeats) else {
            throw ValidationError("--repeats takes 2 to 1000, not \(repeats)")
        }
        guard (1...50_000_000).contains(commands) else {
            throw ValidationError("--commands takes 1 to 50000000, not \(commands)")
        }
        guard wanted.isSubset(of: ["1", "2", "3"]) else {
            throw ValidationError("--tables takes some of 1,2,3, not \"\(tables)\"")
        }
    }

    func run() throws {
        let benchmark = MatchBenchmark(repeats: repeats, seed: seed, commands: commands)
        if json {
            Terminal.output(try MatchTables.json(measured(benchmark) { _ in }, benchmark))
        } else {
            Terminal.output(MatchTables.head(benchmark))
            _ = try measured(benchmark) { Terminal.output($0) }
            Terminal.output(MatchTables.notes)
        }
    }

    /// Measures the tables; each is handed to `show` when it is there.
    private func measured(
        _ benchmark: MatchBenchmark, _ show: (String) -> Void
    ) throws -> MatchTables.Results {
        var results = MatchTables.Results()
        if wanted.contains("1") {
            for size in MatchBenchmark.matchSizes {
                results.matches += try benchmark.addAndMatch(size)
            }
            show(MatchTables.matches(results.matches))
        }
        if wanted.contains("2") {
            for size in MatchBenchmark.insertSizes {
                results.inserts.append(try benchmark.inserts(size))
            }
            show(MatchTables.inserts(results.inserts))
        }
        guard wanted.contains("3") || emitCommands != nil else { return results }
        let flow = MixedFlow(seed: seed, commands: commands)
        if let emitCommands { try flow.writeLines(to: emitCommands) }
        guard wanted.contains("3") else { return results }
        results.fill = flow.fill
        results.mixed = [try benchmark.mixedEngine(flow)] + (try benchmark.mixedBooks(flow))
        show(MatchTables.mixed(results.mixed, fill: flow.fill, commands: commands))
        return results
    }
}
