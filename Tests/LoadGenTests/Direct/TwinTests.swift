// The direct lane beside the multi lane, response by response: the same seeded requests, the same
// answers byte for byte. What a worker learns must be the same, and so must what the server sees.

import Glibc
import HarnessCore
import ScenarioModel
import Testing

@testable import LoadGen

@Suite(.serialized) struct TwinTests {
    private struct Side {
        var results: [LaneResult] = []
        var seen: [PieceServer.Seen] = []
    }

    /// Two runs of the same rows: the script's URLs name the server's port.
    private static func run(
        _ lane: TransferLane, seed: UInt64, count: Int
    ) throws -> (Side, [TwinScript.Row]) {
        var drawn = TwinScript(seed: seed)
        let entries = drawn.rows(count, port: 0).map(\.entry)
        let server = try PieceServer(entries)
        var again = TwinScript(seed: seed)
        let rows = again.rows(count, port: server.port)
        let driver = try LaneDriver(lane)
        var side = Side()
        var closed = 0
        for row in rows {
            side.results.append(driver.send(row.request))
            closed += row.entry.closes ? 1 : 0
            // Its end has come before the next request is sent, in both lanes.
            let patience = Instant.now() + .seconds(30)
            while server.closed < closed, Instant.now() < patience { sched_yield() }
            try #require(server.closed == closed, "\(lane): \(row.what), \(side.results.last!)")
        }
        side.seen = server.seen.map { seen in
            var seen = seen
            seen.line = seen.line.replacing(":\(server.port)", with: "")
            seen.headers = seen.headers.map { $0.replacing(":\(server.port)", with: ":port") }
            return seen
        }
        return (side, rows)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func sameToBothSides(seed: UInt64) throws {
        let count = 250
        let (direct, rows) = try Self.run(.direct, seed: seed, count: count)
        let (multi, _) = try Self.run(.multi, seed: seed, count: count)
        #expect(direct.seen.count == count && multi.seen.count == count)
        for (i, row) in rows.enumerated() {
            let label = "seed \(seed), \(row.what)"
            if i < direct.seen.count, i < multi.seen.count {
                // libcurl asks in HTTP/1.0 on a connection that was answered so; we stay at 1.1.
                let asked = multi.seen[i].line.replacing(" HTTP/1.0", with: " HTTP/1.1")
                #expect(direct.seen[i].line == asked, "\(label)")
                #expect(direct.seen[i].headers == multi.seen[i].headers, "\(label)")
                #expect(direct.seen[i].isFirst == multi.seen[i].isFirst, "\(label)")
                Self.compareBodies(direct.seen[i], multi.seen[i], label)
                #expect(direct.results[i].bytesSent == UInt64(direct.seen[i].bytes), "\(label)")
            }
            Self.compare(direct.results[i], multi.results[i], row, label)
        }
    }

    private static func compareBodies(
        _ direct: PieceServer.Seen, _ multi: PieceServer.Seen, _ label: String
    ) {
        // Large chunked bodies are one chunk here, and several there.
        if direct.headers.contains("Transfer-Encoding: chunked"), direct.body.count > 60_000 {
            return
        }
        #expect(direct.body == multi.body, "\(label)")
    }

    private static func compare(
        _ direct: LaneResult, _ multi: LaneResult, _ row: TwinScript.Row, _ label: String
    ) {
        let both = "\(label)\n  direct: \(direct)\n  multi: \(multi)"
        #expect(direct.status == multi.status, "\(both)")
        #expect(direct.failure == multi.failure, "\(both)")
        #expect(direct.http == multi.http, "\(both)")
        #expect(direct.body == multi.body, "\(both)")
        guard direct.failure == nil else { return }
        #expect(direct.headers == multi.headers, "\(both)")
        #expect(direct.bytesReceived == UInt64(row.entry.bytes), "\(both)")
        #expect(direct.bytesReceived == multi.bytesReceived + UInt64(row.framing), "\(both)")
    }

    /// Where libcurl 7.88 guesses, and the direct lane does not.
    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Le", TransferFailure.reset),
            ("http/1.1 404 N\r\nContent-Length: 0\r\n\r\n", .malformed),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", .malformed),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\na", .malformed),
            ("HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na", .malformed),
        ])
    func stricter(answer: String, failure: TransferFailure) throws {
        let entry = PieceServer.Entry(pieces: [Array(answer.utf8)], closes: true)
        let server = try PieceServer([entry])
        let request = PreparedRequest()
        request.url = Array("http://127.0.0.1:\(server.port)/".utf8)
        let result = try LaneDriver(.direct).send(request)
        #expect(result.failure == failure && result.status == 0, "\(result)")
    }

    /// A URL that cannot be read leaves nothing behind: a kept connection that ends without an
    /// answer, two requests later, is a reset, and Host is as its own URL spells it.
    @Test(arguments: [TransferLane.direct, .multi])
    func badURLLeavesNothing(lane: TransferLane) throws {
        let good = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
        let server = try PieceServer([
            .init(pieces: [good]), .init(pieces: [good]), .init(pieces: [], closes: true),
        ])
        let driver = try LaneDriver(lane)
        let results = [
            "http://127.0.0.1:80800/x", "http://LocalHost:\(server.port)/a",
            "http://localhost:\(server.port)/a", "http://localhost:\(server.port)/b",
        ].enumerated().map { number, url in
            let request = PreparedRequest()
            request.url = Array(url.utf8)
            request.headers = Array("X-Number: \(number)\0".utf8)
            return driver.send(request)
        }
        #expect(results[0].failure == .invalidURL, "\(results[0])")
        #expect(results[1].status == 200 && results[2].status == 200, "\(results)")
        #expect(results[3].failure == .reset, "\(results[3])")
        let hosts = server.seen.map { seen in seen.headers.filter { $0.hasPrefix("Host") } }
        #expect(
            hosts == [
                ["Host: LocalHost:\(server.port)"], ["Host: localhost:\(server.port)"],
                ["Host: localhost:\(server.port)"],
            ])
    }
}
