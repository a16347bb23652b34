// A data directory belongs to the market it was made with: another one is refused, not replayed.

import Foundation
import TestSupport
import Testing

@Suite struct EngineMarketTests {
    @Test func anotherMarketIsRefused() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/engine"
        let symbols = try directory.write(
            "- {symbol: AUSDT, base: A, quote: USDT, tick: \"0.01\", step: \"0.001\"}\n",
            to: "symbols.yaml")
        let coarser = try directory.write(
            "- {symbol: AUSDT, base: A, quote: USDT, tick: 0.1, step: 0.001}\n",
            to: "coarser.yaml")
        let halted = try directory.write(
            "- {symbol: AUSDT, base: A, quote: USDT, tick: 0.01, step: 0.001, status: HALT}\n",
            to: "halted.yaml")
        let first = try EngineProcess(dataDirectory: data, ["--symbols", symbols])
        first.program.kill(SIGTERM)
        #expect(first.program.exitCode(within: 30) == 0)

        let other = try RunningProgram(
            RunningProgram.spotload,
            ["engine", "--bind", "127.0.0.1:0", "--data-dir", data, "--symbols", coarser])
        #expect(other.exitCode(within: 30) == 104)
        #expect(other.output.contains("tick and step cannot change"))

        // The status may change, and back.
        for file in [halted, symbols] {
            let again = try EngineProcess(dataDirectory: data, ["--symbols", file])
            #expect(again.client.send("GET", "/readyz").status == 200)
            #expect(again.killHard())
        }
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
