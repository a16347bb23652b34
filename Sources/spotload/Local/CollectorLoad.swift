// Deltas as agents would send them, for `spotload bench collector`: five series of 1,000 log-normal
// samples a window, with books that add up, so that the ingest takes them.

import Collector
import Glibc
import HarnessCore
import ScenarioModel
import Telemetry

/// The deltas of several agents, window by window; the same for the same seed.
struct CollectorLoad {
    static let samples = 1_000
    static let runID = "20270102T001500Z-be9c"
    /// Windows until samples repeat; cumulative counts go on.
    private static let poolWindows = 64

    private static let series: [SeriesKey] = {
        let request = ["scenario": "orders", "name": "order new", "expected_response": "true"]
        let scenario = ["scenario": "orders"]
        return [
            SeriesKey("http_req_response_time", request), SeriesKey("http_req_duration", request),
            SeriesKey("schedule_lag", scenario), SeriesKey("iteration_duration", scenario),
            SeriesKey("http_req_waiting", scenario),
        ]
    }()

    let agents: Int
    private let pool: [[HistogramDelta]]

    init(agents: Int, seed: UInt64 = 42) {
        self.agents = agents
        var rng = SplitMix64(state: seed)
        pool = (0..<Self.poolWindows).map { _ in
            Self.series.map { key in
                // The generator's own lag is far below what it measures.
                Self.histogram(medianNs: key.metric == "schedule_lag" ? 5e4 : 5e6, &rng)
            }
        }
    }

    private static func histogram(medianNs: Double, _ rng: inout SplitMix64) -> HistogramDelta {
        var values: [UInt64] = []
        for _ in 0..<samples / 2 {
            // Box and Muller: two normal numbers of two uniform ones.
            let radius = (-2 * log(Draw.unit(rng.next()))).squareRoot()
            let angle = 2 * Double.pi * Draw.unit(rng.next())
            for normal in [radius * cos(angle), radius * sin(angle)] {
                values.append(UInt64(medianNs * exp(0.8 * normal)))
            }
        }
        var counts: [Int: UInt64] = [:]
        for value in values { counts[HistogramLayout.index(value), default: 0] += 1 }
        return HistogramDelta(
            count: UInt64(values.count), cum: 0, min: values.min() ?? 0, max: values.max() ?? 0,
            sum: values.reduce(0, +), over: [UInt64(values.count { $0 > 100_000_000 })],
            buckets: counts.sorted { $0.key < $1.key }.map {
                .init(index: UInt32($0.key), count: $0.value)
            })
    }

    /// The bytes of one agent's window.
    func bytes(slot: Int, window: Int) throws(DeltaError) -> [UInt8] {
        let histograms = pool[(window &* 7 &+ slot &* 13) % Self.poolWindows]
        let merged = UInt64(Self.samples) * UInt64(window + 1)
        var counters = RunCounters()
        counters.scheduled = merged
        counters.started = merged
        counters.completed = merged
        counters.samples = merged * UInt64(Self.series.count)
        let series = zip(Self.series, histograms).map { key, histogram in
            var histogram = histogram
            histogram.cum = merged
            return SeriesDelta(key: key, value: .histogram(histogram))
        }
        return try DeltaCodec.encode(
            Delta(
                runTag: Delta.runTag(of: Self.runID), slot: UInt32(slot), epoch: 1,
                seq: UInt64(window + 1), fromWindow: UInt32(window), toWindow: UInt32(window + 1),
                planRev: 1, cutAtUs: Int64(window + 1) * 1_000_000, counters: counters,
                series: series))
    }

    /// An open model of an hour, judged by two thresholds and, if asked, by seven criteria.
    static func scenario(hasCriteria: Bool) -> Scenario {
        var scenario = Scenario(
            name: "bench",
            workloads: [
                Workload(
                    name: "orders", exec: "trade",
                    executor: .constantArrivalRate(
                        ConstantArrivalRate(
                            rate: 4_000, duration: .seconds(3_600), preAllocatedVUs: 100,
                            maxVUs: 200)))
            ], flows: [:])
        scenario.thresholds = [95, 99].map { p in
            Threshold(
                selector: MetricSelector(
                    text: "http_req_response_time", metric: "http_req_response_time", tags: [:]),
                expression: "p(\(p))<100", aggregation: .percentile(Double(p)), comparison: .less,
                limit: 100, source: SourcePosition(file: "bench", line: 1, column: 1))
        }
        if hasCriteria { scenario.criteria = criteria }
        return scenario
    }

    /// Percentiles of the response time in all kinds of windows, its mean, and failures.
    private static var criteria: [Criterion] {
        func criterion(
            _ metric: String, _ statistic: Criterion.Statistic, _ text: String, _ limit: Double,
            _ unit: Criterion.Unit, window: Criterion.Window = .whole
        ) -> Criterion {
            var criterion = Criterion(
                name: "\(metric) \(text)",
                subject: .metric(MetricSelector(text: metric, metric: metric, tags: [:])),
                statistic: statistic, statisticText: text, comparison: .less, lower: limit,
                upper: limit, unit: unit, limitText: "\(limit)\(unit.rawValue)",
                source: SourcePosition(file: "bench", line: 1, column: 1))
            criterion.window = window
            return criterion
        }
        let response = "http_req_response_time"
        return [
            criterion(response, .median, "med", 20, .milliseconds),
            criterion(response, .percentile(95), "p(95)", 100, .milliseconds),
            criterion(response, .percentile(99), "p(99)", 200, .milliseconds),
            criterion(
                response, .percentile(99), "p(99)", 200, .milliseconds,
                window: .last(.seconds(300))),
            criterion(
                response, .percentile(99), "p(99)", 200, .milliseconds,
                window: .slices(.seconds(10), allow: 0.02)),
            criterion(response, .average, "avg", 50, .milliseconds),
            criterion("http_req_failed", .rate, "rate", 0.01, .ratio),
        ]
    }
}
