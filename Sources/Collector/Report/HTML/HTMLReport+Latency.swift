// Panels 3 and 5: percentiles over time, and the spectrum of percentiles of the measured part.
// Response time is solid, service time dashed; limits and intervals of the criteria are drawn
// where they hold for what is drawn.

import Foundation
import HarnessCore
import ScenarioModel
import Telemetry

/// A percentile that charts over time draw.
private struct Drawn {
    var name: String
    var style: String
    var width: Double
    var serviceDash: String
    var value: KeyPath<TimelineTrend, UInt64>

    static var all: [Drawn] {
        [
            Drawn(name: "P50", style: "c1", width: 1.5, serviceDash: "2 3", value: \.p50),
            Drawn(name: "P95", style: "c2", width: 1.8, serviceDash: "6 4", value: \.p95),
            Drawn(name: "P99", style: "c3", width: 2.2, serviceDash: "9 3 2 3", value: \.p99),
        ]
    }
}

/// An upper or lower bound on a percentile of a latency.
struct LatencyLimit {
    var row: CriterionRow
    /// 0...100
    var percentile: Double

    init?(_ row: CriterionRow) {
        guard row.unit == .milliseconds,
            row.metric == "http_req_response_time" || row.metric == "http_req_duration",
            let percentile = Self.percentile(row)
        else { return nil }
        self.row = row
        self.percentile = percentile
    }

    private static func percentile(_ row: CriterionRow) -> Double? {
        switch row.rule {
        case .threshold(let threshold):
            switch threshold.aggregation {
            case .percentile(let p): p
            case .med: 50
            default: nil
            }
        case .criterion(let criterion):
            switch criterion.statistic {
            case .percentile(let p): p
            case .median: 50
            default: nil
            }
        }
    }

    /// Whether it judges this request (nil: all requests) of this scenario.
    func covers(scenario: String, name: String?) -> Bool {
        let tags = row.tags
        if let wanted = tags["scenario"], wanted != scenario { return false }
        if let wanted = tags["name"], wanted != name { return false }
        return tags.keys.allSatisfy { ["scenario", "name", "expected_response"].contains($0) }
    }

    /// In ms; both for `within`.
    var limits: [Double] {
        let bounds = row.bounds
        let all = bounds.lower == bounds.upper ? [bounds.lower] : [bounds.lower, bounds.upper]
        return all.filter { $0.isFinite && $0 > 0 }
    }

    /// `P95 < 100 ms`
    var text: String { "P\(ReportText.trimmed(percentile)) \(row.limitText)" }

    /// Place on the axis of the spectrum.
    var nines: Double { -log10(max(1e-9, 1 - percentile / 100)) }
}

extension HTMLReportBuilder {
    private var limits: [LatencyLimit] { run.verdict.rows.compactMap(LatencyLimit.init) }

    func latency() -> HTMLCharts {
        let figures = scenarios.enumerated().compactMap { overTime($1, index: $0) }
        return HTMLCharts(
            figures: figures, none: figures.isEmpty ? "No response time was recorded." : nil,
            omitted: omittedScenarios)
    }

    private func overTime(_ scenario: String, index: Int) -> HTMLFigure? {
        let response = Drawn.all.map { drawn in
            time.points(scenario) { $0?.response.map { Double($0[keyPath: drawn.value]) / 1e6 } }
        }
        let service = Drawn.all.map { drawn in
            time.points(scenario) { $0?.service.map { Double($0[keyPath: drawn.value]) / 1e6 } }
        }
        guard response.joined().contains(where: { $0.y != nil }) else { return nil }
        let names = Set(requestSeries.filter { $0.scenario == scenario }.map(\.name))
        let only = names.count == 1 ? names.first : nil
        let covering = limits.filter { $0.covers(scenario: scenario, name: only) }
        let marks = covering.flatMap { limit in
            limit.limits.map { ChartLimit(value: $0, text: limit.text) }
        }
        let values = (response + service).joined().compactMap(\.y) + marks.map(\.value)
        let lines =
            zip(Drawn.all, service).map { drawn, points in
                ChartLine(
                    style: drawn.style, dash: drawn.serviceDash, width: 1.3, points: points)
            }
            + zip(Drawn.all, response).map { drawn, points in
                ChartLine(
                    style: drawn.style, width: drawn.width, endLabel: drawn.name, points: points)
            }
        let chart = LineChart(
            label: ChartLabel(
                id: "latency-\(index)", title: "Latency percentiles over time",
                description: overTimeText(response)),
            x: time.axis, y: .latency(of: values), height: 270, lines: lines, bands: time.bands,
            limits: Array(Set(marks.map(\.text))).sorted().compactMap { text in
                marks.first { $0.text == text }
            })
        return HTMLFigure(
            heading: isSingle ? "Response and service time" : HTMLText.foreign(scenario),
            hint: "ms per second of the run", legend: latencyLegend(hasLimits: !marks.isEmpty),
            chartMarkup: chart.svg(), seconds: ReportText.trimmed(time.seconds),
            data: overTimeData(scenario))
    }

    private func overTimeText(_ response: [[ChartPoint]]) -> String {
        let parts = zip(Drawn.all, response).compactMap { drawn, points -> String? in
            let values = points.compactMap(\.y)
            guard let low = values.min(), let high = values.max() else { return nil }
            return "\(drawn.name) from \(ReportText.decimal(low, 2)) to"
                + " \(ReportText.decimal(high, 2)) ms"
        }
        let tainted = time.bands.contains { $0.kind == .tainted }
        return "Response time per second of the run: " + parts.joined(separator: ", ") + "."
            + (tainted ? " Some windows are tainted by the generator." : "")
    }

    private func latencyLegend(hasLimits: Bool) -> [HTMLLegend] {
        let response = Drawn.all.map {
            HTMLLegend(
                swatchMarkup: HTMLIcon.swatch($0.style, dash: nil, width: $0.width),
                label: "\($0.name) response")
        }
        let service = Drawn.all.map {
            HTMLLegend(
                swatchMarkup: HTMLIcon.swatch($0.style, dash: $0.serviceDash, width: 1.3),
                label: "\($0.name) service")
        }
        let limit = HTMLLegend(swatchMarkup: HTMLIcon.limit, label: "limit")
        return response + service + (hasLimits ? [limit] : []) + time.legend
    }

    private func overTimeData(_ scenario: String) -> HTMLData {
        let rows = time.buckets(scenario).map { start, rows -> (start: Int, cells: [String]) in
            func largest(_ pick: (TimelineRow) -> UInt64?) -> String {
                Self.ms(rows.compactMap(pick).max())
            }
            return (
                start,
                [
                    ReportText.grouped(rows.reduce(0) { $0 + ($1.response?.count ?? 0) }),
                    largest { $0.response?.p50 }, largest { $0.response?.p95 },
                    largest { $0.response?.p99 }, largest { $0.response?.max },
                    largest { $0.service?.p50 }, largest { $0.service?.p95 },
                    largest { $0.service?.p99 },
                ]
            )
        }
        let note = time.bucket == 1 ? "" : ", the largest of its seconds"
        return HTMLData(
            caption: "Percentiles in ms, a row per \(time.unitText)\(note)",
            head: [
                "From", "Samples", "P50", "P95", "P99", "Max", "Service P50", "Service P95",
                "Service P99",
            ], bodyMarkup: HTMLTimeline.body(rows))
    }
}

// MARK: - Spectrum

extension HTMLReportBuilder {
    var requestSeries: [RequestSeries] { RequestSeries.all(run.aggregate) }

    func spectrum() -> HTMLCharts {
        let all = requestSeries.filter { !$0.response.isEmpty || !$0.service.isEmpty }
        // The busiest, in the order of the document.
        let least = all.map { $0.response.count }.sorted(by: >).prefix(charted).last ?? 0
        let shown = all.filter { $0.response.count >= least }.prefix(charted)
        let figures = shown.enumerated().map { spectrum(of: $1, index: $0) }
        let omitted =
            "The \(shown.count) busiest of \(all.count) requests are drawn; the percentiles of all"
            + " are in summary.json."
        return HTMLCharts(
            figures: figures, isPaired: figures.count > 1,
            none: figures.isEmpty ? "No request was measured." : nil,
            omitted: all.count > shown.count ? omitted : nil)
    }

    private func spectrum(of series: RequestSeries, index: Int) -> HTMLFigure {
        let covering = limits.filter { $0.covers(scenario: series.scenario, name: series.name) }
        let effect = max(1, covering.compactMap(\.row.designEffect).max() ?? 1)
        let end = Self.lastNine(max(series.response.count, series.service.count), effect: effect)
        let lines = [
            ChartLine(
                style: "c2", dash: "6 4", width: 1.6,
                points: Self.curve(series.service, end: end)),
            ChartLine(style: "c3", width: 2.1, points: Self.curve(series.response, end: end)),
        ]
        let marks = covering.flatMap { limit in
            limit.limits.map {
                ChartLimit(value: $0, text: limit.text, at: limit.nines <= end ? limit.nines : nil)
            }
        }
        let intervals = isSingleRequest(series) ? Self.intervals(covering, end: end, series) : []
        let values =
            lines.flatMap { $0.points.compactMap(\.y) } + marks.map(\.value)
            + intervals.flatMap { [$0.low, $0.high] }
        let name = HTMLText.foreign(isSingle ? series.name : "\(series.scenario) / \(series.name)")
        let chart = LineChart(
            label: ChartLabel(
                id: "spectrum-\(index)", title: "Percentile spectrum",
                description: Self.spectrumText(series.response)),
            x: .nines(to: end), y: .latency(of: values), height: 230, lines: lines, limits: marks,
            intervals: intervals)
        return HTMLFigure(
            heading: name, hint: "\(ReportText.grouped(series.response.count)) samples",
            legend: spectrumLegend(hasLimits: !marks.isEmpty, hasIntervals: !intervals.isEmpty),
            chartMarkup: chart.svg(), seconds: nil, data: Self.spectrumData(series))
    }

    /// Whether criteria on the whole scenario judge exactly this series.
    private func isSingleRequest(_ series: RequestSeries) -> Bool {
        requestSeries.count { $0.scenario == series.scenario } == 1
    }

    /// The highest percentile that the samples support: 1 - 1/n, as log10(1/(1-p)).
    static func lastNine(_ count: UInt64, effect: Double) -> Double {
        min(8, max(1, log10(max(1, Double(count) / effect))))
    }

    /// Value over log10(1/(1-p)), a step per bucket, up to `end`.
    static func curve(_ histogram: MergedHistogram, end: Double) -> [ChartPoint] {
        let n = Double(histogram.count)
        var before = 0.0
        var points: [ChartPoint] = []
        histogram.forEachBucket { lowest, count in
            let from = -log10(1 - before / n)
            before += Double(count)
            let to = before < n ? min(end, -log10(1 - before / n)) : end
            guard from <= end else { return }
            let highest = HistogramLayout.highestEquivalent(HistogramLayout.index(lowest))
            let value = Double(min(highest, histogram.max)) / 1e6
            points.append(ChartPoint(x: from, y: value))
            points.append(ChartPoint(x: max(from, to), y: value))
        }
        return points
    }

    private static func intervals(
        _ covering: [LatencyLimit], end: Double, _ series: RequestSeries
    ) -> [ChartInterval] {
        covering.compactMap { limit in
            guard let interval = limit.row.interval, limit.nines <= end else { return nil }
            let largest = Double(series.response.max) / 1e6
            let high = interval.high.isFinite ? interval.high : largest
            guard interval.low > 0, high >= interval.low else { return nil }
            return ChartInterval(at: limit.nines, low: interval.low, high: high)
        }
    }

    private static func spectrumText(_ histogram: MergedHistogram) -> String {
        guard !histogram.isEmpty else { return "No response time." }
        let parts = [50.0, 90, 99, 99.9].compactMap { p in
            histogram.percentileNs(p).map {
                "P\(ReportText.trimmed(p)) \(ReportText.milliseconds($0)) ms"
            }
        }
        return "Response time by percentile: " + parts.joined(separator: ", ") + ", largest "
            + ReportText.milliseconds(Double(histogram.max)) + " ms."
    }

    private func spectrumLegend(hasLimits: Bool, hasIntervals: Bool) -> [HTMLLegend] {
        var legend = [
            HTMLLegend(
                swatchMarkup: HTMLIcon.swatch("c3", dash: nil, width: 2.1), label: "response"),
            HTMLLegend(
                swatchMarkup: HTMLIcon.swatch("c2", dash: "6 4", width: 1.6), label: "service"),
        ]
        if hasLimits { legend.append(HTMLLegend(swatchMarkup: HTMLIcon.limit, label: "limit")) }
        if hasIntervals {
            legend.append(HTMLLegend(swatchMarkup: HTMLIcon.interval, label: "interval"))
        }
        return legend
    }

    private static func spectrumData(_ series: RequestSeries) -> HTMLData {
        let rows = [0, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 100].map { p -> String in
            let cells = [series.response, series.service].map { histogram -> String in
                // What no sample lies beyond is the largest, not a percentile.
                let isBeyond = p < 100 && (1 - p / 100) * Double(histogram.count) < 1
                if histogram.isEmpty || isBeyond { return "-" }
                let value =
                    p == 0
                    ? Double(histogram.min)
                    : p == 100 ? Double(histogram.max) : histogram.percentileNs(p)
                return ms(value)
            }
            let name = p == 0 ? "min" : p == 100 ? "max" : "P" + ReportText.trimmed(p)
            return "<tr><td>\(name)</td><td>\(cells[0])</td><td>\(cells[1])</td></tr>"
        }
        return HTMLData(
            caption: "Percentiles in ms", head: ["Percentile", "Response", "Service"],
            bodyMarkup: rows.joined())
    }
}
