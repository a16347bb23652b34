// How a sequence of execution segments shares numbered things (arrivals, VUs, iterations) without
// talking: k6's striping (scenarios.md 4.6).
//
// L = least common denominator of the lengths, n_s = length x L. Segments ordered by n_s, largest
// first, stable. For i = 0 ..< L slot i goes to the first in that order with taken x L <= i x n.
//
//     sequence 0, 1/2, 3/4, 1:  L = 4, n = 2 1 1;  slots: s0 s1 s0 s2, repeated every 4
//
// Sums are exact: the owners of 0 ..< v partition it.

/// The owners of the slots 0 ..< period, repeated for ever.
package struct Striping: Sendable, Equatable {
    /// Segment that owns each slot of one period.
    package let owners: [Int]
    /// Number of segments.
    package let count: Int

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
    /// - Returns: nil where the boundaries do not rise or leave 0...1.
    package init?(sequence boundaries: [Rational]) {
        guard let filled = Self.filled(boundaries) else { return nil }
        let lengths = zip(filled.dropFirst(), filled).map { $0 - $1 }
        let common = lengths.reduce(1) { Rational.lcm($0, $1.denominator) }
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
        count = shares.count
        let period = shares.reduce(0, +)
        let order = shares.indices.sorted {
            shares[$0] == shares[$1] ? $0 < $1 : shares[$0] > shares[$1]
        }
        var taken = [Int](repeating: 0, count: shares.count)
        owners = (0..<period).map { i in
            let owner = order.first { shares[$0] > 0 && taken[$0] * period <= i * shares[$0] }
            guard let owner else { preconditionFailure("every slot has an owner") }
            taken[owner] += 1
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
        let whole = value / period
        let perPeriod = owners.reduce(0) { $0 + ($1 == segment ? 1 : 0) }
        let rest = owners.prefix(value % period).reduce(0) { $0 + ($1 == segment ? 1 : 0) }
        return whole * perPeriod + rest
    }

    /// Re-segmented from `value`: lengths scale(value) / value, so that arrivals are shared as the
    /// VUs are. Segments keep their numbers; an empty one owns nothing. Nil for value 0.
    package func resegmented(from value: Int) -> Striping? {
        guard value > 0 else { return nil }
        return Striping(weights: (0..<count).map { scale(value, segment: $0) })
    }

    private static func gcd(_ a: UInt, _ b: UInt) -> UInt {
        var (x, y) = (a, b)
        while y != 0 { (x, y) = (y, x % y) }
        return x
    }
}
