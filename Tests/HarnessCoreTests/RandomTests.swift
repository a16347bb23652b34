import HarnessCore
import Testing

/// Known answers: scenarios.md section 9, seed 1, scenario `orders`.
@Suite struct RandomTests {
    @Test func streamSeeds() {
        let streams = RandomStreams(seed: 1, scenario: "orders")
        #expect(streams.stream(.arrivals, 0, 0).state == 0x0639_9519_C0E9_9379)
        #expect(streams.stream(.orders, 0, 0).state == 0x9E22_CD6E_7114_E56A)
    }

    /// Poisson at 1,000/s: arrival g is due when the area reaches the sum of -ln unit(r).
    @Test func poissonArrivals() {
        var stream = RandomStreams(seed: 1, scenario: "orders").stream(.arrivals, 0, 0)
        var area = 0.0
        let offsets = (0..<3).map { _ in
            area += -naturalLogarithm(Draw.unit(stream.next()))
            return Int64(area * 1_000_000)
        }
        #expect(offsets == [4_185_962, 5_188_578, 5_447_387])
    }

    @Test func drawsStayInRange() {
        var stream = SplitMix64(state: 7)
        for _ in 0..<10_000 {
            let r = stream.next()
            #expect(Draw.below(r, 6) < 6)
            #expect(Draw.unit(r) > 0 && Draw.unit(r) <= 1)
            #expect(!Draw.chance(r, 0))
            #expect(Draw.chance(r, 1))
        }
    }

    /// The binary search against a walk over the weights.
    @Test func pickEqualsLinearSearch() {
        let weights: [UInt64] = [5, 0, 3, 1, 0, 11]
        let table = WeightTable(weights: weights)
        var stream = SplitMix64(state: 42)
        for _ in 0..<10_000 {
            let r = stream.next()
            var x = Draw.below(r, weights.reduce(0, +))
            var expected = 0
            while x >= weights[expected] {
                x -= weights[expected]
                expected += 1
            }
            #expect(table.pick(r) == expected)
        }
    }

    @Test func tables() {
        let zipf = WeightTable.zipf(count: 3, skew: 1)
        #expect(zipf.cumulative == [4_294_967_296, 6_442_450_944, 7_874_106_709])
        let pareto = WeightTable.pareto(alpha: 1, cap: 2)
        #expect(pareto.cumulative == [2_147_483_648, 4_294_967_296])
    }
}
