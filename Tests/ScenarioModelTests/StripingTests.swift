// Known answers of scenarios.md section 9, and the properties that make sums exact.

import HarnessCore
import ScenarioModel
import Testing

@Suite struct StripingTests {
    private static func sequence(_ text: String) -> [Rational] {
        text.split(separator: ",").compactMap { Rational(text: $0) }
    }

    @Test(arguments: [
        ("0,.3,.5,.6,.7,.8,.9,1", 0, 0, [4, 3, 3]), ("0,.3,.5,.6,.7,.8,.9,1", 1, 1, [4, 6]),
        ("0,.3,.5,.6,.7,.8,.9,1", 2, 2, [10]), ("0,.3,.5,.6,.7,.8,.9,1", 3, 3, [10]),
        ("0,.3,.5,.6,.7,.8,.9,1", 5, 8, [10]), ("0,.3,.5,.6,.7,.8,.9,1", 6, 9, [10]),
        ("0,.2,.5,.6,.7,.8,.9,1", 0, 1, [4, 6]), ("0,.2,.5", 0, 3, [6, 4]),
        ("0,.2,.5", 1, 1, [4, 2, 4]), ("0,2/5,4/5", 0, 0, [3, 2]), ("0,2/5,4/5", 1, 1, [3, 2]),
        // A segment without a sequence stands in its own: 0, from, to, 1.
        ("0,.2", 0, 1, [5]), ("0,2/5", 0, 1, [2, 3]), ("2/5,4/5", 1, 1, [3, 2]),
        ("1/10,5/10", 1, 1, [2, 2, 4, 2]),
    ])
    func stripes(sequence: String, segment: Int, start: Int, offsets: [Int]) throws {
        let text = sequence.replacingPoints
        let stripe = try #require(Striping(sequence: Self.sequence(text))?.stripe(of: segment))
        #expect(stripe.start == start && stripe.offsets == offsets, "\(text) \(stripe)")
    }

    @Test(arguments: [
        ("0,1/3,5/6", 6), ("0,1/3,4/7", 21), ("0,1/2,3/4,1", 4), ("", 1),
    ])
    func periods(sequence: String, period: Int) {
        #expect(Striping(sequence: Self.sequence(sequence))?.period == period)
    }

    @Test(arguments: [
        (50, [17, 17, 16]), (3, [1, 1, 1]), (2, [1, 1, 0]), (1, [1, 0, 0]), (0, [0, 0, 0]),
    ])
    func scaleOfThirds(value: Int, shares: [Int]) {
        let thirds = Striping(weights: [1, 1, 1])
        #expect((0..<3).map { thirds.scale(value, segment: $0) } == shares)
    }

    @Test func resegmented() throws {
        let thirds = Striping(weights: [1, 1, 1])
        let from20 = try #require(thirds.resegmented(from: 20))
        #expect((0..<3).map { from20.scale(50, segment: $0) } == [18, 17, 15])
        let from2 = try #require(thirds.resegmented(from: 2))
        #expect((0..<3).map { from2.scale(50, segment: $0) } == [25, 25, 0])
        #expect(from2.stripe(of: 2) == nil)
        #expect(thirds.resegmented(from: 1)?.scale(50, segment: 0) == 50)
        #expect(thirds.resegmented(from: 0) == nil)
    }

    @Test func halvesAndQuarters() {
        let striping = Striping(weights: [2, 1, 1])
        #expect(striping.owners == [0, 1, 0, 2])
        #expect(
            (1...12).map { striping.scale($0, segment: 0) } == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6])
        #expect(
            (1...12).map { striping.scale($0, segment: 1) } == [0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3])
        #expect(
            (1...12).map { striping.scale($0, segment: 2) } == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3])
    }

    @Test(arguments: [
        ([3, 3, 2], [0, 1, 2, 0, 1, 2, 0, 1]), ([4, 2, 1], [0, 1, 0, 2, 0, 1, 0]),
    ])
    func weightsOfTheFleet(weights: [Int], owners: [Int]) {
        #expect(Striping(weights: weights).owners == owners)
    }

    @Test(arguments: 1...50)
    func sumsAreExact(seed: UInt64) {
        var rng = SplitMix64(state: seed)
        let weights = (0...Draw.below(rng.next(), 8)).map { _ in Int(Draw.below(rng.next(), 20)) + 1
        }
        let striping = Striping(weights: weights)
        for _ in 0..<20 {
            let value = Int(Draw.below(rng.next(), 10_000))
            let shares = weights.indices.map { striping.scale(value, segment: $0) }
            #expect(shares.reduce(0, +) == value, "seed \(seed), \(weights)")
        }
    }

    @Test(arguments: ["", "x", "1/0", "-1", "2", "1/2/3", "0.", "101%", "1e3", "9999999999"])
    func badFractions(text: String) {
        #expect(Rational(text: text) == nil)
    }

    @Test(arguments: ["0.5,0.2", "0.5,0.5", "1,0"])
    func sequencesRise(text: String) {
        #expect(Striping(sequence: Self.sequence(text)) == nil)
    }
}

extension String {
    /// `.3` as `0.3`: the tables are written the short way.
    fileprivate var replacingPoints: String {
        split(separator: ",").map { $0.hasPrefix(".") ? "0" + $0 : String($0) }
            .joined(separator: ",")
    }
}
