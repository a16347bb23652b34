// A store that somebody else has locked: acknowledgements go on until --max-lag, then new orders
// are refused, and when the lock goes everything acknowledged is in the store.

import Foundation
import FoundationNetworking
import GRDB
import HarnessCore
import Synchronization
import TestSupport
import Testing

@Suite struct EngineStoreLagTests {
    private static func order(_ id: String, side: String = "BUY", kind: String) -> String {
        """
        {"symbol":"BTCUSDT","side":"\(side)","type":"LIMIT","timeInForce":"GTC",\
        "quantity":"0.001","price":"\(side == "BUY" ? 40_000 : 60_000)",\
        "newClientOrderId":"\(id)","newOrderRespType":"\(kind)"}
        """
    }

    private static func post(
        _ engine: EngineProcess, _ id: String, kind: String
    ) -> (status: Int, body: String) {
        engine.client.send(
            "POST", "/api/v3/order", account: "u1", json: order(id, kind: kind))
    }

    private static func gauge(_ engine: EngineProcess, _ name: String) -> Double? {
        let line = engine.client.send("GET", "/metrics").body.split(separator: "\n")
            .first { $0.hasPrefix("spotload_engine_\(name){") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// Waits for a commit of the engine that goes on just now.
    private static func connection(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static func storedIDs(_ path: String) throws -> Set<String> {
        let database = try DatabaseQueue(path: path)
        return Set(
            try database.read { try String.fetchAll($0, sql: "SELECT client_id FROM orders") })
    }

    @Test(arguments: ["IMMEDIATE", "EXCLUSIVE"])
    func aLockedStoreHoldsUpNobodyUntilTheLimit(lock: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store.sqlite3"
        let engine = try EngineProcess(
            dataDirectory: directory.path, ["--max-lag", "3s", "--accounts", "2"])
        #expect(Self.post(engine, "first", kind: "RESULT").status == 200)
        var acknowledged: Set = ["first"]
        let other = try Self.connection(path)
        var refusals = 0
        try other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN \(lock)")
            // Until the limit: every order is acknowledged, ACK and RESULT in turn.
            let begin = Instant.now()
            for n in 0..<40 {
                let kind = n % 2 == 0 ? "ACK" : "RESULT"
                let answer = Self.post(engine, "locked-\(n)", kind: kind)
                let isEarly = Instant.now() - begin < .seconds(3)
                if answer.status == 200 {
                    acknowledged.insert("locked-\(n)")
                } else {
                    #expect(!isEarly, "\(kind) refused before the limit: \(answer)")
                }
            }
            #expect(acknowledged.count > 30, "acknowledgements did not wait for the store")
            let isLagging = engine.program.waits(upTo: 20) {
                let answer = Self.post(engine, "late-\(refusals)", kind: "ACK")
                if answer.status == 200 {
                    acknowledged.insert("late-\(refusals)")
                    refusals += 1
                    return false
                }
                return answer.status == 429 && answer.body.contains("-1008")
            }
            #expect(isLagging, "shedding begins")
            let ready = engine.client.send("GET", "/readyz")
            #expect(ready.status == 503 && ready.body.contains("\"store-lag\""), "\(ready)")
            #expect(try #require(Self.gauge(engine, "store_lag_seconds")) > 2.5)
            #expect(try #require(Self.gauge(engine, "store_lag_seq")) >= 40)
            #expect(Self.retryAfter(engine) == "1")
            // A read that would show too little says so.
            let trades = engine.client.send(
                "GET", "/api/v3/myTrades?symbol=BTCUSDT", account: "u1")
            #expect(trades.status == 429 && trades.body.contains("-1008"), "\(trades)")
            try db.execute(sql: "ROLLBACK")
        }
        let recovers = engine.program.waits(upTo: 20) {
            engine.client.send("GET", "/readyz").status == 200
        }
        #expect(recovers)
        #expect(Self.post(engine, "after", kind: "RESULT").status == 200)
        acknowledged.insert("after")
        let isStored = engine.program.waits(upTo: 20) { Self.gauge(engine, "store_lag_seq") == 0 }
        #expect(isStored)
        #expect(try Self.storedIDs(path) == acknowledged)
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0)
    }

    /// `Retry-After` of a refused order.
    private static func retryAfter(_ engine: EngineProcess) -> String? {
        guard let url = URL(string: engine.url + "/api/v3/order") else { return nil }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.setValue("u1", forHTTPHeaderField: "X-MBX-APIKEY")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = Data(order("refused", kind: "ACK").utf8)
        let value = Mutex<String?>(nil)
        let done = DispatchSemaphore(value: 0)
        let task = URLSession.shared.dataTask(with: request) { _, response, _ in
            let http = response as? HTTPURLResponse
            value.withLock { $0 = http?.value(forHTTPHeaderField: "Retry-After") }
            done.signal()
        }
        task.resume()
        done.wait()
        return value.withLock { $0 }
    }

    /// The engine ends while the store is locked: nothing is lost, the next start makes it good.
    @Test func stopsWhileTheStoreIsLocked() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store.sqlite3"
        let engine = try EngineProcess(dataDirectory: directory.path, ["--accounts", "2"])
        #expect(Self.post(engine, "a", kind: "RESULT").status == 200)
        let other = try Self.connection(path)
        try other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            #expect(Self.post(engine, "b", kind: "RESULT").status == 200)
            engine.program.kill(SIGTERM)
            #expect(engine.program.exitCode(within: 30) == 0, "it does not wait for ever")
            // Nor does the next one start past the lock: it says what is wrong.
            let blocked = try RunningProgram(
                RunningProgram.spotload,
                ["engine", "--bind", "127.0.0.1:0", "--data-dir", directory.path])
            #expect(blocked.exitCode(within: 30) == 69)
            #expect(blocked.output.contains("locked by another process"), "\(blocked.output)")
            try db.execute(sql: "ROLLBACK")
        }
        let again = try EngineProcess(dataDirectory: directory.path)
        #expect(again.client.send("GET", "/readyz").status == 200)
        #expect(try Self.storedIDs(path) == ["a", "b"])
    }

    @Test func aLostStoreIsMadeAgain() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store.sqlite3"
        let engine = try EngineProcess(dataDirectory: directory.path, ["--accounts", "2"])
        #expect(Self.post(engine, "a", kind: "RESULT").status == 200)
        #expect(engine.program.waits(upTo: 20) { Self.gauge(engine, "store_lag_seq") == 0 })
        for name in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + name)
        }
        // The commit finds it out; the answer may come before the end or not, the order is in the
        // journal.
        _ = Self.post(engine, "b", kind: "ACK")
        #expect(engine.program.exitCode(within: 30) == 70)
        #expect(engine.program.output.contains("was removed or replaced"))
        let again = try EngineProcess(dataDirectory: directory.path)
        #expect(again.client.send("GET", "/readyz").status == 200)
        #expect(try Self.storedIDs(path) == ["a", "b"])
    }

    @Test func filesThatAreNoStore() throws {
        let directory = try TemporaryDirectory()
        let text = String(repeating: "this is no database\n", count: 300)
        _ = try directory.write(text, to: "store.sqlite3")
        let engine = try RunningProgram(
            RunningProgram.spotload,
            ["engine", "--bind", "127.0.0.1:0", "--data-dir", directory.path])
        #expect(engine.exitCode(within: 30) == 70)
        #expect(engine.output.contains("move it away"), "\(engine.output)")
        let folder = directory.path + "/d"
        try FileManager.default.createDirectory(
            atPath: folder + "/store.sqlite3", withIntermediateDirectories: true)
        let other = try RunningProgram(
            RunningProgram.spotload, ["engine", "--bind", "127.0.0.1:0", "--data-dir", folder])
        #expect(other.exitCode(within: 30) == 69)
        #expect(other.output.contains("cannot be written"), "\(other.output)")
    }
}
