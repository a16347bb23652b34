// Formulas of Judge/Statistics against known answers and against slow, obvious twins.

import Foundation
import HarnessCore
import Telemetry
import Testing

@testable import Collector

@Suite struct JudgeStatisticsTests {
    private func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
        abs(a - b) <= tolerance * max(abs(b), 1e-300)
    }

    @Test func knownProbabilities() {
        for c in KnownAnswers.beta {
            #expect(near(IncompleteBeta.value(c.x, a: c.a, b: c.b), c.v), "\(c)")
        }
        for c in KnownAnswers.betaExact {
            let v = IncompleteBeta.value(c.x, a: c.a, b: c.b)
            #expect(near(v, c.v, 1e-12), "\(c): \(v)")
        }
        for c in KnownAnswers.betaLarge {
            let v = IncompleteBeta.value(c.x, a: c.a, b: c.b)
            #expect(near(v, c.v, 1e-10), "\(c): \(v)")
        }
        for c in KnownAnswers.tTwoSided {
            #expect(near(StudentT.twoSided(c.t, df: c.df), c.p), "\(c)")
            #expect(near(StudentT.cdf(-c.t, df: c.df), c.p / 2), "\(c)")
            #expect(near(StudentT.cdf(c.t, df: c.df), 1 - c.p / 2), "\(c)")
        }
    }

    @Test func knownQuantiles() {
        for c in KnownAnswers.tQuantile + KnownAnswers.tQuantileExact {
            let x = StudentT.quantile(c.q, df: c.df)
            #expect(near(x, c.x, 1e-12), "\(c): \(x)")
            #expect(near(StudentT.quantile(1 - c.q, df: c.df), -x, 1e-9), "\(c)")
        }
        #expect(near(Normal.quantile(0.975), 1.9599639845400542, 1e-13))
        #expect(near(Normal.quantile(0.999999), 4.753424308822899, 1e-9))
        #expect(near(Normal.quantile(0.025), -1.9599639845400542, 1e-13))
    }

    @Test func knownIntervals() {
        for c in KnownAnswers.wilson {
            let interval = Wilson.interval(k: c.k, n: c.n)
            #expect(near(interval.low, c.low) && near(interval.high, c.high), "\(c): \(interval)")
        }
        for c in KnownAnswers.clopperPearson {
            let upper = ClopperPearson.upper(k: c.k, n: c.n, confidence: 0.95)
            let lower = ClopperPearson.lower(k: c.k, n: c.n, confidence: 0.95)
            #expect(near(upper, c.upper) && near(lower, c.lower), "\(c): \(upper), \(lower)")
        }
        #expect(ClopperPearson.upper(k: 7, n: 7, confidence: 0.95) == 1)
        #expect(near(ClopperPearson.lower(k: 10, n: 10, confidence: 0.95), pow(0.05, 0.1), 1e-12))
        for c in KnownAnswers.smallest {
            #expect(SmallestSample.size(percentile: c.percentile) == c.n)
        }
        #expect(SmallestSample.size(percentile: 1) == 368)
        #expect(SmallestSample.size(percentile: 100) == nil)
    }

    @Test func knownRatio() {
        let c = KnownAnswers.ratio
        let estimate = RatioEstimate(c.k.map { RatioTerm(k: $0, n: c.n) })
        #expect(near(estimate.ratio, c.r) && near(estimate.standardError, c.se))
        #expect(near(estimate.rawDesignEffect, c.deff) && estimate.designEffect == 1)
        #expect(near(estimate.ratio - estimate.reach(0.975), c.low))
        #expect(near(estimate.ratio + estimate.reach(0.975), c.high))
        let bounds = ShareBounds(estimate, fewDesignEffect: 1)
        #expect(near(bounds.lower(0.95), c.oneSidedLow))
        #expect(near(bounds.upper(0.95), c.oneSidedHigh))
    }

    @Test func knownSettling() throws {
        let u = KnownAnswers.uniform(300)
        #expect(abs(u[0] - 0.6551540488) < 1e-10)
        let noise = u.map { $0 - 0.5 }
        let decay = noise.enumerated().map { i, e in 10 + 20 * exp(-Double(i) / 15) + e }
        let still = noise.map { 10 + $0 }
        let trend = noise.enumerated().map { i, e in 10 + Double(i) / 30 + e }
        let step = [Double](repeating: 20, count: 60) + still[..<240]
        let series: [[Double]] = [decay, still, trend, step]
        for (values, c) in zip(series, KnownAnswers.settling) {
            let mser = try #require(MSER5(values))
            #expect(mser.cut == c.cut && mser.isSettled == c.isSettled, "\(c.name): \(mser)")
            #expect(near(mser.statistic, c.statistic), "\(c.name): \(mser)")
            #expect(SteadyCheck.isMaterial(values, cut: mser.cut) == (c.cut > 0), "\(c.name)")
        }
        #expect(MSER5([Double](repeating: 1, count: 19)) == nil)
        #expect(MSER5([Double](repeating: 1, count: 20))?.cut == 0)
    }

    // MARK: Twins

    /// I_x(a, b) by Simpson's rule, for a, b >= 1.
    private func integrated(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let scale = lgamma(a + b) - lgamma(a) - lgamma(b)
        func density(_ t: Double) -> Double {
            if t == 0 { return a == 1 ? exp(scale) : 0 }
            if t == 1 { return b == 1 ? exp(scale) : 0 }
            return exp(scale + (a - 1) * log(t) + (b - 1) * log1p(-t))
        }
        let steps = 4_000
        let h = x / Double(steps)
        var sum = density(0) + density(x)
        for i in 1..<steps { sum += (i % 2 == 1 ? 4 : 2) * density(Double(i) * h) }
        return sum * h / 3
    }

    @Test func incompleteBetaIsItsIntegral() {
        var random = SplitMix64(state: 5)
        for _ in 0..<60 {
            let a = 4 + 40 * random.unitValue(), b = 4 + 40 * random.unitValue(),
                x = random.unitValue()
            let value = IncompleteBeta.value(x, a: a, b: b)
            #expect(abs(value - integrated(x, a, b)) < 1e-9, "I_\(x)(\(a), \(b))")
            #expect(abs(value + IncompleteBeta.value(1 - x, a: b, b: a) - 1) < 1e-12)
        }
    }

    @Test func inversesInvert() {
        var random = SplitMix64(state: 6)
        for _ in 0..<200 {
            let a = exp(log(0.5) + 14 * random.unitValue()),
                b = exp(log(0.5) + 14 * random.unitValue())
            let p = random.unitValue()
            let x = IncompleteBeta.inverse(p, a: a, b: b)
            // Where nearly all lies next to 1, x itself cannot say p more exactly.
            #expect(abs(IncompleteBeta.value(x, a: a, b: b) - p) < 1e-7, "p \(p) of \(a), \(b)")
            let df = 1 + 300 * random.unitValue()
            let t = StudentT.quantile(p, df: df)
            #expect(abs(StudentT.cdf(t, df: df) - p) < 1e-12, "t(\(p), \(df))")
        }
    }

    /// P(X <= k) of a binomial, term by term.
    private func binomial(_ k: Int, _ n: Int, _ p: Double) -> Double {
        let trials = Double(n)
        var sum = 0.0
        for i in 0...k {
            let hits = Double(i)
            let choose = lgamma(trials + 1) - lgamma(hits + 1) - lgamma(trials - hits + 1)
            sum += exp(choose + hits * log(p) + (trials - hits) * log1p(-p))
        }
        return sum
    }

    @Test func clopperPearsonIsTheBinomialTail() {
        for (k, n) in [(0, 30), (1, 30), (4, 200), (20, 200), (3, 5_000)] {
            let upper = ClopperPearson.upper(k: Double(k), n: Double(n), confidence: 0.9)
            #expect(abs(binomial(k, n, upper) - 0.1) < 1e-9, "\(k) of \(n)")
            guard k > 0 else { continue }
            let lower = ClopperPearson.lower(k: Double(k), n: Double(n), confidence: 0.9)
            #expect(abs(binomial(k - 1, n, lower) - 0.9) < 1e-9, "\(k) of \(n)")
        }
    }

    /// MSER-5 by its definition.
    private func settling(_ values: [Double]) -> (cut: Int, statistic: Double) {
        let b = values.count / 5
        let z = (0..<b).map { j in values[5 * j..<5 * j + 5].reduce(0, +) / 5 }
        var best = (cut: 0, statistic: Double.infinity)
        for d in 0..<(b - max(1, min(5, b / 4))) {
            let tail = z[d...]
            let mean = tail.reduce(0, +) / Double(b - d)
            let squares = tail.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let statistic = squares / Double((b - d) * (b - d))
            if statistic < best.statistic { best = (5 * d, statistic) }
        }
        return best
    }

    @Test func settlingByDefinition() throws {
        var random = SplitMix64(state: 7)
        for _ in 0..<200 {
            let values = (0..<20 + Int(random.next() % 200)).map { _ in random.unitValue() }
            let (twin, mser) = (settling(values), try #require(MSER5(values)))
            #expect(mser.cut == twin.cut && near(mser.statistic, twin.statistic))
        }
    }

    @Test func batchesGrowUntilTheyAreIndependent() {
        var random = SplitMix64(state: 8)
        let free = (0..<95).map { _ in RatioTerm(k: random.unitValue(), n: 1) }
        let plan = Batching.plan([free])
        #expect(plan.length == 3 && plan.ranges.count == 31)
        #expect(plan.ranges.last == 90..<95, "the rest joins the last")
        let slow = (0..<600).map { RatioTerm(k: sin(Double($0) / 30) + 2, n: 1) }
        #expect(Batching.plan([slow]).length > 20)
        let trend = (0..<600).map { RatioTerm(k: Double($0), n: 1) }
        #expect(Batching.plan([trend]).isTooShort, "a trend is never independent")
        #expect(Batching.plan([trend]).windowsNeeded == 800)
        let equal = [RatioTerm](repeating: RatioTerm(k: 0.1, n: 3), count: 30)
        #expect(Batching.plan([equal]).length == 1)
        #expect(Batching.plan([Array(equal[..<9])]).isTooShort)
        #expect(Batching.autocorrelation([1, 2, 1, 2, 1, 2]) < -0.5)
        #expect(Batching.autocorrelation([1, nil, 1, 1]) == 0)
    }

    @Test func longerRunsThatWouldDo() throws {
        let estimate = RatioEstimate(
            [8, 12, 9, 11, 10, 10, 7, 13, 10, 10].map { RatioTerm(k: $0, n: 1_000) })
        let bounds = ShareBounds(estimate, fewDesignEffect: 1)
        let times = try #require(bounds.timesLonger(until: 0.0105, confidence: 0.95))
        #expect(times == pow(estimate.reach(0.95) / (0.0105 - estimate.ratio), 2).rounded(.up))
        #expect(bounds.timesLonger(until: estimate.ratio, confidence: 0.95) == nil)
        // No bad sample in 100: 1 - 0.05^(1/n) is below 1 % from 299 on.
        let none = ShareBounds(
            RatioEstimate([RatioTerm](repeating: RatioTerm(k: 0, n: 10), count: 10)),
            fewDesignEffect: 1)
        #expect(none.timesLonger(until: 0.01, confidence: 0.95) == 3)
        #expect(none.timesLonger(until: 0, confidence: 0.95) == nil)
    }

    @Test func quantileIntervals() throws {
        var random = SplitMix64(state: 9)
        let slices = (0..<20).map { _ -> MergedHistogram in
            let values = (0..<500).map { _ in UInt64(1e6 + 99e6 * random.unitValue()) }
            var histogram = MergedHistogram()
            histogram.add(Synthetic.histogram(values))
            return histogram
        }
        let merged = slices.reduce(into: MergedHistogram()) { $0.merge($1) }
        let p90 = try #require(QuantileInterval.estimate(90, of: merged, slices: slices))
        // Uniform over 1..100 ms: p90 is 90.1 ms, its error about 0.3 ms.
        #expect(p90.low < 90_200_000 && p90.high ?? 0 > 90_000_000)
        #expect(Double(p90.high ?? 0) - Double(p90.low) < 3e6)
        #expect(!p90.isTooFew && p90.smallest == 36)
        let far = try #require(QuantileInterval.estimate(99.99, of: merged, slices: slices))
        #expect(far.high == nil && far.isTooFew && far.smallest == 36_887)
        #expect(far.interval.high == .infinity && far.interval.method == .woodruff)
        #expect(QuantileInterval.estimate(50, of: merged, slices: Array(slices[..<9])) == nil)
        #expect(QuantileInterval.estimate(50, of: MergedHistogram(), slices: []) == nil)
    }

    @Test func varianceOfBuckets() {
        var random = SplitMix64(state: 10)
        let values = (0..<5_000).map { _ in 1e6 + 50e6 * random.unitValue() }
        var histogram = MergedHistogram()
        histogram.add(Synthetic.histogram(values.map { UInt64($0) }))
        let mean = values.reduce(0, +) / 5_000
        let exact = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4_999
        #expect(near(histogram.variance, exact, 1e-3))
        #expect(MergedHistogram().variance == 0)
    }
}
