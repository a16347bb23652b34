// Histories through the real engine: what was acknowledged with its outcome is in the next read.

import Foundation
import GRDB
import HarnessCore
import TestSupport
import Testing

@Suite struct EngineStoreReadTests {
    private static func json(_ body: String) throws -> [[String: Any]] {
        let value = try JSONSerialization.jsonObject(with: Data(body.utf8))
        return try #require(value as? [[String: Any]], "\(body)")
    }

    private static func place(
        _ engine: EngineProcess, _ account: String, _ side: String, _ price: Int, _ id: String,
        quantity: String = "0.01", kind: String = "RESULT", symbol: String = "BTCUSDT"
    ) -> (status: Int, body: String) {
        engine.client.send(
            "POST", "/api/v3/order", account: account,
            json: """
                {"symbol":"\(symbol)","side":"\(side)","type":"LIMIT","timeInForce":"GTC",\
                "quantity":"\(quantity)","price":"\(price)","newClientOrderId":"\(id)",\
                "newOrderRespType":"\(kind)"}
                """)
    }

    private static func get(
        _ engine: EngineProcess, _ path: String, _ account: String? = "u1"
    ) throws -> [[String: Any]] {
        let answer = engine.client.send("GET", path, account: account)
        try #require(answer.status == 200, "\(path): \(answer)")
        return try json(answer.body)
    }

    private static func ids(_ rows: [[String: Any]], _ name: String) -> [Int] {
        rows.compactMap { $0[name] as? Int }
    }

    @Test func whatWasToldIsThere() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        // Each fill is read right after it was told: no waiting, no second try.
        for n in 1...30 {
            _ = Self.place(engine, "u1", "SELL", 50_000, "s\(n)")
            let buy = Self.place(engine, "u2", "BUY", 50_000, "b\(n)")
            #expect(buy.body.contains("\"FILLED\""))
            let trades = try Self.get(engine, "/api/v3/myTrades?symbol=BTCUSDT&fromId=\(n)")
            #expect(Self.ids(trades, "id") == [n])
            let orders = try Self.get(
                engine, "/api/v3/allOrders?symbol=BTCUSDT&orderId=\(2 * n - 1)")
            #expect(Self.ids(orders, "orderId") == [2 * n - 1])
            #expect(orders[0]["status"] as? String == "FILLED")
        }
        let last = try Self.get(engine, "/api/v3/myTrades?symbol=BTCUSDT&limit=3", "u2")
        #expect(Self.ids(last, "id") == [28, 29, 30])
        let ofOrder = try Self.get(engine, "/api/v3/myTrades?symbol=BTCUSDT&orderId=4", "u2")
        #expect(Self.ids(ofOrder, "id") == [2])
        #expect(Set(ofOrder[0].keys) == Self.tradeFields)
        #expect(ofOrder[0]["price"] as? String == "50000.00")
        #expect(ofOrder[0]["qty"] as? String == "0.01000")
        #expect(ofOrder[0]["quoteQty"] as? String == "500.00000000")
        #expect(ofOrder[0]["commission"] as? String == "0.00001000")
        #expect(ofOrder[0]["commissionAsset"] as? String == "BTC")
        let recent = try Self.get(engine, "/api/v3/trades?symbol=BTCUSDT&limit=2", nil)
        #expect(Self.ids(recent, "id") == [29, 30])
        #expect(
            Set(recent[0].keys) == [
                "id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch",
            ])
        #expect(recent[0]["isBuyerMaker"] as? Bool == false)
        let pages = try Self.get(engine, "/api/v3/allOrders?symbol=BTCUSDT&orderId=10&limit=4")
        #expect(Self.ids(pages, "orderId") == [11, 13, 15, 17])
        let newest = try Self.get(engine, "/api/v3/allOrders?symbol=BTCUSDT&limit=2")
        #expect(Self.ids(newest, "orderId") == [57, 59])
        #expect(try Self.get(engine, "/api/v3/allOrders?symbol=ETHUSDT").isEmpty)
        #expect(try Self.get(engine, "/api/v3/trades?symbol=ETHUSDT", nil).isEmpty)
        #expect(try Self.get(engine, "/api/v3/myPreventedMatches?symbol=BTCUSDT").isEmpty)
    }

    private static let tradeFields: Set<String> = [
        "symbol", "id", "orderId", "orderListId", "price", "qty", "quoteQty", "commission",
        "commissionAsset", "time", "isBuyer", "isMaker", "isBestMatch",
    ]

    /// `GET /order` and `GET /allOrders` show an order in the same words.
    @Test func anOrderReadsTheSameEverywhere() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        _ = Self.place(engine, "u1", "BUY", 40_000, "open")
        _ = Self.place(engine, "u1", "BUY", 40_000, "gone")
        _ = engine.client.send(
            "DELETE", "/api/v3/order?symbol=BTCUSDT&origClientOrderId=gone", account: "u1")
        let maker = engine.client.send(
            "POST", "/api/v3/order", account: "u1",
            json: """
                {"symbol":"BTCUSDT","side":"SELL","type":"LIMIT_MAKER","quantity":"0.02",\
                "price":"45000","newClientOrderId":"maker"}
                """)
        #expect(maker.status == 200)
        let market = engine.client.send(
            "POST", "/api/v3/order", account: "u2",
            json: #"{"symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":"0.05"}"#)
        #expect(market.body.contains("EXPIRED"), "\(market)")
        for (account, count) in [("u1", 3), ("u2", 1)] {
            let list = engine.client.send(
                "GET", "/api/v3/allOrders?symbol=BTCUSDT", account: account)
            let orders = try Self.json(list.body)
            #expect(orders.count == count)
            for order in orders {
                let id = try #require(order["orderId"] as? Int)
                let one = engine.client.send(
                    "GET", "/api/v3/order?symbol=BTCUSDT&orderId=\(id)", account: account)
                #expect(one.status == 200 && list.body.contains(one.body), "\(one.body)")
            }
        }
    }

    /// An ACKed command that the matcher refused, and an order older than the matcher keeps.
    @Test func ordersThatOnlyTheStoreKnows() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store.sqlite3"
        let first = try EngineProcess(dataDirectory: directory.path, ["--fund", "10"])
        #expect(Self.place(first, "u1", "SELL", 50_000, "mine").status == 200)
        let acknowledged = Self.place(
            first, "u1", "BUY", 50_000, "poor", quantity: "9", kind: "ACK")
        #expect(acknowledged.status == 200 && acknowledged.body.contains("\"orderId\":-1"))
        let rejected = first.client.send(
            "GET", "/api/v3/order?symbol=BTCUSDT&origClientOrderId=poor", account: "u1")
        #expect(rejected.status == 200, "\(rejected)")
        #expect(rejected.body.contains(#""status":"REJECTED","rejectCode":-2010"#))
        for (account, id) in [("u2", "poor"), ("u1", "never")] {
            let unknown = first.client.send(
                "GET", "/api/v3/order?symbol=BTCUSDT&origClientOrderId=\(id)", account: account)
            #expect(unknown.status == 400 && unknown.body.contains("-2013"), "\(unknown)")
        }
        first.program.kill(SIGTERM)
        #expect(first.program.exitCode(within: 30) == 0)
        // The matcher forgets after a million commands; here it never knew.
        try DatabaseQueue(path: path).write { db in
            try db.execute(
                sql: """
                    INSERT INTO orders SELECT symbol, 900, account, 'old', side, 2, tif, 4, 6, 0,
                    price, qty, 4, 0, qty - 4, 7, created, updated, 1 FROM orders LIMIT 1;
                    INSERT INTO prevented VALUES ('BTCUSDT', 3, 'u1', 5000000, 40, 4, 900, 901,
                        1700000000000000000, 0, 1);
                    """)
        }
        let engine = try EngineProcess(dataDirectory: directory.path)
        for query in ["orderId=900", "origClientOrderId=old", "orderId=900&origClientOrderId=old"] {
            let old = engine.client.send(
                "GET", "/api/v3/order?symbol=BTCUSDT&\(query)", account: "u1")
            #expect(old.status == 200 && old.body.contains("\"EXPIRED_IN_MATCH\""), "\(old)")
            #expect(old.body.contains("\"LIMIT_MAKER\""))
        }
        let match = try Self.get(
            engine, "/api/v3/myPreventedMatches?symbol=BTCUSDT&orderId=901")
        #expect(Self.ids(match, "preventedMatchId") == [3])
        #expect(
            Self.ids(match, "makerOrderId") == [900] && Self.ids(match, "takerOrderId") == [901])
        #expect(match[0]["selfTradePreventionMode"] as? String == "DECREMENT")
        #expect(match[0]["makerPreventedQuantity"] as? String == "0.00040")
        #expect(match[0]["price"] as? String == "50000.00")
        #expect(match[0]["transactTime"] as? Int == 1_700_000_000_000)
        let poor = engine.client.send(
            "GET", "/api/v3/order?symbol=BTCUSDT&origClientOrderId=poor", account: "u1")
        #expect(poor.body.contains("REJECTED"), "\(poor)")
    }

    @Test func exportsAndAccounts() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path, ["--accounts", "3"])
        for n in 1...5 { _ = Self.place(engine, "u\(n % 3 + 1)", "BUY", 40_000 + n, "o\(n)") }
        var lines: [String] = []
        var after = ""
        while true {
            let page = engine.client.send("GET", "/admin/v1/export?table=orders&limit=2" + after)
            #expect(page.status == 200)
            let rows = page.body.split(separator: "\n").map(String.init)
            guard let last = rows.last else { break }
            lines += rows
            let row = try Self.json("[\(last)]")[0]
            let key = "\(row["symbol"] ?? ""),\(row["order_id"] ?? "")"
            after = "&after=\(key)"
        }
        #expect(lines.count == 5)
        let rows = try Self.json("[\(lines.joined(separator: ","))]")
        #expect(Self.ids(rows, "order_id") == [1, 2, 3, 4, 5])
        #expect(Self.ids(rows, "price") == (1...5).map { 4_000_000 + $0 * 100 })
        let deposits = engine.client.send("GET", "/admin/v1/export?table=deposits").body
        #expect(deposits.contains(#""account":"u1..u3","asset":"*""#), "\(deposits)")
        let accounts = try Self.get(engine, "/admin/v1/accounts", nil)
        #expect(accounts.map { $0["account"] as? String } == ["@fees", "u1", "u2", "u3"])
        let page = try Self.get(engine, "/admin/v1/accounts?after=u1&limit=1", nil)
        #expect(page.map { $0["account"] as? String } == ["u2"])
        for (path, code) in [
            ("/admin/v1/export?table=sqlite_master", "-1130"), ("/admin/v1/export", "-1102"),
            ("/admin/v1/export?table=orders&after=x", "-1130"),
            ("/admin/v1/export?table=orders&limit=1001", "-1130"),
            ("/admin/v1/accounts?after=nobody", "-1130"),
            ("/api/v3/allOrders?symbol=BTCUSDT&orderId=x", "-1100"),
            ("/api/v3/allOrders?symbol=BTCUSDT&orderId=", "-1105"),
            ("/api/v3/allOrders?symbol=BTCUSDT&limit=0", "-1130"),
            ("/api/v3/allOrders?symbol=NOPE", "-1121"), ("/api/v3/allOrders", "-1102"),
            ("/api/v3/myTrades?symbol=BTCUSDT&fromId=-1", "-1100"), ("/api/v3/trades", "-1102"),
        ] {
            let answer = engine.client.send("GET", path, account: "u1")
            #expect(answer.status == 400 && answer.body.contains(code), "\(path): \(answer)")
        }
        let metrics = engine.client.send("GET", "/metrics").body
        for name in [
            "store_seq{shard=\"0\"}", "store_lag_seq{shard=\"0\"}",
            "store_lag_seconds{shard=\"0\"}", "store_commit_duration_seconds_count",
            "db_pool_wait_seconds_count", "db_pool_size", "db_pool_in_use",
        ] {
            #expect(metrics.contains("\nspotload_engine_\(name) "), "\(name)")
        }
    }

    @Test func withoutAStore() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(
            dataDirectory: directory.path, ["--store", "none", "--accounts", "2"])
        _ = Self.place(engine, "u1", "BUY", 40_000, "a")
        for path in [
            "/api/v3/allOrders?symbol=BTCUSDT", "/api/v3/myTrades?symbol=BTCUSDT",
            "/api/v3/myPreventedMatches?symbol=BTCUSDT", "/api/v3/trades?symbol=BTCUSDT",
            "/admin/v1/export?table=orders",
        ] {
            let answer = engine.client.send("GET", path, account: "u1")
            #expect(answer.status == 404 && answer.body.contains("--store none"), "\(answer)")
        }
        for path in [
            "/api/v3/order?symbol=BTCUSDT&orderId=1", "/api/v3/openOrders?symbol=BTCUSDT",
            "/admin/v1/accounts", "/readyz",
        ] {
            #expect(engine.client.send("GET", path, account: "u1").status == 200, "\(path)")
        }
        let unknown = engine.client.send(
            "GET", "/api/v3/order?symbol=BTCUSDT&orderId=2", account: "u1")
        #expect(unknown.status == 400 && unknown.body.contains("-2013"))
    }
}
