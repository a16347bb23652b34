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
        let halted = try directory.write(
            "- {symbol: AUSDT, base: A, quote: USDT, tick: 0.01, step: 0.001, status: HALT}\n",
            to: "halted.yaml")
        let first = try EngineProcess(dataDirectory: data, ["--symbols", symbols])
        first.program.kill(SIGTERM)
        #expect(first.program.exitCode(within: 30) == 0)

        let other = try RunningProgram(
            RunningProgram.spotload,
            ["engine", "--bind", "127.0.0.1:0", "--data-dir", data, "--symbols", halted])
        #expect(other.exitCode(within: 30) == 104)
        #expect(other.output.contains("was made with other symbols"))

        let again = try EngineProcess(dataDirectory: data, ["--symbols", symbols])
        #expect(again.client.send("GET", "/readyz").status == 200)
    }
}
