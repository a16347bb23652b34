// Numbers of two doubles, about 31 decimal digits: for the weights of the order flow, which must be
// the same on every processor. Additions, products and fused products are exact or correctly
// rounded by IEEE 754 everywhere; the C library's `pow` is not, and differs in its last bit between
// processors with and without FMA.
//
// Source of the algorithms: Dekker 1971, Knuth TAOCP 2 section 4.2.2; Hida, Li, Bailey 2001.

import Glibc

struct DoubleDouble {
    var high: Double
    var low: Double

    init(_ high: Double, _ low: Double = 0) {
        let sum = high + low
        self.low = low - (sum - high)
        self.high = sum
    }

    static func + (a: Self, b: Self) -> Self {
        let sum = a.high + b.high
        let part = sum - a.high
        let rest = (a.high - (sum - part)) + (b.high - part)
        return Self(sum, rest + a.low + b.low)
    }

    static func * (a: Self, b: Self) -> Self {
        let product = a.high * b.high
        let rest = (-product).addingProduct(a.high, b.high)
        return Self(product, rest + (a.high * b.low + a.low * b.high))
    }

    static prefix func - (a: Self) -> Self { Self(-a.high, -a.low) }

    private static let ln2 = Self(0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56)

    /// e^x: x = n ln 2 + 256 r, a Taylor series of r, squared eight times.
    static func exp(_ x: Self) -> Self {
        let n = (x.high / ln2.high).rounded()
        let rest = x + -(ln2 * Self(n))
        let r = Self(rest.high * 0x1p-8, rest.low * 0x1p-8)
        // Horner from the twelfth term on; r is below 0.0014.
        var sum = Self(1)
        for k in stride(from: 12.0, through: 1, by: -1) {
            let term = r * sum
            let quotient = term.high / k
            let remainder = term + -(Self(quotient) * Self(k))
            sum = Self(1) + Self(quotient, remainder.high / k)
        }
        for _ in 0..<8 { sum = sum * sum }
        let scale = Double(sign: .plus, exponent: Int(n), significand: 1)
        return Self(sum.high * scale, sum.low * scale)
    }

    /// ln k by one step of Newton's method from the C library's answer, whose last bit vanishes.
    /// - Precondition: k is at least 1.
    static func log(_ k: Double) -> Self {
        let first = Self(Glibc.log(k))
        return first + (Self(k) * exp(-first) + Self(-1))
    }

    /// floor(2^32 x), x in 0 ... 1; a number within 1e-12 below a whole one is that one: where the
    /// result is whole, the last digits may fall short of it.
    var flooredTimes2To32: UInt64 {
        let scaled = Self(high * 0x1p32, low * 0x1p32)
        let whole = scaled.high.rounded(.down)
        let fraction = (scaled.high - whole) + scaled.low + 1e-12
        return UInt64(max(0, whole + fraction.rounded(.down)))
    }
}

/// floor(2^32 x) for sums of powers k^-s, the same on every processor.
enum PowerWeight {
    /// The C library's error is below 2e-6 here: further from a whole number than this its floor
    /// is the true one.
    private static let doubtful = 1e-5

    /// - Parameters:
    ///   - approximate: 2^32 x by `pow`.
    ///   - exact: x, asked for where the approximation is near a whole number.
    static func floor(_ approximate: Double, exact: () -> DoubleDouble) -> UInt64 {
        if abs(approximate - approximate.rounded()) > doubtful { return UInt64(approximate) }
        return exact().flooredTimes2To32
    }

    /// k^-s
    static func power(_ k: Int, _ s: Double) -> DoubleDouble {
        k == 1 ? DoubleDouble(1) : .exp(-(DoubleDouble.log(Double(k)) * DoubleDouble(s)))
    }
}
