// A data directory belongs to the market it was made with. Status, filters and fees may change and
// symbols may be added, by a command in the journal; anything else is refused, not replayed.

import Foundation
import TestSupport
import Testing

@Suite struct EngineMarketTests {
    private static let symbol = "symbol: AUSDT, base: A, quote: USDT"

    private static func start(
        _ data: String, _ directory: TemporaryDirectory, _ symbols: String?
    ) throws -> EngineProcess {
        var arguments = ["--check"]
        if let symbols {
            arguments += ["--symbols", try directory.write(symbols, to: "symbols.yaml")]
        }
        return try EngineProcess(dataDirectory: data, arguments)
    }

    private static func stop(_ engine: EngineProcess) {
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0, "\(engine.program.output)")
    }

    private static func place(
        _ engine: EngineProcess, _ id: String, symbol: String = "AUSDT", side: String = "BUY",
        price: String = "100"
    ) -> (status: Int, body: String) {
        engine.client.send(
            "POST",
            "/api/v3/order?symbol=\(symbol)&side=\(side)&type=LIMIT&timeInForce=GTC&quantity=1"
                + "&price=\(price)&newClientOrderId=\(id)", account: "u1")
    }

    @Test func anotherMarketIsRefused() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/engine"
        let first = try Self.start(
            data, directory, "- {\(Self.symbol), tick: \"0.01\", step: \"0.001\"}\n")
        #expect(Self.place(first, "one").status == 200)
        Self.stop(first)
        let refused = [
            ("- {\(Self.symbol), tick: 0.1, step: 0.001}\n", "tick and step cannot change"),
            (
                "- {\(Self.symbol), baseScale: 4, tick: 0.01, step: 0.001}\n",
                "baseScale and quoteScale cannot change"
            ),
            (
                "- {symbol: BUSDT, base: B, quote: USDT, tick: 0.01, step: 0.001}\n",
                "BUSDT is where AUSDT was"
            ),
        ]
        for (symbols, reason) in refused {
            let file = try directory.write(symbols, to: "other.yaml")
            let other = try RunningProgram(
                RunningProgram.spotload,
                ["engine", "--bind", "127.0.0.1:0", "--data-dir", data, "--symbols", file])
            #expect(other.exitCode(within: 30) == 104)
            #expect(
                other.output.contains("was made with other symbols")
                    && other.output.contains(reason), "\(other.output)")
        }
        let again = try Self.start(
            data, directory, "- {\(Self.symbol), tick: \"0.01\", step: \"0.001\"}\n")
        #expect(!again.program.output.contains("symbols changed"))
        let order = again.client.send(
            "GET", "/api/v3/order?symbol=AUSDT&origClientOrderId=one", account: "u1")
        #expect(order.status == 200, "\(order)")
    }

    @Test func statusFeesAndNewSymbolsChangeAsOfACommand() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/engine"
        let open = "- {\(Self.symbol), tick: 0.01, step: 0.001}\n"
        let halted = "- {\(Self.symbol), tick: 0.01, step: 0.001, status: HALT}\n"
        let first = try Self.start(data, directory, open)
        #expect(Self.place(first, "one").status == 200)
        #expect(Self.place(first, "two").status == 200)
        Self.stop(first)

        let closed = try Self.start(data, directory, halted)
        #expect(closed.program.output.contains("symbols changed as of seq 4"))
        let refused = Self.place(closed, "three")
        #expect(refused.status == 400 && refused.body.contains("Market is closed."), "\(refused)")
        #expect(refused.body.contains("-2010"))
        let canceled = closed.client.send(
            "DELETE", "/api/v3/order?symbol=AUSDT&origClientOrderId=one", account: "u1")
        #expect(canceled.status == 200, "a cancel passes: \(canceled)")
        // Not asked for: the symbols stay as the journal has them, also after a kill.
        #expect(closed.killHard())
        let same = try Self.start(data, directory, nil)
        #expect(Self.place(same, "three").body.contains("Market is closed."))
        #expect(same.program.output.contains("check ok"))
        Self.stop(same)

        let more = try Self.start(
            data, directory,
            open + "- {symbol: BUSDT, base: B, quote: USDT, tick: 0.01, step: 0.001}\n")
        #expect(more.program.output.contains("symbols changed as of seq"))
        #expect(Self.place(more, "three").status == 200)
        let sale = Self.place(more, "four", symbol: "BUSDT", side: "SELL")
        #expect(sale.status == 400 && sale.body.contains("insufficient balance"), "\(sale)")
        let deposit = more.client.send(
            "POST", "/admin/v1/deposit?account=u1&asset=B&amount=5&depositId=b1")
        #expect(deposit.status == 200, "\(deposit)")
        #expect(Self.place(more, "five", symbol: "BUSDT", side: "SELL").status == 200)
        #expect(more.killHard())
        // Everything again from the journal, whose records lie on both sides of the changes.
        let last = try Self.start(data, directory, nil)
        #expect(last.program.output.contains("check ok"), "\(last.program.output)")
        let orders = last.client.send("GET", "/api/v3/openOrders", account: "u1")
        for id in ["two", "three", "five"] { #expect(orders.body.contains("\"\(id)\"")) }
        for id in ["one", "four"] { #expect(!orders.body.contains("\"\(id)\"")) }
    }

    /// Records name symbols by position: without engine.json nobody knows which, and the built-in
    /// ones are not a guess to make about somebody's orders.
    @Test func aMissingEngineFileIsNoLicenceToGuess() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/engine"
        let symbols = try directory.write(
            "- {symbol: AUSDT, base: A, quote: USDT, tick: \"0.01\", step: \"0.001\"}\n",
            to: "symbols.yaml")
        let first = try EngineProcess(dataDirectory: data, ["--symbols", symbols])
        #expect(first.killHard())
        try FileManager.default.removeItem(atPath: data + "/engine.json")

        let other = try RunningProgram(
            RunningProgram.spotload, ["engine", "--bind", "127.0.0.1:0", "--data-dir", data])
        #expect(other.exitCode(within: 30) == 70)
        #expect(other.output.contains("engine.json is missing"))
        #expect(!FileManager.default.fileExists(atPath: data + "/engine.json"))

        let again = try EngineProcess(dataDirectory: data, ["--symbols", symbols])
        #expect(again.client.send("GET", "/api/v3/depth?symbol=AUSDT").status == 200)
    }
}
