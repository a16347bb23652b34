// A criterion in words and numbers: statistic, observed value, limit, room left. Shared by every
// report, so that a number is printed the same everywhere.

import Foundation
import ScenarioModel

extension Threshold.Aggregation {
    /// As thresholds write it: `p(95)`, `rate`.
    var text: String {
        switch self {
        case .count: "count"
        case .rate: "rate"
        case .value: "value"
        case .avg: "avg"
        case .min: "min"
        case .med: "med"
        case .max: "max"
        case .percentile(let p): "p(\(ReportText.trimmed(p)))"
        }
    }
}

extension CriterionRow {
    /// `38.41 ms`, `0.0006 %`, `5,199.5/s`, `no samples`.
    var observedText: String {
        guard let observed else { return "no samples" }
        let usual = Self.places(observed, unit)
        // 99.999 beside `< 100 ms` must not read 100.00: more decimals until they differ.
        for places in usual..<max(usual + 1, 7) {
            let text = Self.text(observed, unit, places: places)
            if observed == bounds.lower
                || text != Self.text(bounds.lower, unit, places: places)
            {
                return text
            }
        }
        return Self.text(observed, unit, places: 6)
    }

    /// `< 100 ms`, `>= 5000/s`, `60 % .. 70 %`.
    var limitText: String {
        guard operatorText != "within" else {
            return Self.exact(bounds.lower, unit) + " .. " + Self.exact(bounds.upper, unit)
        }
        return "\(operatorText) \(Self.exact(bounds.lower, unit))"
    }

    /// (limit - observed) / limit for upper bounds, mirrored for lower ones: positive is room. nil
    /// where there is no such thing.
    var margin: Double? {
        guard let observed, bounds.lower != 0 else { return nil }
        let room = (bounds.lower - observed) / abs(bounds.lower)
        if isUpperBound { return room }
        return isLowerBound ? -room : nil
    }

    /// Where it is written, `file:line`; nil for a criterion that is implied.
    var location: String? { source.file.isEmpty ? nil : "\(source.file):\(source.line)" }

    /// The line under a row that does not pass; nil where nothing is to be said.
    var explanation: String? {
        if !reason.isEmpty { return reason }
        guard verdict == .fail else { return nil }
        let samples = "over \(ReportText.grouped(samples)) samples"
        guard let margin, margin < 0 else { return "does not hold \(samples)" }
        let side = isUpperBound ? "above" : "below"
        return "\(ReportText.percent(-margin, 1)) \(side) the limit \(samples)"
    }

    private static func places(_ value: Double, _ unit: MetricUnit) -> Int {
        switch unit {
        case .milliseconds: 2
        case .ratio: value < 0.01 ? 4 : 2
        case .perSecond: 1
        case .bytes, .plain: value == value.rounded() ? 0 : 2
        }
    }

    private static func text(_ value: Double, _ unit: MetricUnit, places: Int) -> String {
        switch unit {
        case .milliseconds: ReportText.decimal(value, places) + " ms"
        case .ratio: ReportText.percent(value, places)
        case .perSecond: ReportText.decimal(value, places) + "/s"
        case .bytes: ReportText.decimal(value, places) + " B"
        case .plain: ReportText.decimal(value, places)
        }
    }

    private static func exact(_ limit: Double, _ unit: MetricUnit) -> String {
        switch unit {
        case .milliseconds: ReportText.trimmed(limit) + " ms"
        case .ratio: ReportText.trimmed(limit * 100) + " %"
        case .perSecond: ReportText.trimmed(limit) + "/s"
        case .bytes: ReportText.trimmed(limit) + " B"
        case .plain: ReportText.trimmed(limit)
        }
    }
}
