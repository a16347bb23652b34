// Panels 7 and 8: the heat map of response times, and the phases a request consists of.

import HarnessCore
import ScenarioModel
import Telemetry

extension HTMLReportBuilder {
    func heat() -> HTMLCharts {
        let figures = scenarios.enumerated().compactMap { heat($1, index: $0) }
        return HTMLCharts(
            figures: figures, none: figures.isEmpty ? "No response time was recorded." : nil,
            omitted: omittedScenarios)
    }

    private func heat(_ scenario: String, index: Int) -> HTMLFigure? {
        let windows = Int(time.timeline.end)
        guard windows > 0 else { return nil }
        // The columns cover the whole axis, so that the map lies under the other charts.
        let count = min(HeatChart.columnsMax, max(windows, Int(time.seconds.rounded(.up))))
        let width = time.seconds / Double(count)
        var columns = [[UInt64]](
            repeating: [UInt64](repeating: 0, count: HeatScale.rows), count: count)
        for window in 0..<windows {
            guard let row = time.timeline.row(UInt32(window), scenario: scenario) else { continue }
            let column = min(count - 1, Int((Double(window) + 0.5) / width))
            for cell in row.heat { columns[column][Int(cell.row)] += UInt64(cell.count) }
        }
        let chart = HeatChart(
            label: ChartLabel(
                id: "heat-\(index)", title: "Response times over time", description: ""),
            x: time.axis, height: 230, columns: columns)
        guard let used = chart.usedRows else { return nil }
        let sums = used.map { row in columns.reduce(UInt64(0)) { $0 + $1[row] } }
        let most = used.lowerBound + (sums.indices.max { sums[$0] < sums[$1] } ?? 0)
        var labelled = chart
        labelled.label.description =
            "\(ReportText.grouped(sums.reduce(0, +))) samples, most of them from"
            + " \(Self.bound(most)) to \(Self.bound(most + 1))."
        return HTMLFigure(
            heading: isSingle ? "Response times" : HTMLText.foreign(scenario),
            hint: "log scale; samples per cell, a column is"
                + " \(width < 1.5 ? "a second" : ChartAxis.timeLabel(width.rounded()))",
            legend: Self.heatLegend(chart.largest), chartMarkup: labelled.svg(), seconds: nil,
            data: Self.heatData(used, sums))
    }

    private static func bound(_ row: Int) -> String {
        let ms = HeatScale.lowerBoundNs(row) / 1e6
        return ms < 1_000
            ? ReportText.decimal(ms, ms < 10 ? 2 : 0) + " ms"
            : ReportText.decimal(ms / 1_000, 1) + " s"
    }

    /// The count that each shade begins near.
    private static func heatLegend(_ largest: UInt64) -> [HTMLLegend] {
        (0..<HeatChart.shades).map { shade in
            let share = Double(shade) / Double(HeatChart.shades - 1)
            let count = ChartMath.pow(Double(max(1, largest)), share).rounded()
            return HTMLLegend(
                swatchMarkup: HTMLIcon.field("h\(shade)"), label: ChartAxis.countLabel(count))
        }
    }

    private static func heatData(_ used: ClosedRange<Int>, _ sums: [UInt64]) -> HTMLData {
        let all = Double(max(1, sums.reduce(0, +)))
        let rows = zip(used, sums).map { row, sum in
            "<tr><td>\(bound(row))</td><td>\(bound(row + 1))</td><td>\(ReportText.grouped(sum))"
                + "</td><td>\(ReportText.percent(Double(sum) / all, 2))</td></tr>"
        }
        return HTMLData(
            caption: "Samples by response time, all of the run",
            head: ["From", "To", "Samples", "Share"], bodyMarkup: rows.joined())
    }
}

// MARK: - Phases

extension HTMLReportBuilder {
    private struct Phase {
        var name: String
        var metric: String
        var style: String
    }

    private static let allPhases = [
        Phase(name: "blocked", metric: "http_req_blocked", style: "f6"),
        Phase(name: "connecting", metric: "http_req_connecting", style: "f5"),
        Phase(name: "TLS", metric: "http_req_tls_handshaking", style: "f4"),
        Phase(name: "sending", metric: "http_req_sending", style: "f3"),
        Phase(name: "waiting", metric: "http_req_waiting", style: "f2"),
        Phase(name: "receiving", metric: "http_req_receiving", style: "f1"),
    ]

    func phases() -> HTMLCharts {
        let figures = scenarios.compactMap(phases)
        return HTMLCharts(
            figures: figures, none: figures.isEmpty ? "No phases were recorded." : nil,
            omitted: omittedScenarios)
    }

    private func phases(_ scenario: String) -> HTMLFigure? {
        let found = Self.allPhases.map { phase in
            (phase: phase, histogram: run.aggregate.trend(phase.metric, scenario: scenario))
        }.filter { !$0.histogram.isEmpty }
        guard !found.isEmpty else { return nil }
        // What is not connecting or TLS of the time blocked is waiting for a turn and a name.
        let inside = found.filter { ["connecting", "TLS"].contains($0.phase.name) }
            .reduce(0) { $0 + ($1.histogram.mean ?? 0) }
        let parts = found.map { phase, histogram -> (phase: Phase, ns: Double) in
            let mean = histogram.mean ?? 0
            return (phase, phase.name == "blocked" ? max(0, mean - inside) : mean)
        }
        let whole = max(1, parts.reduce(0) { $0 + $1.ns })
        let body = found.map { phase, histogram in
            let cells =
                [histogram.mean, histogram.percentileNs(50), histogram.percentileNs(95)]
                + [histogram.percentileNs(99), Double(histogram.max)]
            return "<tr><td>\(phase.name)</td><td>\(ReportText.grouped(histogram.count))</td>"
                + cells.map { "<td>\(Self.ms($0))</td>" }.joined() + "</tr>"
        }
        return HTMLFigure(
            heading: isSingle ? "Mean request" : HTMLText.foreign(scenario),
            hint: "\(ReportText.milliseconds(whole)) ms",
            legend: parts.map { part in
                HTMLLegend(
                    swatchMarkup: HTMLIcon.field(part.phase.style),
                    label: "\(Self.legendName(part.phase.name)) \(ReportText.milliseconds(part.ns))"
                        + " ms (\(ReportText.percent(part.ns / whole, 1)))")
            }, chartMarkup: PartsBar(parts: parts.map { ($0.phase.style, $0.ns) }).svg(),
            seconds: nil,
            data: HTMLData(
                caption: "Phases in ms; blocked includes connecting and TLS",
                head: ["Phase", "Requests", "Mean", "P50", "P95", "P99", "Max"],
                bodyMarkup: body.joined()))
    }

    private static func legendName(_ name: String) -> String {
        name == "blocked" ? "blocked (queue, DNS)" : name
    }
}
