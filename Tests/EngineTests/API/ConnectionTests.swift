// What clients do to a connection: no reading, no sending, half a close, methods without a body in
// the answer. On an engine of its own, with sockets.

import Foundation
import HarnessCore
import TestSupport
import Testing

@testable import Engine

@Suite struct ConnectionTests {
    private static let end = " HTTP/1.1\r\nHost: localhost\r\nX-MBX-APIKEY: u1\r\n\r\n"

    /// Starts an engine, hands it over, stops it.
    private static func withEngine(
        stallLimit: TimeSpan = .seconds(30), _ body: (EngineServer) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        var options = EngineOptions(dataDirectory: directory.path)
        options.port = 0
        options.stallLimit = stallLimit
        let engine = try await EngineServer.start(options, log: { _ in }, onFatal: { _ in })
        do {
            try await body(engine)
        } catch {
            await engine.stop()
            throw error
        }
        await engine.stop()
    }

    @Test func theAnswerToAHeadHasNoBody() async throws {
        try await Self.withEngine { engine in
            let connection = try RawConnection(engine.url)
            connection.send("HEAD /healthz" + Self.end + "GET /api/v3/ping" + Self.end)
            #expect(connection.read { $0.text.hasSuffix("{}") })
            let parts = connection.text.components(separatedBy: "\r\n\r\n")
            #expect(parts.count == 3 && parts[1].hasPrefix("HTTP/1.1 200 OK"), "\(parts)")
            #expect(parts[0].hasPrefix("HTTP/1.1 405 "), "\(parts)")
        }
    }

    /// As `nc -N` and shell scripts do.
    @Test func whoSendsNoMoreGetsWhatHeAskedFor() async throws {
        try await Self.withEngine { engine in
            let connection = try RawConnection(engine.url)
            let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=5"
            connection.send("POST /api/v3/order?\(order)" + Self.end)
            connection.send("GET /api/v3/depth?symbol=BTCUSDT" + Self.end + "GET /api/v3/pi")
            connection.finish()
            #expect(!connection.read { _ in false } && connection.isOver)
            #expect(connection.answers.map(\.status) == [200, 200], "\(connection.text)")
            #expect(connection.text.contains(#""bids":[["5.00","1.00000"]]"#))
        }
    }

    @Test func aRequestArrivesInTime() async throws {
        try await Self.withEngine(stallLimit: .milliseconds(200)) { engine in
            let idle = try RawConnection(engine.url)
            for part in [
                "GET /api/v3/ping HTTP/1.1\r\nHost: local",
                "POST /api/v3/order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc",
                "GET /api/v3/ping" + Self.end + "G",
            ] {
                let slow = try RawConnection(engine.url)
                slow.send(part)
                #expect(!slow.read { _ in false } && slow.isOver, "\(part)")
                #expect(slow.answers.last?.status == 408, "\(slow.text)")
            }
            // No request begun: it may wait.
            idle.send("GET /api/v3/ping" + Self.end)
            #expect(idle.read { $0.text.hasSuffix("{}") })
        }
    }

    private static let pages = 200
    /// 1,000 accounts a page: half a megabyte.
    private static let page = "GET /admin/v1/accounts?limit=1000" + end

    private static func answered(_ engine: EngineServer) throws -> Int {
        try metric("http_requests_total{route=\"/admin/v1/accounts\"", engine)
    }

    /// 0 where there is none.
    private static func metric(_ name: String, _ engine: EngineServer) throws -> Int {
        let connection = try RawConnection(engine.url)
        connection.send("GET /metrics" + end)
        #expect(connection.read { $0.answers.count == 1 })
        let line = connection.text.split(separator: "\n").first {
            $0.hasPrefix("spotload_engine_" + name)
        }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
    }

    @Test func answersThatNobodyReadsAreNotMade() async throws {
        try await Self.withEngine { engine in
            let connection = try RawConnection(engine.url)
            connection.send(String(repeating: Self.page, count: Self.pages))
            var counts = [0]
            while counts.last == 0 || Set(counts.suffix(20)).count > 1 || counts.count < 20 {
                counts.append(try Self.answered(engine))
            }
            // What the sockets' buffers hold, and one.
            #expect((1..<Self.pages / 2).contains(counts.last ?? 0), "\(counts)")
            #expect(connection.read { $0.received.count > 50 << 20 })
            while try Self.answered(engine) < Self.pages {
                _ = connection.read(quiet: 0.01) { _ in false }
            }
        }
    }

    @Test func whoNeverReadsIsCutOff() async throws {
        try await Self.withEngine(stallLimit: .milliseconds(200)) { engine in
            let connection = try RawConnection(engine.url)
            connection.send(String(repeating: Self.page, count: Self.pages))
            // Until the one that asks is the only one left.
            while try Self.answered(engine) == 0 || Self.metric("http_connections", engine) > 1 {}
            #expect(!connection.read { _ in false } && connection.isOver)
            #expect(connection.received.count < 100 << 20)
        }
    }
}
