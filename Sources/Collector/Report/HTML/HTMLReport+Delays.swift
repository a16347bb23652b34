// Panel 3, first part: response and service time beside what lies between the two, a row per
// scenario with its lane and one per request name. Lag and VU wait are an arrival's, so they stand
// in the row of the scenario; one with a single request is one row.

import HarnessCore
import ScenarioModel
import Telemetry

extension HTMLReportBuilder {
    private static let delayRows = 200

    func delays() -> HTMLTable? {
        let all = ScenarioLatency.all(run.aggregate).filter { !$0.isEmpty }
        guard !all.isEmpty else { return nil }
        let rows = all.flatMap(rows)
        let more =
            rows.count > Self.delayRows
            ? "; the first \(Self.delayRows) of \(rows.count) rows, all are in summary.json" : ""
        return HTMLTable(
            caption: "Measured part, ms\(more)",
            head: [
                HTMLCell(text: "Scenario, request", style: "l"), HTMLCell(text: "Lane", style: "l"),
            ]
                + [
                    "Response P50", "P99", "Max", "Service P50", "P99", "Max", "Conn wait P50",
                    "P99", "Schedule lag P50", "P99", "VU wait P50", "P99",
                ].map { HTMLCell(text: $0) },
            rows: Array(rows.prefix(Self.delayRows)))
    }

    private func rows(_ latency: ScenarioLatency) -> [HTMLRow] {
        let lane = run.aggregate.lane(of: latency.name) ?? "-"
        func cells(_ name: String, _ lane: String, _ numbers: [Double?]) -> HTMLRow {
            HTMLRow(
                cells: [
                    HTMLCell(text: HTMLText.foreign(name), style: "l w"),
                    HTMLCell(text: lane, style: "l"),
                ] + numbers.map { HTMLCell(text: Self.ms($0)) })
        }
        var whole = RequestSeries(scenario: latency.name, name: "")
        for request in latency.requests {
            whole.response.merge(request.response)
            whole.service.merge(request.service)
        }
        whole.connWait = latency.connWait
        let own = [latency.scheduleLag, latency.vuWait].flatMap {
            [$0.percentileNs(50), $0.percentileNs(99)]
        }
        let only = latency.requests.count == 1 ? latency.requests.first : nil
        let title = only.map { "\(latency.name) / \($0.name)" } ?? latency.name
        let first = cells(title, lane, numbers(whole) + own)
        guard only == nil else { return [first] }
        let none = [HTMLCell](repeating: HTMLCell(text: ""), count: own.count)
        return [first]
            + latency.requests.map { request in
                var row = cells("\u{2003}" + request.name, "", numbers(request))
                row.cells += none
                return row
            }
    }

    private func numbers(_ series: RequestSeries) -> [Double?] {
        [series.response, series.service].flatMap {
            [$0.percentileNs(50), $0.percentileNs(99), $0.maxNs]
        } + [series.connWait.percentileNs(50), series.connWait.percentileNs(99)]
    }
}
