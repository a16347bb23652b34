// Ratios and means over batches of windows: how sure one can be of a mean whose samples move
// together (measurement.md section 5). Neighbouring seconds of a load test are alike, so a run is
// cut into batches long enough that their means are not, and the spread between batches tells the
// error. Pure; knows nothing of criteria.

import Glibc

/// Numerator and denominator of one window or one batch: bad and all samples, sum of values and
/// samples, or a count and seconds.
struct RatioTerm: Sendable, Equatable {
    var k: Double
    var n: Double
    init(k: Double, n: Double) {
        self.k = k
        self.n = n
    }

    static func + (a: Self, b: Self) -> Self { Self(k: a.k + b.k, n: a.n + b.n) }
}

/// Sum k / sum n with its standard error (the ratio estimator of cluster sampling, Cochran 1977,
/// 6.3).
struct RatioEstimate: Sendable, Equatable {
    /// Sum of k.
    var hits: Double
    /// Sum of n.
    var total: Double
    /// Of `ratio`; 0 with fewer than two batches.
    var standardError: Double
    var batches: Int

    var ratio: Double { hits / total }

    /// - Precondition: the n of all batches are not all 0.
    init(_ batches: [RatioTerm]) {
        let sum = batches.reduce(RatioTerm(k: 0, n: 0), +)
        precondition(sum.n > 0, "a ratio of nothing")
        let r = sum.k / sum.n
        let squares = batches.reduce(0.0) { total, batch in
            let residual = batch.k - r * batch.n
            return total + residual * residual
        }
        let b = Double(batches.count)
        hits = sum.k
        total = sum.n
        self.batches = batches.count
        standardError = b > 1 ? (b / (b - 1) * squares).squareRoot() / sum.n : 0
    }

    /// se^2 over that of as many independent samples of a share; below 1 where the windows are more
    /// even than chance. 1 where the share is 0 or 1.
    var rawDesignEffect: Double {
        let simple = ratio * (1 - ratio) / total
        return simple > 0 ? standardError * standardError / simple : 1
    }

    var designEffect: Double { max(1, rawDesignEffect) }

    /// As many independent samples would tell as much.
    var effectiveSamples: Double { total / designEffect }

    /// Student's t of `probability` with one degree of freedom less than batches.
    func t(_ probability: Double) -> Double {
        batches > 1 ? StudentT.quantile(probability, df: Double(batches - 1)) : .infinity
    }

    /// How far one side of a `confidence` bound is from the ratio; 0 where nothing varies.
    func reach(_ confidence: Double) -> Double {
        standardError > 0 ? t(confidence) * standardError : 0
    }
}

/// How many windows make a batch.
enum Batching {
    /// Fewer batches tell nothing about their own spread.
    static let fewest = 10
    /// Batches to begin with.
    private static let most = 30

    /// Runs of windows, all `length` long but the last, which has the rest too.
    struct Plan: Sendable, Equatable {
        var length: Int
        /// Of window positions; fewer than `fewest`: the run is too short.
        var ranges: [Range<Int>]
        var isTooShort: Bool { ranges.count < fewest }
        /// Windows that would do at this length.
        var windowsNeeded: Int { fewest * length }
    }

    /// The shortest batches whose means show no lag-1 autocorrelation, starting from a thirtieth of
    /// the windows and doubling.
    /// - Parameter series: what must not be correlated, each one term a window, all equally long.
    static func plan(_ series: [[RatioTerm]]) -> Plan {
        let windows = series.first?.count ?? 0
        var length = max(1, windows / most)
        while true {
            let plan = Plan(length: length, ranges: ranges(windows: windows, length: length))
            let bound = 2 / Double(max(1, plan.ranges.count)).squareRoot()
            let isCorrelated = series.contains { terms in
                autocorrelation(sums(terms, plan.ranges).map(\.quotient)) > bound
            }
            if plan.isTooShort || !isCorrelated { return plan }
            length *= 2
        }
    }

    static func ranges(windows: Int, length: Int) -> [Range<Int>] {
        let count = windows / length
        return (0..<count).map { i in
            i * length..<(i == count - 1 ? windows : (i + 1) * length)
        }
    }

    static func sums(_ terms: [RatioTerm], _ ranges: [Range<Int>]) -> [RatioTerm] {
        ranges.map { terms[$0].reduce(RatioTerm(k: 0, n: 0), +) }
    }

    /// Lag-1 autocorrelation; a missing value (a batch without samples) is the mean. 0 if all are
    /// equal.
    static func autocorrelation(_ values: [Double?]) -> Double {
        let known = values.compactMap { $0 }
        guard known.count > 1 else { return 0 }
        let mean = known.reduce(0, +) / Double(known.count)
        let deviations = values.map { ($0 ?? mean) - mean }
        let squares = deviations.reduce(0) { $0 + $1 * $1 }
        // Rounding of the mean alone is no variation.
        guard squares > 1e-24 * mean * mean * Double(known.count) else { return 0 }
        let products = zip(deviations, deviations.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        return products / squares
    }
}

extension RatioTerm {
    /// nil where there is nothing to divide by.
    var quotient: Double? { n > 0 ? k / n : nil }
}
