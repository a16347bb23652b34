// How samples, counts and levels become the numbers of a criterion's window. Apart from the filler,
// which owns the windows: what changes one in place must hold no second reference to all of them,
// or each sample would copy the track.

import ScenarioModel
import Telemetry

struct TrackCounting: Sendable {
    let bad: SampleLimit?
    let badBelow: SampleLimit?
    /// Whole numbers on the wire per unit of the metric.
    let perUnit: Double
    /// Of the criterion's metric and of the service time, as agents count them.
    let limits: [UInt64]
    let serviceLimits: [UInt64]

    func count(_ n: UInt64, _ role: TrackFiller.Role, _ window: inout CriterionWindow) {
        switch role {
        case .trueHalf:
            window.count += n
            window.bad += n
        case .falseHalf: window.count += n
        case .failedResponses: window.badResponses += n
        case .increase: add(Double(n), to: &window)
        case .dropped: window.dropped += n
        case .interrupted: window.interrupted += n
        case .samples, .service, .level: break
        }
    }

    /// Through whole numbers, so that no order of the summands makes another sum.
    private func add(_ whole: Double, to window: inout CriterionWindow) {
        window.sum = ((window.sum * perUnit).rounded() + whole) / perUnit
    }

    func addLevel(_ level: Int64, to window: inout CriterionWindow) {
        window.count = 1
        add(Double(level), to: &window)
        // As if a unit were a millisecond, as with trends.
        window.min = UInt64(exactly: max(0, window.sum * 1e6).rounded()) ?? .max
        window.max = window.min
    }

    func addSamples(_ delta: HistogramDelta, to window: inout CriterionWindow) {
        window.min = window.count == 0 ? delta.min : min(window.min, delta.min)
        window.max = max(window.max, delta.max)
        window.count += delta.count
        window.sum += Double(delta.sum)
        window.bad += missed(bad, delta, limits)
        window.badBelow += missed(badBelow, delta, limits)
    }

    func addService(_ delta: HistogramDelta, to window: inout CriterionWindow) {
        window.serviceMin =
            window.serviceCount == 0 ? delta.min : min(window.serviceMin, delta.min)
        window.serviceMax = max(window.serviceMax, delta.max)
        window.serviceCount += delta.count
        window.serviceSum += Double(delta.sum)
        window.serviceBad += missed(bad, delta, serviceLimits)
        window.serviceBadBelow += missed(badBelow, delta, serviceLimits)
    }

    private func missed(
        _ limit: SampleLimit?, _ delta: HistogramDelta, _ counted: [UInt64]
    ) -> UInt64 {
        guard let limit else { return 0 }
        let over = Self.over(limit.above, delta, counted)
        return limit.isUpper ? over : delta.count - min(over, delta.count)
    }

    /// Samples over a limit.
    static func over(_ above: Int64, _ delta: HistogramDelta, _ counted: [UInt64]) -> UInt64 {
        guard above >= 0 else { return delta.count }
        let limit = UInt64(above)
        if delta.over.count == counted.count, let i = counted.firstIndex(of: limit) {
            return delta.over[i]
        }
        if delta.max <= limit { return 0 }
        if delta.min > limit { return delta.count }
        return delta.buckets.reduce(0) { sum, bucket in
            HistogramLayout.highestEquivalent(Int(bucket.index)) > limit ? sum + bucket.count : sum
        }
    }
}
