// Targets that fail: nothing listens, or the engine is killed under the load of a real run and
// comes back. Failures are counted, the run is judged, and no acknowledged order is lost.

import Foundation
import GRDB
import TestSupport
import Testing

@Suite struct RunTargetTests {
    @Test func nothingListens() throws {
        let port = RedisServer.freePort()
        let run = try RunTrial(
            RunScenarios.gets(rate: 50, seconds: 2),
            ["--target", "http://127.0.0.1:\(port)"])
        let code = run.exitCode()
        let summary = try run.summary()
        #expect(code == summary.exitCode && summary.isFailure, "\(run.output)")
        #expect(summary.contradictions == [])
        let requests = summary.count("http_reqs")
        #expect(requests > 0 && requests == summary.accounting.started)
        #expect(summary.failures("connect") == requests)
        #expect(summary.count("http_req_failed", ["rate": "true"]) == requests)
        #expect(summary.status == ["0": requests])
        #expect(run.output.contains("connect"), "\(run.output)")
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func abortOnFailEndsTheRun() throws {
        let port = RedisServer.freePort()
        let run = try RunTrial(
            RunScenarios.gets(rate: 50, seconds: 120).replacingOccurrences(
                of: "\"rate<=0\"", with: "{ threshold: \"rate<=0\", abortOnFail: true }"),
            ["--agents", "2", "--target", "http://127.0.0.1:\(port)"])
        #expect(run.exitCode(within: 60) == 99, "\(run.output)")
        let summary = try run.summary()
        #expect(summary.verdict == "FAIL" && !summary.run.interrupted)
        #expect(summary.run.aborted?.contains("http_req_failed rate<=0 failed") ?? false)
        #expect(summary.contradictions == [])
        let a = summary.accounting
        #expect(a.started < 50 * 120 && a.unaccounted == 0 && a.agentsFinal == 2)
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func bundledEngineKilled() throws {
        let run = try RunTrial(RunScenarios.orders(seconds: 4))
        try #require(run.isRunning(), "\(run.output)")
        let engines = run.children(" engine ")
        try #require(engines.count == 1, "\(run.children)")
        #expect(kill(engines[0], SIGKILL) == 0)
        let code = run.exitCode()
        let summary = try run.summary()
        #expect(code == summary.exitCode && summary.isFailure, "\(run.output)")
        #expect(run.output.contains("the bundled engine ended with status 137"))
        #expect(summary.contradictions == [])
        #expect(summary.failures("connect") > 0)
        #expect(summary.accounting.agentsFinal == 1 && summary.accounting.unaccounted == 0)
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func engineKilledAndBack() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/data"
        let symbols = try directory.write(
            """
            - {symbol: "A0001USDT", base: "A0001", quote: "USDT", tick: "0.01", step: "0.001"}
            """, to: "symbols.yaml")
        var engine = try EngineProcess(
            dataDirectory: data, accounts: 100, ["--symbols", symbols])
        let address = engine.address
        let run = try RunTrial(
            RunScenarios.orders(rate: 60, seconds: 8)
                .replacingOccurrences(
                    of: "symbols: 3", with: "symbols: 1, mix: { limit: 80, cancel: 20 }"),
            ["--agents", "2", "--target", engine.url])
        let isLoaded = run.program.waits(upTo: 60) { engine.requestsOfAgents >= 60 }
        try #require(isLoaded, "\(run.output)")
        let oldPid = engine.program.pid
        #expect(engine.killHard(), "the engine died by the signal")
        engine = try EngineProcess(
            dataDirectory: data, bind: address, accounts: 100, ["--symbols", symbols])
        #expect(engine.program.pid != oldPid)
        let isBack = run.program.waits(upTo: 60) { engine.requestsOfAgents >= 20 }
        #expect(isBack, "the load goes on with the new engine: \(run.output)")
        let code = run.exitCode()
        let summary = try run.summary()
        #expect(code == summary.exitCode && summary.isFailure, "\(run.output)")
        #expect(summary.contradictions == [])
        #expect(summary.failures("connect") + summary.failures("reset") > 0)
        #expect(summary.accounting.unaccounted == 0 && summary.accounting.agentsFinal == 2)
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0, "\(engine.program.output)")
        try Self.checkStore(data + "/store.sqlite3", summary)
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    /// acknowledged <= stored <= acknowledged + those whose answer never came.
    private static func checkStore(_ path: String, _ summary: RunSummary) throws {
        let ids = try DatabaseQueue(path: path).read { db in
            try String.fetchAll(db, sql: "SELECT client_id FROM orders")
        }
        let acknowledged = summary.answered("order new", status: 200)
        let unknown = summary.errors.filter { $0.step == "order new" }.reduce(0) { $0 + $1.count }
        #expect(Set(ids).count == ids.count, "an order appears twice")
        #expect(Set(ids.map { $0.prefix(6) }).count == 1, "all orders are this run's")
        #expect(acknowledged > 0)
        #expect(acknowledged <= UInt64(ids.count), "an acknowledged order is lost")
        #expect(UInt64(ids.count) <= acknowledged + unknown, "an order nobody placed")
    }
}
