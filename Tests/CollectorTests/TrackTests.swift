// Tracks of criteria: the same whatever order deltas come in, and what a slow twin says.

import Collector
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@Suite struct TrackTests {
    private static func scenario(warmup: String = "5s", seconds: Int = 100) throws -> Scenario {
        try ScenarioLoader.load(
            text: """
                name: tracks
                target: http://127.0.0.1:1
                warmup: \(warmup)
                scenarios:
                  main:
                    {executor: constant-arrival-rate, exec: two, rate: 10, duration: \(seconds)s,
                     preAllocatedVUs: 1}
                  side: {executor: constant-vus, exec: two, vus: 1, duration: \(seconds)s}
                flows:
                  two:
                    - think: 1ms
                    - get: {url: /a, name: first}
                    - get: {url: /b, name: second}
                """, file: "tracks.yaml", options: LoadOptions()
        ).scenario
    }

    private static func criterion(
        _ metric: String, _ statistic: Criterion.Statistic, _ comparison: Criterion.Operator,
        _ lower: Double, _ upper: Double? = nil, tags: [String: String] = [:],
        window: Criterion.Window = .whole, excludesWarmup: Bool = true
    ) -> Criterion {
        var criterion = Criterion(
            name: metric,
            subject: .metric(MetricSelector(text: metric, metric: metric, tags: tags)),
            statistic: statistic, statisticText: "", comparison: comparison, lower: lower,
            upper: upper ?? lower, unit: .plain, limitText: "",
            source: SourcePosition(file: "tracks.yaml", line: 1, column: 1))
        criterion.window = window
        criterion.excludesWarmup = excludesWarmup
        return criterion
    }

    private static let response = "http_req_response_time"

    private static var criteria: [Criterion] {
        [
            criterion(response, .percentile(99), .less, 100),
            criterion(response, .percentile(50), .within, 20, 100, excludesWarmup: false),
            criterion(response, .percentile(95), .greaterOrEqual, 20, tags: ["scenario": "main"]),
            criterion(response, .ratio(.lessOrEqual, limitMs: 100), .greater, 0.9),
            criterion(
                response, .median, .lessOrEqual, 100, tags: ["name": "second"],
                window: .last(.seconds(40))),
            criterion(response, .maximum, .less, 200, tags: ["name": "first"]),
            criterion(response, .average, .less, 200, window: .last(.seconds(7))),
            criterion(
                response, .percentile(90), .less, 20, tags: ["expected_response": "true"],
                window: .span(from: .seconds(20), to: .seconds(60))),
            criterion(response, .percentile(99), .less, 100, tags: ["status": "200"]),
            criterion(
                response, .percentile(99), .less, 100, tags: ["method": "GET"],
                excludesWarmup: false),
            criterion("http_req_duration", .percentile(99), .less, 100),
            criterion("http_reqs", .rate, .greaterOrEqual, 10, tags: ["name": "first"]),
            criterion("http_reqs", .count, .greaterOrEqual, 10),
            criterion("http_req_failed", .rate, .less, 0.01),
            criterion("http_req_failed", .rate, .less, 0.01, tags: ["name": "second"]),
            criterion("vus", .average, .lessOrEqual, 20),
        ]
    }

    /// Agents' deltas in their own order, mixed at random.
    private static func shuffled(_ run: TwinRun, _ random: inout SplitMix64) -> [Delta] {
        var rest = run.deltas.map { $0[...] }
        var out: [Delta] = []
        while true {
            let open = rest.indices.filter { !rest[$0].isEmpty }
            guard !open.isEmpty else { return out }
            let i = open[Int(random.next() % UInt64(open.count))]
            if let next = rest[i].popFirst() { out.append(next) }
        }
    }

    @Test(arguments: 0..<6) func tracksAreThoseOfTheSlowTwin(seed: UInt64) throws {
        var scenario = try Self.scenario(seconds: [60, 100, 190][Int(seed % 3)])
        scenario.criteria = Self.criteria
        let run = TwinRun(scenario, seed: seed, agents: 3, windows: UInt32(70 + seed * 11))
        let scheduled: UInt32 = [60, 100, 190][Int(seed % 3)]
        var random = SplitMix64(state: seed &+ 77)
        let wanted = scenario.criteria.map {
            TrackTwin(run: run, criterion: $0, scheduled: scheduled).track
        }
        #expect(wanted.allSatisfy { !$0.windows.isEmpty })
        for _ in 0..<3 {
            var aggregate = RunAggregate(scenario: scenario)
            aggregate.expectedAgents = 3
            for delta in Self.shuffled(run, &random) { aggregate.merge(delta) }
            for (i, track) in aggregate.tracks.enumerated() {
                expectEqual(track, wanted[i], "criterion \(i), seed \(seed)")
            }
        }
    }

    private func expectEqual(_ a: CriterionTrack, _ b: CriterionTrack, _ what: String) {
        if a == b { return }
        #expect(a.begin == b.begin && a.end == b.end, "\(what)")
        for window in Set(a.windows.keys).union(b.windows.keys).sorted() {
            #expect(a.windows[window] == b.windows[window], "\(what), window \(window)")
        }
        #expect(a.histogram == b.histogram, "\(what): histogram")
        #expect(a.sliceWindows == b.sliceWindows && a.slices == b.slices, "\(what): slices")
    }

    @Test func observedMetricsHaveEmptyTracks() throws {
        var scenario = try Self.scenario()
        var observed = Self.criterion("x", .average, .less, 1)
        observed.subject = .observed(ObservedName(source: "engine", metric: "cpu"))
        scenario.criteria = [observed, Self.criterion("http_reqs", .count, .greater, 0)]
        var aggregate = RunAggregate(scenario: scenario)
        for delta in Synthetic.deltas([SyntheticWindow](repeating: .init(), count: 8)) {
            aggregate.merge(delta)
        }
        #expect(aggregate.tracks[0] == CriterionTrack())
        #expect(aggregate.tracks[1].windows.values.reduce(0) { $0 + $1.sum } == 300)
    }

    @Test func anHourKeepsSixtyFourSlices() throws {
        var scenario = try Self.scenario(seconds: 3_600)
        scenario.criteria = [
            Self.criterion(Self.response, .percentile(99), .less, 100),
            Self.criterion(
                Self.response, .percentile(99), .less, 100, window: .last(.seconds(600))),
        ]
        var aggregate = RunAggregate(scenario: scenario)
        let windows = [SyntheticWindow](repeating: .init(responseMs: [10, 150]), count: 3_600)
        for delta in Synthetic.deltas(windows) { aggregate.merge(delta) }
        let (whole, last) = (aggregate.tracks[0], aggregate.tracks[1])
        #expect((32...64).contains(whole.slices.count) && whole.sliceWindows == 64)
        #expect(whole.histogram.count == 7_190 && whole.windows.count == 3_595)
        #expect(last.slices.count <= 33 && last.sliceWindows == 19)
        #expect((610...628).contains(last.windows.count))
        #expect(last.histogram.count == UInt64(2 * last.windows.count))
        #expect(last.windows.values.allSatisfy { $0.count == 2 && $0.bad == 1 })
    }

    @Test func millionthsAddUpInAnyOrder() throws {
        var scenario = try Self.scenario(warmup: "0s")
        scenario.customMetrics = [CustomMetric(name: "paid", kind: .counter, isTime: false)]
        scenario.criteria = [Self.criterion("paid", .count, .greater, 1)]
        var sums: Set<Double> = []
        for order in [[1, 2, 3], [3, 2, 1], [2, 3, 1]] {
            var aggregate = RunAggregate(scenario: scenario)
            for (slot, millionths) in order.enumerated() {
                let paid = SeriesDelta(
                    key: SeriesKey("paid", ["scenario": "main"]),
                    value: .counter(delta: UInt64(100_000 * millionths), cum: 0))
                for delta in Synthetic.deltas([.init()], slot: UInt32(slot), extra: [0: [paid]]) {
                    aggregate.merge(delta)
                }
            }
            sums.formUnion(aggregate.tracks[0].windows.values.map(\.sum))
        }
        #expect(sums == [0.6])
    }
}
