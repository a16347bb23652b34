// The search over simulated machines: which rates it tries, and what it makes of them.

import HarnessCore
import LoadGen
import TestSupport
import Testing

@Suite struct CalibrationSearchTests {
    private static func run(
        _ settings: CalibrationSearch.Settings = .init(), _ machine: (Double) -> Bool
    ) -> (search: CalibrationSearch, rates: [Double], steps: [CalibrationSearch.Step]) {
        var search = CalibrationSearch(settings)
        var steps: [CalibrationSearch.Step] = []
        while let step = search.next {
            steps.append(step)
            search.note(held: machine(step.rate))
            #expect(steps.count < 100, "a search ends")
        }
        return (search, steps.map(\.rate), steps)
    }

    @Test func doublesThenBisects() {
        let (search, rates, steps) = Self.run { $0 <= 5_300 }
        #expect(
            rates == [
                1_000, 2_000, 4_000, 8_000, 8_000,
                6_000, 5_000, 5_500, 5_250, 5_375, 5_313,
            ])
        #expect(search.ceiling == 5_250)
        #expect(search.isBounded)
        #expect(steps[3].purpose == .doubling && steps[3].length == .seconds(3))
        #expect(steps[4].purpose == .confirming && steps[4].length == .seconds(3))
        #expect(steps[5].purpose == .bisecting && steps[5].length == .seconds(5))
    }

    @Test(arguments: [1_000, 1_001, 1_999, 2_000, 31_415, 140_000, 9_999_999])
    func findsTheCeilingToOnePartInSixtyFour(limit: Int) throws {
        let (search, _, _) = Self.run { $0 <= Double(limit) }
        let ceiling = try #require(search.ceiling)
        #expect(ceiling <= Double(limit))
        #expect(ceiling >= Double(limit) * (1 - 1.0 / 32) - 1, "\(ceiling) of \(limit)")
    }

    @Test func aCeilingThatIsNeverReachedIsALowerBound() {
        var settings = CalibrationSearch.Settings()
        settings.mostRate = 5_000
        let (search, rates, _) = Self.run(settings) { _ in true }
        #expect(rates == [1_000, 2_000, 4_000, 5_000])
        #expect(search.ceiling == 5_000)
        #expect(!search.isBounded)
    }

    @Test func aMachineThatHoldsNothingHasNoCeiling() {
        let (search, rates, _) = Self.run { _ in false }
        #expect(rates == [1_000, 1_000, 500, 250, 125, 63, 32, 16])
        #expect(search.ceiling == nil)
        #expect(search.isBounded)
    }

    @Test func aSlowMachineIsFoundBelowTheFirstRate() {
        let (search, rates, _) = Self.run { $0 <= 130 }
        #expect(rates == [1_000, 1_000, 500, 250, 125, 188, 157, 141])
        #expect(search.ceiling == 125)
    }

    @Test func oneHiccupDoesNotEndTheDoubling() {
        var isFirst = true
        let (search, rates, _) = Self.run { rate in
            if rate == 2_000, isFirst {
                isFirst = false
                return false
            }
            return rate <= 9_000
        }
        #expect(Array(rates.prefix(5)) == [1_000, 2_000, 2_000, 4_000, 8_000])
        #expect((8_700...9_000).contains(search.ceiling ?? 0))
    }

    /// Noise may only cost: whatever the machine answers at random, the ceiling is a rate that held
    /// and every step is within bounds.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func noiseNeverMakesACeilingThatDidNotHold(seed: UInt64) {
        var rng = SplitMix64(state: seed)
        var held: Set<Double> = []
        var settings = CalibrationSearch.Settings()
        settings.mostRate = 1_000_000
        let (search, rates, _) = Self.run(settings) { rate in
            let isHeld = rate <= 40_000 ? rng.next() % 5 != 0 : rng.next() % 5 == 0
            if isHeld { held.insert(rate) }
            return isHeld
        }
        #expect(rates.allSatisfy { $0 > 0 && $0 <= 1_000_000 })
        #expect(rates.count <= 2 * 11 + 6)
        if let ceiling = search.ceiling { #expect(held.contains(ceiling), "seed \(seed)") }
    }

    @Test func withoutBisectionsTheLastDoublingStands() {
        var settings = CalibrationSearch.Settings()
        settings.bisections = 0
        let (search, rates, _) = Self.run(settings) { $0 <= 3_000 }
        #expect(rates == [1_000, 2_000, 4_000, 4_000])
        #expect(search.ceiling == 2_000)
    }
}
