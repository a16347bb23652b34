// The 95 % interval of a percentile's value (Woodruff 1952): the share of samples above the
// estimated percentile has a standard error over time slices; that share, moved by t times it, is
// read back from the merged histogram. Times in ns, as histograms have them. Pure.

package import Telemetry

/// A percentile and how sure one can be of it.
package struct QuantileEstimate: Sendable, Equatable {
    package var value: UInt64
    package var low: UInt64
    /// nil: beyond the largest sample, which reports print as `>max`.
    package var high: UInt64?
    package var effectiveSamples: Double
    package var designEffect: Double
    /// Below so many effective samples the percentile is not to be trusted: `n<368`.
    package var smallest: Int

    package var isTooFew: Bool { effectiveSamples < Double(smallest) }
    package static let level = 0.95
}

package enum QuantileInterval {
    /// Percentile `p` (0 < p < 100) of `histogram`, whose samples are those of `slices` in order of
    /// time; nil with fewer than 10 slices that have samples, or none at all.
    /// - Complexity: O(buckets in use of all slices).
    package static func estimate(
        _ p: Double, of histogram: MergedHistogram, slices: [MergedHistogram]
    ) -> QuantileEstimate? {
        guard let value = histogram.percentile(p), let smallest = SmallestSample.size(percentile: p)
        else { return nil }
        let filled = slices.filter { !$0.isEmpty }
        guard filled.count >= Batching.fewest else { return nil }
        let estimate = RatioEstimate(
            filled.map { RatioTerm(k: Double($0.samples(above: value)), n: Double($0.count)) })
        let d = meanDesignEffect(
            filled.map { RatioTerm(k: Double($0.sum), n: Double($0.count)) },
            variance: histogram.variance)
        let bounds = ShareBounds(estimate, fewDesignEffect: d)
        let side = (1 + QuantileEstimate.level) / 2
        // The share above the percentile is bounded; the quantile is moved by as much.
        let target = p / 100
        let lift = bounds.upper(side) - estimate.ratio
        let drop = estimate.ratio - bounds.lower(side)
        let (low, high) = (target - lift, target + drop)
        return QuantileEstimate(
            value: value, low: low > 0 ? histogram.percentile(low * 100) ?? 0 : histogram.min,
            high: high < 1 && !(bounds.isFew && bounds.lower(side) <= 0)
                ? histogram.percentile(high * 100) : nil,
            effectiveSamples: bounds.effectiveSamples, designEffect: bounds.designEffect,
            smallest: smallest)
    }

    /// How many samples are worth one independent one, going by their mean: se_mean^2 / (s^2 / N),
    /// at least 1; for shares too small to show it themselves. At most a batch of them: batches
    /// have been found independent, however alike the samples of one are (a constant latency).
    static func meanDesignEffect(_ batches: [RatioTerm], variance: Double) -> Double {
        let mean = RatioEstimate(batches)
        guard variance > 0 else { return 1 }
        let effect = mean.standardError * mean.standardError / (variance / mean.total)
        return max(1, min(effect, mean.total / Double(max(1, batches.count))))
    }
}

extension MergedHistogram {
    /// Samples in buckets above that of `value`, which is the highest of its bucket or the maximum.
    func samples(above value: UInt64) -> UInt64 {
        var above: UInt64 = 0
        forEachBucket { lowest, count in if lowest > value { above += count } }
        return above
    }

    /// s^2 of the samples, ns^2, each at the middle of its bucket; 0 with fewer than two.
    var variance: Double {
        guard count > 1, let mean else { return 0 }
        var squares = 0.0
        forEachBucket { lowest, n in
            let highest = HistogramLayout.highestEquivalent(HistogramLayout.index(lowest))
            let middle = (Double(Swift.max(lowest, min)) + Double(Swift.min(highest, max))) / 2
            squares += Double(n) * (middle - mean) * (middle - mean)
        }
        return squares / Double(count - 1)
    }
}
