// `--ack store`: an answer means that the store has committed what the command did.

import Foundation
import GRDB
import HarnessCore
import Synchronization
import TestSupport
import Testing

@Suite struct EngineAckStoreTests {
    private static func order(_ id: String, kind: String) -> String {
        """
        {"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"0.001",\
        "price":"40000","newClientOrderId":"\(id)","newOrderRespType":"\(kind)"}
        """
    }

    private static func lag(_ engine: EngineProcess) -> Int? {
        engine.client.send("GET", "/metrics").body.split(separator: "\n")
            .first { $0.hasPrefix("spotload_engine_store_lag_seq{") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
    }

    @Test func anAnswerFollowsTheCommit() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(
            dataDirectory: directory.path, ["--ack", "store", "--store-batch", "2"])
        let database = try DatabaseQueue(path: directory.path + "/store.sqlite3")
        for n in 0..<30 {
            let kind = ["ACK", "RESULT", "FULL"][n % 3]
            let answer = engine.client.send(
                "POST", "/api/v3/order", account: "u1", json: Self.order("o\(n)", kind: kind))
            #expect(answer.status == 200, "\(answer)")
            #expect(answer.body.contains("\"orderId\":-1") == (kind == "ACK"), "\(answer)")
            let stored = try database.read { db in
                try String.fetchOne(
                    db, sql: "SELECT client_id FROM orders WHERE client_id = ?",
                    arguments: ["o\(n)"])
            }
            #expect(stored == "o\(n)", "\(kind) was answered before it was stored")
        }
        let refused = engine.client.send(
            "DELETE", "/api/v3/order?symbol=BTCUSDT&origClientOrderId=nobody", account: "u1")
        #expect(refused.status == 400 && refused.body.contains("-2011"), "\(refused)")
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0)
    }

    /// While somebody else has the store locked nothing is answered, though all of it is applied.
    @Test func answersWaitForALockedStore() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(
            dataDirectory: directory.path, ["--ack", "store", "--max-lag", "60s"])
        let first = engine.client.send(
            "POST", "/api/v3/order", account: "u1", json: Self.order("first", kind: "RESULT"))
        #expect(first.status == 200, "\(first)")
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        let other = try DatabaseQueue(
            path: directory.path + "/store.sqlite3", configuration: configuration)
        let answers = Mutex<[Int]>([])
        var clients: [DedicatedThread] = []
        try other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            let requests = [
                ("POST", "/api/v3/order", Self.order("ack", kind: "ACK")),
                ("POST", "/api/v3/order", Self.order("result", kind: "RESULT")),
                ("DELETE", "/api/v3/order?symbol=BTCUSDT&origClientOrderId=first", "{}"),
            ]
            for (method, path, body) in requests {
                clients.append(
                    DedicatedThread(name: "client") {
                        let answer = HTTPClient(engine.url).send(
                            method, path, account: "u1", json: body)
                        answers.withLock { $0.append(answer.status) }
                    })
            }
            #expect(engine.program.waits(upTo: 20) { Self.lag(engine) == 3 })
            // Applied: a query shows it.
            let order = engine.client.send(
                "GET", "/api/v3/order?symbol=BTCUSDT&origClientOrderId=result", account: "u1")
            #expect(order.status == 200, "\(order)")
            #expect(answers.withLock { $0 } == [], "answered before the store had it")
            try db.execute(sql: "ROLLBACK")
        }
        for client in clients { client.join() }
        #expect(answers.withLock { $0 } == [200, 200, 200])
        let states = try other.read { db in
            try Row.fetchAll(db, sql: "SELECT client_id, status FROM orders ORDER BY client_id")
        }
        #expect(states.map { $0["client_id"] as String } == ["ack", "first", "result"])
    }

    @Test func itTakesAStore() throws {
        let directory = try TemporaryDirectory()
        for (arguments, code, text) in [
            (["--ack", "store", "--store", "none"], Int32(104), "there is no store to wait for"),
            (["--ack", "disk"], 64, "--ack takes log or store"),
        ] {
            let engine = try RunningProgram(
                RunningProgram.spotload,
                ["engine", "--bind", "127.0.0.1:0", "--data-dir", directory.path] + arguments)
            #expect(engine.exitCode(within: 30) == code)
            #expect(engine.output.contains(text), "\(engine.output)")
        }
    }
}
