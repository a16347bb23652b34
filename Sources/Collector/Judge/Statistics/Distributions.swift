// Quantiles and probabilities that intervals need: Student's t, the normal distribution, and the
// exact interval of a binomial share (Clopper and Pearson 1934). Pure.

import Glibc

enum StudentT {
    /// P(T <= t) for `df` > 0 degrees of freedom, which need not be whole.
    static func cdf(_ t: Double, df: Double) -> Double {
        let tail = twoSided(t, df: df) / 2
        return t > 0 ? 1 - tail : tail
    }

    /// P(|T| >= |t|).
    static func twoSided(_ t: Double, df: Double) -> Double {
        let square = t * t
        return IncompleteBeta.value(
            df / (df + square), a: df / 2, b: 0.5, complement: square / (df + square))
    }

    /// The t below which T is with probability `p`, 0 < p < 1.
    static func quantile(_ p: Double, df: Double) -> Double {
        precondition(p > 0 && p < 1, "\(p) has no quantile")
        if p < 0.5 { return -quantile(1 - p, df: df) }
        // Of x = df / (df + t^2) and 1 - x, the smaller is found with all its digits.
        let x = IncompleteBeta.inverse(2 * (1 - p), a: df / 2, b: 0.5)
        if x < 0.5 { return (df * (1 - x) / x).squareRoot() }
        let y = IncompleteBeta.inverse(2 * p - 1, a: 0.5, b: df / 2)
        return (df * y / (1 - y)).squareRoot()
    }
}

enum Normal {
    /// The z below which a standard normal value is with probability `p`, 0 < p < 1.
    static func quantile(_ p: Double) -> Double {
        precondition(p > 0 && p < 1, "\(p) has no quantile")
        if p < 0.5 { return -quantile(1 - p) }
        // Newton on the upper tail, which is convex: from 0 it climbs to the root.
        let tail = 1 - p
        var z = 0.0
        for _ in 0..<100 {
            let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
            let step = (erfc(z / 2.0.squareRoot()) / 2 - tail) / density
            z += step
            if abs(step) <= 1e-16 * max(1, z) { break }
        }
        return z
    }
}

/// One-sided exact bounds of a share of `k` in `n`. Both may be fractions: effective counts.
enum ClopperPearson {
    /// With probability `confidence` the share is not above this.
    static func upper(k: Double, n: Double, confidence: Double) -> Double {
        if k >= n { return 1 }
        if k <= 0 { return -expm1(log1p(-confidence) / n) }
        return IncompleteBeta.inverse(confidence, a: k + 1, b: n - k)
    }

    /// With probability `confidence` the share is not below this.
    static func lower(k: Double, n: Double, confidence: Double) -> Double {
        if k <= 0 { return 0 }
        if k >= n { return exp(log1p(-confidence) / n) }
        return IncompleteBeta.inverse(1 - confidence, a: k, b: n - k + 1)
    }
}

enum Wilson {
    /// The two-sided score interval of `k` in `n`, n > 0; `level` 0.95 is 95 %.
    static func interval(k: UInt64, n: UInt64, level: Double = 0.95) -> (low: Double, high: Double)
    {
        let (count, z) = (Double(n), Normal.quantile((1 + level) / 2))
        let share = Double(k) / count
        let factor = 1 / (1 + z * z / count)
        let middle = share + z * z / (2 * count)
        let half = z * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
        return (
            k == 0 ? 0 : factor * (middle - half), k == n ? 1 : min(1, factor * (middle + half))
        )
    }
}

/// Smallest effective sample sizes.
enum SmallestSample {
    /// Below this the upper end of a percentile's 95 % interval lies beyond the largest sample:
    /// the first n with max(q, 1 - q)^n <= 0.025. nil for p(0) and p(100), which no sample bounds.
    static func size(percentile: Double) -> Int? {
        let far = max(percentile, 100 - percentile) / 100
        guard far < 1 else { return nil }
        return Int((log(0.025) / log(far)).rounded(.up))
    }
}
