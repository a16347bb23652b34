// TOTALS and LATENCY: what was done, and the statistics of response and service time beside each
// other, then the generator's own delays. All in ms, warm-up excluded.

import HarnessCore
import ScenarioModel
import Telemetry

extension TerminalReport {
    static func totals(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        wrapped("TOTALS", totalWords(run), separator: "   ", width: width)
    }

    static func totalWords(_ run: FinishedRun) -> [String] {
        let totals = run.aggregate.totals
        let rate = run.requestsPerSecond.map { " (\(ReportText.decimal($0, 1))/s)" } ?? ""
        let failed = totals.count("http_req_failed", ["rate": "true"])
        let interrupted = totals.count("iterations_interrupted")
        let errors = counts(run, "iteration_errors", by: "reason")
        let parts = [
            "requests \(ReportText.grouped(totals.count("http_reqs")))\(rate)",
            "failed \(ReportText.grouped(failed))",
            "iterations \(ReportText.grouped(totals.count("iterations")))",
            interrupted == 0 ? nil : "interrupted \(ReportText.grouped(interrupted))",
            errors.isEmpty ? nil : "iteration errors: " + errors.joined(separator: ", "),
            "sent \(ReportText.bytes(totals.count("data_sent")))",
            "received \(ReportText.bytes(totals.count("data_received")))",
        ]
        return parts.compactMap { $0 }
    }

    static func latency(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let table = latencyTable(run)
        return table.isEmpty
            ? [TerminalLine("LATENCY  no samples")] : lines(table, width: width)
    }

    static func latencyTable(_ run: FinishedRun) -> TextTable {
        let columns = TrendColumns(run.aggregate.scenario.summaryTrendStats)
        var table = TextTable(
            [.left("LATENCY ms", isFlexible: true), .left("")] + columns.columns)
        let isSingle = run.aggregate.scenario.workloads.count <= 1
        func label(_ scenario: String, _ name: String) -> String {
            "  " + (isSingle ? name : "\(scenario) / \(name)")
        }
        for series in RequestSeries.all(run.aggregate) {
            table.add(
                [label(series.scenario, series.name), "response"] + columns.cells(series.response))
            table.add(["", "service"] + columns.cells(series.service))
        }
        for workload in run.aggregate.scenario.workloads {
            for (metric, text) in [
                ("schedule_lag", "schedule lag"), ("vu_wait", "vu wait"),
                ("conn_wait", "conn wait"),
            ] {
                let histogram = run.aggregate.trend(metric, scenario: workload.name)
                guard !histogram.isEmpty else { continue }
                table.add([label(workload.name, text), ""] + columns.cells(histogram))
            }
        }
        return table
    }
}
