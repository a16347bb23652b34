// kill -9 of the engine under load: every acknowledged order is there after the restart, exactly
// once, with what was acknowledged; the store agrees once it has caught up.

import Foundation
import GRDB
import HarnessCore
import Synchronization
import TestSupport
import Testing

@Suite struct EngineKillTests {
    /// What clients were told.
    private final class Journal: Sendable {
        let acknowledged = Mutex<[String: String]>([:])
        let stop = Atomic<Bool>(false)
    }

    /// Places orders until told to stop or the engine is gone.
    private static func load(_ client: HTTPClient, worker: Int, cycle: Int, _ journal: Journal) {
        var n = 0
        while !journal.stop.load(ordering: .relaxed) {
            n += 1
            let id = "k\(cycle)-\(worker)-\(n)"
            let side = n % 2 == 0 ? "BUY" : "SELL"
            let price = 50_000 + (n % 7) - 3
            let json = """
                {"symbol":"BTCUSDT","side":"\(side)","type":"LIMIT","timeInForce":"GTC",\
                "quantity":"0.001","price":"\(price)","newClientOrderId":"\(id)",\
                "newOrderRespType":"\(n % 3 == 0 ? "ACK" : "RESULT")"}
                """
            let answer = client.send("POST", "/api/v3/order", account: "u\(worker)", json: json)
            if answer.status == 0 { return }
            if answer.status == 200 {
                journal.acknowledged.withLock { $0[id] = "u\(worker)" }
            }
        }
    }

    @Test func acknowledgedOrdersSurvive() throws {
        let directory = try TemporaryDirectory()
        var expected: [String: String] = [:]
        for cycle in 1...4 {
            let engine = try EngineProcess(dataDirectory: directory.path)
            let journal = Journal()
            let workers = (1...4).map { worker in
                DedicatedThread(name: "client-\(worker)") {
                    Self.load(engine.client, worker: worker, cycle: cycle, journal)
                }
            }
            let hasLoad = engine.program.waits(upTo: 60) {
                journal.acknowledged.withLock { $0.count } >= 40 * cycle
            }
            #expect(hasLoad, "no load, no test")
            #expect(engine.killHard(), "the engine died by the signal")
            for worker in workers { worker.join() }
            journal.acknowledged.withLock { expected.merge($0) { $1 } }
        }
        let engine = try EngineProcess(dataDirectory: directory.path)
        for (id, account) in expected {
            let answer = engine.client.send(
                "GET", "/api/v3/order?symbol=BTCUSDT&origClientOrderId=\(id)", account: account)
            #expect(answer.status == 200, "\(id) was acknowledged: \(answer.body)")
        }
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0)
        try Self.checkStore(directory.path + "/store.sqlite3", expected)
    }

    private static func checkStore(_ path: String, _ expected: [String: String]) throws {
        let database = try DatabaseQueue(path: path)
        let (ids, orders, highest, funds) = try database.read { db in
            (
                try String.fetchAll(db, sql: "SELECT client_id FROM orders"),
                try Int.fetchOne(db, sql: "SELECT count(*) FROM orders") ?? 0,
                try Int.fetchOne(db, sql: "SELECT max(order_id) FROM orders") ?? 0,
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT asset, sum(free + locked) AS total,
                        sum(account LIKE 'u%') AS accounts FROM balances
                        WHERE asset IN ('BTC', 'USDT') GROUP BY asset
                        """)
            )
        }
        #expect(Set(ids).count == ids.count, "an order appears twice")
        #expect(Set(expected.keys).isSubset(of: ids), "the store lacks acknowledged orders")
        #expect(orders == highest, "order ids have gaps")
        // An account without a row still has what it was funded with.
        for row in funds {
            let untouched = (8 - (row["accounts"] as Int64)) * 1_000_000 * 100_000_000
            let total = row["total"] as Int64 + untouched
            #expect(total == 8 * 1_000_000 * 100_000_000, "money is conserved")
        }
    }
}
