// How often a verdict is wrong, measured (measurement.md sections 5 and 8.7). Response times are
// log-normal and samples in a row are alike: exp(0.5 z), z an AR(1) process from one sample to the
// next. The limit is the true p(99), or 20 % beside it.
//
// Seeded, so that a rate is the same each time. Steps of z are drawn from 65,536 quantiles of the
// normal distribution.

import Foundation
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@testable import Collector

@Suite struct CriterionMonteCarloTests {
    private static let sigma = 0.5
    /// z with 1 % of a normal distribution above it.
    private static let z99 = 2.3263478740408408
    /// Limits as multiples of the true p(99).
    private static let limits = [1, 1.2, 1 / 1.2]

    /// Verdicts at each limit, and how often a plain comparison failed at the true one.
    private struct Tally: Sendable {
        var runs = 0
        var plainFails = 0
        var verdicts: [[Verdict: Int]] = limits.map { _ in [:] }

        func share(_ verdict: Verdict, _ limit: Int) -> Double {
            Double(verdicts[limit][verdict] ?? 0) / Double(runs)
        }

        static func + (a: Self, b: Self) -> Self {
            var sum = a
            sum.runs += b.runs
            sum.plainFails += b.plainFails
            for i in sum.verdicts.indices {
                sum.verdicts[i].merge(b.verdicts[i]) { $0 + $1 }
            }
            return sum
        }
    }

    /// Cells of one run at each limit: samples, bad ones and sums of 1,000 samples a window.
    private static func cells(
        windows: Int, memory: Double, random: inout SplitMix64
    ) -> [[JudgedCell]] {
        let scale = (1 - memory * memory).squareRoot()
        let zs = limits.map { z99 + log($0) / sigma }
        var z = 0.0
        for _ in 0..<500 { z = step(z, memory, scale, &random) }
        var cells = limits.map { _ in [JudgedCell]() }
        for w in 0..<windows {
            var (sum, a, b, c) = (0.0, 0, 0, 0)
            for _ in 0..<1_000 {
                z = step(z, memory, scale, &random)
                sum += exp(sigma * z)
                if z >= zs[2] {
                    c += 1
                    if z >= zs[0] { a += 1 }
                    if z >= zs[1] { b += 1 }
                }
            }
            for (i, bad) in [a, b, c].enumerated() {
                cells[i].append(
                    JudgedCell(
                        from: .seconds(Int64(w)), seconds: 1, count: 1_000, bad: Double(bad),
                        sum: sum))
            }
        }
        return cells
    }

    @inline(__always)
    private static func step(
        _ z: Double, _ memory: Double, _ scale: Double, _ random: inout SplitMix64
    ) -> Double {
        memory * z + normals[Int(random.next() >> 48)] * scale
    }

    private static let normals = (0..<65_536).map { Normal.quantile((Double($0) + 0.5) / 65_536) }

    private static func simulate(
        runs: Int, windows: Int, memory: Double, seed: UInt64
    ) -> Tally {
        var random = SplitMix64(state: seed)
        var tally = Tally()
        let span = JudgedSpan(
            from: .zero, to: .seconds(Int64(windows)), excludedWarmup: .zero,
            scheduleEnd: .seconds(Int64(windows)), isReached: true)
        for _ in 0..<runs {
            let cells = cells(windows: windows, memory: memory, random: &random)
            tally.runs += 1
            for (i, cells) in cells.enumerated() {
                let criterion = CriterionFixture.criterion(
                    .percentile(99), .less, limits[i] * exp(sigma * z99))
                let data = JudgedData(span: span, cells: cells)
                let rule = CriterionRule(
                    criterion: criterion, kind: .trend, confidence: 0.95, data: data)
                tally.verdicts[i][rule.outcome(rule.evidence()).verdict, default: 0] += 1
                if i == 0, rule.pointHolds(cells) == false { tally.plainFails += 1 }
            }
        }
        return tally
    }

    private static func simulate(
        runs: Int, windows: Int, memory: Double
    ) async -> Tally {
        await withTaskGroup(of: Tally.self) { group in
            for part in 0..<4 {
                group.addTask {
                    simulate(
                        runs: runs / 4, windows: windows, memory: memory,
                        seed: 42 + UInt64(part) << 32)
                }
            }
            return await group.reduce(Tally()) { $0 + $1 }
        }
    }

    @Test func aMinuteOfThousandsPerSecond() async {
        let tally = await Self.simulate(runs: 400, windows: 60, memory: 0.9)
        let plain = Double(tally.plainFails) / Double(tally.runs)
        #expect(plain >= 0.45 && plain <= 0.55, "a plain comparison tosses a coin: \(plain)")
        let fails = tally.share(.fail, 0)
        #expect(fails >= 0.02 && fails <= 0.06, "\(fails)")
        #expect(tally.share(.fail, 1) <= 0.03 && tally.share(.pass, 2) <= 0.03, "\(tally)")
    }

    @Test func fiveMinutesOfAlmostConstantLatency() async {
        let tally = await Self.simulate(runs: 120, windows: 300, memory: 0.99)
        #expect(tally.share(.fail, 0) <= 0.08 && tally.share(.pass, 0) <= 0.15, "\(tally)")
        #expect(tally.share(.fail, 1) <= 0.01 && tally.share(.pass, 2) <= 0.01, "\(tally)")
        #expect(tally.share(.pass, 1) >= 0.9 && tally.share(.fail, 2) >= 0.9, "\(tally)")
    }

    /// Looks at what all looks together claim: 5 % at most, however many.
    @Test func looksAddUpToTheirConfidence() {
        let errors = (1...10_000).map { 1 - CriterionLooks.level(0.95, look: $0) }
        #expect(errors[0] == 1 - CriterionLooks.level(0.95, look: 1) && errors[0] > 0.0249)
        #expect(errors.reduce(0, +) < 0.05 && errors.reduce(0, +) > 0.0499)
    }

    /// A series of noise is steady, whatever MSER-5 alone would cut off; a cold start is seen.
    @Test func noiseIsSteady() throws {
        var random = SplitMix64(state: 11)
        var (cuts, unsteady, seen) = (0, 0, 0)
        for _ in 0..<500 {
            let noise = (0..<120).map { _ in 100 * (0.8 + 0.4 * random.unitValue()) }
            let mser = try #require(MSER5(noise))
            if mser.cut > 0 { cuts += 1 }
            if mser.cut > 0, SteadyCheck.isMaterial(noise, cut: mser.cut) { unsteady += 1 }
            let cold = noise.enumerated().map { $1 * (1 + exp(-Double($0) / 10)) }
            let start = try #require(MSER5(cold))
            if start.cut > 0, SteadyCheck.isMaterial(cold, cut: start.cut) { seen += 1 }
        }
        #expect(cuts > 100, "MSER-5 alone: \(cuts) of 500")
        #expect(unsteady <= 10, "\(unsteady) of 500")
        #expect(seen >= 450, "\(seen) of 500")
    }
}
