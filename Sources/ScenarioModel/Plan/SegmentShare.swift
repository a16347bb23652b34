// The numbers (arrivals, iterations, VUs minus 1) that one segment owns, as formulas: nothing is
// walked (scenarios.md 4.6).
//
//     sequence 0, 1/2, 3/4, 1: segment 0 owns slots 0 and 2 of every 4:
//     its number 5 is (5 / 2) x 4 + 2 = 10, and of 0 ..< 11 it owns 6

package struct SegmentShare: Sendable, Equatable {
    /// Owned slots of the first period, ascending; empty: it owns nothing.
    package let slots: [UInt64]
    package let period: UInt64

    /// Of a striping's segment. Nil as striping (nothing is numbered) owns nothing.
    package init(_ striping: Striping?, segment: Int) {
        let owners = striping?.owners ?? []
        slots = owners.indices.filter { owners[$0] == segment }.map(UInt64.init)
        period = UInt64(max(1, owners.count))
    }

    package var isEmpty: Bool { slots.isEmpty }

    /// The `ordinal`-th owned number, from 0; nil where that is beyond 64 bits.
    /// - Precondition: the share is not empty.
    /// - Complexity: O(1).
    package func number(_ ordinal: UInt64) -> UInt64? {
        let (round, place) = ordinal.quotientAndRemainder(dividingBy: UInt64(slots.count))
        let (base, overflow) = round.multipliedReportingOverflow(by: period)
        let (number, overflow2) = base.addingReportingOverflow(slots[Int(place)])
        return overflow || overflow2 ? nil : number
    }

    /// How many of 0 ..< limit it owns: k6's scale.
    /// - Complexity: O(log period).
    package func count(below limit: UInt64) -> UInt64 {
        let (rounds, rest) = limit.quotientAndRemainder(dividingBy: period)
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle] < rest { low = middle + 1 } else { high = middle }
        }
        return rounds * UInt64(slots.count) + UInt64(low)
    }
}
