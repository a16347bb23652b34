// What can be said of criteria before the run: a limit on throughput that the plan does not exceed,
// and a run too short for a verdict with confidence (measurement.md section 5). Warnings: a run may
// still establish a FAIL.

import Foundation
import HarnessCore

struct CriteriaAdvice {
    let scenario: Scenario
    let problems: Problems

    /// Batches a verdict with confidence takes; one a second in a short run.
    private static let batches = 10.0

    func check() {
        for criterion in scenario.criteria {
            guard let span = scenario.plannedSpan(of: criterion) else { continue }
            let seconds = (span.to - span.from).seconds
            guard seconds > 0 else {
                warn(criterion, "its window is beyond the end of the schedules: never judged")
                continue
            }
            if let length = Self.length(criterion.window), length > span.to - span.from {
                warn(
                    criterion,
                    "its window of \(length.goText) is longer than the \(Self.number(seconds)) s"
                        + " that are judged: never a verdict")
                continue
            }
            let samples = criterion.selector.flatMap {
                scenario.plannedSamples($0, from: span.from, to: span.to)
            }
            adviseOnRate(criterion, seconds, samples)
            adviseOnLength(criterion, seconds, samples)
        }
    }

    /// Of a window that the run must be long enough for.
    private static func length(_ window: Criterion.Window) -> TimeSpan? {
        switch window {
        case .last(let length), .slices(let length, _): length
        case .whole, .span: nil
        }
    }

    private func warn(_ criterion: Criterion, _ text: String) {
        problems.warning("criterion \(criterion.name.quoted): \(text)", at: criterion.source)
    }

    private func adviseOnRate(_ criterion: Criterion, _ seconds: Double, _ samples: Double?) {
        let isLowerBound = [.greater, .greaterOrEqual, .within].contains(criterion.comparison)
        guard criterion.statistic == .rate, isLowerBound, criterion.unit == .perSecond,
            let samples, samples > 0
        else { return }
        let planned = samples / seconds
        let isTooHigh =
            criterion.confidence == nil
            ? criterion.lower > planned * 1.000_001 : criterion.lower >= planned * 0.999_999
        guard isTooHigh else { return }
        let outcome = criterion.confidence == nil ? "cannot pass" : "cannot pass with confidence"
        warn(
            criterion,
            "limit \(criterion.limitText) is not below the planned \(Self.number(planned))/s: it "
                + outcome)
    }

    private func adviseOnLength(_ criterion: Criterion, _ seconds: Double, _ samples: Double?) {
        guard criterion.confidence != nil else { return }
        var needed = Self.batches
        var why = "\(Self.number(seconds)) judged seconds"
        if let samples, samples > 0, let least = Self.leastSamples(criterion), samples < least {
            let length = (least * seconds / samples).rounded(.up)
            if length > needed {
                needed = length
                why = "\(Self.number(samples)) samples, it takes \(Self.number(least)) at least"
            }
        }
        guard seconds < needed else { return }
        warn(
            criterion,
            "the run is too short for a verdict with confidence (\(why)): judge "
                + "\(TimeSpan.seconds(Int64(needed)).goText) or longer, use thresholds, or set "
                + "confidence: off")
    }

    /// Independent samples without which no verdict is possible; nil where there is no such number.
    static func leastSamples(_ criterion: Criterion) -> Double? {
        guard let confidence = criterion.confidence else { return nil }
        switch criterion.statistic {
        case .percentile(let p):
            // A two-sided 95 % interval that ends below the largest sample.
            return (log(0.025) / log(p / 100)).rounded(.up)
        case .rate
        where criterion.unit == .ratio && criterion.upper > 0
            && [.less, .lessOrEqual].contains(criterion.comparison) && criterion.upper < 1:
            // None bad: 1 - (1 - confidence)^(1/n) must be within the limit.
            return (log(1 - confidence) / log1p(-criterion.upper)).rounded(.up)
        default: return nil
        }
    }

    private static func number(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() && abs(rounded) < 1e15
            ? String(Int64(rounded)) : String(rounded)
    }
}
