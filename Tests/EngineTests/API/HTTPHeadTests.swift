// Heads and chunks of HTTP/1.1: what is taken, what is refused, and every cut of a good one.

import HarnessCore
import Testing

@testable import Engine

@Suite struct HTTPHeadTests {
    private static func parse(_ text: String) -> HTTPHead.Result {
        Array(text.utf8).withUnsafeBytes { HTTPHead.parse($0) }
    }

    private static func head(_ text: String) -> HTTPHead? {
        if case .head(let head) = parse(text) { head } else { nil }
    }

    private static let good =
        "POST /api/v3/order?a=b&c=d HTTP/1.1\r\nHost: localhost:1\r\nX-Mbx-ApiKey:  u1 \r\n"
        + "content-TYPE: application/json; charset=utf-8\r\nContent-Length: 12\r\n"
        + "X-Spotload-Agent: a1\r\n\r\n"

    @Test func aHeadInPlace() throws {
        let head = try #require(Self.head(Self.good + "{\"rest\":0}"))
        func text(_ range: Range<Int>?) -> String {
            String(decoding: Array(Self.good.utf8)[range ?? 0..<0], as: UTF8.self)
        }
        #expect(head.method == .post && text(head.path) == "/api/v3/order")
        #expect(text(head.query) == "a=b&c=d" && text(head.host) == "localhost:1")
        #expect(text(head.apiKey) == "u1" && text(head.agent) == "a1")
        #expect(head.isJSON && head.isKeepAlive && head.body == .length(12))
        #expect(head.end == Self.good.utf8.count)
    }

    @Test func everyCutIsIncomplete() {
        let bytes = Array(Self.good.utf8)
        for count in bytes.indices {
            let cut = bytes.prefix(count).withUnsafeBytes { HTTPHead.parse($0) }
            #expect(cut == .incomplete, "\(count)")
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400), ("GET / HTTP/1.1\r\n: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nA: x\r\n folded\r\n\r\n", 400), ("GET / HTTP/1.1\nA: x\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), ("GET  HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nContent-Length: 9999999999999999\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ("GET / HTTP/2.0\r\n\r\n", 505), ("GET / HTTQ/1.1\r\n\r\n", 400),
        ("GET http://x/ HTTP/1.1\r\n\r\n", 400), ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nA: \u{1}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nExpect: more\r\n\r\n", 417),
        ("GET / HTTP/1.1\r\nA: " + String(repeating: "x", count: 17_000), 431),
    ])
    func refuses(text: String, status: Int) {
        #expect(Self.parse(text) == .malformed(status))
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.0", "", false), ("HTTP/1.1", "Close", false),
        ("HTTP/1.0", "keep-alive", true), ("HTTP/1.1", "te, close", false),
        ("HTTP/1.1", "closed", true),
    ])
    func keepAlive(version: String, value: String, isKept: Bool) {
        let field = value.isEmpty ? "" : "Connection: \(value)\r\n"
        #expect(Self.head("GET / \(version)\r\n\(field)\r\n")?.isKeepAlive == isKept)
    }

    @Test(arguments: [
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nT: v\r\n\r\n", "hello"),
        ("0\r\n\r\n", ""), ("A\r\n0123456789\r\n000\r\n\r\n", "0123456789"),
    ])
    func chunks(text: String, body: String) {
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count {
            let cut = Array(bytes.prefix(count)).withUnsafeBytes {
                HTTPChunks.decode($0, from: 0, bytesMax: 64)
            }
            #expect(cut == .incomplete, "\(count)")
        }
        let whole = bytes.withUnsafeBytes { HTTPChunks.decode($0, from: 0, bytesMax: 64) }
        #expect(whole == .whole(Array(body.utf8), end: bytes.count))
    }

    @Test(arguments: [
        ("x\r\n", HTTPChunks.Result.malformed), ("5\nhello", .malformed), ("\r\n", .malformed),
        ("5\r\nhelloXX0\r\n\r\n", .malformed), ("123456789\r\n", .malformed),
        ("41\r\n", .tooLarge), ("-1\r\n", .malformed), ("5 x\r\nhello\r\n", .malformed),
        ("5;a\u{1}b\r\nhello\r\n", .malformed), ("5;\rb\r\nhello\r\n", .malformed),
    ])
    func badChunks(text: String, result: HTTPChunks.Result) {
        let decoded = Array(text.utf8).withUnsafeBytes {
            HTTPChunks.decode($0, from: 0, bytesMax: 64)
        }
        #expect(decoded == result)
    }

    /// What carries the chunks is bounded as they are.
    @Test(arguments: [(60, HTTPChunks.Result.incomplete), (70, .tooLarge)])
    func framing(chunks: Int, result: HTTPChunks.Result) {
        let chunk = "1;" + String(repeating: "a", count: 1_000) + "\r\nx\r\n"
        let text = String(repeating: chunk, count: chunks)
        let decoded = Array(text.utf8).withUnsafeBytes {
            HTTPChunks.decode($0, from: 0, bytesMax: 1 << 16)
        }
        #expect(decoded == result)
    }

    @Test(arguments: [
        ("localhost", true), ("LocalHost:80", true), ("127.0.0.1", true), ("127.1.2.3:8080", true),
        ("[::1]", true), ("[::1]:9", true), ("127.evil.com", false), ("127.0.0.1.evil.com", false),
        ("localhost.evil.com", false), ("127.1", false), ("127.0.0.1:80x", false), ("", false),
        ("[::1", false), ("::1", false), ("[::2]", false), ("128.0.0.1", false),
        ("[localhost]", false), ("127.0.0.1@evil.com", false), ("127.0.0.1:123456", false),
        ("127.0.0.1\u{0}.evil.com", false), ("evil.com", false), ("[127.0.0.1]", false),
    ])
    func loopback(host: String, isLoopback: Bool) {
        let found = Array(host.utf8).withUnsafeBytes { LoopbackHost.isLoopback(header: $0) }
        #expect(found == isLoopback, "\(host)")
    }
}
