// Arrival times: the known answers of scenarios.md section 9, an exact oracle for ramps, and the
// statistics of random processes.

import HarnessCore
import ScenarioModel
import Testing

@Suite struct PlanArrivalsTests {
    private static let kneeRamp = PlanFixture.ramp([(5, 1), (1, 1), (5, 0)])

    @Test func rampNanoseconds() throws {
        #expect(
            try PlanFixture.offsets(Self.kneeRamp) == [
                3_162_277_660, 4_472_135_954, 5_499_999_999, 6_527_864_045, 7_837_722_339,
                11_000_000_000,
            ])
    }

    @Test(arguments: [
        ("0:1/3", nil, [4_472, 7_837]), ("0:1/3", "0,1/3,1", [4_472, 7_837]),
        ("1/3:2/3", nil, [4_472, 7_837]), ("2/3:1", nil, [4_472, 7_837]),
        ("0:1/3", "0,1/3,2/3,1", [3_162, 6_527]),
    ])
    func rampOfASegment(segment: String, sequence: String?, milliseconds: [Int64]) throws {
        let share = try PlanFixture.share(Self.kneeRamp, segment, sequence)
        let offsets = try PlanFixture.offsets(Self.kneeRamp, share: share)
        #expect(offsets.map { $0 / 1_000_000 } == milliseconds)
    }

    @Test(arguments: [
        ("0:1/3", nil, 20, [40, 60, 60, 60, 60, 60, 60], 35),
        ("0:1/3", "0,1/3,2/3,1", 0, [60, 60, 60, 60, 60, 60, 40], 35),
        ("2/3:1", "0,1/3,2/3,1", 40, [60, 60, 60, 60, 60, 100], 30),
    ])
    func constantOfASegment(
        segment: String, sequence: String?, first: Int64, gaps: [Int64], count: Int
    ) throws {
        let executor = Executor.constantArrivalRate(
            PlanFixture.constant(50, for: .seconds(2)))
        let share = try PlanFixture.share(executor, segment, sequence)
        let offsets = try PlanFixture.offsets(executor, share: share)
        #expect(offsets.count == count)
        #expect(offsets.first == first * 1_000_000)
        let seen = zip(offsets.dropFirst(), offsets).map { ($0 - $1) / 1_000_000 }
        #expect(seen == seen.indices.map { gaps[$0 % gaps.count] })
    }

    @Test(arguments: [
        (PlanFixture.poisson(1_000, for: .seconds(10)), [4_185_962, 5_188_578, 5_447_387]),
        (PlanFixture.hawkes(5_000, for: .seconds(10)), [802_092, 871_989, 923_404]),
    ])
    func randomNanoseconds(executor: Executor, first: [Int64]) throws {
        #expect(try PlanFixture.offsets(executor, limit: 3) == first)
    }

    @Test func replay() throws {
        let executor = Executor.replay(
            Replay(file: "t.csv", offsetsNs: [0, 5, 5, 900], preAllocatedVUs: 1, maxVUs: 1))
        #expect(try PlanFixture.offsets(executor) == [0, 5, 5, 900])
        let arrivals = try #require(Arrivals(executor, seed: 1, scenario: "r"))
        #expect(
            [0, 1, 5, 6, 900, 901].map { arrivals.count(before: .nanoseconds($0)) }
                == [0, 1, 1, 3, 3, 4])
    }

    @Test func theClosedModelHasNone() {
        let ramp = PlanFixture.vus(from: 1, [(1, 2)])
        for executor in [
            Executor.sharedIterations(SharedIterations()), .perVUIterations(PerVUIterations()),
            .constantVUs(ConstantVUs(vus: 1, duration: .seconds(1))), .rampingVUs(ramp),
            .externallyControlled(ExternallyControlled(maxVUs: 1, duration: .zero)),
        ] {
            #expect(Arrivals(executor, seed: 1, scenario: "x") == nil)
            #expect(executor.peakRatePerSecond == nil)
            #expect(executor.ratePerSecond(at: .zero) == nil)
        }
    }

    /// Numbers no 64-bit product holds are past the end, not a trap.
    @Test func absurdNumbers() {
        for executor in [
            Executor.constantArrivalRate(PlanFixture.constant(1, for: .seconds(5))),
            PlanFixture.ramp([(5, 1)]), PlanFixture.poisson(1, for: .seconds(5)),
            PlanFixture.hawkes(1, for: .seconds(5)),
        ] {
            var arrivals = Arrivals(executor, seed: 1, scenario: "x")
            #expect(arrivals?.offset(of: .max / 2) == nil)
            #expect(arrivals?.offset(of: .max - 1) == nil)
        }
    }

    @Test func aConstantRateHasNoneAtItsEnd() throws {
        let executor = Executor.constantArrivalRate(PlanFixture.constant(2, for: .seconds(1)))
        #expect(try PlanFixture.offsets(executor) == [0, 500_000_000])
        let arrivals = try #require(Arrivals(executor, seed: 1, scenario: "x"))
        let counts = [-5, 0, 1, 500_000_000, 500_000_001, 9_000_000_000].map {
            arrivals.count(before: .nanoseconds($0))
        }
        #expect(counts == [0, 0, 1, 1, 2, 2])
        #expect(arrivals.total == 2)
    }

    /// Random ramps: the offsets are the first ns at which the exact area reaches n, but for what
    /// Double loses.
    @Test(arguments: 1...40)
    func rampAgainstExactArea(seed: UInt64) throws {
        var rng = SplitMix64(state: seed)
        let start = Int(Draw.below(rng.next(), 50))
        let stages = (0...Draw.below(rng.next(), 5)).map { _ in
            (Double(Draw.below(rng.next(), 30)) / 4, Int(Draw.below(rng.next(), 60)))
        }
        let executor = PlanFixture.ramp(from: start, stages)
        let offsets = try PlanFixture.offsets(executor)
        let oracle = ExactRamp(from: start, stages: PlanFixture.stages(stages))
        #expect(zip(offsets, offsets.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed)")
        for (g, offset) in offsets.enumerated() {
            let exact = oracle.firstNs(reaching: g + 1)
            let difference = exact.map { abs($0 - offset) }
            #expect(
                difference.map { $0 <= 2 } ?? true,
                "seed \(seed), arrival \(g): \(offset), exactly \(exact ?? -1)")
        }
        #expect(abs(oracle.whole - offsets.count) <= 1, "seed \(seed)")
        let arrivals = try #require(Arrivals(executor, seed: 1, scenario: "x"))
        for _ in 0..<20 {
            let end = Int64(Draw.below(rng.next(), 40_000_000_000))
            #expect(
                arrivals.count(before: .nanoseconds(end)) == offsets.count { $0 < end },
                "seed \(seed), before \(end)")
        }
        #expect(arrivals.total == offsets.count)
    }

    static let processes: [Executor] = [
        .constantArrivalRate(PlanFixture.constant(333, for: .seconds(3))),
        PlanFixture.ramp(from: 10, [(2, 500), (0, 100), (2, 0)]),
        PlanFixture.poisson(300, for: .seconds(3)),
        PlanFixture.ramp(from: 10, [(2, 500), (0, 100), (2, 0)], poisson: true),
        PlanFixture.hawkes(300, for: .seconds(3)),
        .replay(
            Replay(
                file: "t.csv", offsetsNs: (0..<700).map { $0 * $0 }, preAllocatedVUs: 3, maxVUs: 7)
        ),
    ]

    /// Agents that own different numbers agree on all of them, whatever they skip.
    @Test(arguments: processes)
    func skippingChangesNothing(executor: Executor) throws {
        let all = try PlanFixture.offsets(executor)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0 <= $1 })
        var rng = SplitMix64(state: 7)
        for _ in 0..<10 {
            var arrivals = try #require(Arrivals(executor, seed: 1, scenario: "orders"))
            var number = Draw.below(rng.next(), 9)
            while number < all.count {
                #expect(arrivals.offset(of: number)?.ns == all[Int(number)])
                number += Draw.below(rng.next(), 40)
            }
            #expect(arrivals.offset(of: UInt64(all.count)) == nil)
            #expect(arrivals.offset(of: UInt64(all.count) + 5) == nil)
        }
        #expect(Arrivals(executor, seed: 1, scenario: "orders")?.total == UInt64(all.count))
    }

    @Test func namesAndSeedsDrawOtherArrivals() throws {
        let executor = PlanFixture.poisson(1_000, for: .seconds(1))
        let one = Arrivals(executor, seed: 1, scenario: "orders")?.total
        #expect(one != Arrivals(executor, seed: 2, scenario: "orders")?.total)
        #expect(
            try PlanFixture.offsets(executor, seed: 1, limit: 5)
                != PlanFixture.offsets(executor, seed: 2, limit: 5))
    }

    /// A Poisson count has the variance of its mean.
    @Test(arguments: [
        (PlanFixture.poisson(2_000, for: .seconds(50)), 100_000.0),
        (PlanFixture.ramp([(20, 4_000), (10, 4_000), (10, 0)], poisson: true), 100_000.0),
    ])
    func poissonMean(executor: Executor, mean: Double) throws {
        for seed in UInt64(1)...8 {
            let arrivals = try #require(Arrivals(executor, seed: seed, scenario: "orders"))
            let off = (Double(arrivals.total) - mean) / mean.squareRoot()
            #expect(abs(off) < 4, "seed \(seed): \(off) sigma")
        }
    }

    /// Exponential gaps: their standard deviation is their mean.
    @Test func poissonGaps() throws {
        let offsets = try PlanFixture.offsets(PlanFixture.poisson(1_000, for: .seconds(60)))
        let gaps = zip(offsets.dropFirst(), offsets).map { Double($0 - $1) }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        #expect(abs(mean / 1e6 - 1) < 0.02)
        #expect(abs(variance.squareRoot() / mean - 1) < 0.03)
    }

    /// Counts in windows much longer than the decay: variance over mean 1 / (1 - n)^2.
    @Test(arguments: [(0.75, 16.0), (0.5, 4.0), (0.0, 1.0)])
    func hawkesDispersion(branching: Double, expected: Double) throws {
        var parameters = Hawkes()
        parameters.branching = branching
        let executor = PlanFixture.hawkes(200, for: .seconds(6_000), parameters)
        var windows = [Int](repeating: 0, count: 600)
        for offset in try PlanFixture.offsets(executor, limit: 3_000_000) {
            windows[Int(offset / 10_000_000_000)] += 1
        }
        let mean = Double(windows.reduce(0, +)) / 600
        let variance = windows.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 599
        #expect(abs(mean / 2_000 - 1) < 0.03, "mean \(mean)")
        // The standard error of a variance from 600 windows is about 6 %.
        #expect(abs(variance / mean / expected - 1) < 0.25, "\(variance / mean)")
    }

    @Test func rates() {
        let ramp = PlanFixture.ramp(from: 4, [(2, 8), (0, 2), (2, 2)])
        #expect(ramp.peakRatePerSecond == 8)
        #expect(
            [-1, 0, 1_000, 1_999, 2_000, 4_000, 4_001].map {
                ramp.ratePerSecond(at: .milliseconds($0))
            } == [0, 4, 6, 7.998, 2, 2, 0])
        #expect(ramp.meanArrivals(before: .seconds(1)) == 5)
        #expect(ramp.meanArrivals(before: .seconds(9)) == 16)
        var slow = PlanFixture.constant(30, for: .seconds(600))
        slow.timeUnit = .seconds(60)
        #expect(Executor.constantArrivalRate(slow).peakRatePerSecond == 0.5)
        #expect(Executor.constantArrivalRate(slow).meanArrivals(before: .seconds(10)) == 5)
        #expect(Executor.constantArrivalRate(slow).meanArrivals(before: .seconds(-1)) == 0)
        let replay = Executor.replay(
            Replay(
                file: "t.csv", offsetsNs: [0, 900_000_000, 1_100_000_000, 1_800_000_000],
                preAllocatedVUs: 1, maxVUs: 1))
        #expect(replay.peakRatePerSecond == 3)
        #expect(replay.ratePerSecond(at: .milliseconds(1_500)) == 2)
        #expect(replay.meanArrivals(before: .seconds(1)) == 2)
    }
}

/// The area under a ramp in exact integers: 2 D n against sums of products.
private struct ExactRamp {
    /// Twice the area times 10^9, to each stage's end; ns and levels at its ends.
    private var pieces: [(start: Int64, length: Int64, from: Int, to: Int, before: Int128)] = []
    private var end: Int128 = 0

    init(from start: Int, stages: [Stage]) {
        var at: Int64 = 0
        var level = start
        for stage in stages {
            pieces.append((at, stage.duration.ns, level, stage.target, end))
            end += Int128(level + stage.target) * Int128(stage.duration.ns)
            at += stage.duration.ns
            level = stage.target
        }
    }

    private static func wanted(_ n: Int) -> Int128 { Int128(n) * 2_000_000_000 }

    /// Arrivals in all.
    var whole: Int { Int(end / 2_000_000_000) }

    /// The first ns at which the area is at least n, truncated as the product does it: the ns
    /// before, where it is reached between two.
    func firstNs(reaching n: Int) -> Int64? {
        let wanted = Self.wanted(n)
        for piece in pieces where piece.length > 0 {
            let after = piece.before + Int128(piece.from + piece.to) * Int128(piece.length)
            guard wanted <= after else { continue }
            var low: Int64 = 0
            var high = piece.length
            while low < high {
                let middle = low + (high - low) / 2
                if area(piece, middle) >= wanted * Int128(piece.length) {
                    high = middle
                } else {
                    low = middle + 1
                }
            }
            let isExact = area(piece, low) == wanted * Int128(piece.length)
            return piece.start + (isExact ? low : low - 1)
        }
        return nil
    }

    /// Twice the area up to x of the piece, times its length.
    private func area(
        _ piece: (start: Int64, length: Int64, from: Int, to: Int, before: Int128), _ x: Int64
    ) -> Int128 {
        let (length, x) = (Int128(piece.length), Int128(x))
        return piece.before * length + 2 * Int128(piece.from) * x * length
            + Int128(piece.to - piece.from) * x * x
    }
}
