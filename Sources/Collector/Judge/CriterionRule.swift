// The rules of measurement.md section 5 over the cells of one criterion: the point rule, the ratio
// rule with confidence, the mean rule, slices. Pure; knows nothing of health and bias.

import HarnessCore
import ScenarioModel
import Telemetry

struct CriterionRule {
    let criterion: Criterion
    let kind: MetricKind
    /// One-sided; nil: the point rule.
    let confidence: Double?
    let data: JudgedData

    /// What the batches of the whole span say, with the bounds of every side.
    struct Evidence: Sendable {
        var plan: Batching.Plan
        var estimate: RatioEstimate
        /// Of shares only, in the order of `criterion.sides`.
        var shares: [ShareBounds] = []
        var designEffect: Double?
        var effectiveSamples: Double?
    }

    /// Longer than so many times the run, nobody waits.
    private static let longest = 10_000.0

    var samples: Double { data.cells.reduce(0) { $0 + $1.samples } }

    /// Bounds a share of the samples; means and extremes are compared themselves.
    var isShare: Bool {
        switch criterion.statistic {
        case .percentile(let p): p > 0 && p < 100
        case .median, .ratio: true
        case .rate: kind == .rate
        case .average, .minimum, .maximum, .count, .value: false
        }
    }

    /// `avg` of samples or scrapes, a counter's `rate` per second.
    var isMean: Bool {
        switch criterion.statistic {
        case .average: true
        case .rate: kind != .rate
        case .percentile, .median, .ratio, .minimum, .maximum, .count, .value: false
        }
    }

    var shareBounds: [ShareBound] {
        criterion.sides.map { ShareBound(criterion: criterion, side: $0, kind: kind) }
    }

    /// - Precondition: there are samples, or `count` is judged.
    func outcome(_ evidence: Evidence?) -> RuleOutcome {
        if case .slices(let length, let allow) = criterion.window {
            return sliced(length, allow: allow)
        }
        guard let confidence, !criterion.sides.isEmpty, isShare || isMean, let evidence else {
            return .of(pointHolds(data.cells) ?? false)
        }
        if evidence.plan.isTooShort {
            let seconds = Double(evidence.plan.windowsNeeded) * data.cellSeconds
            return .inconclusive(
                "run too short", needs: "\(ReportText.trimmed(seconds)) measured seconds")
        }
        return isShare
            ? judgeShares(evidence, confidence) : judgeMean(evidence.estimate, confidence)
    }

    // MARK: With confidence

    private func judgeShares(_ evidence: Evidence, _ confidence: Double) -> RuleOutcome {
        let outcomes = zip(shareBounds, evidence.shares).map { bound, share in
            judge(share, allowed: bound.allowed, confidence)
        }
        return .all(outcomes)
    }

    private func judge(
        _ share: ShareBounds, allowed: Double, _ confidence: Double
    ) -> RuleOutcome {
        // What the interval establishes stands, however few the samples.
        if share.lower(confidence) > allowed { return .fail }
        if let p = criterion.percentile, let smallest = SmallestSample.size(percentile: p),
            share.effectiveSamples < Double(smallest)
        {
            let times = max(2, (Double(smallest) / share.effectiveSamples).rounded(.up))
            return .inconclusive(
                "n<\(smallest): \(ReportText.trimmed(share.effectiveSamples.rounded(.down)))"
                    + " effective samples are too few for \(criterion.statisticText)",
                needs: times <= Self.longest
                    ? "about \(ReportText.grouped(UInt64(times))) times longer" : nil)
        }
        if share.upper(confidence) <= allowed { return .pass }
        if allowed <= 0, share.estimate.hits == 0 {
            return .inconclusive(
                "no run is long enough to show a share of 0: judge the count, or set"
                    + " confidence: off", needs: nil)
        }
        return .undecided(
            timesLonger: share.timesLonger(until: allowed, confidence: confidence))
    }

    private func judgeMean(_ estimate: RatioEstimate, _ confidence: Double) -> RuleOutcome {
        let (r, reach) = (estimate.ratio, estimate.reach(confidence))
        return .all(
            criterion.sides.map { side in
                let sign = side == .above ? 1.0 : -1.0
                if criterion.holds(r + sign * reach, side) { return .pass }
                if !criterion.holds(r - sign * reach, side) { return .fail }
                let distance = (side == .above ? criterion.upper : criterion.lower) - r
                let times = distance == 0 ? nil : (reach / distance) * (reach / distance)
                let known = times.flatMap { $0 <= Self.longest ? $0 : nil }
                return .undecided(timesLonger: known.map { max(2, $0.rounded(.up)) })
            })
    }

    /// nil where there is nothing to estimate from.
    func evidence() -> Evidence? {
        guard isShare || isMean, samples > 0 || criterion.statistic == .rate else { return nil }
        let shares = isShare ? shareBounds : []
        let terms: [[RatioTerm]] =
            isShare
            ? shares.map { bound in
                data.cells.map { RatioTerm(k: bound.bad($0), n: $0.samples) }
            } : [data.cells.map(meanTerm)]
        guard let first = terms.first, first.contains(where: { $0.n > 0 }) else { return nil }
        let values = data.cells.map { RatioTerm(k: $0.sum, n: $0.count) }
        let hasValues = isShare && kind != .rate && values.contains { $0.n > 0 }
        let plan = Batching.plan(terms + (hasValues ? [values] : []))
        let d =
            hasValues
            ? QuantileInterval.meanDesignEffect(
                Batching.sums(values, plan.ranges), variance: data.variance) : 1
        var evidence = Evidence(
            plan: plan, estimate: RatioEstimate(Batching.sums(first, plan.ranges)))
        if isShare {
            evidence.shares = terms.map {
                ShareBounds(RatioEstimate(Batching.sums($0, plan.ranges)), fewDesignEffect: d)
            }
            evidence.designEffect = evidence.shares.map(\.designEffect).max()
            evidence.effectiveSamples = evidence.shares.map(\.effectiveSamples).min()
        } else if criterion.statistic == .average {
            let d = QuantileInterval.meanDesignEffect(
                Batching.sums(first, plan.ranges), variance: data.variance)
            evidence.designEffect = d
            evidence.effectiveSamples = evidence.estimate.total / d
        }
        return evidence
    }

    private func meanTerm(_ cell: JudgedCell) -> RatioTerm {
        RatioTerm(k: cell.sum, n: kind == .counter ? cell.seconds : cell.count)
    }

    // MARK: Point values

    /// Whether the point rule holds over some cells; nil without samples.
    func pointHolds(_ cells: [JudgedCell]) -> Bool? {
        if isShare, !criterion.sides.isEmpty {
            let n = cells.reduce(0) { $0 + $1.samples }
            guard n > 0 else { return nil }
            return shareBounds.allSatisfy { bound in
                bound.holds(bad: cells.reduce(0) { $0 + bound.bad($1) }, of: n)
            }
        }
        if kind == .trend, let isMaximum = criterion.isMaximum, !criterion.sides.isEmpty {
            return extremeHolds(cells, isMaximum: isMaximum)
        }
        return pointValue(cells).map { criterion.holds($0) }
    }

    /// The statistic of some cells; of a percentile only where they are all of the span.
    func pointValue(_ cells: [JudgedCell]) -> Double? {
        let filled = cells.filter { $0.count > 0 }
        switch criterion.statistic {
        case .count: return cells.reduce(0) { $0 + $1.sum }
        case .value: return data.value
        case .minimum: return filled.map(\.low).min()
        case .maximum: return filled.map(\.high).max()
        case .percentile(0): return filled.map(\.low).min()
        case .percentile(100): return filled.map(\.high).max()
        case .percentile, .median: return percentileValue
        case .average, .rate, .ratio: return isMean ? mean(of: cells) : share(of: cells)
        }
    }

    /// The largest of many is below a limit if all are, above one if any is; from exact counts.
    private func extremeHolds(_ cells: [JudgedCell], isMaximum: Bool) -> Bool? {
        let n = cells.reduce(0) { $0 + $1.count }
        guard n > 0 else { return nil }
        let isBand = criterion.comparison == .within
        return criterion.sides.allSatisfy { side in
            let isUnder = isBand && side == .below
            let missed = cells.reduce(0) { $0 + (isUnder ? $1.badBelow : $1.bad) }
            return (side == .above) == isMaximum ? missed == 0 : missed < n
        }
    }

    private func mean(of cells: [JudgedCell]) -> Double? {
        cells.reduce(RatioTerm(k: 0, n: 0)) { $0 + meanTerm($1) }.quotient
    }

    /// The true half of a Rate metric, the good half of ratio().
    private func share(of cells: [JudgedCell]) -> Double? {
        let n = cells.reduce(0) { $0 + $1.samples }
        guard n > 0 else { return nil }
        let bad = cells.reduce(0) { $0 + $1.bad + $1.lost }
        return kind == .rate ? bad / n : 1 - bad / n
    }

    /// The value at the percentile's rank among all samples, those never measured above all others.
    /// Exact counts decide on which side of the limit it is; a bucket is too coarse for that.
    private var percentileValue: Double? {
        guard let p = criterion.percentile else { return nil }
        let n = samples
        guard n > 0 else { return nil }
        let rank = UInt64(max(1, (p.nextDown * n / 100).rounded(.up)))
        let value: Double
        if data.histogram.isEmpty {
            let values = data.cells.map(\.low).sorted()
            guard let largest = values.last, kind != .trend else { return nil }
            value = rank <= values.count ? values[Int(rank) - 1] : largest
        } else {
            let known = min(rank, data.histogram.count)
            value = Double(data.histogram.value(atRank: known)) / 1e6
        }
        return onItsSide(value)
    }

    private func onItsSide(_ value: Double) -> Double {
        guard samples > 0, let side = criterion.sides.first, criterion.sides.count == 1,
            let bound = shareBounds.first
        else { return value }
        let bad = data.cells.reduce(0) { $0 + bound.bad($1) }
        let holds = bound.holds(bad: bad, of: samples)
        if side == .above, holds, value > criterion.upper { return criterion.upper }
        if side == .below, !holds, value > criterion.lower { return criterion.lower }
        return value
    }
}
