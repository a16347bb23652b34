// Scales and ticks of charts: which value lies where, and where a reader finds a number. Pure
// values; positions are 0 (left, bottom) to 1 (right, top).

import Foundation
import HarnessCore

/// How values become positions.
enum ChartScale: Equatable {
    case linear(low: Double, high: Double)
    /// Both bounds above 0.
    case log(low: Double, high: Double)

    /// Clamped to 0...1; a log scale puts what is not positive at 0.
    func position(_ value: Double) -> Double {
        let raw: Double =
            switch self {
            case .linear(let low, let high): high > low ? (value - low) / (high - low) : 0
            case .log(let low, let high):
                value > 0 && high > low ? log10(value / low) / log10(high / low) : 0
            }
        return raw.isFinite ? min(1, max(0, raw)) : 0
    }
}

struct ChartTick: Equatable {
    var position: Double
    var label: String
    /// May be left out where there is little room.
    var isMinor = false
}

struct ChartAxis: Equatable {
    var scale: ChartScale
    var ticks: [ChartTick]

    func position(_ value: Double) -> Double { scale.position(value) }
}

extension ChartAxis {
    /// From 0 to a round number above `highest`, with about four steps of 1, 2 or 5 times a power
    /// of ten; a little room is left, so that a line at the top is seen whole.
    /// - Parameter whole: of things that have no halves: no step below 1.
    static func linear(
        upTo highest: Double, whole: Bool = false, label: (Double) -> String
    ) -> ChartAxis {
        let top = highest.isFinite && highest > 0 ? highest : 1
        let step = max(niceStep(top / 4), whole ? 1 : 0)
        let count = max(1, Int((top * 1.03 / step).rounded(.up)))
        let scale = ChartScale.linear(low: 0, high: step * Double(count))
        return ChartAxis(
            scale: scale,
            ticks: (0...count).map { i in
                ChartTick(
                    position: Double(i) / Double(count), label: label(step * Double(i)),
                    isMinor: false)
            })
    }

    /// Milliseconds. Logarithmic where the largest value is more than twenty times the smallest,
    /// so that a stall does not flatten everything else.
    static func latency(of values: some Sequence<Double>) -> ChartAxis {
        var low = Double.infinity
        var high = 0.0
        for value in values where value.isFinite && value > 0 {
            low = min(low, value)
            high = max(high, value)
        }
        guard high > 0 else { return linear(upTo: 1, label: latencyLabel) }
        return high > low * 20
            ? logarithmic(from: low, to: high) : linear(upTo: high, label: latencyLabel)
    }

    /// Ticks at powers of ten, and at 2 and 5 times them where there are less than three decades.
    /// - Precondition: 0 < low < high.
    static func logarithmic(from low: Double, to high: Double) -> ChartAxis {
        precondition(low > 0 && low < high, "a log axis needs 0 < low < high")
        let marks = (Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up)))
            .flatMap { decade in
                [1.0, 2, 5].map { (factor: $0, value: $0 * pow(10, Double(decade))) }
            }
        let bottom = marks.last { $0.value <= low * 1.000_001 }?.value ?? low
        let top = marks.first { $0.value >= high * 0.999_999 }?.value ?? high
        let scale = ChartScale.log(low: bottom, high: top)
        let isWide = top / bottom > 999
        let shown = marks.filter { mark in
            mark.value >= bottom * 0.999 && mark.value <= top * 1.001
                && (mark.factor == 1 || !isWide)
        }
        return ChartAxis(
            scale: scale,
            ticks: shown.map {
                ChartTick(
                    position: scale.position($0.value), label: latencyLabel($0.value),
                    isMinor: $0.factor != 1)
            })
    }

    /// Seconds of run time, with four to eight steps that people count in.
    static func time(to seconds: Double) -> ChartAxis {
        let end = max(1, seconds.isFinite ? seconds : 1)
        let steps: [Double] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600,
            43_200, 86_400,
        ]
        let step = steps.first { end / $0 <= 8 } ?? (end / 8 / 86_400).rounded(.up) * 86_400
        let scale = ChartScale.linear(low: 0, high: end)
        let ticks = (0...Int(end / step)).map { i in
            ChartTick(
                position: scale.position(step * Double(i)), label: timeLabel(step * Double(i)),
                isMinor: i % 2 == 1)
        }
        return ChartAxis(scale: scale, ticks: ticks)
    }

    /// log10(1 / (1 - p)) from 0 to `highest`: equal steps for each further nine.
    static func nines(to highest: Double) -> ChartAxis {
        let scale = ChartScale.linear(low: 0, high: max(1, highest))
        let all =
            [("0 %", 0.0), ("90 %", 1), ("99 %", 2), ("99.9 %", 3), ("99.99 %", 4)]
            + [("99.999 %", 5), ("99.9999 %", 6), ("99.99999 %", 7)]
        return ChartAxis(
            scale: scale,
            ticks: all.filter { $0.1 <= max(1, highest) + 1e-9 }.map {
                ChartTick(
                    position: scale.position($0.1), label: $0.0, isMinor: $0.1 > 4)
            })
    }

    /// 1, 2 or 5 times a power of ten, at least `least`.
    private static func niceStep(_ least: Double) -> Double {
        let power = pow(10, log10(least).rounded(.down))
        return [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= least * (1 - 1e-9) } ?? power * 10
    }
}

extension ChartAxis {
    /// `0.5 ms`, `20 ms`, `2 s`, `1m`.
    static func latencyLabel(_ ms: Double) -> String {
        if ms < 1_000 { return ReportText.trimmed(rounded(ms)) + " ms" }
        return ms < 60_000
            ? ReportText.trimmed(rounded(ms / 1_000)) + " s" : timeLabel(ms / 1_000)
    }

    /// `0s`, `45s`, `1m30s`, `2h`.
    static func timeLabel(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        let parts = [(whole / 3_600, "h"), (whole % 3_600 / 60, "m"), (whole % 60, "s")]
        let text = parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
        return text.isEmpty ? "0s" : text
    }

    /// `0`, `250`, `1.5k`, `2M`.
    static func countLabel(_ value: Double) -> String {
        for (unit, suffix) in [(1e9, "G"), (1e6, "M"), (1e4, "k")] where abs(value) >= unit {
            let divisor = suffix == "k" ? 1e3 : unit
            return ReportText.trimmed(rounded(value / divisor)) + suffix
        }
        let whole = rounded(value)
        return whole >= 1_000 ? ReportText.decimal(whole, 0) : ReportText.trimmed(whole)
    }

    /// To four digits.
    private static func rounded(_ value: Double) -> Double {
        guard value != 0, value.isFinite else { return 0 }
        let digits = pow(10, 4 - log10(abs(value)).rounded(.up))
        return (value * digits).rounded() / digits
    }
}
