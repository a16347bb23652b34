// A client as Binance's are, over plain HTTP against the real process: signed requests, a session
// of trading, streams, pipelined requests in pieces, flags from the environment, and what
// docs/engine.md tells to type.

import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite struct EngineClientTests {
    private static let keys = """
        - { key: key-of-a-trader, secret: secret-of-a-trader, account: a, role: trade }
        - { key: key-of-b-trader, secret: secret-of-b-trader, account: b, role: trade }
        - { key: key-of-a-reader, secret: secret-of-a-reader, account: a, role: read }
        - { key: key-of-the-admin, secret: secret-of-the-admin, account: root, role: admin }

        """

    /// Signs what it sends, the parameters in the query or in a form.
    private struct Client {
        var http: HTTPClient
        var key: String
        var secret: String { key.replacing("key-", with: "secret-") }

        func send(
            _ method: String, _ path: String, _ parameters: String = "", inForm: Bool = false,
            lateMs: Int64 = 0
        ) -> (status: Int, body: String) {
            let time = WallClock.unixNs() / 1_000_000 - lateMs
            let payload = parameters + (parameters.isEmpty ? "" : "&") + "timestamp=\(time)"
            let signed =
                "\(payload)&signature=\(HMACText.hex(key: secret, text: payload))"
            guard inForm else {
                return http.send(
                    method, "\(path)?\(signed)", headers: ["X-MBX-APIKEY": key])
            }
            return http.send(
                method, path, json: signed,
                headers: [
                    "X-MBX-APIKEY": key, "Content-Type": "application/x-www-form-urlencoded",
                ])
        }

        func expect(
            _ method: String, _ path: String, _ parameters: String = "", inForm: Bool = false,
            _ status: Int, _ texts: String..., source: SourceLocation = #_sourceLocation
        ) {
            let answer = send(method, "/api/v3/" + path, parameters, inForm: inForm)
            #expect(
                answer.status == status && texts.allSatisfy { answer.body.contains($0) },
                "\(method) \(path) \(parameters): \(answer)", sourceLocation: source)
        }
    }

    private static func keyFile(_ directory: TemporaryDirectory) throws -> String {
        let path = try directory.write(keys, to: "keys.yaml")
        chmod(path, 0o600)
        return path
    }

    /// The worked example of the specification, and what a session does around it.
    @Test func aSignedSession() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(
            dataDirectory: directory.path + "/d", bind: "0.0.0.0:0", accounts: 0,
            ["--keys", try Self.keyFile(directory)])
        let url = engine.url.replacing("0.0.0.0", with: "127.0.0.1")
        let http = HTTPClient(url)
        let a = Client(http: http, key: "key-of-a-trader")
        let b = Client(http: http, key: "key-of-b-trader")
        let reader = Client(http: http, key: "key-of-a-reader")
        let admin = Client(http: http, key: "key-of-the-admin")
        for (account, asset, amount) in [("a", "USDT", "1000"), ("b", "BTC", "0.01")] {
            let answer = admin.send(
                "POST", "/admin/v1/deposit",
                "account=\(account)&asset=\(asset)&amount=\(amount)&depositId=\(account)")
            #expect(answer.status == 200, "\(answer)")
        }
        let limit = "symbol=BTCUSDT&type=LIMIT&timeInForce=GTC"
        b.expect(
            "POST", "order", "\(limit)&side=SELL&quantity=0.004&price=49900", inForm: true, 200,
            #""status":"NEW""#)
        a.expect(
            "POST", "order", "\(limit)&side=BUY&quantity=0.01&price=50000&newClientOrderId=q1", 200,
            #""status":"PARTIALLY_FILLED""#, #""executedQty":"0.00400""#,
            #""commission":"0.00000400","commissionAsset":"BTC""#)
        reader.expect(
            "GET", "account", "", 200,
            #"{"asset":"BTC","free":"0.00399600","locked":"0.00000000"}"#,
            #"{"asset":"USDT","free":"500.40000000","locked":"300.00000000"}"#)
        b.expect(
            "GET", "account", "", 200,
            #"{"asset":"BTC","free":"0.00600000","locked":"0.00000000"}"#,
            #"{"asset":"USDT","free":"199.40040000","locked":"0.00000000"}"#)
        // Smaller in its place, then another order for it, which meets an own order and withdraws.
        a.expect(
            "PUT", "order/amend/keepPriority", "symbol=BTCUSDT&origClientOrderId=q1&newQty=0.008",
            200, #""qty":"0.00800""#, #""executedQty":"0.00400""#)
        a.expect(
            "POST", "order/cancelReplace",
            "\(limit)&side=BUY&quantity=0.005&price=49000&newClientOrderId=q2"
                + "&cancelOrigClientOrderId=q1&cancelReplaceMode=STOP_ON_FAILURE", inForm: true,
            200, #""cancelResult":"SUCCESS","newOrderResult":"SUCCESS""#)
        a.expect(
            "POST", "order",
            "\(limit)&side=SELL&quantity=0.001&price=48000&newClientOrderId=q3"
                + "&selfTradePreventionMode=EXPIRE_TAKER", 200, #""status":"EXPIRED_IN_MATCH""#,
            #""selfTradePreventionMode":"EXPIRE_TAKER""#)
        reader.expect(
            "GET", "order", "symbol=BTCUSDT&origClientOrderId=q3", 200,
            #""preventedMatchId":1"#, #""preventedQuantity":"0.00100""#)
        reader.expect(
            "GET", "openOrders", "symbol=BTCUSDT", 200, #""clientOrderId":"q2""#,
            #""status":"NEW""#)
        a.expect("DELETE", "openOrders", "symbol=BTCUSDT", 200, #""status":"CANCELED""#)
        reader.expect(
            "GET", "account", "", 200,
            #"{"asset":"USDT","free":"800.40000000","locked":"0.00000000"}"#)
        // What keys keep out.
        reader.expect("DELETE", "openOrders", "symbol=BTCUSDT", 401, "-2015")
        #expect(a.send("GET", "/api/v3/account", lateMs: 6_000).body.contains("-1021"))
        #expect(a.send("GET", "/api/v3/account", lateMs: -2_000).body.contains("-1021"))
        a.expect("GET", "account", "account=b", 400, "-1103")
        #expect(a.send("GET", "/admin/v1/stats").status == 401)
        #expect(admin.send("GET", "/admin/v1/stats").status == 200)
        let name = ["X-MBX-APIKEY": "key-of-a-trader"]
        #expect(http.send("GET", "/api/v3/account", headers: name).body.contains("-1102"))
        #expect(http.send("GET", "/api/v3/account").body.contains("-1002"))
        #expect(http.send("GET", "/api/v3/depth?symbol=BTCUSDT").status == 200)
        #expect(http.send("GET", "/metrics").status == 401)
        let scraper = ["X-MBX-APIKEY": "key-of-the-admin"]
        #expect(http.send("GET", "/metrics", headers: scraper).status == 200)
        // The name of a machine is right where there are keys.
        #expect(http.send("GET", "/api/v3/ping", headers: ["Host": "exchange"]).status == 200)
        #expect(!engine.program.output.contains("secret-of"), "\(engine.program.output)")
    }

    @Test func anAnswerThatIsLate() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(
            dataDirectory: directory.path, ["--reply-timeout", "1us", "--rate-limit", "1000000"])
        // The timer is due before any sync can be done, but which comes first is the loop's choice.
        let answers = (0..<20).map { _ in
            engine.client.send(
                "POST",
                "/api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1"
                    + "&price=1",
                account: "u1")
        }
        #expect(answers.contains { $0.status == 504 && $0.body.contains("\"code\":-1007") })
        #expect(answers.allSatisfy { $0.status == 200 || $0.status == 504 }, "\(answers)")
    }

    /// Twenty requests in one go, then cut at random places: the same answers in the same order.
    @Test func pipelinedInPieces() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        let requests = (0..<20).map { i in
            let body = #"{"symbol":"BTCUSDT","orderId":\#(i + 1)}"#
            return i % 2 == 0
                ? "GET /api/v3/depth?symbol=BTCUSDT&limit=\(i + 1) HTTP/1.1\r\n"
                    + "Host: localhost\r\n\r\n"
                : "DELETE /api/v3/order HTTP/1.1\r\nHost: localhost\r\nX-MBX-APIKEY: u1\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
        }
        let bytes = Array(requests.joined().utf8)
        func answers(_ cuts: [Int]) throws -> [String] {
            let connection = try RawConnection(engine.url)
            var from = 0
            for cut in cuts + [bytes.count] {
                connection.send(Array(bytes[from..<cut]))
                from = cut
            }
            #expect(connection.read { $0.answers.count == 20 })
            return connection.answers.map { "\($0.status) \($0.body)" }
        }
        let whole = try answers([])
        #expect(whole.count == 20 && whole[0].hasPrefix("200") && whole[1].contains("-2011"))
        var rng = SplitMix64(state: 11)
        for _ in 0..<20 {
            let cuts = (0..<Draw.below(rng.next(), 30)).map { _ in
                Int(Draw.below(rng.next(), UInt64(bytes.count)))
            }
            #expect(try answers(cuts.sorted()) == whole)
        }
    }

    @Test func aStreamOfDepth() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        let request = "GET /api/v3/stream?symbol=BTCUSDT HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let stream = try RawConnection(engine.url)
        stream.send(request)
        #expect(stream.read { $0.text.contains("\"asks\":[]}\n\n") })
        #expect(stream.text.contains("content-type: text/event-stream\r\n"))
        #expect(stream.text.contains("id: 0\nevent: depth\ndata: {\"lastUpdateId\":0,"))
        let order =
            "/api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=7"
        #expect(engine.client.send("POST", order, account: "u1").status == 200)
        #expect(stream.read { $0.text.contains("\"bids\":[[\"7.00\",\"1.00000\"]]") })
        let others = try (0..<63).map { _ in
            let other = try RawConnection(engine.url)
            other.send(request)
            return other
        }
        for other in others { #expect(other.read { $0.text.contains("event: depth") }) }
        let late = try RawConnection(engine.url)
        late.send(request)
        #expect(late.read { $0.answers.count == 1 })
        #expect(late.answers.first?.status == 429)
        #expect(late.answers.first?.body.contains("\"code\":-1003") == true)
        // Who leaves makes room, and the engine ends in order with streams open.
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0)
        #expect(stream.read { $0.isOver })
    }

    @Test func flagsFromTheEnvironment() throws {
        let directory = try TemporaryDirectory()
        func start(_ arguments: [String], _ environment: [String: String]) throws -> RunningProgram
        {
            try RunningProgram(
                RunningProgram.spotload, ["engine"] + arguments, environment: environment)
        }
        let table: [([String], [String: String], String)] = [
            ([], ["SPOTLOAD_ENGINE_MAX_LAG": "soon"], "SPOTLOAD_ENGINE_MAX_LAG=soon: "),
            ([], ["SPOTLOAD_ENGINE_ACCOUNTS": "many"], "SPOTLOAD_ENGINE_ACCOUNTS=many: "),
            ([], ["SPOTLOAD_ENGINE_COLOR": "red"], "SPOTLOAD_ENGINE_COLOR=red: "),
            (
                ["--max-lag", "soon"], ["SPOTLOAD_ENGINE_MAX_LAG": "1s"],
                "--max-lag takes a duration"
            ),
        ]
        for (arguments, environment, text) in table {
            let program = try start(arguments, environment)
            #expect(program.exitCode(within: 30) == 64, "\(program.output)")
            #expect(program.output.contains(text), "\(program.output)")
        }
        let program = try start(
            ["--bind=127.0.0.1:0", "--fund", "5"],
            [
                "SPOTLOAD_ENGINE_DATA_DIR": directory.path, "SPOTLOAD_ENGINE_ACCOUNTS": "2",
                "SPOTLOAD_ENGINE_FUND": "7", "SPOTLOAD_ENGINE_KEYS": "",
            ])
        let line = try #require(program.line(containing: "listening "))
        let client = HTTPClient(String(line.dropFirst("listening ".count)))
        let account = client.send("GET", "/api/v3/account", account: "u2").body
        #expect(account.contains(#""free":"5.00000000""#), "the flag wins: \(account)")
        #expect(client.send("GET", "/api/v3/account", account: "u3").body.contains("[]"))
    }

    /// A client id is free when its order has ended, in this data directory for good.
    @Test func reuseOfClientIDs() throws {
        let directory = try TemporaryDirectory()
        let order =
            "/api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=1&price=7"
            + "&newClientOrderId=again"
        for (flag, isReused) in [(["--client-id-reuse", "terminal"], true), ([], true)] {
            let engine = try EngineProcess(dataDirectory: directory.path, flag)
            for _ in 0..<2 {
                let answer = engine.client.send("POST", order, account: "u1")
                #expect(answer.status == 200)
                #expect(answer.body.contains("\"duplicate\"") != isReused, "\(answer)")
            }
            #expect(engine.killHard())
        }
        let refused = try RunningProgram(
            RunningProgram.spotload,
            ["engine", "--data-dir", directory.path, "--client-id-reuse", "never"])
        #expect(refused.exitCode(within: 30) == 104 && refused.output.contains("terminal"))
    }

    /// docs/engine.md: each command line is run, and prints what stands below it after `#>`.
    @Test func whatTheGuideSays() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let guide = try String(
            contentsOf: root.appendingPathComponent("docs/engine.md"), encoding: .utf8)
        let directory = try TemporaryDirectory()
        let plain = try EngineProcess(dataDirectory: directory.path + "/plain")
        let keys = try Self.keyFile(directory)
        let signed = try EngineProcess(
            dataDirectory: directory.path + "/signed", ["--keys", keys])
        var count = 0
        for block in guide.components(separatedBy: "```sh\n").dropFirst() {
            let script = block.components(separatedBy: "```")[0]
            guard script.contains("curl") else { continue }
            let url = script.contains("openssl") ? signed.url : plain.url
            let wanted = script.split(separator: "\n").filter { $0.hasPrefix("#> ") }
                .map { $0.dropFirst(3) }
            let program = try RunningProgram(
                URL(fileURLWithPath: "/bin/bash"),
                ["-euc", script.replacing("http://127.0.0.1:8080", with: url)])
            #expect(program.exitCode(within: 60) == 0, "\(script)\n\(program.output)")
            for text in wanted {
                #expect(program.output.contains(text), "\(text)\n\(script)\n\(program.output)")
            }
            count += wanted.count
        }
        #expect(count >= 8)
    }
}
