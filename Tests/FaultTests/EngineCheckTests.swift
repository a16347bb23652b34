// `--check` finds what is wrong: a store that differs from the engine in one value of one row, in a
// row too many or too few.

import Foundation
import GRDB
import TestSupport
import Testing

@Suite struct EngineCheckTests {
    /// What is done to the store, and what the check must say.
    private static let tampers: [(sql: String, complaint: String)] = [
        (
            "UPDATE trades SET maker_fee = maker_fee + 1",
            "trades symbol \"BTCUSDT\" trade_id 1: maker_fee is"
        ),
        ("UPDATE trades SET time = time + 1", "trade_id 1: time is"),
        ("DELETE FROM trades", "trades symbol \"BTCUSDT\" trade_id 1 is not in the store"),
        (
            "INSERT INTO trades SELECT symbol, 2, price, qty, quote, maker_order, taker_order, maker, "
                + "taker, taker_side, maker_fee, taker_fee, time, seq FROM trades",
            "BTCUSDT: 2 rows of trades in the store, the last is 2; 1 happened"
        ),
        ("UPDATE prevented SET qty = qty + 1", "prevented_id 1: qty is"),
        ("DELETE FROM prevented", "prevented_id 1 is not in the store"),
        ("UPDATE rejects SET code = -1", "code is -1 in the store, -2010 in the engine"),
        (
            "INSERT INTO rejects VALUES (0, 2, 'u1', 'x', 'BTCUSDT', -1)",
            "rejects: 2 rows after seq 0"
        ),
        ("UPDATE deposits SET amount = amount + 1 WHERE asset = 'BTC'", "amount is"),
        ("DELETE FROM deposits WHERE asset = '*'", "deposits shard 0 seq 1 is not in the store"),
        ("UPDATE orders SET client_id = 'x' WHERE order_id = 1", "order_id 1: client_id is \"x\""),
        ("UPDATE orders SET executed = executed - 1 WHERE order_id = 1", "order_id 1: executed is"),
        ("DELETE FROM orders WHERE order_id = 2", "BTCUSDT: order 2 is not in the store"),
        ("UPDATE balances SET free = free + 1 WHERE account = 'u1' AND asset = 'BTC'", "free is"),
        ("UPDATE balances SET seq = seq - 1 WHERE account = 'u1' AND asset = 'BTC'", "seq is"),
        (
            "DELETE FROM balances WHERE account = 'u1' AND asset = 'USDT'",
            "the store has no balance u1 USDT"
        ),
        (
            "INSERT INTO balances VALUES (0, 'ghost', 'BTC', 0, 0, 1)",
            "the store has a balance ghost BTC, the engine has none"
        ),
        ("UPDATE progress SET event_hash = event_hash + 1", "event hash"),
    ]

    private static func order(
        _ engine: EngineProcess, _ id: String, _ account: String, _ more: String, status: Int = 200
    ) {
        let answer = engine.client.send(
            "POST",
            "/api/v3/order?symbol=BTCUSDT&type=LIMIT&timeInForce=GTC&newClientOrderId=\(id)&\(more)",
            account: account)
        #expect(answer.status == status, "\(answer)")
    }

    /// A directory with a row in every table; the engine has ended in order.
    private static func prepared() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(
            dataDirectory: directory.path + "/engine", ["--segment-bytes", "65536"])
        order(engine, "a", "u1", "side=SELL&quantity=0.002&price=50000")
        order(engine, "b", "u2", "side=BUY&quantity=0.001&price=50000")
        order(
            engine, "c", "u1",
            "side=BUY&quantity=0.0005&price=50000&selfTradePreventionMode=DECREMENT")
        order(engine, "d", "u3", "side=BUY&quantity=1000&price=50000", status: 400)
        let deposit = engine.client.send(
            "POST", "/admin/v1/deposit?account=u4&asset=BTC&amount=2&depositId=d1")
        #expect(deposit.status == 200, "\(deposit)")
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0)
        return directory
    }

    @Test func everyDifferenceIsFound() throws {
        let directory = try Self.prepared()
        let sound = directory.path + "/engine"
        let good = try EngineProcess(dataDirectory: sound, ["--check"])
        #expect(good.program.output.contains("check ok"), "\(good.program.output)")
        good.program.kill(SIGTERM)
        #expect(good.program.exitCode(within: 30) == 0)
        for (sql, complaint) in Self.tampers {
            let copy = directory.path + "/copy"
            try FileManager.default.copyItem(atPath: sound, toPath: copy)
            let database = try DatabaseQueue(path: copy + "/store.sqlite3")
            let changed = try database.write { db in
                try db.execute(sql: sql)
                return db.changesCount
            }
            #expect(changed > 0, "\(sql) changes nothing")
            try database.close()
            let refused = try RunningProgram(
                RunningProgram.spotload,
                ["engine", "--bind", "127.0.0.1:0", "--data-dir", copy, "--check"])
            let code = refused.exitCode(within: 30)
            #expect(code == 70, "\(sql): \(refused.output)")
            #expect(
                refused.output.contains("check: ") && refused.output.contains(complaint),
                "\(sql): \(refused.output)")
            try FileManager.default.removeItem(atPath: copy)
        }
    }
}
