// The plan's resources from a real exporter: the bundled engine under load, scraped over HTTP.

import Collector
import Foundation
import HarnessCore
import ScenarioModel
import Synchronization
import TestSupport
import Testing

@Suite struct ObserveEngineTests {
    private static func source(_ metrics: [(String, String, Bool)]) -> ObserveSource {
        var source = ObserveSource(
            name: "engine", url: "/metrics",
            metrics: metrics.map { name, series, isRate in
                var metric = ObserveSource.Metric(name: name, series: series)
                metric.reading = isRate ? .rate : .gauge
                return metric
            }, source: SourcePosition(file: "s.yaml", line: 1, column: 1))
        source.interval = .milliseconds(250)
        return source
    }

    @Test func cpuAndMemory() async throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        let source = Self.source([
            ("cpu", "process_cpu_seconds_total", true),
            ("cores", "spotload_engine_cpu_cores", false),
            ("rss", "process_resident_memory_bytes", false),
            ("memory", "spotload_engine_memory_limit_bytes", false),
            ("requests", "spotload_engine_http_requests_total", true),
        ])
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        let client = ScrapeClient()
        let box = ObservedBox()
        let observer = TargetObserver(
            [try ObserveEndpoint(source, target: engine.url)], client: client
        ) { scrape in
            continuation.yield(box.note(scrape))
        }
        observer.start(at: Instant.now())
        let web = HTTPClient(engine.url)
        for await answers in stream {
            for _ in 0..<20 { _ = web.send("GET", "/healthz") }
            if answers >= 6 { break }
        }
        await observer.stop()
        let seen = box.log
        func values(_ metric: String) -> [Double] {
            let name = ObservedName(source: "engine", metric: metric)
            return (seen.samples[name] ?? []).map(\.value)
        }
        #expect(seen.sources["engine"]?.missing == nil, "\(seen.sources)")
        #expect(values("cpu").count >= 5 && values("cpu").allSatisfy { $0 >= 0 && $0 < 1_000 })
        #expect(values("cores").allSatisfy { $0 >= 1 })
        #expect(values("rss").allSatisfy { $0 > 1_048_576 })
        for (rss, memory) in zip(values("rss"), values("memory")) { #expect(rss < memory) }
        #expect(values("requests").reduce(0, +) > 0)
    }

    private final class ObservedBox: Sendable {
        private let state = Mutex(ObservedLog())
        var log: ObservedLog { state.withLock { $0 } }
        /// How many answers there are.
        func note(_ scrape: ObservedScrape) -> Int {
            state.withLock { log in
                log.note(scrape)
                return log.sources["engine"]?.answered ?? 0
            }
        }
    }
}
