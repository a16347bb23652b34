// TOTALS and LATENCY: what was done, and the percentiles of response and service time beside each
// other, then the generator's own delays. All in ms, warm-up excluded.

import HarnessCore
import ScenarioModel
import Telemetry

extension TerminalReport {
    static func totals(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let totals = run.aggregate.totals
        let rate = run.requestsPerSecond.map { " (\(ReportText.decimal($0, 1))/s)" } ?? ""
        let failed = totals.count("http_req_failed", ["rate": "true"])
        let parts = [
            "requests \(ReportText.grouped(totals.count("http_reqs")))\(rate)",
            "failed \(ReportText.grouped(failed))",
            "iterations \(ReportText.grouped(totals.count("iterations")))",
            "sent \(ReportText.bytes(totals.count("data_sent")))",
            "received \(ReportText.bytes(totals.count("data_received")))",
        ]
        return wrapped("TOTALS", parts, separator: "   ", width: width)
    }

    static func latency(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let columns: [TextTable.Column] = [
            .left("LATENCY ms", isFlexible: true), .left(""), .right("count"),
            .right("min", dispensable: 2), .right("mean", dispensable: 3), .right("p50"),
            .right("p90", dispensable: 1), .right("p95"), .right("p99"),
            .right("p99.9", dispensable: 4), .right("max"),
        ]
        var table = TextTable(columns)
        let isSingle = run.aggregate.scenario.workloads.count <= 1
        func label(_ scenario: String, _ name: String) -> String {
            "  " + (isSingle ? name : "\(scenario) / \(name)")
        }
        for series in RequestSeries.all(run.aggregate) {
            table.add([label(series.scenario, series.name), "response"] + cells(series.response))
            table.add(["", "service"] + cells(series.service))
        }
        for workload in run.aggregate.scenario.workloads {
            for (metric, text) in [("schedule_lag", "schedule lag"), ("vu_wait", "vu wait")] {
                let histogram = run.aggregate.trend(metric, scenario: workload.name)
                guard !histogram.isEmpty else { continue }
                table.add([label(workload.name, text), ""] + cells(histogram))
            }
        }
        guard !table.isEmpty else { return [TerminalLine("LATENCY  no samples")] }
        return table.lines(width: width).map { TerminalLine($0) }
    }

    /// count min mean p50 p90 p95 p99 p99.9 max
    private static func cells(_ histogram: MergedHistogram) -> [String] {
        guard !histogram.isEmpty else { return ["0"] + Array(repeating: "-", count: 8) }
        func percentile(_ p: Double) -> String {
            histogram.percentileNs(p).map(ReportText.milliseconds) ?? "-"
        }
        return [
            ReportText.grouped(histogram.count), ReportText.milliseconds(Double(histogram.min)),
            ReportText.milliseconds(histogram.mean ?? 0), percentile(50), percentile(90),
            percentile(95), percentile(99), percentile(99.9),
            ReportText.milliseconds(Double(histogram.max)),
        ]
    }
}
