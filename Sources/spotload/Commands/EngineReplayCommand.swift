// `spotload engine replay`: commands in JSON Lines through the matcher, events out.

import ArgumentParser
import Collector
import Engine
import Foundation
import HarnessCore

struct EngineReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Commands in JSON Lines through the matcher; events on stdout.",
        discussion: """
            Reads FILE or stdin, a command a line, and prints what each one did. The same
            input gives the same bytes, always. docs/replay.md describes both formats.

              {"op":"new","id":1,"symbol":"X","side":"sell","price":"100","qty":"10"}
              {"op":"new","id":2,"symbol":"X","side":"buy","price":"105","qty":"4","tif":"IOC"}
              {"op":"replace","id":1,"price":"101"}   {"op":"amend","id":1,"qty":"3"}
              {"op":"cancel","id":1}

            Without --symbols any symbol will do: tick 1, lot 1, no decimals; that needs
            --no-ledger. With the ledger, deposit first:

              {"op":"deposit","account":"a","asset":"USDT","amount":"1000"}

              spotload engine replay --no-ledger --book --hash orders.jsonl

            Exit codes: 0, 64 usage, 69 a file cannot be read, 104 a line that is no command
            (FILE:LINE: reason, after the events of the lines before it).
            """)

    @Option(help: "Symbols file (YAML list), as `spotload engine --symbols` takes it.")
    var symbols: String?

    @Flag(name: .customLong("no-ledger"), help: "Unlimited funds; accounts may be left out.")
    var hasNoLedger = false

    @Flag(help: "Rate, events and memory on stderr.")
    var stats = false

    @Flag(help: "At the end the book of each symbol: price, total, number of orders.")
    var book = false

    @Flag(help: "At the end the state's SHA-256.")
    var hash = false

    @Flag(help: "No events.")
    var quiet = false

    @Argument(help: "Commands; stdin where there is none, or -.", completion: .file())
    var file: String?

    func validate() throws {
        guard symbols != nil || hasNoLedger else {
            throw ValidationError(
                "without --symbols there are no assets to pay with: add --no-ledger or --symbols "
                    + "FILE")
        }
    }

    func run() throws {
        var options = ReplayOptions(
            market: try symbols.map { try SymbolsOption.market(file: $0) },
            hasLedger: !hasNoLedger)
        options.printsEvents = !quiet
        options.printsBook = book
        options.printsHash = hash
        let (input, name) = try open()
        defer { close(input) }
        let session = ReplaySession(options, name: name, output: STDOUT_FILENO)
        let begin = Instant.now()
        let totals: ReplayTotals
        do throws(CommandFailure) {
            totals = try session.run(input: input)
        } catch {
            // As FILE:LINE: reason, which is what editors jump to.
            Terminal.error(error.message)
            throw ArgumentParser.ExitCode(error.code.rawValue)
        }
        if stats { Terminal.error(Self.text(totals, (Instant.now() - begin).seconds)) }
    }

    private func open() throws -> (descriptor: Int32, name: String) {
        guard let file, file != "-" else { return (STDIN_FILENO, "stdin") }
        let descriptor = Foundation.open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .unavailable, "cannot read \(file): \(String(cString: strerror(errno)))")
        }
        return (descriptor, file)
    }

    private static func text(_ totals: ReplayTotals, _ seconds: Double) -> String {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        let cpu = [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
        }
        let rate = seconds > 0 ? Double(totals.commands) / seconds : 0
        return ReportText.grouped(totals.commands) + " commands in "
            + ReportText.decimal(seconds, 2) + " s (" + ReportText.decimal(cpu, 2)
            + " s of CPU): " + ReportText.grouped(UInt64(rate)) + "/s; "
            + ReportText.grouped(totals.events) + " events, "
            + ReportText.grouped(totals.trades) + " trades, "
            + ReportText.grouped(totals.rejected) + " rejected; "
            + ReportText.grouped(UInt64(totals.openOrders)) + " open orders; peak memory "
            + ReportText.bytes(UInt64(usage.ru_maxrss) << 10)
    }
}

/// `--symbols FILE` of every command that has it.
enum SymbolsOption {
    static func market(file: String) throws -> Market {
        do {
            return try Market.load(
                yaml: String(contentsOfFile: file, encoding: .utf8), file: file)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(
                .badConfiguration, "--symbols \(file): \(error.localizedDescription)")
        }
    }
}
