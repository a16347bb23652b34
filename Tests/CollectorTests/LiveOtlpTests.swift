// The OTLP push: exponential histograms by their definition, the JSON by the mapping of protobuf,
// retries and drops against a scripted server.

import Foundation
import HarnessCore
import Telemetry
import TestSupport
import Testing

@testable import Collector

@Suite struct LiveOtlpTests {
    @Test(arguments: [
        (3.0, 0, 1), (4.0, 0, 1), (4.1, 0, 2), (1.0, 0, -1), (0.5, 0, -2), (2.0, 3, 7),
        (2.0, -1, 0), (4.0, -1, 0), (5.0, -1, 1), (0.001, 8, -2_552),
    ])
    func index(value: Double, scale: Int, index: Int) {
        #expect(ExponentialHistogram.index(value, scale) == index)
    }

    /// Every sample in a bucket whose bounds hold its midpoint, and no larger scale would do.
    @Test func histogramsByDefinition() {
        var random = SplitMix64(state: 21)
        for round in 0..<40 {
            let width = Double.random(in: 0...20, using: &random)
            let low = Double.random(in: 6...9, using: &random)
            let values = (0..<100).map { _ in
                UInt64(exp(Double.random(in: low...(low + width), using: &random)))
            }
            let histogram = LiveMetricsTests.merged(values)
            let found = ExponentialHistogram(histogram)
            #expect(found.counts.reduce(0, +) == 100, "seed 21, round \(round)")
            #expect(found.counts.count <= 160 && found.scale <= 8)
            #expect((found.counts.first ?? 0) > 0 && (found.counts.last ?? 0) > 0)
            var twin = [Int: UInt64]()
            var points: [Double] = []
            histogram.forEachBucket { lowest, count in
                let index = HistogramLayout.index(lowest)
                let next = HistogramLayout.highestEquivalent(index) + 1
                let middle = (Double(lowest) + Double(next)) / 2e9
                points.append(middle)
                let base = exp2(exp2(-Double(found.scale)))
                let bucket = found.counts.indices.first { i in
                    let lower = pow(base, Double(found.offset + i))
                    return lower * (1 - 1e-12) < middle && middle <= lower * base * (1 + 1e-12)
                }
                twin[bucket ?? -1, default: 0] += count
            }
            #expect(twin[-1] == nil)
            let counts = found.counts.indices.map { twin[$0] ?? 0 }
            #expect(counts == found.counts, "seed 21, round \(round)")
            let (first, last) = (points.min() ?? 1, points.max() ?? 1)
            let span =
                ExponentialHistogram.index(last, found.scale + 1)
                - ExponentialHistogram.index(first, found.scale + 1) + 1
            #expect(found.scale == 8 || span > 160, "seed 21, round \(round)")
        }
    }

    @Test func noSamples() {
        #expect(ExponentialHistogram(MergedHistogram()).counts == [])
    }

    @Test func jsonOfProtobuf() throws {
        let snapshot = LiveFixture.failing.feed.snapshot
        let text = OtlpJSON.render(snapshot, startNs: 1_800_000_000_000_000_001, nowNs: 5)
        let metrics = try OtlpReader(text).metrics
        #expect(Set(metrics.keys) == LiveMetricsTests.names)
        let times = try #require(metrics["spotload_http_req_response_time_seconds"])
        #expect(times.kind == "exponentialHistogram" && times.unit == "s")
        #expect(times.points.map(\.count) == [40] && times.points[0].sum == 1)
        let failed = try #require(metrics["spotload_http_req_failed_total"])
        #expect(failed.kind == "sum" && failed.points.map(\.count) == [50])
        #expect(failed.points[0].attributes == ["scenario": "orders", "name": "order new"])
        #expect(metrics["spotload_vus"]?.kind == "gauge")
        #expect(metrics["spotload_data_sent_bytes_total"]?.unit == "By")
        #expect(text.contains(#""startTimeUnixNano":"1800000000000000001""#))
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/metrics"),
            ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/metrics"),
            ("https://h/api/v1/otlp", "https://h/api/v1/otlp/v1/metrics"),
            ("127.0.0.1:4318", nil), ("ftp://h", nil), ("http://", nil), ("http://h?x=1", nil),
            ("", nil),
        ] as [(String, String?)])
    func endpoints(text: String, url: String?) {
        #expect(
            OtlpPush.endpoint(text)?.appendingPathComponent("v1/metrics").absoluteString == url)
    }

    static let quick = OtlpPush.Timings(
        interval: .milliseconds(50), timeout: .seconds(20), pause: .milliseconds(1))
    static let impatient = OtlpPush.Timings(timeout: .milliseconds(300), pause: .milliseconds(1))

    @Test func pushesWhileItRunsAndAtTheEnd() async throws {
        let server = try ScriptedServer()
        let push = OtlpPush(
            try #require(OtlpPush.endpoint(server.url)), feed: LiveFixture.feed(windows: 3),
            timings: Self.quick)
        push.start()
        await Self.wait { server.requests.count >= 2 }
        await push.finish()
        #expect(push.counts.pushed >= 3 && push.counts.dropped == 0 && push.note == nil)
        for request in server.requests {
            #expect(request.method == "POST" && request.path == "/v1/metrics")
            #expect(request.headers["content-type"] == "application/json")
            #expect(
                try OtlpReader(String(decoding: request.body, as: UTF8.self)).metrics.count > 10)
        }
    }

    @Test(arguments: [
        ([503, 200], 1, 0, 2), ([429, 500, 200], 1, 0, 3), ([503, 502, 500, 200], 0, 1, 3),
        ([400], 0, 1, 1), ([404], 0, 1, 1),
    ])
    func triesAgain(statuses: [Int], pushed: Int, dropped: Int, requests: Int) async throws {
        let server = try ScriptedServer { request in
            var reply = ScriptedServer.Reply()
            reply.status = statuses[min(request.number, statuses.count - 1)]
            return reply
        }
        let push = OtlpPush(
            try #require(OtlpPush.endpoint(server.url)), feed: LiveFixture.feed(windows: 1),
            timings: Self.quick)
        await push.finish()
        #expect(push.counts == (pushed, dropped))
        #expect(server.requests.count == requests)
        let note = "OTLP: 1 of 1 pushes to \(server.url)/v1/metrics were dropped: status "
        #expect(dropped == 0 ? push.note == nil : push.note?.hasPrefix(note) == true)
    }

    @Test func nobodyAnswers() async throws {
        let silent = try ScriptedServer { _ in
            var reply = ScriptedServer.Reply()
            reply.ending = .silence
            return reply
        }
        let refusing = try RefusingPort()
        for url in [silent.url, refusing.url] {
            let push = OtlpPush(
                try #require(OtlpPush.endpoint(url)), feed: LiveFixture.feed(windows: 1),
                timings: Self.impatient)
            await push.finish()
            #expect(push.counts == (0, 1) && push.tries == 3, "\(url)")
        }
        // A try may be over before a busy server has read it.
        #expect(silent.requests.count <= 3)
    }

    /// An answer that never ends counts as none, though bytes of it came.
    @Test func anAnswerThatStops() async throws {
        let server = try ScriptedServer { _ in
            var reply = ScriptedServer.Reply()
            reply.raw = Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".utf8)
            return reply
        }
        let push = OtlpPush(
            try #require(OtlpPush.endpoint(server.url)), feed: LiveFixture.feed(windows: 1),
            timings: Self.impatient)
        await push.finish()
        #expect(push.counts == (0, 1) && push.tries == 3)
        #expect(push.note?.hasSuffix("were dropped: timed out") == true, "\(push.note ?? "")")
    }

    /// While a push waits for its answer, windows go through the feed as ever.
    @Test func theFeedDoesNotWait() async throws {
        let silent = try ScriptedServer { _ in
            var reply = ScriptedServer.Reply()
            reply.ending = .silence
            return reply
        }
        let scenario = Synthetic.scenario(ReportFixture.pass, seconds: 3_600)
        let feed = LiveFeed(LiveFixture.run(scenario))
        let push = OtlpPush(
            try #require(OtlpPush.endpoint(silent.url)), feed: feed,
            timings: .init(interval: .milliseconds(1), timeout: .seconds(3_600)))
        push.start()
        await Self.wait { silent.requests.count == 1 }
        LiveFixture.push(20, to: feed, scenario: scenario)
        #expect(feed.subscribe(after: nil) {}?.replay.count == 21)
        #expect(push.tries == 1 && push.counts == (0, 0))
        push.cancel()
    }

    /// Polls; false conditions end in the expectations that follow.
    static func wait(_ condition: () -> Bool) async {
        for _ in 0..<1_000 where !condition() {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// Reads an ExportMetricsServiceRequest and takes nothing that the JSON mapping of protobuf does
/// not allow: unknown fields, 64-bit integers that are no strings, enums that are no numbers.
struct OtlpReader {
    struct Failure: Error { let what: String }
    struct Point {
        var attributes: [String: String]
        /// Of a sum or a histogram.
        var count: UInt64
        var sum = 0.0
    }
    struct Metric {
        var kind: String
        var unit: String
        var points: [Point]
    }
    private(set) var metrics: [String: Metric] = [:]

    init(_ text: String) throws {
        let root = try Self.map(
            JSONSerialization.jsonObject(with: Data(text.utf8)), ["resourceMetrics"])
        for item in try Self.list(root["resourceMetrics"]) {
            let resource = try Self.map(item, ["resource", "scopeMetrics"])
            let attributes = try Self.map(resource["resource"], ["attributes"])
            let service = try Self.attributes(attributes["attributes"])["service.name"]
            guard service == "spotload" else { throw Failure(what: "service.name") }
            for scoped in try Self.list(resource["scopeMetrics"]) {
                let scope = try Self.map(scoped, ["scope", "metrics"])
                _ = try Self.map(scope["scope"], ["name", "version"])
                for metric in try Self.list(scope["metrics"]) { try add(metric) }
            }
        }
    }

    private mutating func add(_ value: Any) throws {
        let kinds = ["sum", "gauge", "exponentialHistogram"]
        let map = try Self.map(value, Set(kinds + ["name", "description", "unit"]))
        let data = kinds.filter { map[$0] != nil }
        guard let name = map["name"] as? String, metrics[name] == nil, data.count == 1 else {
            throw Failure(what: "\(map["name"] ?? "")")
        }
        let kind = data[0]
        var fields: Set = ["dataPoints"]
        if kind != "gauge" { fields.insert("aggregationTemporality") }
        if kind == "sum" { fields.insert("isMonotonic") }
        let points = try Self.map(map[kind], fields)
        if kind != "gauge", points["aggregationTemporality"] as? Int != 2 {
            throw Failure(what: "\(name): temporality")
        }
        if kind == "sum", points["isMonotonic"] as? Bool != true {
            throw Failure(what: "\(name): isMonotonic")
        }
        metrics[name] = Metric(
            kind: kind, unit: map["unit"] as? String ?? "",
            points: try Self.list(points["dataPoints"]).map {
                try kind == "exponentialHistogram" ? Self.histogram($0) : Self.number($0, kind)
            })
    }

    private static func number(_ value: Any, _ kind: String) throws -> Point {
        let map = try map(
            value, ["attributes", "startTimeUnixNano", "timeUnixNano", "asInt", "asDouble"])
        _ = try whole(map["timeUnixNano"])
        if kind == "sum" { _ = try whole(map["startTimeUnixNano"]) }
        guard (map["asInt"] == nil) != (map["asDouble"] == nil) else {
            throw Failure(what: "one of asInt and asDouble")
        }
        return Point(
            attributes: try attributes(map["attributes"]),
            count: try map["asInt"].map { try whole($0) } ?? 0)
    }

    private static func histogram(_ value: Any) throws -> Point {
        let map = try map(
            value,
            [
                "attributes", "startTimeUnixNano", "timeUnixNano", "count", "sum", "min", "max",
                "scale", "zeroCount", "positive",
            ])
        for key in ["startTimeUnixNano", "timeUnixNano"] { _ = try whole(map[key]) }
        let buckets = try Self.map(map["positive"], ["offset", "bucketCounts"])
        let counts = try list(buckets["bucketCounts"]).map { try whole($0) }
        let count = try whole(map["count"])
        guard try counts.reduce(0, +) + whole(map["zeroCount"]) == count,
            let scale = map["scale"] as? Int, scale <= 8, counts.count <= 160,
            buckets["offset"] is Int, let sum = map["sum"] as? Double,
            let low = map["min"] as? Double, let high = map["max"] as? Double, low <= high
        else { throw Failure(what: "histogram \(map)") }
        return Point(attributes: try attributes(map["attributes"]), count: count, sum: sum)
    }

    private static func attributes(_ value: Any?) throws -> [String: String] {
        var found: [String: String] = [:]
        for item in try list(value) {
            let pair = try map(item, ["key", "value"])
            let inner = try map(pair["value"], ["stringValue"])
            guard let key = pair["key"] as? String, let text = inner["stringValue"] as? String,
                found.updateValue(text, forKey: key) == nil
            else { throw Failure(what: "attribute \(pair)") }
        }
        return found
    }

    /// A 64-bit integer: a string of digits.
    private static func whole(_ value: Any?) throws -> UInt64 {
        guard let text = value as? String, let n = UInt64(text) else {
            throw Failure(what: "64-bit \(value ?? "missing")")
        }
        return n
    }

    private static func map(_ value: Any?, _ allowed: Set<String>) throws -> [String: Any] {
        guard let map = value as? [String: Any] else { throw Failure(what: "no map") }
        let unknown = Set(map.keys).subtracting(allowed)
        guard unknown.isEmpty else { throw Failure(what: "unknown fields \(unknown)") }
        return map
    }

    private static func list(_ value: Any?) throws -> [Any] {
        guard let list = value as? [Any] else { throw Failure(what: "no list") }
        return list
    }
}
