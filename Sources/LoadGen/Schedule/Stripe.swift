// Which numbers of a numbered sequence (arrivals, VUs, iterations) a segment owns, as a formula:
// the j-th owned number without walking the ones before (scenarios.md 4.6).
//
//     sequence 0, 1/2, 3/4, 1: segment 0 owns 0, 2 of every 4; its number 5 is (5 / 2) x 4 + 2 = 10

package import ScenarioModel

/// The slots one segment owns, repeated every `period`.
package struct Stripe: Sendable, Equatable {
    /// Owned slots of the first period, ascending; empty: it owns nothing.
    package let slots: [UInt64]
    package let period: UInt64

    package init(_ striping: Striping, segment: Int) {
        slots = striping.owners.indices.filter { striping.owners[$0] == segment }.map(UInt64.init)
        period = UInt64(striping.period)
    }

    package var isEmpty: Bool { slots.isEmpty }

    /// The `ordinal`-th owned number, from 0.
    /// - Precondition: the stripe is not empty.
    /// - Complexity: O(1).
    package func number(_ ordinal: UInt64) -> UInt64 {
        let perPeriod = UInt64(slots.count)
        return ordinal / perPeriod * period + slots[Int(ordinal % perPeriod)]
    }

    /// How many owned numbers are below `limit`.
    /// - Complexity: O(slots).
    package func count(below limit: UInt64) -> UInt64 {
        let rest = limit % period
        let inRest = slots.count { $0 < rest }
        return limit / period * UInt64(slots.count) + UInt64(inRest)
    }

    /// The owned numbers below `limit`.
    package func numbers(below limit: UInt64) -> [UInt64] {
        guard !isEmpty else { return [] }
        var all: [UInt64] = []
        var ordinal: UInt64 = 0
        while true {
            let next = number(ordinal)
            guard next < limit else { return all }
            all.append(next)
            ordinal += 1
        }
    }
}
