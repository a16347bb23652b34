// Gauges, and the metrics of the document's own, in summary.json. `custom` has one entry per metric
// over all its tags, with the statistics that `summaryTrendStats` asks for; by tags they are among
// `series`, `counters` and `gauges`, like every other.

import HarnessCore
import ScenarioModel
import Telemetry

extension SummaryJSON {
    static func custom(_ run: FinishedRun) -> ReportJSON {
        .array(
            CustomReading.all(run).map { reading in
                .object([
                    ("metric", .string(reading.metric.name)),
                    ("kind", .string(reading.metric.kind.rawValue)),
                    ("unit", .string(reading.metric.isTime ? "ms" : "")),
                    ("values", .object(values(reading, run))),
                ])
            })
    }

    private static func values(
        _ reading: CustomReading, _ run: FinishedRun
    ) -> [(String, ReportJSON)] {
        switch reading.value {
        case .counter(let count, let perSecond):
            return [("count", amount(count)), ("rate", .real(perSecond))]
        case .gauge(let value): return [("value", amount(value))]
        case .rate(let yes, let no):
            let share = yes + no == 0 ? nil : Double(yes) / Double(yes + no)
            return [("rate", .real(share)), ("passes", .count(yes)), ("fails", .count(no))]
        case .trend(let histogram):
            let asked = run.aggregate.scenario.summaryTrendStats.filter { $0 != .count }
            return [("count", .count(histogram.count))]
                + asked.map { ($0.text, .milliseconds($0.ns(of: histogram))) }
        }
    }

    static func gauges(_ run: FinishedRun) -> ReportJSON {
        let totals = run.aggregate.totals
        let keys = totals.gauges.keys.filter { !$0.metric.hasPrefix("health_") && !$0.isWarmup }
        return .array(
            keys.sorted { ($0.metric, $0.text) < ($1.metric, $1.text) }.compactMap { key in
                let reading = run.aggregate.reading(key.metric)
                let tags = Dictionary(key.tags.map { ($0.name, $0.value) }) { first, _ in first }
                guard let value = totals.gauge(SeriesSelection(key.metric, tags)) else {
                    return nil
                }
                return .object([
                    ("metric", .string(key.metric)), ("tags", .tags(tags)),
                    ("value", amount(reading.value(Double(value)))),
                ])
            })
    }

    /// A whole number where it is one.
    static func amount(_ value: Double) -> ReportJSON {
        value == value.rounded() && value.magnitude < 1e15
            ? .integer(Int(value)) : .number(value)
    }
}

extension TrendStatistic {
    /// As `summaryTrendStats` writes it.
    var text: String {
        switch self {
        case .avg: "avg"
        case .min: "min"
        case .med: "med"
        case .max: "max"
        case .count: "count"
        case .percentile(let p): "p(\(ReportText.trimmed(p)))"
        }
    }

    /// Nil without samples; percentiles by rank.
    func ns(of histogram: MergedHistogram) -> Double? {
        guard !histogram.isEmpty else { return nil }
        return switch self {
        case .avg: histogram.mean
        case .min: Double(histogram.min)
        case .med: histogram.percentileNs(50)
        case .max: Double(histogram.max)
        case .count: nil
        case .percentile(let p): histogram.percentileNs(p)
        }
    }
}
