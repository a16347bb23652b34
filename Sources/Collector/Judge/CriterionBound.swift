// One bound of a criterion as a rule: a share of bad samples against what is allowed, or a mean
// against the limit itself. `within` has two bounds, the others one. Pure.

import HarnessCore
import ScenarioModel

extension Criterion {
    enum Side: Sendable { case above, below }

    /// What a value must hold; `within` includes its bounds.
    func holds(_ value: Double) -> Bool {
        comparison == .within
            ? value >= lower && value <= upper
            : pointComparison.map { $0.holds(value, lower) } ?? false
    }

    /// nil for `within`.
    var pointComparison: Threshold.Comparison? {
        Threshold.Comparison(rawValue: comparison.rawValue)
    }

    /// From which sides the value is bounded: `.above` is an upper bound. Empty for == and !=.
    var sides: [Side] {
        switch comparison {
        case .less, .lessOrEqual: [.above]
        case .greater, .greaterOrEqual: [.below]
        case .within: [.below, .above]
        case .equal, .notEqual: []
        }
    }

    /// Whether a value is on the right side of one of the bounds.
    func holds(_ value: Double, _ side: Side) -> Bool {
        switch (comparison, side) {
        case (.less, _): value < upper
        case (.greater, _): value > lower
        case (_, .above): value <= upper
        case (_, .below): value >= lower
        }
    }

    /// Of the statistics that are one of the samples: the largest or the smallest.
    var isMaximum: Bool? {
        switch statistic {
        case .maximum, .percentile(100): true
        case .minimum, .percentile(0): false
        case .percentile, .median, .average, .ratio, .rate, .count, .value: nil
        }
    }

    /// 0...100 of a percentile; nil for other statistics.
    var percentile: Double? {
        switch statistic {
        case .percentile(let p): p
        case .median: 50
        case .ratio, .average, .minimum, .maximum, .rate, .count, .value: nil
        }
    }
}

/// A bound on the share of samples that count against a criterion.
struct ShareBound: Sendable {
    let criterion: Criterion
    let side: Criterion.Side
    let kind: MetricKind

    /// The allowed share. One unit in the last place too much rather than too little: 1 - q/100 is
    /// a share that a run can have exactly.
    var allowed: Double {
        if let q = criterion.percentile {
            return side == .above ? (100 - q.nextDown) / 100 : q.nextUp / 100
        }
        return side == .above ? criterion.upper : 1 - criterion.lower.nextDown
    }

    /// Samples against it.
    func bad(_ cell: JudgedCell) -> Double {
        if criterion.percentile != nil {
            guard criterion.comparison == .within, side == .below else {
                return cell.bad + cell.lost
            }
            return cell.badBelow
        }
        // A Rate metric is its bad half, ratio() its good one.
        let isShareOfBad = kind == .rate
        return isShareOfBad == (side == .above)
            ? cell.bad + cell.lost : cell.count - cell.bad + cell.lost
    }

    /// The value printed for a share of samples against the bound.
    func shown(_ share: Double) -> Double {
        criterion.percentile != nil || side == .above ? share : 1 - share
    }

    /// The point rule, from exact counts.
    func holds(bad: Double, of samples: Double) -> Bool {
        guard let q = criterion.percentile else {
            return criterion.holds(shown(bad / samples), side)
        }
        let rank = max(1, min(samples, (q.nextDown * samples / 100).rounded(.up)))
        return side == .above ? bad <= samples - rank : bad <= rank - 1
    }
}

/// What one bound, or all of a criterion, came to.
struct RuleOutcome: Sendable, Equatable {
    var verdict: Verdict
    var reason = ""
    var needs: String?

    static let pass = RuleOutcome(verdict: .pass)
    static let fail = RuleOutcome(verdict: .fail)

    static func of(_ holds: Bool) -> Self { holds ? .pass : .fail }

    static func inconclusive(_ reason: String, needs: String?) -> Self {
        Self(
            verdict: .inconclusive, reason: needs.map { "\(reason): needs \($0)" } ?? reason,
            needs: needs)
    }

    /// The interval lies on both sides of the limit.
    static func undecided(timesLonger: Double?) -> Self {
        guard let times = timesLonger else {
            return inconclusive("the value lies on the limit: no longer run settles it", needs: nil)
        }
        let factor = ReportText.grouped(UInt64(times))
        return inconclusive(
            "the interval reaches over the limit", needs: "about \(factor) times longer")
    }

    /// Of several bounds all must pass, and one that fails is enough.
    static func all(_ outcomes: [Self]) -> Self {
        outcomes.max { $0.verdict.rank < $1.verdict.rank } ?? .pass
    }
}
