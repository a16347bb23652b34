// CHECKS, CUSTOM, ORDERS and REJECTS: what the document itself counts and what the target said no
// to; each only where there is something. Names are foreign text and are escaped.

import HarnessCore
import ScenarioModel
import Telemetry

extension TerminalReport {
    static func checks(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        lines(checkTable(run), width: width)
    }

    static func checkTable(_ run: FinishedRun) -> TextTable {
        var halves: [String: (passed: UInt64, failed: UInt64)] = [:]
        for (key, count) in run.aggregate.totals.counters
        where key.metric == "checks" && !key.isWarmup {
            var row = halves[key["check"] ?? ""] ?? (0, 0)
            if key["rate"] == "true" { row.passed += count } else { row.failed += count }
            halves[key["check"] ?? ""] = row
        }
        var table = TextTable([
            .left("CHECKS", isFlexible: true), .right("passed"), .right("failed"), .right("share"),
        ])
        for (name, row) in halves.sorted(by: { $0.key < $1.key }) {
            let share = Double(row.passed) / Double(row.passed + row.failed)
            table.add([
                "  " + name, ReportText.grouped(row.passed), ReportText.grouped(row.failed),
                ReportText.share(share),
            ])
        }
        return table
    }

    static func custom(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let (words, trends) = customValues(run)
        let lines = words.isEmpty ? [] : wrapped("CUSTOM", words, separator: "   ", width: width)
        return lines + Self.lines(trends, width: width)
    }

    /// Metrics of the document's own: those that are one number, and the trends.
    static func customValues(_ run: FinishedRun) -> (words: [String], trends: TextTable) {
        let columns = TrendColumns(run.aggregate.scenario.summaryTrendStats)
        var trends = TextTable([.left("CUSTOM TRENDS", isFlexible: true)] + columns.columns)
        var words: [String] = []
        for reading in CustomReading.all(run) {
            switch reading.value {
            case .counter(let count, let perSecond):
                let rate = perSecond.map { " (\(ReportText.decimal($0, 1))/s)" } ?? ""
                words.append("\(reading.metric.name) \(amount(count))\(rate)")
            case .gauge(let value): words.append("\(reading.metric.name) \(amount(value))")
            case .rate(let yes, let no):
                let n = yes + no
                let share = n == 0 ? "-" : ReportText.share(Double(yes) / Double(n))
                words.append("\(reading.metric.name) \(share) of \(ReportText.grouped(n))")
            case .trend(let histogram):
                let unit = reading.metric.isTime ? " ms" : ""
                trends.add(["  " + reading.metric.name + unit] + columns.cells(histogram))
            }
        }
        return (words, trends)
    }

    private static func amount(_ value: Double) -> String {
        ReportText.decimal(value, value == value.rounded() ? 0 : 2)
    }

    static func orders(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let words = orderWords(run)
        return words.isEmpty ? [] : wrapped("ORDERS", words, separator: "   ", width: width)
    }

    static func orderWords(_ run: FinishedRun) -> [String] {
        var words = counts(run, "orders", by: "op")
        guard !words.isEmpty else { return [] }
        let substitutions = run.aggregate.totals.count("order_substitutions")
        if substitutions > 0 { words.append("substitutions \(ReportText.grouped(substitutions))") }
        return words
    }

    static func rejects(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let words = rejectWords(run)
        return words.isEmpty ? [] : wrapped("REJECTS", words, separator: "   ", width: width)
    }

    static func rejectWords(_ run: FinishedRun) -> [String] {
        let all = run.aggregate.totals.rate(SeriesSelection("http_req_rejected")).true
        guard all > 0 else { return [] }
        return ["\(ReportText.grouped(all))"] + counts(run, "http_req_rejected", by: "reject_code")
    }

    /// `no_vu 3`, `expired 1`: a counter divided by a tag, in the order of its values.
    static func counts(_ run: FinishedRun, _ metric: String, by tag: String) -> [String] {
        var sums: [String: UInt64] = [:]
        for (key, count) in run.aggregate.totals.counters
        where key.metric == metric && !key.isWarmup {
            if let value = key[tag] { sums[value, default: 0] += count }
        }
        return sums.filter { $0.value > 0 }.sorted { $0.key < $1.key }
            .map { "\($0.key) \(ReportText.grouped($0.value))" }
    }
}
