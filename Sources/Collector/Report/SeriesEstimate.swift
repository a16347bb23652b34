// How sure one can be of a series' percentiles, for those series that a criterion follows over
// time: for the others no slices are kept, and reports say null.

import ScenarioModel
import Telemetry

/// What the time slices of a series say of its percentiles.
package struct SeriesEstimate: Sendable, Equatable {
    /// In ns, by percentile (0...100).
    package var intervals: [Double: ConfidenceInterval]
    /// Of the percentile of `intervals` that rests on the fewest.
    package var effectiveSamples: Double?

    package init(intervals: [Double: ConfidenceInterval], effectiveSamples: Double?) {
        self.intervals = intervals
        self.effectiveSamples = effectiveSamples
    }

    private static let percentiles: [Double] = [50, 75, 90, 95, 99, 99.9, 99.99]

    /// By the key under which summary.json lists the series.
    static func all(_ aggregate: RunAggregate) -> [SeriesKey: SeriesEstimate] {
        var found: [SeriesKey: SeriesEstimate] = [:]
        for (criterion, track) in zip(aggregate.scenario.criteria, aggregate.tracks) {
            guard let selector = criterion.selector, criterion.excludesWarmup,
                aggregate.reading(selector).kind == .trend
            else { continue }
            let key = SeriesKey(selector.metric, selector.tags)
            guard found[key] == nil else { continue }
            found[key] = estimate(track)
        }
        return found
    }

    private static func estimate(_ track: CriterionTrack) -> SeriesEstimate? {
        let slices = track.slices.sorted { $0.key < $1.key }.map(\.value)
        var intervals: [Double: ConfidenceInterval] = [:]
        var effective: Double?
        for p in percentiles {
            guard
                let estimate = QuantileInterval.estimate(
                    p, of: track.histogram, slices: slices), !estimate.isTooFew
            else { continue }
            intervals[p] = ConfidenceInterval(
                low: Double(estimate.low), high: estimate.high.map { Double($0) } ?? .infinity,
                level: QuantileEstimate.level, method: .woodruff)
            effective = min(effective ?? .infinity, estimate.effectiveSamples)
        }
        return intervals.isEmpty
            ? nil : SeriesEstimate(intervals: intervals, effectiveSamples: effective)
    }
}
