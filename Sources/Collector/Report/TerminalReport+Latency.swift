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
        let lanes = wrapped("LANE", LaneText.words(run.aggregate), separator: "   ", width: width)
        return lanes
            + (table.isEmpty ? [TerminalLine("LATENCY  no samples")] : lines(table, width: width))
    }

    /// Per request name response, service and connection wait; below them the delays of the
    /// scenario's arrivals. A delay that nothing had is shown as none, where the model has it.
    static func latencyTable(_ run: FinishedRun) -> TextTable {
        let columns = TrendColumns(run.aggregate.scenario.summaryTrendStats)
        var table = TextTable(
            [.left("LATENCY ms", isFlexible: true), .left("")] + columns.columns)
        let isSingle = run.aggregate.scenario.workloads.count <= 1
        for latency in ScenarioLatency.all(run.aggregate) where !latency.isEmpty {
            func label(_ name: String) -> String {
                "  " + (isSingle ? name : "\(latency.name) / \(name)")
            }
            let hasWaits = latency.requests.contains { !$0.connWait.isEmpty }
            for request in latency.requests {
                table.add([label(request.name), "response"] + columns.cells(request.response))
                table.add(["", "service"] + columns.cells(request.service))
                if hasWaits { table.add(["", "conn wait"] + columns.cells(request.connWait)) }
            }
            let delays = [
                ("schedule lag", latency.scheduleLag, latency.isOpenModel),
                ("vu wait", latency.vuWait, latency.isOpenModel),
                ("conn wait", latency.connWait, !hasWaits),
            ]
            for (name, histogram, isExpected) in delays {
                let isRepeated = hasWaits && name == "conn wait"
                guard isExpected || !histogram.isEmpty, !isRepeated else { continue }
                table.add([label(name), ""] + columns.cells(histogram))
            }
        }
        return table
    }
}
