// How a sequence of execution segments shares numbered things (arrivals, VUs, iterations) without
// talking: k6's striping (scenarios.md 4.6).
//
// L = least common denominator of the lengths, n_s = length x L. Segments ordered by n_s, largest
// first, stable. For i = 0 ..< L slot i goes to the first in that order with taken x L <= i x n.
//
//     sequence 0, 1/2, 3/4, 1:  L = 4, n = 2 1 1;  slots: s0 s1 s0 s2, repeated every 4
//
// Sums are exact: the owners of 0 ..< v partition it. A segment that has taken t slots may take its
// next from i = ceil(t x L / n) on: that is how it is computed, without asking all of them for
// each slot.

import HarnessCore

/// The owners of the slots 0 ..< period, repeated for ever.
package struct Striping: Sendable, Equatable {
    /// Segment that owns each slot of one period.
    package let owners: [Int]
    /// Slots of a period that each segment owns.
    private let shares: [Int]

    /// Number of segments.
    package var count: Int { shares.count }
    package var period: Int { owners.count }

    /// From weights, one per segment: equal agents have 1, 1, ..., 1.
    ///
    /// - Precondition: the weights are not negative and their sum is positive.
    package init(weights: [Int]) {
        let divisor = weights.reduce(0) { Int(Self.gcd(UInt($0), UInt($1))) }
        precondition(divisor > 0, "a striping needs a positive weight")
        self.init(shares: weights.map { $0 / divisor })
    }

    /// From a sequence of boundaries r0 < r1 < ... < rn; missing ends 0 and 1 are filled in.
    ///
    /// - Returns: nil where the boundaries do not rise or leave 0...1, where they are more than
    ///   `Limits.slots`, or their period more than `Limits.segmentPeriod`.
    package init?(sequence boundaries: [Rational]) {
        // The period is a multiple of every boundary's denominator: none of them can be larger.
        guard let filled = Self.filled(boundaries), filled.count <= Limits.slots + 1,
            filled.allSatisfy({ $0.denominator <= Limits.segmentPeriod })
        else { return nil }
        let lengths = zip(filled.dropFirst(), filled).map { $0 - $1 }
        var common = 1
        for length in lengths {
            common = Rational.lcm(common, length.denominator)
            guard common <= Limits.segmentPeriod else { return nil }
        }
        self.init(shares: lengths.map { $0.numerator * (common / $0.denominator) })
    }

    /// The boundaries with 0 and 1 at the ends.
    package static func filled(_ boundaries: [Rational]) -> [Rational]? {
        var all = boundaries
        if all.first != Rational(0) { all.insert(Rational(0), at: 0) }
        if all.last != Rational(1) { all.append(Rational(1)) }
        for (a, b) in zip(all, all.dropFirst()) where a >= b { return nil }
        return all
    }

    private init(shares: [Int]) {
        self.shares = shares
        let order = shares.indices.sorted {
            shares[$0] == shares[$1] ? $0 < $1 : shares[$0] > shares[$1]
        }
        owners = Self.owners(sharesInOrder: order.map { shares[$0] }).map { order[$0] }
    }

    /// For each slot the place in the order of the segment that takes it.
    private static func owners(sharesInOrder shares: [Int]) -> [Int] {
        let period = shares.reduce(0, +)
        // Segments that may take again from slot i on: a list per slot, linked through `next`.
        var waiting = [Int](repeating: -1, count: period)
        var next = [Int](repeating: -1, count: shares.count)
        var taken = [Int](repeating: 0, count: shares.count)
        var ready = PlaceSet(count: shares.count)
        for (place, share) in shares.enumerated() where share > 0 { ready.insert(place) }
        return (0..<period).map { slot in
            var place = waiting[slot]
            while place >= 0 {
                ready.insert(place)
                place = next[place]
            }
            guard let owner = ready.first else { preconditionFailure("every slot has an owner") }
            taken[owner] += 1
            let again = (taken[owner] * period + shares[owner] - 1) / shares[owner]
            if again > slot + 1 {
                ready.remove(owner)
                if again < period {
                    next[owner] = waiting[again]
                    waiting[again] = owner
                }
            }
            return owner
        }
    }

    /// First slot of a segment and the distances to each next one, around the period; nil where it
    /// owns nothing.
    package func stripe(of segment: Int) -> (start: Int, offsets: [Int])? {
        let slots = owners.indices.filter { owners[$0] == segment }
        guard let first = slots.first else { return nil }
        let next = slots.dropFirst() + [first + period]
        return (first, zip(next, slots).map { $0 - $1 })
    }

    /// How many of 0 ..< value a segment owns.
    /// - Complexity: O(period).
    package func scale(_ value: Int, segment: Int) -> Int {
        let rest = owners.prefix(value % period).reduce(0) { $0 + ($1 == segment ? 1 : 0) }
        return value / period * shares[segment] + rest
    }

    /// How many of 0 ..< value each segment owns.
    /// - Complexity: O(period + count).
    package func scale(_ value: Int) -> [Int] {
        var all = shares.map { value / period * $0 }
        for owner in owners.prefix(value % period) { all[owner] += 1 }
        return all
    }

    /// Re-segmented from `value`: lengths scale(value) / value, so that arrivals are shared as the
    /// VUs are. Segments keep their numbers; an empty one owns nothing. Nil for value 0.
    package func resegmented(from value: Int) -> Striping? {
        value > 0 ? Striping(weights: scale(value)) : nil
    }

    private static func gcd(_ a: UInt, _ b: UInt) -> UInt {
        var (x, y) = (a, b)
        while y != 0 { (x, y) = (y, x % y) }
        return x
    }
}

/// A set of small numbers whose smallest is wanted: a bit each.
private struct PlaceSet {
    private var words: [UInt64]

    init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

    mutating func insert(_ place: Int) { words[place / 64] |= 1 << UInt64(place % 64) }
    mutating func remove(_ place: Int) { words[place / 64] &= ~(1 << UInt64(place % 64)) }

    var first: Int? {
        guard let word = words.firstIndex(where: { $0 != 0 }) else { return nil }
        return word * 64 + words[word].trailingZeroBitCount
    }
}
