// The client against a real redis-server: both transports, pipelines, deadlines, large replies, and
// what happens when the server dies. Blocking calls run on threads of their own.

import HarnessCore
import RedisClient
import Synchronization
import TestSupport
import Testing

/// Runs a blocking body on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws
    -> Result
{
    try await withCheckedThrowingContinuation { continuation in
        _ = DedicatedThread(name: "test") {
            do {
                continuation.resume(returning: try body())
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

@Suite struct RedisConnectionTests {
    @Test(arguments: ["unix", "tcp"])
    func commandsAndPipelines(transport: String) async throws {
        let server = try RedisServer(port: transport == "tcp" ? RedisServer.freePort() : 0)
        let endpoint = transport == "tcp" ? server.tcpEndpoint : server.endpoint
        try await onThread {
            let connection = try RedisConnection(endpoint, name: "t")
            #expect(try connection.command(["PING"]) == .status("PONG"))
            #expect(try connection.command(["CLIENT", "GETNAME"]).text == "t")
            #expect(try connection.command(["GET", "none"]) == .null)
            let binary = (0..<1_000).map { UInt8(truncatingIfNeeded: $0) }
            let set = [Array("SET".utf8), Array("k".utf8), binary]
            #expect(try connection.command(bytes: set).isOK)
            #expect(try connection.command(["GET", "k"]).bytes == binary)
            #expect(try connection.command(bytes: [Array("SET".utf8), Array("e".utf8), []]).isOK)
            #expect(try connection.command(["GET", "e"]).bytes == [])
            let commands = (0..<1_000).map { ["INCRBY", "n", String($0)] }
            let sums = try connection.pipeline(commands).compactMap(\.integer)
            #expect(sums.count == 1_000)
            let sum: Int64 = 499_500
            #expect(sums.last == sum)
            // An error is a value, and the connection goes on.
            let wrong = try connection.command(["LPUSH", "k", "x"])
            #expect(wrong.errorText?.hasPrefix("WRONGTYPE") == true)
            #expect(try connection.command(["PING"]) == .status("PONG"))
            withExtendedLifetime(server) {}
        }
    }

    @Test func streamsAndClock() async throws {
        let server = try RedisServer()
        try await onThread {
            let connection = try RedisConnection(server.endpoint, name: "t")
            #expect(try connection.command(["XADD", "s", "NOMKSTREAM", "1-1", "b", "x"]) == .null)
            #expect(try connection.command(["XADD", "s", "0-1", "init", "u"]).text == "0-1")
            #expect(try connection.command(["XADD", "s", "3-7", "b", "x"]).text == "3-7")
            let again = try connection.command(["XADD", "s", "3-7", "b", "y"])
            #expect(again.errorText.map { RedisErrorKind(text: $0) } == .notAboveTop)
            let read = try connection.command(["XREAD", "STREAMS", "s", "none", "0-1", "0-0"])
            let streams = try #require(read.streamsRead)
            #expect(streams.keys.sorted() == ["s"])
            #expect(streams["s"]?.map(\.id) == [StreamID(3, 7)])
            #expect(streams["s"]?.first?["b"] == Array("x".utf8))
            #expect(streams["s"]?.first?["c"] == nil)
            #expect(try connection.command(["XREAD", "STREAMS", "s", "3-7"]).streamsRead == [:])
            let info = try connection.command(["XINFO", "STREAM", "s"])
            #expect(info.named("last-generated-id")?.text == "3-7")
            let sample = try connection.sampleClock()
            let wall = WallClock.unixNs() / 1_000
            #expect(abs(sample.serverUs - wall) < 60_000_000)
            #expect(try connection.info("server")["run_id"]?.count == 40)
        }
    }

    @Test func aReplyOfMegabytes() async throws {
        let server = try RedisServer()
        try await onThread {
            let connection = try RedisConnection(server.endpoint, name: "t")
            let big = [UInt8](repeating: 7, count: 20 << 20)
            #expect(
                try connection.command(bytes: [Array("SET".utf8), Array("k".utf8), big]).isOK)
            #expect(try connection.command(["GET", "k"]).bytes == big)
        }
    }

    @Test func anOversizedReplyIsRefused() async throws {
        let server = try RedisServer()
        try await onThread {
            let connection = try RedisConnection(server.endpoint, name: "t")
            let part = [UInt8](repeating: 7, count: 30 << 20)
            for name in ["a", "b", "c"] {
                _ = try connection.command(bytes: [Array("SET".utf8), Array(name.utf8), part])
            }
            let error = #expect(throws: RedisError.self) {
                try connection.command(["MGET", "a", "b", "c"])
            }
            #expect(error?.code == .malformed)
            #expect(throws: RedisError.self, "dead after an error") {
                try connection.command(["PING"])
            }
        }
    }

    @Test func theDeadlineEndsAWait() async throws {
        let server = try RedisServer()
        try await onThread {
            let connection = try RedisConnection(
                server.endpoint, name: "t", limit: .milliseconds(100))
            let blocking = ["BLPOP", "none", "30"].map { Array($0.utf8) }
            let error = #expect(throws: RedisError.self) {
                try connection.command(bytes: blocking)
            }
            #expect(error?.code == .timeout)
        }
    }

    @Test func extraWaitLengthensTheDeadline() async throws {
        let server = try RedisServer()
        try await onThread {
            let connection = try RedisConnection(
                server.endpoint, name: "t", limit: .milliseconds(100))
            let blocking = ["BLPOP", "none", "0.3"].map { Array($0.utf8) }
            #expect(try connection.command(bytes: blocking, extraWait: .seconds(20)) == .null)
        }
    }

    @Test func aKilledServerIsNoticed() async throws {
        let server = try RedisServer()
        try await onThread {
            let connection = try RedisConnection(server.endpoint, name: "t")
            server.killHard()
            let error = #expect(throws: RedisError.self) { try connection.command(["PING"]) }
            #expect(error?.code == .closed)
            let refused = #expect(throws: RedisError.self) {
                try RedisConnection(server.endpoint, name: "t")
            }
            #expect(refused?.code == .connect)
        }
    }

    @Test func nobodyListens() async throws {
        try await onThread {
            let port = RedisServer.freePort()
            let error = #expect(throws: RedisError.self) {
                try RedisConnection(
                    RedisEndpoint(.tcp(host: "127.0.0.1", port: port)), name: "t")
            }
            #expect(error?.code == .connect)
        }
    }

    @Test func theLinkComesBack() async throws {
        let server = try RedisServer()
        try await onThread {
            let link = RedisLink(server.endpoint, name: "t", seed: 1)
            #expect(link.connect(at: .now()))
            #expect(link.generation == 1)
            server.killHard()
            #expect(throws: RedisError.self) { try link.pipeline([["PING"]]) }
            #expect(!link.isUp)
            // Due at once: it fails; not due: it is not tried.
            #expect(!link.connect(at: link.retryAt))
            #expect(!link.connect(at: link.retryAt - .nanoseconds(1)))
            #expect(link.failure?.code == .connect)
            try server.start()
            #expect(link.connect(at: link.retryAt))
            #expect(link.generation == 2)
            #expect(try link.pipeline([["PING"]]) == [.status("PONG")])
        }
    }

    @Test func backoffGrowsToTwoSeconds() {
        let expected: [Int64] = [50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]
        for (i, ms) in expected.enumerated() {
            #expect(RedisBackoff.ceiling(failures: i + 1) == .milliseconds(ms))
        }
        var backoff = RedisBackoff(seed: 3)
        let now = Instant(ns: 0)
        for failures in 1...200 {
            backoff.failed(at: now)
            #expect(backoff.retryAt >= now)
            #expect(backoff.retryAt < now + RedisBackoff.ceiling(failures: failures))
        }
    }

    static let ids: [(String, StreamID?)] = [
        ("1-2", StreamID(1, 2)), ("0-0", .zero), ("18446744073709551615-1", StreamID(.max, 1)),
        ("1", nil), ("", nil), ("1-", nil), ("-1-2", nil), ("1-2-3", nil), ("a-b", nil),
    ]

    @Test(arguments: ids.indices)
    func streamIDs(row: Int) {
        let (text, id) = Self.ids[row]
        #expect(StreamID(text) == id)
        if let id { #expect(id.description == text) }
    }
}
