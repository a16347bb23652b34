// One-sided bounds of a share of bad samples, by the spread between batches or, where too few
// samples are on one side for that, by Clopper and Pearson with effective counts (measurement.md
// section 5, "ratio", "judge" and "few"). Pure.

import Glibc

struct ShareBounds: Sendable {
    /// Below so many on either side the spread between batches says nothing.
    static let few = 5.0
    /// Longer than so many times the run, nobody waits.
    private static let longest = 10_000.0

    let estimate: RatioEstimate
    /// Samples that are worth one independent one, for `few`; 1 or more.
    let fewDesignEffect: Double

    /// - Parameter fewDesignEffect: d of the few-counts rule; 1 for error ratios.
    init(_ estimate: RatioEstimate, fewDesignEffect: Double) {
        self.estimate = estimate
        self.fewDesignEffect = max(1, fewDesignEffect)
    }

    var isFew: Bool {
        estimate.hits < Self.few || estimate.total - estimate.hits < Self.few
    }

    var designEffect: Double { isFew ? fewDesignEffect : estimate.designEffect }
    var effectiveSamples: Double { estimate.total / designEffect }

    func upper(_ confidence: Double) -> Double { upper(confidence, times: 1) }
    func lower(_ confidence: Double) -> Double { lower(confidence, times: 1) }

    /// How many times longer the run would have to be until one of the bounds passes `allowed`;
    /// nil where no length would do, or none that anybody waits for.
    func timesLonger(until allowed: Double, confidence: Double) -> Double? {
        let distance = allowed - estimate.ratio
        guard distance != 0 else { return nil }
        guard isFew else {
            let times = (estimate.reach(confidence) / distance)
            let squared = (times * times).rounded(.up)
            return squared <= Self.longest ? max(2, squared) : nil
        }
        func settles(_ times: Double) -> Bool {
            distance > 0
                ? upper(confidence, times: times) <= allowed
                : lower(confidence, times: times) > allowed
        }
        guard settles(Self.longest) else { return nil }
        var (low, high) = (1.0, Self.longest)
        while high - low > 0.001 * low {
            let middle = (low + high) / 2
            if settles(middle) { high = middle } else { low = middle }
        }
        return max(2, high.rounded(.up))
    }

    private func upper(_ confidence: Double, times: Double) -> Double {
        guard isFew else { return estimate.ratio + estimate.reach(confidence) }
        return ClopperPearson.upper(
            k: times * estimate.hits / fewDesignEffect,
            n: times * estimate.total / fewDesignEffect, confidence: confidence)
    }

    private func lower(_ confidence: Double, times: Double) -> Double {
        guard isFew else { return estimate.ratio - estimate.reach(confidence) }
        return ClopperPearson.lower(
            k: times * estimate.hits / fewDesignEffect,
            n: times * estimate.total / fewDesignEffect, confidence: confidence)
    }
}
