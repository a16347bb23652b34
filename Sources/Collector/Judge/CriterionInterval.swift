// The two-sided 95 % interval a report prints beside the observed value, in its unit: of the value
// for percentiles (Woodruff), of the share or mean for the others. Verdicts do not rest on it: they
// are one-sided, at the criterion's own confidence.

import ScenarioModel

struct CriterionInterval {
    let rule: CriterionRule
    let evidence: CriterionRule.Evidence?

    private static let level = QuantileEstimate.level
    private var side: Double { (1 + Self.level) / 2 }

    /// nil for extremes, counts and single values, and where there is too little to say.
    var value: ConfidenceInterval? {
        if let p = rule.criterion.percentile, rule.isShare { return percentile(p) }
        guard let evidence else { return nil }
        if rule.isShare { return share(evidence) }
        guard rule.isMean, !evidence.plan.isTooShort else { return nil }
        let reach = evidence.estimate.reach(side)
        return ConfidenceInterval(
            low: evidence.estimate.ratio - reach, high: evidence.estimate.ratio + reach,
            level: Self.level, method: .mean)
    }

    private func percentile(_ p: Double) -> ConfidenceInterval? {
        QuantileInterval.estimate(
            p, of: rule.data.histogram, slices: rule.data.slices.map(\.histogram)
        )?.interval
    }

    private func share(_ evidence: CriterionRule.Evidence) -> ConfidenceInterval? {
        guard let bound = rule.shareBounds.first, let share = evidence.shares.first else {
            return nil
        }
        let (low, high): (Double, Double)
        let method: IntervalMethod
        if evidence.plan.isTooShort {
            let k = UInt64(share.estimate.hits)
            (low, high) = Wilson.interval(
                k: k, n: UInt64(share.estimate.total), level: Self.level)
            method = .wilson
        } else {
            low = max(0, share.lower(side))
            high = min(1, share.upper(side))
            method = share.isFew ? .clopperPearson : .ratio
        }
        let (a, b) = (shown(bound, low), shown(bound, high))
        return ConfidenceInterval(
            low: min(a, b), high: max(a, b), level: Self.level, method: method)
    }

    private func shown(_ bound: ShareBound, _ share: Double) -> Double { bound.shown(share) }
}

extension QuantileEstimate {
    /// In ms; the upper end is infinite where it lies beyond the largest sample.
    package var interval: ConfidenceInterval {
        ConfidenceInterval(
            low: Double(low) / 1e6, high: high.map { Double($0) / 1e6 } ?? .infinity,
            level: Self.level, method: .woodruff)
    }
}
