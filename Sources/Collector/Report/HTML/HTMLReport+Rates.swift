// Panels 4 and 6: what was planned and what became of it, and errors by class; counts per second
// over the same time axis as the latencies.

import HarnessCore
import ScenarioModel

extension HTMLReportBuilder {
    /// A count of the timeline that charts draw.
    private struct Counted {
        var name: String
        var style: String
        var dash: String?
        var width: Double
        var value: (TimelineRow) -> UInt64
    }

    private static var counted: [Counted] {
        [
            Counted(name: "planned", style: "cm", dash: "7 3", width: 2.4) { $0.planned },
            Counted(name: "started", style: "c2", dash: nil, width: 1.5) { $0.started },
            Counted(name: "completed", style: "c1", dash: "10 3 2 3", width: 1.8) { $0.completed },
            Counted(name: "dropped", style: "c3", dash: "2 3", width: 2.2) { $0.dropped },
        ]
    }

    func rates() -> HTMLCharts {
        let figures = scenarios.enumerated().flatMap { index, scenario in
            [rate(scenario, index: index), users(scenario, index: index)].compactMap { $0 }
        }
        return HTMLCharts(
            figures: figures, none: figures.isEmpty ? "Nothing was planned or done." : nil,
            omitted: omittedScenarios)
    }

    private func rate(_ scenario: String, index: Int) -> HTMLFigure? {
        let rows = (0..<time.timeline.end).compactMap {
            time.timeline.row($0, scenario: scenario)
        }
        let shown = Self.counted.filter { counted in
            // A closed model has no plan; the others are told even where they are 0.
            counted.name != "planned" || rows.contains { counted.value($0) > 0 }
        }
        guard rows.contains(where: { row in shown.contains { $0.value(row) > 0 } }) else {
            return nil
        }
        let lines = shown.map { counted in
            ChartLine(
                style: counted.style, dash: counted.dash, width: counted.width,
                points: time.points(scenario) { $0.map { Double(counted.value($0)) } ?? 0 })
        }
        let highest = lines.flatMap { $0.points.compactMap(\.y) }.max() ?? 0
        let totals = shown.map { counted in
            let sum = rows.reduce(UInt64(0)) { $0 + counted.value($1) }
            return "\(counted.name) \(ReportText.grouped(sum))"
        }
        let chart = LineChart(
            label: ChartLabel(
                id: "rates-\(index)", title: "Iterations per second",
                description: "In total: \(totals.joined(separator: ", "))."),
            x: time.axis, y: .linear(upTo: highest, label: ChartAxis.countLabel), height: 190,
            lines: lines, bands: time.bands)
        return HTMLFigure(
            heading: isSingle ? "Iterations per second" : HTMLText.foreign(scenario),
            hint: totals.joined(separator: ", "),
            legend: shown.map {
                HTMLLegend(
                    swatchMarkup: HTMLIcon.swatch($0.style, dash: $0.dash, width: $0.width),
                    label: $0.name)
            } + time.legend, chartMarkup: chart.svg(), seconds: ReportText.trimmed(time.seconds),
            data: rateData(scenario, shown))
    }

    private func rateData(_ scenario: String, _ shown: [Counted]) -> HTMLData {
        let rows = time.buckets(scenario).map { start, rows -> (start: Int, cells: [String]) in
            let counts = shown.map { counted in
                ReportText.grouped(rows.reduce(0) { $0 + counted.value($1) })
            }
            let more = [rows.reduce(0) { $0 + $1.requests }, rows.reduce(0) { $0 + $1.late }]
            return (start, counts + more.map(ReportText.grouped))
        }
        return HTMLData(
            caption: "Counts, a row per \(time.unitText)",
            head: ["From"] + shown.map(\.name) + ["requests", "late"],
            bodyMarkup: HTMLTimeline.body(rows))
    }

    private func users(_ scenario: String, index: Int) -> HTMLFigure? {
        let points = time.points(scenario) { row in row?.vus.map { Double($0) } }
        let values = points.compactMap(\.y)
        guard let highest = values.max() else { return nil }
        let chart = LineChart(
            label: ChartLabel(
                id: "vus-\(index)", title: "Virtual users",
                description: "Up to \(ReportText.decimal(highest, 0)) at a time."),
            x: time.axis, y: .linear(upTo: highest, whole: true, label: ChartAxis.countLabel),
            height: 90,
            lines: [ChartLine(style: "c5", width: 1.8, points: points)], bands: time.bands)
        let rows = time.buckets(scenario).map { start, rows -> (start: Int, cells: [String]) in
            (start, [rows.compactMap(\.vus).max().map { String($0) } ?? "-"])
        }
        return HTMLFigure(
            heading: isSingle ? "Virtual users" : "Virtual users of \(HTMLText.foreign(scenario))",
            hint: "at most \(ReportText.decimal(highest, 0))", chartMarkup: chart.svg(),
            seconds: ReportText.trimmed(time.seconds),
            data: HTMLData(
                caption: "Virtual users, the most per \(time.unitText)",
                head: ["From", "virtual users"], bodyMarkup: HTMLTimeline.body(rows)))
    }
}

// MARK: - Errors

extension HTMLReportBuilder {
    private static let classesMax = 5
    private static let others = "other classes"

    func errors() -> HTMLCharts {
        let figures = scenarios.enumerated().compactMap { errors(of: $1, index: $0) }
        return HTMLCharts(
            figures: figures, none: figures.isEmpty ? "No request failed." : nil,
            omitted: figures.isEmpty ? nil : omittedScenarios)
    }

    private func errors(of scenario: String, index: Int) -> HTMLFigure? {
        var totals: [String: UInt64] = [:]
        for window in 0..<time.timeline.end {
            for (name, count) in time.timeline.row(window, scenario: scenario)?.errors ?? [:] {
                totals[name, default: 0] += count
            }
        }
        guard !totals.isEmpty else { return nil }
        let sorted = totals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let named = sorted.prefix(Self.classesMax).map(\.key)
        let classes = named + (sorted.count > named.count ? [Self.others] : [])
        func count(_ row: TimelineRow?, _ name: String) -> UInt64 {
            guard let row else { return 0 }
            if let count = row.errors[name], named.contains(name) { return count }
            guard name == Self.others else { return 0 }
            return row.errors.reduce(0) { named.contains($1.key) ? $0 : $0 + $1.value }
        }
        let lines = classes.enumerated().map { i, name in
            ChartLine(
                style: HTMLLine.style(i + 2), dash: HTMLLine.dash(i), width: 1.8,
                points: time.points(scenario) { Double(count($0, name)) })
        }
        let all = totals.values.reduce(0, +)
        let highest = lines.flatMap { $0.points.compactMap(\.y) }.max() ?? 0
        let chart = LineChart(
            label: ChartLabel(
                id: "errors-\(index)", title: "Errors per second by class",
                description: "\(ReportText.grouped(all)) errors,"
                    + " \(totals.count == 1 ? "one class" : "\(totals.count) classes")."),
            x: time.axis, y: .linear(upTo: highest, label: ChartAxis.countLabel), height: 150,
            lines: lines, bands: time.bands)
        let rows = time.buckets(scenario).map { start, rows -> (start: Int, cells: [String]) in
            (
                start,
                classes.map { name in
                    ReportText.grouped(rows.reduce(0) { $0 + count($1, name) })
                }
            )
        }
        return HTMLFigure(
            heading: isSingle ? "Errors per second" : HTMLText.foreign(scenario),
            hint: "\(ReportText.grouped(all)) in total, warm-up included",
            legend: classes.enumerated().map { i, name in
                HTMLLegend(
                    swatchMarkup: HTMLIcon.swatch(HTMLLine.style(i + 2), dash: HTMLLine.dash(i)),
                    label: HTMLText.foreign(name))
            } + time.legend, chartMarkup: chart.svg(), seconds: ReportText.trimmed(time.seconds),
            data: HTMLData(
                caption: "Errors, a row per \(time.unitText)",
                head: ["From"] + classes.map { HTMLText.foreign($0) },
                bodyMarkup: HTMLTimeline.body(rows)))
    }

    private static let errorRows = 50

    func errorTable() -> HTMLTable? {
        let sorted = run.aggregate.errors.sorted
        guard !sorted.isEmpty else { return nil }
        let more = sorted.count > Self.errorRows ? "; the most frequent \(Self.errorRows)" : ""
        return HTMLTable(
            caption: "Errors of the measured part by class and request\(more)",
            head: [
                HTMLCell(text: "Class", style: "l"), HTMLCell(text: "Code"),
                HTMLCell(text: "What", style: "l"), HTMLCell(text: "Request, check", style: "l"),
                HTMLCell(text: "Count"), HTMLCell(text: "First"), HTMLCell(text: "Last"),
                HTMLCell(text: "Example", style: "l"),
            ],
            rows: sorted.prefix(Self.errorRows).map { key, row in
                let step = isSingle ? key.step : "\(key.scenario) / \(key.step)"
                return HTMLRow(cells: [
                    HTMLCell(text: HTMLText.foreign(key.errorClass), style: "l"),
                    HTMLCell(text: key.code.map { String($0) } ?? "-"),
                    HTMLCell(text: HTMLText.foreign(key.words), style: "l"),
                    HTMLCell(text: HTMLText.foreign(step), style: "l w"),
                    HTMLCell(text: ReportText.grouped(row.count)),
                    HTMLCell(text: ReportText.span(.seconds(Int64(row.firstWindow)))),
                    HTMLCell(text: ReportText.span(.seconds(Int64(row.lastWindow)))),
                    HTMLCell(text: row.example.map { HTMLText.foreign($0) } ?? "-", style: "l w"),
                ])
            })
    }

    var statuses: String? {
        let words = run.statuses.map { status, count in
            let name = status == "0" ? "no response" : HTMLText.foreign(status)
            return "\(name) \(ReportText.grouped(count))"
        }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }
}
