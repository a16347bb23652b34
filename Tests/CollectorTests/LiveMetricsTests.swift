// /metrics: the names of the specification, values that can be counted by hand, both formats read
// by a strict parser, buckets against a slow twin.

import Foundation
import HarnessCore
import Telemetry
import TestSupport
import Testing

@testable import Collector

@Suite struct LiveMetricsTests {
    static let names: Set<String> = [
        "spotload_http_req_response_time_seconds", "spotload_http_req_duration_seconds",
        "spotload_schedule_lag_seconds", "spotload_vu_wait_seconds", "spotload_conn_wait_seconds",
        "spotload_scenario_info", "spotload_http_reqs_total",
        "spotload_http_req_failed_total", "spotload_iterations_total",
        "spotload_iterations_planned_total", "spotload_iterations_late_total",
        "spotload_iterations_missed_total", "spotload_dropped_iterations_total",
        "spotload_deltas_merged_total", "spotload_lost_samples_total",
        "spotload_data_sent_bytes_total", "spotload_data_received_bytes_total", "spotload_vus",
        "spotload_inflight_requests", "spotload_health_state", "spotload_criterion_state",
        "spotload_run_info",
    ]

    @Test func theFamiliesOfTheSpecification() throws {
        let text = PrometheusText.render(LiveFixture.feed(windows: 10).snapshot, .text004)
        let scrape = try StrictExposition(text, .text004)
        #expect(Set(scrape.types.keys) == Self.names)
    }

    @Test func valuesByHand() throws {
        let run = LiveFixture.failing
        let scrape = try StrictExposition(
            PrometheusText.render(run.feed.snapshot, .text004), .text004)
        let orders = ["scenario": "orders"]
        let request = ["scenario": "orders", "name": "order new"]
        let rows: [(String, [String: String], Double)] = [
            ("spotload_iterations_planned_total", orders, 1_000),
            ("spotload_iterations_total", orders, 960),
            ("spotload_iterations_late_total", orders, 20),
            ("spotload_dropped_iterations_total", orders, 30),
            ("spotload_iterations_missed_total", orders, 10),
            ("spotload_http_req_failed_total", request, 50),
            (
                "spotload_http_reqs_total", request.merging(["expected_response": "true"]) { $1 },
                910
            ),
            (
                "spotload_http_reqs_total", request.merging(["expected_response": "false"]) { $1 },
                50
            ),
            ("spotload_data_sent_bytes_total", orders, 192_000),
            ("spotload_vu_wait_seconds_count", orders, 10),
            (
                "spotload_conn_wait_seconds_count",
                orders.merging(["name": "order new"]) { $1 }, 10
            ),
            ("spotload_scenario_info", orders.merging(["lane": "direct"]) { $1 }, 1),
            ("spotload_deltas_merged_total", [:], 10), ("spotload_lost_samples_total", [:], 0),
            ("spotload_vus", orders, 10),
            ("spotload_health_state", ["agent": "0", "signal": "turn"], 2),
            ("spotload_health_state", ["agent": "0", "signal": "lag"], 0),
            ("spotload_criterion_state", ["criterion": "http_req_response_time p(95)<25"], 2),
            ("spotload_criterion_state", ["criterion": "http_reqs rate>=90"], 0),
            (
                "spotload_run_info",
                ["run_id": "r1", "scenario": "orders-test", "version": "0.1.0"], 1
            ),
            (
                "spotload_http_req_response_time_seconds_count",
                request.merging(["expected_response": "true"]) { $1 }, 40
            ),
            (
                "spotload_http_req_response_time_seconds_bucket",
                request.merging(["expected_response": "true", "le": "0.02"]) { $1 }, 10
            ),
        ]
        for (name, labels, value) in rows {
            #expect(scrape.value(name, labels) == value, "\(name) \(labels)")
        }
        for signal in HealthSignal.allCases {
            let labels = ["agent": "0", "signal": signal.rawValue]
            #expect(scrape.value("spotload_health_state", labels) != nil, "\(signal)")
        }
        let sum = scrape.value(
            "spotload_http_req_response_time_seconds_sum",
            request.merging(["expected_response": "true"]) { $1 })
        #expect(abs((sum ?? 0) - 1) < 1e-12)
    }

    @Test func openMetricsSaysTheSame() throws {
        let snapshot = LiveFixture.failing.feed.snapshot
        let plain = try StrictExposition(PrometheusText.render(snapshot, .text004), .text004)
        let open = try StrictExposition(PrometheusText.render(snapshot, .openMetrics), .openMetrics)
        func bare(_ scrape: StrictExposition) -> [String: Double] {
            Dictionary(
                uniqueKeysWithValues: scrape.values.map { sample, value in
                    var labels = sample.labels
                    // `1` and `1.0` are the same bound.
                    if let le = labels["le"] { labels["le"] = Double(le).map { "\($0)" } }
                    return ("\(sample.name) \(labels.sorted { $0.key < $1.key })", value)
                })
        }
        #expect(bare(open) == bare(plain))
    }

    @Test func beforeTheFirstWindow() throws {
        let text = PrometheusText.render(LiveFixture.feed(windows: 0).snapshot, .openMetrics)
        let scrape = try StrictExposition(text, .openMetrics)
        #expect(scrape.value("spotload_deltas_merged_total") == 0)
    }

    @Test(
        arguments: [
            (nil, PrometheusText.Format.text004), ("", .text004), ("*/*", .text004),
            ("text/plain", .text004), ("text/html", .text004),
            ("application/openmetrics-text", .openMetrics),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
            ("application/openmetrics-text; version=2.0.0", .text004),
            (
                "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5",
                .openMetrics
            ),
            ("application/openmetrics-text;q=0.1, text/plain;q=0.5", .text004),
            ("application/openmetrics-text;q=0", .text004),
        ] as [(String?, PrometheusText.Format)])
    func accept(header: String?, format: PrometheusText.Format) {
        #expect(PrometheusText.Format(accept: header) == format)
    }

    /// A sample counts as the highest value of its bucket: 1 ms lies in the bucket that ends at
    /// 1,000,447 ns, so it is not at or below 1 ms; 0.9999 ms is.
    @Test func bucketsAtTheBounds() {
        func below(_ ns: UInt64) -> Int {
            let counts = PrometheusText.cumulative(Self.merged([ns]))
            return counts.firstIndex(of: 1) ?? -1
        }
        #expect(below(1) == 0 && below(499_000) == 0)
        #expect(below(999_935) == 1 && below(1_000_000) == 2)
        #expect(below(49_000_000_000) == 15 && below(3_000_000_000_000) == 16)
    }

    @Test func bucketsAgainstASlowTwin() {
        var random = SplitMix64(state: 11)
        for round in 0..<50 {
            let values = (0..<200).map { _ in
                UInt64(exp(Double.random(in: log(300.0)...log(2e12), using: &random)))
            }
            let twin = (PrometheusText.boundsNs + [.max]).map { bound in
                values.count { value in
                    HistogramLayout.highestEquivalent(HistogramLayout.index(value)) <= bound
                }
            }
            let counts = PrometheusText.cumulative(Self.merged(values))
            #expect(counts.map(Int.init) == twin, "seed 11, round \(round)")
        }
    }

    /// What a Prometheus sees must never fall, whatever is merged in between.
    @Test func countersNeverFall() throws {
        var random = SplitMix64(state: 12)
        let scenario = Synthetic.scenario(ReportFixture.pass)
        let windows = (0..<30).map { i in
            SyntheticWindow(
                dropped: UInt64(i % 3), failed: UInt64(i % 7),
                responseMs: (0..<8).map { _ in Double.random(in: 0.1...60_000, using: &random) })
        }
        let feed = LiveFeed(LiveFixture.run(scenario))
        var aggregate = RunAggregate(scenario: scenario)
        var before: [StrictExposition.Sample: Double] = [:]
        for (i, delta) in Synthetic.deltas(windows).enumerated() {
            aggregate.merge(delta)
            feed.push(
                aggregate, Judge(scenario: scenario), runTime: .seconds(Int64(i + 1)))
            let scrape = try StrictExposition(
                PrometheusText.render(feed.snapshot, .text004), .text004)
            for (sample, value) in before {
                #expect(scrape.values[sample] ?? -1 >= value, "\(sample) in window \(i)")
            }
            before = scrape.values.filter { sample, _ in
                sample.name.hasSuffix("_total") || sample.name.hasSuffix("_bucket")
                    || sample.name.hasSuffix("_count") || sample.name.hasSuffix("_sum")
            }
        }
        #expect(before.count > 30)
    }

    static func merged(_ values: [UInt64]) -> MergedHistogram {
        var histogram = MergedHistogram()
        histogram.add(Synthetic.histogram(values))
        return histogram
    }
}
