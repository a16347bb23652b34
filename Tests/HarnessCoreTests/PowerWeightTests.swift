// Weights of the order flow are the same on every processor: whatever the last bit of `pow` is.

import Testing

@testable import HarnessCore

@Suite struct PowerWeightTests {
    @Test(arguments: [0.5, 0.9, 1, 1.25, 1.5, 2, 3])
    func theLastBitDecidesNothing(s: Double) {
        var doubtful = 0
        for k in 1...20_000 {
            let exact = { PowerWeight.power(k, s) }
            let y = 0x1p32 * (exact().high)
            let floors = [y, y.nextUp, y.nextDown, y.nextUp.nextUp, y.nextDown.nextDown].map {
                PowerWeight.floor($0, exact: exact)
            }
            #expect(Set(floors).count == 1, "\(k)^-\(s): \(floors)")
            if abs(y - y.rounded()) < 1e-5 { doubtful += 1 }
        }
        #expect(doubtful > 0, "the exact way was taken")
    }

    /// Whole results are whole, and close calls go the right way.
    @Test(
        arguments: [
            (2, 1, 1 << 31), (4, 1, 1 << 30), (1024, 1, 1 << 22), (4, 0.5, 1 << 31),
            (9, 0.5, 1_431_655_765), (65_536, 2, 1), (65_537, 2, 0), (3, 1, 1_431_655_765),
            (2, 1.5, 1_518_500_249), (10, 2, 42_949_672),
        ] as [(Int, Double, UInt64)])
    func values(k: Int, s: Double, floor: UInt64) {
        #expect(PowerWeight.power(k, s).flooredTimes2To32 == floor)
    }

    /// 31 digits: e and ln 10 to the last bit of their second double.
    @Test func digits() {
        let e = DoubleDouble.exp(DoubleDouble(1))
        #expect(e.high == 0x1.5bf0a8b145769p+1)
        #expect(abs(e.low - 0x1.4d57ee2b1013ap-53) < 1e-30)
        let ten = DoubleDouble.log(10)
        #expect(ten.high == 0x1.26bb1bbb55516p+1)
        #expect(abs(ten.low - -0x1.f48ad494ea3e9p-53) < 1e-30)
    }
}
