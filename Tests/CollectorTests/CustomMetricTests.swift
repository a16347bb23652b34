// Metrics of the document's own: merged, judged by kind, reported. Values travel in millionths.

import Foundation
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@testable import Collector

@Suite struct CustomMetricTests {
    static let metrics = [
        CustomMetric(name: "depth", kind: .gauge, isTime: false),
        CustomMetric(name: "filled", kind: .counter, isTime: false),
        CustomMetric(name: "hit", kind: .rate, isTime: false),
        CustomMetric(name: "size", kind: .trend, isTime: false),
        CustomMetric(name: "wait", kind: .trend, isTime: true),
    ]

    static func scenario(_ thresholds: [Threshold]) -> Scenario {
        var scenario = Synthetic.scenario(thresholds)
        scenario.customMetrics = metrics
        scenario.tags = ["team": "a"]
        scenario.workloads[0].tags = ["kind": "write"]
        return scenario
    }

    static func key(_ metric: String, _ tags: [String: String] = [:]) -> SeriesKey {
        SeriesKey(metric, tags.merging(["scenario": "orders"]) { $1 })
    }

    static func counter(_ metric: String, _ n: UInt64, _ tags: [String: String] = [:])
        -> SeriesDelta
    {
        SeriesDelta(key: key(metric, tags), value: .counter(delta: n, cum: 0))
    }

    static func gauge(_ value: Int64, _ tags: [String: String] = [:]) -> SeriesDelta {
        SeriesDelta(
            key: key("depth", tags),
            value: .gauge(GaugeDelta(n: 1, last: value, min: value, max: value, sum: value)))
    }

    static func trend(_ metric: String, _ values: [Double], _ tags: [String: String] = [:])
        -> SeriesDelta
    {
        SeriesDelta(
            key: key(metric, tags),
            value: .histogram(Synthetic.histogram(values.map { UInt64($0 * 1e6) })))
    }

    /// The sinks of scenarios.md section 9, and a little of each other kind.
    static let extra: [UInt32: [SeriesDelta]] = [
        1: [
            trend("size", [0, 100, 30, 80, 70, 60, 50, 40, 90, 20]), trend("wait", [5, 10]),
            counter("filled", 1_000_000_000, ["side": "buy"]), gauge(7_000_000),
            counter("hit", 2, ["rate": "true"]), counter("hit", 1, ["rate": "false"]),
        ],
        3: [
            counter("filled", 234_500_000), gauge(2_500_000, ["side": "buy"]),
            counter("hit", 1, ["rate": "true"]), counter("hit", 2, ["rate": "false"]),
        ],
    ]

    static func rows(_ thresholds: [Threshold]) -> [CriterionRow] {
        let scenario = scenario(thresholds)
        var aggregate = RunAggregate(scenario: scenario)
        let windows = [SyntheticWindow](repeating: .init(), count: 10)
        for delta in Synthetic.deltas(windows, extra: extra) { aggregate.merge(delta) }
        return Judge(scenario: scenario).verdict(
            aggregate, facts: Synthetic.facts(scenario), accounting: Synthetic.books(aggregate)
        ).rows
    }

    /// Metric, tags, expression, the value it sees, whether it holds.
    static let table: [(String, [String: String], String, Double?, Bool)] = [
        ("size", [:], "min==0", 0, true), ("size", [:], "max<=100", 100, true),
        ("size", [:], "avg<54.1", 54, true), ("size", [:], "med<55.1", 55, true),
        ("size", [:], "med<54.9", 55, false), ("size", [:], "p(90)<91.1", 91, true),
        ("size", [:], "p(95)<95.6", 95.5, true), ("size", [:], "p(99)<99.2", 99.1, true),
        ("size", [:], "p(99)<99", 99.1, false), ("wait", [:], "p(50)<7.6", 7.5, true),
        ("wait", [:], "p(95)<9.8", 9.75, true), ("wait", [:], "p(99)<10", 9.95, true),
        ("size", ["team": "a"], "max<=100", 100, true),
        ("size", ["kind": "x"], "max<1", nil, false),
        ("filled", [:], "count<2000", 1234.5, true), ("filled", [:], "count>3000", 1234.5, false),
        ("filled", [:], "rate>123", 123.45, true), ("filled", [:], "rate<100", 123.45, false),
        ("filled", ["side": "buy"], "count==1000", 1_000, true),
        ("filled", ["kind": "write"], "count==1234.5", 1234.5, true),
        ("filled", ["side": "sell"], "count==0", 0, true),
        ("depth", [:], "value==2.5", 2.5, true), ("depth", ["side": "buy"], "value<3", 2.5, true),
        ("hit", [:], "rate==0.5", 0.5, true), ("hit", ["team": "b"], "rate>0", nil, false),
    ]

    static func threshold(_ metric: String, _ tags: [String: String], _ text: String) throws
        -> Threshold
    {
        let parsed = try ThresholdParser.expression(text)
        return Synthetic.threshold(
            metric, text, parsed.aggregation, parsed.comparison, parsed.limit, tags: tags)
    }

    @Test func judgedByKind() throws {
        let thresholds = try Self.table.map { try Self.threshold($0.0, $0.1, $0.2) }
        let rows = Self.rows(thresholds)
        #expect(rows.count == Self.table.count)
        for (row, (metric, tags, text, value, holds)) in zip(rows, Self.table) {
            #expect((row.verdict == .pass) == holds, "\(metric)\(tags) \(text): \(row)")
            guard let value else {
                #expect(row.observed == nil && row.reason == "no samples")
                continue
            }
            // A percentile is at most a bucket too high.
            let observed = row.observed ?? .nan
            #expect(observed >= value - 1e-9 && observed <= value * 1.001 + 0.001, "\(text)")
            let isTime = metric == "wait"
            let unit: MetricUnit =
                metric == "hit"
                ? .ratio : text.hasPrefix("rate") ? .perSecond : isTime ? .milliseconds : .plain
            #expect(row.unit == unit, "\(metric) \(text)")
        }
    }

    /// Of a gauge the value that was set last counts, whoever set it; VUs are summed.
    @Test func aGaugeIsTheNewestValue() {
        var table = SeriesTable()
        table.merge(Self.gauge(5), slot: 1, order: DeltaOrder(epoch: 1, seq: 9))
        table.merge(Self.gauge(3, ["side": "buy"]), slot: 0, order: DeltaOrder(epoch: 1, seq: 4))
        #expect(table.gauge(SeriesSelection("depth")) == 5)
        table.merge(Self.gauge(8), slot: 0, order: DeltaOrder(epoch: 1, seq: 10))
        #expect(table.gauge(SeriesSelection("depth")) == 8)
        #expect(table.gauge(SeriesSelection("depth", ["side": "buy"])) == 3)
        #expect(table.gauge(SeriesSelection("nothing")) == nil)
    }

    private static var run: FinishedRun {
        let scenario = scenario([])
        var aggregate = RunAggregate(scenario: scenario)
        let windows = [SyntheticWindow](repeating: .init(), count: 10)
        for delta in Synthetic.deltas(windows, extra: extra) { aggregate.merge(delta) }
        var run = ReportFixture.passing
        run.aggregate = aggregate
        return run
    }

    @Test func onTheTerminal() {
        let text = TerminalReport.render(Self.run, color: false, width: 92, quiet: false)
        for line in [
            "CUSTOM   depth 2.50   filled 1,234.50 (123.5/s)   hit 50.00 % of 6",
            "CUSTOM TRENDS  count   min   mean    p50    p90     p95     p99   p99.9     max",
            "  size            10  0.00  54.00  50.00  90.05  100.00  100.00  100.00  100.00",
            "  wait ms          2  5.00   7.50   5.00  10.00   10.00   10.00   10.00   10.00",
        ] {
            #expect(text.contains(line), "\(line) is not in \(text)")
        }
    }

    @Test func inTheSummary() throws {
        let bytes = SummaryJSON.render(Self.run)
        let summary = try #require(
            JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let custom = try #require(summary["custom"] as? [[String: Any]])
        #expect(custom.map { $0["metric"] as? String } == Self.metrics.map(\.name))
        let values = custom.map { $0["values"] as? [String: Double] ?? [:] }
        #expect(values[0] == ["value": 2.5])
        #expect(values[1] == ["count": 1234.5, "rate": 123.45])
        #expect(values[2] == ["rate": 0.5, "passes": 3, "fails": 3])
        #expect(
            Set(values[3].keys) == [
                "count", "avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "p(99.9)",
            ])
        #expect(values[3]["avg"] == 54 && values[3]["count"] == 10 && values[3]["max"] == 100)
        #expect(custom.map { $0["unit"] as? String } == ["", "", "", "", "ms"])
        let series = try #require(summary["series"] as? [[String: Any]])
        let units = series.filter { $0["metric"] as? String == "size" }.map {
            $0["unit"] as? String
        }
        #expect(!units.isEmpty && units.allSatisfy { $0 == "" })
        let counters = try #require(summary["counters"] as? [[String: Any]])
        let filled = counters.first {
            $0["metric"] as? String == "filled" && ($0["tags"] as? [String: String]) == [:]
        }
        #expect(filled?["count"] as? Double == 1234.5 && filled?["perS"] as? Double == 123.45)
        let gauges = try #require(summary["gauges"] as? [[String: Any]])
        #expect(gauges.map { $0["metric"] as? String } == ["depth", "depth", "vus", "vus_max"])
    }
}
