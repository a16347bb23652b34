// Seeded randomness that is the same on every machine: SplitMix64 streams and integer-only draws.
//
// spec: scenarios.md section 3. A stream is named by (seed, scenario, domain, a, b); whoever knows
// the name draws the same numbers, so a fleet of any size sends the same flow.
//
//     mix      = SplitMix64's finaliser (Steele, Lea, Flood 2014)
//     fold(x,w) = mix((x xor w) + golden)          golden = 0x9E3779B97F4A7C15
//     stream    = SplitMix64 started at fold(fold(fold(fold(seed, FNV-1a(name)), d), a), b)

import Glibc

/// A 64-bit generator with one word of state. Never for secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    @usableFromInline package var state: UInt64
    @usableFromInline static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

    @inlinable package init(state: UInt64) { self.state = state }

    @inlinable package mutating func next() -> UInt64 {
        state &+= Self.golden
        return Self.mix(state)
    }

    /// The finaliser: a bijection on 64 bits.
    @inlinable package static func mix(_ x: UInt64) -> UInt64 {
        var z = x
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Folds one word into a stream's name.
    @inlinable package static func fold(_ x: UInt64, _ w: UInt64) -> UInt64 {
        mix((x ^ w) &+ golden)
    }
}

/// What a stream is for: the `d` of its name.
package enum RandomDomain: UInt64, Sendable {
    case arrivals = 1
    case orders = 2
    case flows = 3
    case feeders = 4
}

/// The streams of one scenario under one seed.
package struct RandomStreams: Sendable {
    @usableFromInline let base: UInt64

    package init(seed: UInt64, scenario: String) {
        base = SplitMix64.fold(seed, FNV1a64.hash(scenario.utf8))
    }

    /// stream(d, a, b). No allocation.
    @inlinable package func stream(_ d: RandomDomain, _ a: UInt64, _ b: UInt64) -> SplitMix64 {
        SplitMix64(
            state: SplitMix64.fold(SplitMix64.fold(SplitMix64.fold(base, d.rawValue), a), b))
    }
}

/// Draws from a raw 64-bit number `r`, by integer arithmetic alone.
package enum Draw {
    /// A number in 0..<n: the high word of r x n.
    @inlinable package static func below(_ r: UInt64, _ n: UInt64) -> UInt64 {
        r.multipliedFullWidth(by: n).high
    }

    /// True with probability p (resolution 1e-6).
    @inlinable package static func chance(_ r: UInt64, _ p: Double) -> Bool {
        Double(below(r, 1_000_000)) < p * 1e6
    }

    /// A double in (0, 1]: never 0, so that its logarithm is finite.
    @inlinable package static func unit(_ r: UInt64) -> Double {
        Double((r >> 11) + 1) * 0x1p-53
    }
}

/// Weighted choice by cumulative integer weights.
package struct WeightTable: Sendable, Equatable {
    /// Cumulative weights, strictly positive in total.
    package let cumulative: [UInt64]

    /// - Precondition: at least one weight is positive and the sum fits in 64 bits.
    package init(weights: [UInt64]) {
        var sum: UInt64 = 0
        cumulative = weights.map { weight in
            sum += weight
            return sum
        }
        precondition(sum > 0, "a weight table needs a positive weight")
    }

    /// First index whose cumulative weight exceeds below(r, total).
    /// - Complexity: O(log n), no allocation.
    package func pick(_ r: UInt64) -> Int {
        let x = Draw.below(r, cumulative[cumulative.count - 1])
        var low = 0
        var high = cumulative.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > x { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Zipf(n, s): w_k = floor(2^32 / k^s), k = 1...n. Index 0 is rank 1.
    package static func zipf(count: Int, skew: Double) -> WeightTable {
        WeightTable(
            weights: (1...count).map { k in
                PowerWeight.floor(0x1p32 / pow(Double(k), skew)) { PowerWeight.power(k, skew) }
            })
    }

    /// Pareto(alpha, cap): w_x = floor(2^32 (x^-alpha - (x+1)^-alpha)), without the second term at
    /// the cap; x = 1...cap. Index 0 is the value 1.
    package static func pareto(alpha: Double, cap: Int) -> WeightTable {
        WeightTable(
            weights: (1...cap).map { x in
                let above = x == cap ? 0 : pow(Double(x + 1), -alpha)
                return PowerWeight.floor(0x1p32 * (pow(Double(x), -alpha) - above)) {
                    let first = PowerWeight.power(x, alpha)
                    return x == cap ? first : first + -PowerWeight.power(x + 1, alpha)
                }
            })
    }
}
