// Who may ask the live server what.

import Testing

@testable import Collector

@Suite struct LiveGateTests {
    static let gate = LiveGate(token: "0123456789abcdef0123456789abcdef")

    @Test(arguments: [
        ("127.0.0.1:5665", true), ("localhost:5665", true), ("LOCALHOST", true),
        ("[::1]:5665", true), ("[::1]", true), ("127.0.0.1", true), ("localhost:1", true),
        ("evil.example:5665", false), ("127.0.0.1.evil.example", false), ("", false),
        ("localhost.evil.example:5665", false), ("127.0.0.1:x", false), ("127.0.0.1:", false),
        ("192.168.0.1:5665", false), ("localhost:0", false), ("evil@localhost:5665", false),
    ])
    func hosts(host: String, isOurs: Bool) {
        #expect(LiveGate.isLoopback(host) == isOurs)
        let answer = Self.gate.check(host: host, origin: nil, path: "/metrics", token: nil)
        #expect((answer == .allowed) == isOurs)
    }

    @Test func noHost() {
        let answer = Self.gate.check(host: nil, origin: nil, path: "/healthz", token: nil)
        #expect(answer != .allowed)
    }

    @Test(
        arguments: [
            (nil, true), ("http://localhost:5665", true), ("http://127.0.0.1:5665", false),
            ("https://localhost:5665", false), ("http://localhost:5666", false), ("null", false),
            ("http://evil.example", false), ("", false),
        ] as [(String?, Bool)])
    func origins(origin: String?, isOurs: Bool) {
        for path in ["/", "/events", "/metrics", "/app.js"] {
            let answer = Self.gate.check(
                host: "localhost:5665", origin: origin, path: path, token: Self.gate.token)
            #expect((answer == .allowed) == isOurs, "\(path)")
        }
    }

    @Test(arguments: [
        ("/", true), ("/events", true), ("/metrics", false), ("/healthz", false),
        ("/app.css", false), ("/app.js", false), ("/icon.svg", false),
    ])
    func tokens(path: String, isNeeded: Bool) {
        for token in [nil, "", "0123456789abcdef0123456789abcdee", "0123"] {
            let answer = Self.gate.check(host: "localhost", origin: nil, path: path, token: token)
            #expect((answer == .allowed) != isNeeded, "\(path) \(token ?? "none")")
        }
        let answer = Self.gate.check(
            host: "localhost", origin: nil, path: path, token: Self.gate.token)
        #expect(answer == .allowed)
    }

    @Test func everyRunHasAnotherToken() {
        let tokens = Set((0..<100).map { _ in LiveGate.makeToken() })
        #expect(tokens.count == 100 && tokens.allSatisfy { $0.count == 32 })
    }
}
