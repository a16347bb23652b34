// The engine's HTTP API, on the real process.

import Foundation
import TestSupport
import Testing

@Suite struct EngineAPITests {
    /// method, path, JSON body, status, text that the answer contains.
    private static let table: [(String, String, String?, Int, String)] = [
        ("GET", "/healthz", nil, 200, "true"),
        ("GET", "/readyz", nil, 200, "\"ready\":true"),
        ("GET", "/api/v3/ping", nil, 200, "{}"),
        ("GET", "/api/v3/exchangeInfo", nil, 200, "\"tickSize\":\"0.01\""),
        ("GET", "/nope", nil, 404, "-1000"),
        ("PUT", "/api/v3/order", nil, 405, "-1000"),
        ("POST", "/api/v3/order", "{", 400, "-1135"),
        ("POST", "/api/v3/order", "[]", 400, "-1135"),
        ("POST", "/api/v3/order", "{}", 400, "-1102"),
        ("POST", "/api/v3/order", order(#""symbol":"NOPE""#), 400, "-1121"),
        ("POST", "/api/v3/order", order(#""side":"HOLD""#), 400, "-1117"),
        ("POST", "/api/v3/order", order(#""type":"STOP""#), 400, "-1116"),
        ("POST", "/api/v3/order", order(#""timeInForce":"DAY""#), 400, "-1115"),
        ("POST", "/api/v3/order", order(#""price":"-1""#), 400, "-1100"),
        ("POST", "/api/v3/order", order(#""price":"""#), 400, "-1105"),
        ("POST", "/api/v3/order", order(#""price":"1.000000001""#), 400, "-1111"),
        ("POST", "/api/v3/order", order(#""price":"0.001""#), 400, "PRICE_FILTER"),
        ("POST", "/api/v3/order", order(#""quantity":"0""#), 400, "LOT_SIZE"),
        ("POST", "/api/v3/order", order(#""quantity":"0.00001","price":"0.01""#), 400, "NOTIONAL"),
        ("POST", "/api/v3/order", order(#""quantity":"9000""#), 400, "-2010"),
        ("POST", "/api/v3/order", order(#""color":"red""#), 400, "-1103"),
        ("POST", "/api/v3/order", order(#""newOrderRespType":"LOUD""#), 400, "-1130"),
        ("POST", "/api/v3/order", order(#""selfTradePreventionMode":"TRANSFER""#), 400, "-1130"),
        ("POST", "/api/v3/order", order(#""newClientOrderId":"a b""#), 400, "-1100"),
        ("GET", "/api/v3/order?symbol=BTCUSDT&orderId=99", nil, 400, "-2013"),
        ("DELETE", "/api/v3/order?symbol=BTCUSDT&orderId=99", nil, 400, "-2011"),
        ("DELETE", "/api/v3/openOrders?symbol=BTCUSDT", nil, 400, "-2011"),
        ("GET", "/api/v3/depth?symbol=BTCUSDT&limit=0", nil, 400, "-1130"),
        ("GET", "/api/v3/depth?symbol=BTCUSDT&symbol=BTCUSDT", nil, 400, "-1101"),
        ("GET", "/api/v3/depth?symbol=BTCUSDT", nil, 200, "\"lastUpdateId\":0"),
        ("GET", "/api/v3/account", nil, 200, "\"free\":\"1000000.00000000\""),
        ("POST", "/admin/v1/deposit", #"{"account":"z","asset":"GOLD"}"#, 400, "-1130"),
        ("POST", "/api/v3/order", order(#""price":"999999999999999""#), 400, "PRICE_FILTER"),
        ("GET", "/api/v3/account?account=nobody", nil, 200, "\"balances\":[{"),
        ("POST", "/admin/v1/deposit", deposit("1"), 200, "\"free\":\"1.00000000\""),
        ("POST", "/admin/v1/deposit", deposit("1"), 200, "\"duplicate\":true"),
        ("POST", "/admin/v1/deposit", deposit("2"), 400, "-2010"),
        ("GET", "/admin/v1/stats", nil, 200, "\"open_orders\":{\"BTCUSDT\":0,"),
        ("GET", "/metrics", nil, 200, "spotload_engine_seq{shard=\"0\"} "),
    ]

    private static func deposit(_ amount: String) -> String {
        #"{"account":"z","asset":"BTC","amount":"\#(amount)","depositId":"d1"}"#
    }

    /// A valid limit order with some fields replaced.
    private static func order(_ changes: String = "") -> String {
        let fields = [
            ("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "GTC"),
            ("quantity", "0.01"), ("price", "50000"),
        ]
        let kept = fields.filter { !changes.contains("\"\($0.0)\"") }
            .map { "\"\($0.0)\":\"\($0.1)\"" }
        return "{" + (kept + (changes.isEmpty ? [] : [changes])).joined(separator: ",") + "}"
    }

    @Test func answers() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        for (method, path, json, status, text) in Self.table {
            let answer = engine.client.send(method, path, account: "u1", json: json)
            #expect(
                answer.status == status && answer.body.contains(text),
                "\(method) \(path) \(json ?? ""): \(answer)")
        }
        let large = String(repeating: " ", count: 70_000)
        #expect(
            engine.client.send("POST", "/api/v3/order", account: "u1", json: large).status == 413)
        #expect(engine.client.send("GET", "/api/v3/account").status == 401)
        for host in ["127.evil.com", "127.0.0.1.evil.com", "localhost.evil.com"] {
            #expect(
                engine.client.send("GET", "/api/v3/ping", headers: ["Host": host]).status == 403)
        }
        let foreign = engine.client.send(
            "GET", "/api/v3/ping", headers: ["Host": "exchange.example"])
        #expect(foreign.status == 403)
    }

    @Test func ordersTradeAndAreProjected() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        let client = engine.client
        let sell = Self.order(#""side":"SELL","newClientOrderId":"s1""#)
        #expect(
            client.send("POST", "/api/v3/order", account: "u1", json: sell).body.contains("\"NEW\"")
        )
        let repeated = client.send("POST", "/api/v3/order", account: "u1", json: sell)
        #expect(repeated.status == 200 && repeated.body.contains("\"duplicate\":true"))
        let buy = client.send("POST", "/api/v3/order", account: "u2", json: Self.order())
        #expect(buy.body.contains("\"FILLED\"") && buy.body.contains("\"tradeId\":1"))
        #expect(
            client.send("GET", "/api/v3/openOrders?symbol=BTCUSDT", account: "u1").body == "[]")
        #expect(buy.body.contains(#""price":"50000.00","origQty":"0.01000""#), "\(buy.body)")
        #expect(buy.body.contains(#""cummulativeQuoteQty":"500.00000000""#))
        _ = client.send("GET", "/api/v3/ping", headers: ["X-Spotload-Agent": "agent-1"])
        let metrics = client.send("GET", "/metrics").body
        #expect(metrics.contains("agent_requests_total{agent=\"agent-1\"} 1"))
        #expect(metrics.contains("agent_responses_total{agent=\"agent-1\"} 1"))
        #expect(metrics.contains("trades_total{symbol=\"BTCUSDT\"} 1"))
        #expect(metrics.contains("\nspotload_engine_db_pool_size 3\n"), "a writer, two readers")
        let isStored = engine.program.waits(upTo: 20) {
            client.send("GET", "/api/v3/myTrades?symbol=BTCUSDT", account: "u2").body
                .contains("\"isBuyer\":true")
        }
        #expect(isStored)
    }

    /// The symbols, accounts and funds of the command line; SIGTERM ends it with 0.
    @Test func optionsOfTheCommand() throws {
        let directory = try TemporaryDirectory()
        let symbols = try directory.write(
            "- { symbol: AB, base: A, quote: B, tick: 0.5, step: 1 }\n", to: "symbols.yaml")
        let engine = try EngineProcess(
            dataDirectory: directory.path + "/d",
            ["--symbols", symbols, "--accounts", "2", "--fund", "7"])
        let account = engine.client.send("GET", "/api/v3/account", account: "u2").body
        #expect(account.contains(#"{"asset":"A","free":"7.00000000","locked":"0.00000000"}"#))
        let none = engine.client.send("GET", "/api/v3/account", account: "u3").body
        #expect(none.contains(#""balances":[]"#))
        let order = """
            {"symbol":"AB","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"2",\
            "price":"1.5"}
            """
        let answer = engine.client.send("POST", "/api/v3/order", account: "u1", json: order).body
        #expect(answer.contains(#""price":"1.5","origQty":"2","#), "\(answer)")
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0)
    }

    @Test func refusalsToStart() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path + "/a")
        let port = String(engine.url.split(separator: ":").last ?? "0")
        let symbols = try directory.write(
            "- { symbol: X, base: A, quote: B,\n  tick: none, step: 1 }\n", to: "symbols.yaml")
        let table: [([String], Int32, String)] = [
            (
                ["--bind", "127.0.0.1:\(port)", "--data-dir", directory.path + "/b"], 69,
                "cannot listen on 127.0.0.1:\(port): Address already in use"
            ),
            (["--bind", "127.0.0.1:0", "--data-dir", directory.path + "/a"], 69, "is held"),
            (["--bind", "0.0.0.0:0", "--data-dir", directory.path + "/c"], 104, "API keys"),
            (["--bind", "nonsense"], 64, "ADDR:PORT"),
            (["--bind", "127.0.0.1:0", "--data-dir", "/proc/nope"], 69, "cannot create"),
            (
                ["--symbols", symbols, "--data-dir", directory.path + "/g"], 104,
                "\(symbols):2: X: tick"
            ),
            (["--bind", "127.evil.com:0", "--data-dir", directory.path + "/h"], 104, "API keys"),
            (["--symbols", "/nope.yaml", "--data-dir", directory.path + "/d"], 104, "/nope.yaml"),
            (["--store", "mysql", "--data-dir", directory.path + "/e"], 104, "sqlite"),
            (["--fund", "9000000000000", "--data-dir", directory.path + "/f"], 104, "64 bits"),
            (["--max-lag", "soon"], 64, "--max-lag takes a duration"),
            (["--reply-timeout", "0s"], 64, "--reply-timeout takes 1us or more, not 0s"),
            (["--store-wait=-1s"], 64, "--store-wait takes 0s or more, not -1s"),
            (["--db-pool", "9"], 64, "--db-pool takes 2 to 8, not 9"),
            (["--max-inflight", "0"], 64, "--max-inflight takes 1 or more"),
            (["--bind", "[::2]:0", "--data-dir", directory.path + "/j"], 104, "API keys"),
            (
                ["--bind", "127.0.0.1:0", "--data-dir", symbols], 69,
                "cannot create \(symbols)/s0/journal: Not a directory"
            ),
            (["--client-id-reuse", "always"], 64, "never or terminal"),
            (
                ["--bind", "0.0.0.0:0", "--keys", symbols, "--data-dir", directory.path + "/i"],
                104, "chmod 600"
            ),
        ]
        for (arguments, code, text) in table {
            let program = try RunningProgram(RunningProgram.spotload, ["engine"] + arguments)
            #expect(program.exitCode(within: 30) == code, "\(arguments): \(program.output)")
            #expect(program.output.contains(text), "\(arguments): \(program.output)")
        }
        // It holds the port and the folder until here.
        withExtendedLifetime(engine) {}
    }

    @Test func doctorAnswers() throws {
        let doctor = try RunningProgram(RunningProgram.spotload, ["doctor"])
        #expect(doctor.exitCode(within: 30) == 0)
        for word in ["libcurl", "hiredis", "OpenSSL", "zlib", "MariaDB", "redis-server", "cores"] {
            #expect(doctor.output.contains(word), "\(doctor.output)")
        }
    }
}
