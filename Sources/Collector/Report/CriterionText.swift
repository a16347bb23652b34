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

    /// `< 100 ms`, `>= 5000/s`, `60 .. 70 %`.
    var limitText: String {
        guard operatorText != "within" else {
            let (low, high) = (bounds.lower, bounds.upper)
            let first: String =
                switch unit {
                case .ratio: ReportText.trimmed(low * 100)
                case .bytes: ReportText.exactBytes(low)
                case .milliseconds, .perSecond, .plain: ReportText.trimmed(low)
                }
            return "\(first) .. \(Self.exact(high, unit))"
        }
        return "\(operatorText) \(Self.exact(bounds.lower, unit))"
    }

    /// `81.00 .. 97.52`, in the unit of the observed value; `n<368` where a percentile has too few
    /// independent samples for an interval; `-`: none.
    var intervalText: String {
        guard let interval else {
            guard let least = leastSamples, let effectiveSamples, effectiveSamples < least else {
                return "-"
            }
            return "n<\(ReportText.grouped(UInt64(least)))"
        }
        let places = observed.map { Self.places($0, unit) } ?? 2
        let high =
            interval.high.isFinite ? Self.bare(interval.high, unit, places: places) : ">max"
        let text = Self.bare(interval.low, unit, places: places) + " .. " + high
        let isUsual = abs(interval.level - 0.95) < 1e-9
        return isUsual ? text : "\(text) (\(ReportText.trimmed(interval.level * 100)) %)"
    }

    /// The fewest independent samples a percentile's 95 % interval can come from:
    /// ceil(ln 0.025 / ln q); nil for other statistics.
    private var leastSamples: Double? {
        let p: Double?
        switch rule {
        case .criterion(let criterion):
            if case .percentile(let given) = criterion.statistic { p = given } else { p = nil }
        case .threshold: p = nil
        }
        guard let p, p > 0, p < 100 else { return nil }
        return (log(0.025) / log(p / 100)).rounded(.up)
    }

    /// Room to the limit as a share of it: (limit - observed) / limit for upper bounds, mirrored
    /// for lower ones, the smaller of both for a band. Positive is room; nil where there is no such
    /// thing.
    var margin: Double? {
        if operatorText == "within" {
            guard let observed, bounds.lower != 0, bounds.upper != 0 else { return nil }
            return min(
                (observed - bounds.lower) / abs(bounds.lower),
                (bounds.upper - observed) / abs(bounds.upper))
        }
        guard let observed, bounds.lower != 0 else { return nil }
        let room = (bounds.lower - observed) / abs(bounds.lower)
        if isUpperBound { return room }
        return isLowerBound ? -room : nil
    }

    /// Where it is written, `file:line`; nil for a criterion that is implied.
    var location: String? { source.file.isEmpty ? nil : "\(source.file):\(source.line)" }

    /// `FAIL (not gated)`.
    var verdictText: String { verdict.rawValue + (isGated ? "" : " (not gated)") }

    /// One character for eyes that skim; an ungated failure only warns.
    var marker: String { !isGated && verdict != .pass ? Verdict.warn.marker : verdict.marker }

    /// The line under a row that does not pass: why, and what would settle it; nil where nothing is
    /// to be said.
    var explanation: String? {
        guard let needs, !needs.isEmpty else { return cause }
        let words = needs.hasPrefix("needs") ? needs : "needs " + needs
        // Some reasons say it themselves.
        if let cause, cause.hasSuffix(words) { return cause }
        return cause.map { "\($0); \(words)" } ?? words
    }

    /// `cause` for machines: empty where nothing is to be said.
    var explainedReason: String { verdict == .pass ? reason : cause ?? "" }

    /// `explanation` without what would settle it.
    var explainedCause: String? {
        guard let cause, let needs, !needs.isEmpty else { return cause }
        let words = needs.hasPrefix("needs") ? needs : "needs " + needs
        return cause.hasSuffix(": " + words) ? String(cause.dropLast(words.count + 2)) : cause
    }

    private var cause: String? {
        if !reason.isEmpty { return reason }
        guard verdict == .fail else { return nil }
        let samples = "over \(ReportText.grouped(samples)) samples"
        guard let margin, margin < 0 else { return "does not hold \(samples)" }
        if operatorText == "within" { return "outside the band \(samples)" }
        let side = isUpperBound ? "above" : "below"
        return "\(ReportText.percent(-margin, 1)) \(side) the limit \(samples)"
    }

    private static func places(_ value: Double, _ unit: MetricUnit) -> Int {
        switch unit {
        case .milliseconds: 2
        case .ratio: value < 0.01 ? 4 : 2
        case .perSecond: 1
        case .bytes: 1
        case .plain: value == value.rounded() ? 0 : 2
        }
    }

    private static func text(_ value: Double, _ unit: MetricUnit, places: Int) -> String {
        switch unit {
        case .milliseconds: ReportText.decimal(value, places) + " ms"
        case .ratio: ReportText.percent(value, places)
        case .perSecond: ReportText.decimal(value, places) + "/s"
        // Whole bytes where more than the usual precision is asked for.
        case .bytes: places <= 2 ? ReportText.bytes(value) : ReportText.decimal(value, 0) + " B"
        case .plain: ReportText.decimal(value, places)
        }
    }

    /// Without the unit; a ratio in percent.
    private static func bare(_ value: Double, _ unit: MetricUnit, places: Int) -> String {
        if unit == .bytes { return ReportText.bytes(value) }
        return ReportText.decimal(unit == .ratio ? value * 100 : value, places)
    }

    private static func exact(_ limit: Double, _ unit: MetricUnit) -> String {
        switch unit {
        case .milliseconds: ReportText.trimmed(limit) + " ms"
        case .ratio: ReportText.trimmed(limit * 100) + " %"
        case .perSecond: ReportText.trimmed(limit) + "/s"
        case .bytes: ReportText.exactBytes(limit)
        case .plain: ReportText.trimmed(limit)
        }
    }
}
