// The live server on a real socket: what each path answers, and to whom; the stream of events.

import Foundation
import Glibc
import HarnessCore
import Synchronization
import TestSupport
import Testing

@testable import Collector

/// Blocks a thread of its own: the server under test needs the pool.
private func offPool(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

@Suite struct LiveServerTests {
    private static func token(_ server: LiveServer) -> String {
        String(server.url.split(separator: "=").last ?? "")
    }

    private static func curl(_ arguments: String...) throws -> RunningProgram {
        try RunningProgram(URL(fileURLWithPath: "/usr/bin/curl"), ["-sSN"] + arguments)
    }

    @Test func everyPath() async throws {
        let server = try await LiveServer.start(feed: LiveFixture.feed(windows: 3), port: 0)
        let client = HTTPClient("http://127.0.0.1:\(server.port)")
        let token = Self.token(server)
        let rows: [(path: String, status: Int, text: String)] = [
            ("/?token=\(token)", 200, "<script src=\"/app.js\" defer>"), ("/", 403, "token"),
            ("/?token=x", 403, "token"), ("/events", 403, "token"),
            ("/app.css", 200, "prefers-color-scheme"), ("/app.js", 200, "EventSource"),
            ("/icon.svg", 200, "<svg"), ("/healthz", 200, "ok"),
            ("/metrics", 200, "spotload_deltas_merged_total 3"), ("/nothing", 404, "no such"),
            ("/../etc/passwd", 404, "no such"),
        ]
        try await offPool {
            for row in rows {
                let answer = client.send("GET", row.path)
                #expect(
                    answer.status == row.status && answer.body.contains(row.text), "\(row.path)")
            }
            #expect(client.send("POST", "/metrics").status == 405)
            let foreign = ["Origin": "http://evil.example"]
            #expect(client.send("GET", "/metrics", headers: foreign).status == 403)
        }
        await server.stop()
        try await offPool { #expect(client.send("GET", "/healthz").status == 0) }
    }

    /// Nothing of the page comes from elsewhere, and nothing in it is inline.
    @Test func thePageAsksForNothingElse() {
        for text in [LivePage.html, LivePage.style, LivePage.script] {
            let urls = text.split { " \"'()`".contains($0) }.filter { $0.contains("://") }
            #expect(urls.filter { $0 != "http://www.w3.org/2000/svg" } == [])
        }
        #expect(!LivePage.html.contains("style=") && !LivePage.html.contains("onclick"))
        #expect(!LivePage.script.contains("innerHTML"))
    }

    @Test func aPortThatIsTaken() async throws {
        let taken = try RefusingPort()
        await #expect {
            _ = try await LiveServer.start(
                feed: LiveFixture.feed(windows: 0), port: Int(taken.port))
        } throws: { error in
            let failure = error as? CommandFailure
            return failure?.code == .unavailable
                && "\(error)".contains("port \(taken.port) of 127.0.0.1 is taken")
        }
    }

    /// curl sees what a browser sees: headers, the host that is refused, the stream and its end.
    @Test func theStream() async throws {
        let finished = ReportFixture.run(ReportFixture.fail)
        let feed = LiveFeed(LiveFixture.run(finished.aggregate.scenario))
        let server = try await LiveServer.start(feed: feed, port: 0)
        let url = "http://127.0.0.1:\(server.port)/events?token=\(Self.token(server))"
        try await offPool {
            let refused = try Self.curl("-i", "-H", "Host: evil.example", url)
            #expect(refused.exitCode(within: 60) == 0)
            #expect(refused.output.contains("403 Forbidden"))
        }
        let watching = try Self.curl("-i", url)
        try await offPool { #expect(watching.line(containing: "event: phase", within: 60) != nil) }
        feed.finish(finished)
        await server.stop()
        try await offPool { #expect(watching.exitCode(within: 60) == 0) }
        let text = watching.output
        #expect(text.contains("retry: 3000") && text.contains("text/event-stream"))
        #expect(text.contains("Content-Security-Policy: default-src 'self'"))
        #expect(text.components(separatedBy: "event: window").count == 11)
        #expect(text.contains("event: verdict"))
    }

    @Test func aResumedStream() async throws {
        let feed = LiveFixture.feed(windows: 20)
        let server = try await LiveServer.start(feed: feed, port: 0)
        feed.end()
        let url = "http://127.0.0.1:\(server.port)/events?token=\(Self.token(server))"
        let resumed = try Self.curl("-H", "Last-Event-ID: 17", url)
        try await offPool { #expect(resumed.exitCode(within: 60) == 0) }
        let ids = resumed.output.split(separator: "\n").filter { $0.hasPrefix("id: ") }
        #expect(ids == ["id: 18", "id: 19"])
        await server.stop()
    }

    /// It stops while eight watch and connections come and go: all of them end, nothing traps.
    @Test func aStopUnderLoad() async throws {
        let feed = LiveFixture.feed(windows: 600)
        let server = try await LiveServer.start(feed: feed, port: 0)
        let base = "http://127.0.0.1:\(server.port)"
        let url = "\(base)/events?token=\(Self.token(server))"
        let watching = try (0..<8).map { _ in try Self.curl(url) }
        let isOver = Mutex(false)
        async let scraping: Void = offPool {
            let client = HTTPClient(base)
            while !isOver.withLock({ $0 }) { _ = client.send("GET", "/metrics") }
        }
        try await offPool {
            for one in watching { #expect(one.line(containing: "id: 599") != nil) }
        }
        feed.finish(ReportFixture.run(ReportFixture.fail))
        await server.stop()
        isOver.withLock { $0 = true }
        try await scraping
        try await offPool {
            for one in watching {
                #expect(one.exitCode(within: 60) != nil)
                #expect(one.output.contains("event: verdict"))
            }
            #expect(HTTPClient(base).send("GET", "/healthz").status == 0)
        }
    }

    /// Eight may watch; who leaves makes room, though no window comes.
    @Test func roomForEight() async throws {
        let feed = LiveFixture.feed(windows: 1)
        let server = try await LiveServer.start(feed: feed, port: 0)
        let url = "http://127.0.0.1:\(server.port)/events?token=\(Self.token(server))"
        let client = HTTPClient("http://127.0.0.1:\(server.port)")
        let query = "/events?token=\(Self.token(server))"
        try await offPool {
            var watching = try (0..<8).map { _ in try Self.curl(url) }
            for one in watching { #expect(one.line(containing: "retry") != nil) }
            #expect(client.send("GET", query).status == 503)
            watching.removeLast().kill(SIGKILL)
            #expect(watching[0].waits(upTo: 60) { feed.hasRoom })
            let ninth = try Self.curl(url)
            #expect(ninth.line(containing: "retry") != nil)
        }
        await server.stop()
    }
}
