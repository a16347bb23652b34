// API keys: Binance's published signatures, who may do what, the window of time, the file.

import Foundation
import HarnessCore
import TestSupport
import Testing

@testable import Engine

@Suite struct KeysTests {
    /// The examples of Binance's rest-api.md: query, body, signature.
    private static let published: [(String, String, String)] = [
        (
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
                + "&recvWindow=5000&timestamp=1499827319559", "",
            "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
        ),
        (
            "",
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
                + "&recvWindow=5000&timestamp=1499827319559",
            "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
        ),
        (
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC",
            "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
            "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"
        ),
        (
            "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT"
                + "&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
            "", "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"
        ),
    ]
    private static let apiKey = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
    private static let secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    private static let nowUs: Int64 = 1_499_827_319_559_000

    private static func admit(
        _ query: String, _ body: String = "", key: String? = apiKey, role: KeyRole = .trade,
        path: String = "/api/v3/order", method: HTTPMethod = .post, isJSON: Bool = false,
        nowUs: Int64 = nowUs
    ) -> Result<InlineText?, Rejection> {
        let ring = KeyRing([
            Array(apiKey.utf8): KeyHolder(account: "u1", role: role, secret: secret)
        ])
        let bytes = [path, query, body, key ?? ""].map { Array($0.utf8) }
        return bytes[0].withUnsafeBytes { path in
            bytes[1].withUnsafeBytes { query in
                bytes[2].withUnsafeBytes { body in
                    bytes[3].withUnsafeBytes { name in
                        Result { () throws(Rejection) in
                            try ring.admit(
                                APIRequest(
                                    method: method, route: Route(path: path), query: query,
                                    apiKey: key == nil ? nil : name, isJSON: isJSON, body: body),
                                nowUs: nowUs)
                        }
                    }
                }
            }
        }
    }

    private static func signed(_ payload: String) -> String {
        HMACText.hex(key: secret, text: payload)
    }

    @Test(arguments: published)
    func publishedExamples(query: String, body: String, signature: String) {
        let inQuery = query.isEmpty ? "signature=\(signature)" : "\(query)&signature=\(signature)"
        #expect(Self.admit(inQuery, body) == .success("u1"))
        let upper = inQuery.replacing(signature, with: signature.uppercased())
        #expect(Self.admit(upper, body) == .success("u1"), "hex in any case")
        if !body.isEmpty {
            #expect(Self.admit(query, "\(body)&signature=\(signature)") == .success("u1"))
        }
        // Each byte counts: of what was signed, and of the signature.
        for i in inQuery.indices {
            let other = inQuery.replacingCharacters(
                in: i...i, with: inQuery[i] == "0" ? "1" : "0")
            #expect(throws: Rejection.self) { try Self.admit(other, body).get() }
        }
        #expect(Self.admit("\(inQuery)&x=1", body) == .failure(.badSignature), "last")
    }

    @Test func jsonBodiesAreSignedAsTheyAre() {
        let query = "timestamp=1499827319559"
        let body = #"{"symbol":"LTCBTC", "side":"BUY"}"#
        let signature = Self.signed(query + body)
        #expect(
            Self.admit("\(query)&signature=\(signature)", body, isJSON: true) == .success("u1"))
        #expect(
            Self.admit(
                "\(query)&signature=\(signature)", body.replacing(" ", with: ""), isJSON: true)
                == .failure(.badSignature))
    }

    /// Sent and received in ms apart, recvWindow, what comes of it.
    @Test(
        arguments: [
            (0, nil, nil), (5_000, nil, nil), (5_001, nil, .stale), (-999, nil, nil),
            (-1_000, nil, .ahead), (60_000, "60000", nil), (60_001, "60000", .stale),
            (100, "99.999", .stale), (100, "100.0", nil), (0, "60000.001", .notValid(.recvWindow)),
            (0, "-1", .illegal(.recvWindow, .decimal)), (0, "", .empty(.recvWindow)),
            (0, "1.2345", .tooPrecise(.recvWindow)),
        ] as [(Int64, String?, Rejection?)])
    func window(lateMs: Int64, recvWindow: String?, rejection: Rejection?) {
        let window = recvWindow.map { "recvWindow=\($0)&" } ?? ""
        let query = "\(window)timestamp=1499827319559"
        let result = Self.admit(
            "\(query)&signature=\(Self.signed(query))", nowUs: Self.nowUs + lateMs * 1_000)
        #expect(result == (rejection.map { .failure($0) } ?? .success("u1")))
    }

    @Test func whatIsMissingOrWrong() {
        let query = "timestamp=1499827319559"
        let good = "\(query)&signature=\(Self.signed(query))"
        let table: [(Result<InlineText?, Rejection>, Rejection)] = [
            (Self.admit(good, key: nil), .unauthorized), (Self.admit(good, key: ""), .unauthorized),
            (Self.admit(good, key: "short"), .badKeyFormat),
            (Self.admit(good, key: Self.apiKey + "!"), .badKeyFormat),
            (Self.admit(good, key: Self.apiKey + "x"), .badKey),
            (Self.admit(good, role: .read), .badKey),
            (Self.admit(query), .missing(.signature)),
            (Self.admit("signature=00"), .missing(.timestamp)),
            (Self.admit("timestamp=&signature=00"), .empty(.timestamp)),
            (Self.admit("timestamp=x&signature=00"), .illegal(.timestamp, .integer)),
            (Self.admit("\(query)&signature=00"), .badSignature),
            (Self.admit("\(query)&signature=\(String(repeating: "g", count: 64))"), .badSignature),
            (
                Self.admit(query, #"{"signature":"00"}"#, isJSON: true), .badSignature
            ),
        ]
        for (i, (result, rejection)) in table.enumerated() {
            #expect(result == .failure(rejection), "row \(i)")
        }
        // Microseconds, as Binance takes them.
        let fine = "timestamp=1499827319559001"
        #expect(Self.admit("\(fine)&signature=\(Self.signed(fine))") == .success("u1"))
    }

    /// Path, method, the least role; nil: no key at all.
    @Test(
        arguments: [
            ("/api/v3/depth", .get, nil), ("/api/v3/ping", .get, nil), ("/healthz", .get, nil),
            ("/api/v3/stream", .get, nil), ("/nope", .get, nil), ("/api/v3/order", .get, .read),
            ("/api/v3/account", .get, .read), ("/api/v3/myTrades", .get, .read),
            ("/api/v3/openOrders", .get, .read), ("/api/v3/order", .post, .trade),
            ("/api/v3/order", .delete, .trade), ("/api/v3/openOrders", .delete, .trade),
            ("/api/v3/order/cancelReplace", .post, .trade),
            ("/api/v3/order/amend/keepPriority", .put, .trade),
            ("/api/v3/transfer", .post, .trade), ("/admin/v1/deposit", .post, .admin),
            ("/admin/v1/stats", .get, .admin), ("/metrics", .get, .admin),
        ] as [(String, HTTPMethod, KeyRole?)])
    func roles(path: String, method: HTTPMethod, least: KeyRole?) {
        let query = "timestamp=1499827319559"
        let good = "\(query)&signature=\(Self.signed(query))"
        guard let least else {
            #expect(Self.admit("", key: nil, path: path, method: method) == .success(nil))
            return
        }
        for role in KeyRole.allCases {
            let result = Self.admit(good, role: role, path: path, method: method)
            #expect(result == (role >= least ? .success("u1") : .failure(.badKey)), "\(role)")
        }
        let unsigned = Self.admit("", role: .admin, path: path, method: method)
        #expect(
            unsigned == (path == "/metrics" ? .success("u1") : .failure(.missing(.timestamp))))
    }

    // MARK: The file

    private static let valid = """
        - key: trader-1
          secret: 0123456789abcdef
          account: u1
          role: trade
        - { key: 12345678, secret: "another secret-that-is-long", account: u2, role: admin }

        """

    @Test func aFile() throws {
        let yaml = Self.valid.replacing("another secret", with: "another-secret")
        let ring = try KeyFile.parse(yaml, file: "keys.yaml")
        #expect(ring.count == 2)
        let holder = Array("12345678".utf8).withUnsafeBytes { ring.holder(of: $0) }
        #expect(holder?.account == "u2" && holder?.role == .admin)
    }

    @Test(arguments: [
        ("", "keys.yaml:1: a keys file is a list"), ("{}", "keys.yaml:1: a keys file is a list"),
        ("- a", "keys.yaml:1: a key is a map"), ("- [", "no YAML list of keys"),
        ("- { key: abcdefgh }", "keys.yaml:1: secret, account, role missing"),
        ("- { key: abcdefgh, color: red }", "keys.yaml:1: a key has only key, secret"),
        ("- { key: abcdefgh, secret: [1] }", "keys.yaml:1: secret is a single value"),
        (valid, "keys.yaml:5: secret: 16 to 256 characters without blanks"),
        (
            "- { key: short, secret: SECRETSECRETSECRET, account: u1, role: boss }",
            "keys.yaml:1: key: 8 to 128 of A-Z a-z 0-9 . _ -\nkeys.yaml:1: role is read, trade"
        ),
        (
            "- { key: abcdefgh, secret: SECRETSECRETSECRET, account: '@fees', role: read }",
            "keys.yaml:1: account: 1 to 39 characters"
        ),
        (
            "- &a { key: abcdefgh, secret: SECRETSECRETSECRET, account: u, role: read }\n- *a\n",
            "this key is in the list already"
        ),
        ("- key: a\n  secret: SECRETSECRETSECRET\n  secret: SECRETSECRETSECRET", "keys.yaml:"),
        ("- { secret: \"SECRETSECRETSECRET", "keys.yaml:"),
    ])
    func refusedFiles(yaml: String, text: String) {
        let failure = #expect(throws: CommandFailure.self) {
            try KeyFile.parse(yaml, file: "keys.yaml")
        }
        #expect(failure?.code == .badConfiguration)
        #expect(failure?.message.contains(text) == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains("SECRET") == false, "\(failure?.message ?? "")")
    }

    @Test func onlyItsOwnerReadsIt() throws {
        let directory = try TemporaryDirectory()
        let yaml = Self.valid.replacing("another secret", with: "another-secret")
        let path = try directory.write(yaml, to: "keys.yaml")
        for (mode, isTaken) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            chmod(path, mode_t(mode))
            let ring = Result { () throws(CommandFailure) in try KeyFile.load(path: path) }
            switch ring {
            case .success(let ring): #expect(isTaken && ring.count == 2)
            case .failure(let failure):
                #expect(!isTaken && failure.code == .badConfiguration)
                #expect(failure.message.contains("chmod 600"), "\(failure.message)")
            }
        }
        for path in ["/nope.yaml", directory.path] {
            let failure = #expect(throws: CommandFailure.self) { try KeyFile.load(path: path) }
            #expect(failure?.code == .badConfiguration && failure?.message.contains(path) == true)
        }
    }

    // MARK: The limiter

    /// Against the formula, on a clock of its own.
    @Test func bucketsFillAtTheirRate() {
        let start = Instant(ns: 1_000_000_000_000)
        let limiter = RateLimiter(perSecond: 10, now: start)
        var tokens = 10.0
        var rng = SplitMix64(state: 7)
        var now = start
        for step in 0..<5_000 {
            let pause = TimeSpan.microseconds(Int64(Draw.below(rng.next(), 200_000)))
            now = now + pause
            tokens = min(10, tokens + pause.seconds * 10)
            let isAdmitted = limiter.admits("a", now: now)
            // Next to a whole token the last bit decides.
            if abs(tokens - 1) > 1e-6 { #expect(isAdmitted == (tokens >= 1), "step \(step)") }
            if isAdmitted { tokens -= 1 }
        }
    }

    @Test func forgottenAccountsCostNothing() {
        let start = Instant(ns: 0)
        let limiter = RateLimiter(perSecond: 1, now: start)
        for n in 0..<RateLimiter.accountsMax {
            #expect(limiter.admits(InlineText("a\(n)".utf8) ?? "", now: start))
        }
        #expect(!limiter.admits("one-more", now: start))
        #expect(!limiter.admits("a7", now: start), "its token is spent")
        #expect(limiter.bucketCount == RateLimiter.accountsMax)
        #expect(limiter.admits("one-more", now: start + .seconds(2)))
        #expect(limiter.bucketCount == 1)
    }
}
