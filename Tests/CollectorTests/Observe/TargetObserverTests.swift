// Scraping: the schedule under a clock of the test, and a real client against exporters that are
// slow, broken, huge, redirecting, or begin anew.

import Collector
import Foundation
import HarnessCore
import ScenarioModel
import Synchronization
import TestSupport
import Testing

/// Time that passes only when somebody sleeps or is served.
private final class FakeClock: ObserveClock {
    private let time = Mutex(Instant(ns: 5_000_000_000))
    var now: Instant { time.withLock { $0 } }
    func pass(_ span: TimeSpan) { time.withLock { $0 = $0 + span } }
    /// Past six seconds nothing is due until the task is cancelled: an endless loop that never
    /// waits would keep a thread of the pool to itself.
    func sleep(until instant: Instant) async {
        guard instant < Instant(ns: 11_000_000_000) else {
            try? await Task.sleep(for: .seconds(3_600))
            return
        }
        time.withLock { $0 = max($0, instant) }
    }
}

/// Answers as told, in time of the clock.
private final class FakeExporter: ScrapeFetching {
    let clock: FakeClock
    let script: @Sendable (Int) throws(ScrapeFailure) -> (TimeSpan, String)
    private let count = Mutex(0)
    private let asked = Mutex<[TimeSpan]>([])

    init(
        _ clock: FakeClock,
        _ script: @escaping @Sendable (Int) throws(ScrapeFailure) -> (TimeSpan, String)
    ) {
        self.clock = clock
        self.script = script
    }

    var times: [TimeSpan] { asked.withLock { $0 } }

    func get(_ url: URL, within timeout: TimeSpan) async throws(ScrapeFailure) -> ScrapeAnswer {
        let number = count.withLock { count in
            defer { count += 1 }
            return count
        }
        asked.withLock { $0.append(clock.now - Instant(ns: 5_000_000_000)) }
        let (span, text) = try script(number)
        clock.pass(span)
        return ScrapeAnswer(body: Array(text.utf8))
    }
}

@Suite struct TargetObserverTests {
    private static func endpoint(
        _ url: String = "/metrics", interval: TimeSpan = .seconds(1), target: String
    ) throws -> ObserveEndpoint {
        var rate = ObserveSource.Metric(name: "cpu", series: "cpu_seconds_total")
        rate.reading = .rate
        let gauge = ObserveSource.Metric(name: "rss", series: "rss_bytes")
        var source = ObserveSource(
            name: "engine", url: url, metrics: [rate, gauge],
            source: SourcePosition(file: "s.yaml", line: 3, column: 1))
        source.interval = interval
        return try ObserveEndpoint(source, target: target)
    }

    private static let cpu = ObservedName(source: "engine", metric: "cpu")
    private static let rss = ObservedName(source: "engine", metric: "rss")

    /// Runs until there are `count` scrapes.
    private static func scrapes(
        _ count: Int, _ endpoint: ObserveEndpoint, client: any ScrapeFetching,
        clock: any ObserveClock = MonotonicClock(), start: Instant
    ) async -> [ObservedScrape] {
        let (stream, continuation) = AsyncStream.makeStream(of: ObservedScrape.self)
        let observer = TargetObserver([endpoint], client: client, clock: clock) {
            continuation.yield($0)
        }
        observer.start(at: start)
        var seen: [ObservedScrape] = []
        for await scrape in stream {
            seen.append(scrape)
            if seen.count == count { break }
        }
        await observer.stop()
        return seen
    }

    private static let start = Instant(ns: 5_000_000_000)

    @Test func asksAtMultiplesOfTheInterval() async throws {
        let clock = FakeClock()
        let exporter = FakeExporter(clock) { number in
            (.milliseconds(200), "cpu_seconds_total \(number * 3)\nrss_bytes 7\n")
        }
        let seen = await Self.scrapes(
            4, try Self.endpoint(target: "http://127.0.0.1"), client: exporter, clock: clock,
            start: Self.start)
        #expect(exporter.times.prefix(4).map(\.milliseconds) == [0, 1_000, 2_000, 3_000])
        #expect(seen.map(\.at.milliseconds) == [100, 1_100, 2_100, 3_100])
        var log = ObservedLog()
        for scrape in seen { log.note(scrape) }
        #expect(log.samples[Self.cpu]?.map(\.value) == [3, 3, 3])
        #expect(log.samples[Self.rss]?.count == 4)
        #expect(log.sources["engine"]?.expected == 4 && log.sources["engine"]?.answered == 4)
    }

    @Test func countsWhatItMissed() async throws {
        let clock = FakeClock()
        // The second answer takes longer than any timeout: this process was frozen.
        let exporter = FakeExporter(clock) { number in
            (number == 1 ? .milliseconds(3_500) : .milliseconds(1), "rss_bytes 7\n")
        }
        let seen = await Self.scrapes(
            4, try Self.endpoint(target: "http://127.0.0.1"), client: exporter, clock: clock,
            start: Self.start)
        #expect(seen.map(\.skipped) == [0, 0, 2, 0])
        #expect(exporter.times.prefix(4).map(\.milliseconds) == [0, 1_000, 4_500, 5_000])
        var log = ObservedLog()
        for scrape in seen { log.note(scrape) }
        let source = try #require(log.sources["engine"])
        #expect(source.expected == 6 && source.answered == 4)
        #expect(source.failure == "not asked: the collector stood still")
        #expect(source.incomplete == 4)
        #expect(source.missing == "cpu: the exporter has no series cpu_seconds_total")
    }

    @Test func failuresAreCountedAndNamed() async throws {
        let clock = FakeClock()
        let exporter = FakeExporter(clock) { number throws(ScrapeFailure) in
            if number == 0 { throw ScrapeFailure("cannot connect") }
            return (.zero, number == 1 ? "<html>\n" : "rss_bytes 7\n")
        }
        let seen = await Self.scrapes(
            3, try Self.endpoint(target: "http://127.0.0.1"), client: exporter, clock: clock,
            start: Self.start)
        #expect(seen[0].outcome == .failure("cannot connect"))
        guard case .failure(let why) = seen[1].outcome else {
            Issue.record("\(seen[1])")
            return
        }
        #expect(why.hasPrefix("its answer cannot be read: line 1: expected a name"))
        var log = ObservedLog()
        for scrape in seen { log.note(scrape) }
        #expect(log.sources["engine"]?.expected == 3 && log.sources["engine"]?.answered == 1)
    }

    @Test func nothingAfterTheStop() async throws {
        let clock = FakeClock()
        let exporter = FakeExporter(clock) { _ in (.zero, "rss_bytes 7\n") }
        let box = Counter()
        let observer = TargetObserver(
            [try Self.endpoint(target: "http://127.0.0.1")], client: exporter, clock: clock
        ) { _ in box.add() }
        await observer.stop()
        observer.start(at: Self.start)
        await observer.stop()
        #expect(box.value == 0 && exporter.times.isEmpty)
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        func add() { count.withLock { $0 += 1 } }
        var value: Int { count.withLock { $0 } }
    }

    // MARK: - Real exporters

    private static func serve(
        _ script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply
    ) throws -> ScriptedServer {
        try ScriptedServer { request in
            var reply = script(request)
            reply.headers.append("Content-Type: text/plain; version=0.0.4")
            if reply.ending == .keepAlive { reply.ending = .close }
            return reply
        }
    }

    private static func reply(_ text: String) -> ScriptedServer.Reply {
        var reply = ScriptedServer.Reply()
        reply.body = Array(text.utf8)
        return reply
    }

    @Test func anExporterThatBeginsAnew() async throws {
        let server = try Self.serve { request in
            // 100, 104, then from zero: 3, 7.
            let counts = [100, 104, 3, 7]
            return Self.reply(
                "cpu_seconds_total \(counts[min(request.number, 3)])\nrss_bytes 7\n")
        }
        let client = ScrapeClient()
        let seen = await Self.scrapes(
            4, try Self.endpoint(interval: .milliseconds(250), target: server.url + "/deep/base"),
            client: client, start: Instant.now())
        var log = ObservedLog()
        for scrape in seen { log.note(scrape) }
        let values = try #require(log.samples[Self.cpu]).map(\.value)
        let times = seen.map(\.at.seconds)
        let increases = [4.0, 3, 4]
        for (i, value) in values.enumerated() {
            #expect(abs(value * (times[i + 1] - times[i]) - increases[i]) < 1e-6)
        }
        #expect(values.count == 3)
        #expect(server.requests.allSatisfy { $0.path == "/metrics" && $0.method == "GET" })
        let accept = server.requests[0].headers["accept"]
        #expect(accept?.contains("application/openmetrics-text") ?? false)
    }

    @Test func aSlowExporterIsGivenUp() async throws {
        let server = try Self.serve { request in
            var reply = Self.reply("rss_bytes 7\n")
            if request.number == 0 { reply.delay = .seconds(30) }
            return reply
        }
        let client = ScrapeClient()
        let seen = await Self.scrapes(
            2, try Self.endpoint(interval: .milliseconds(500), target: server.url), client: client,
            start: Instant.now())
        #expect(seen[0].outcome == .failure("no answer within 400ms"))
        guard case .answer = seen[1].outcome else {
            Issue.record("\(seen[1])")
            return
        }
    }

    struct Breakage: Sendable, CustomTestStringConvertible {
        let name: String
        let says: String
        let reply: @Sendable () -> ScriptedServer.Reply
        var testDescription: String { name }
    }

    static let breakages: [Breakage] = [
        Breakage(name: "an error", says: "answered 503") {
            var reply = ScriptedServer.Reply()
            reply.status = 503
            return reply
        },
        Breakage(name: "a redirect", says: "answered 302, a redirect: not followed") {
            var reply = ScriptedServer.Reply()
            reply.status = 302
            reply.headers = ["Location: http://192.0.2.1:9/metrics"]
            return reply
        },
        Breakage(name: "too large", says: "more than 8 MiB") {
            reply(String(repeating: "# 3456789012345\n", count: (8 << 20) / 16 + 4_096))
        },
        Breakage(name: "cut in a line", says: "cut short") { reply("rss_bytes 7\nrss") },
        Breakage(name: "no text", says: "cannot be read: line 1") { reply("<!doctype html>\n") },
        Breakage(name: "cut in the body", says: "") {
            var reply = TargetObserverTests.reply("rss_bytes 7\n")
            reply.ending = .cutShort
            return reply
        },
        Breakage(name: "reset", says: "") {
            var reply = ScriptedServer.Reply()
            reply.ending = .reset
            return reply
        },
    ]

    @Test(arguments: breakages) func aBrokenExporterIsNamed(_ breakage: Breakage) async throws {
        let server = try Self.serve { request in
            request.path == "/metrics" ? breakage.reply() : Self.reply("rss_bytes 9\n")
        }
        let client = ScrapeClient()
        let seen = await Self.scrapes(
            1, try Self.endpoint(interval: .seconds(60), target: server.url), client: client,
            start: Instant.now())
        guard case .failure(let why) = seen[0].outcome else {
            Issue.record("\(seen[0])")
            return
        }
        #expect(!why.isEmpty && (breakage.says.isEmpty || why.contains(breakage.says)), "\(why)")
    }

    @Test func nobodyListens() async throws {
        let port = try RefusingPort()
        let client = ScrapeClient()
        let seen = await Self.scrapes(
            1, try Self.endpoint(target: port.url), client: client, start: Instant.now())
        #expect(seen[0].outcome == .failure("cannot connect"))
    }

    // MARK: - Where a source may be

    /// Refused on its address, before any packet.
    @Test(arguments: [
        ("http://192.0.2.1:9/m", "its address 192.0.2.1:9 is not allowed"),
        ("http://[::ffff:192.0.2.1]:9/m", "its address 192.0.2.1:9 is not allowed"),
        ("http://169.254.169.254/m", "169.254.169.254:80 is link-local"),
        ("http://0.0.0.0:9/m", "0.0.0.0:9 means this host"),
    ])
    func addressesBeyondTheRule(url: String, words: String) async throws {
        let url = try #require(URL(string: url))
        let failure = await #expect(throws: ScrapeFailure.self) {
            try await ScrapeClient().get(url, within: .seconds(60))
        }
        #expect(failure?.why.contains(words) == true, "\(failure?.why ?? "")")
    }

    struct Address: Sendable {
        let url, target: String
        /// nil: refused.
        let expected: String?
    }

    static let addresses: [Address] = [
        .init(
            url: "/metrics", target: "http://127.0.0.1:8080",
            expected: "http://127.0.0.1:8080/metrics"),
        .init(url: "/m?a=b", target: "http://[::1]:80/api/v3?x", expected: "http://[::1]:80/m?a=b"),
        .init(
            url: "http://localhost:9100/metrics", target: "http://127.0.0.1:8080",
            expected: "http://localhost:9100/metrics"),
        .init(url: "http://127.3.2.1/", target: "http://localhost", expected: "http://127.3.2.1/"),
        .init(
            url: "http://shop.test:9/m", target: "http://SHOP.test",
            expected: "http://shop.test:9/m"),
        // Whether it may be asked is the rule's to say.
        .init(
            url: "//192.0.2.1/metrics", target: "http://127.0.0.1",
            expected: "http://192.0.2.1/metrics"),
        .init(url: "http://127.0.0.1@192.0.2.1/", target: "http://127.0.0.1", expected: nil),
        .init(url: "http://me:secret@127.0.0.1/", target: "http://127.0.0.1", expected: nil),
        .init(url: "file:///etc/passwd", target: "http://127.0.0.1", expected: nil),
        .init(url: "https://127.0.0.1/", target: "http://127.0.0.1", expected: nil),
        .init(url: "ftp://127.0.0.1/", target: "http://127.0.0.1", expected: nil),
        .init(url: "http://", target: "http://127.0.0.1", expected: nil),
    ]

    @Test(arguments: addresses) func where_(_ address: Address) throws {
        guard let expected = address.expected else {
            let error = #expect(throws: CommandFailure.self) {
                try Self.endpoint(address.url, target: address.target)
            }
            #expect(error?.code == .badConfiguration)
            #expect(error?.message.hasPrefix("s.yaml:3: observe engine: url ") ?? false)
            return
        }
        let endpoint = try Self.endpoint(address.url, target: address.target)
        #expect(endpoint.url.absoluteString == expected)
    }
}
