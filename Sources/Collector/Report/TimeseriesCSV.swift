// timeseries.csv: the run over time, a row per window and scenario, warm-up included (RFC 4180:
// CRLF, a header, quotes where needed). Numbers are plain, empty where nothing was measured. A text
// that a spreadsheet would take for a formula gets a leading apostrophe.

import HarnessCore
import ScenarioModel

package enum TimeseriesCSV {
    package static let name = "timeseries.csv"

    static let columns = [
        "window", "start_s", "length_s", "scenario", "planned", "started", "completed", "failed",
        "dropped", "late", "vus", "response_p50_ms", "response_p95_ms", "response_p99_ms",
        "response_max_ms", "service_p50_ms", "service_p99_ms", "lag_p99_ms", "warmup", "tainted",
        "vu_wait_p99_ms", "conn_wait_p99_ms", "lane",
    ]

    package static func render(_ run: FinishedRun) -> [UInt8] {
        let timeline = run.aggregate.timeline
        let first = timeline.rows.keys.min() ?? timeline.end
        var out = columns.joined(separator: ",") + "\r\n"
        for window in first..<max(first, timeline.end) {
            for workload in run.aggregate.scenario.workloads {
                let row = timeline.row(window, scenario: workload.name) ?? TimelineRow()
                let cells = cells(row, window: window, scenario: workload.name, run)
                out += cells.joined(separator: ",") + "\r\n"
            }
        }
        return Array(out.utf8)
    }

    private static func cells(
        _ row: TimelineRow, window: UInt32, scenario: String, _ run: FinishedRun
    ) -> [String] {
        let start = TimeSpan.seconds(Int64(window))
        let counts = [
            row.planned, row.started, row.completed, row.failed, row.dropped, row.late,
        ]
        let latencies = [
            row.response?.p50, row.response?.p95, row.response?.p99, row.response?.max,
            row.service?.p50, row.service?.p99, row.lag?.p99,
        ]
        return [String(window), String(window), "1", text(scenario)] + counts.map { String($0) }
            + [row.vus.map { String($0) } ?? ""] + latencies.map(milliseconds)
            + [
                start < run.facts.warmup ? "1" : "0",
                (run.aggregate.timeline.tainted[window] ?? 0) > 0 ? "1" : "0",
                milliseconds(row.vuWait?.p99), milliseconds(row.connWait?.p99),
                text(run.aggregate.lane(of: scenario) ?? ""),
            ]
    }

    private static func milliseconds(_ ns: UInt64?) -> String {
        guard let ns else { return "" }
        return ReportText.decimal(Double(ns) / 1e6, 3).filter { $0 != "," }
    }

    /// A cell of text: never a formula, never more than one cell or line.
    static func text(_ value: String) -> String {
        let opensFormula = value.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) }
        let safe = (opensFormula == true ? "'" : "") + ReportText.escaped(value)
        guard safe.contains(where: { ",\"".contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
