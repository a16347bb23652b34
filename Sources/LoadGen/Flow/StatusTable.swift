// A set of HTTP statuses as a bit each: asked of every response.

import ScenarioModel

struct StatusTable: Sendable {
    private var words = InlineArray<16, UInt64>(repeating: 0)
    let isEmpty: Bool

    /// Statuses have three digits: what `set` has beyond them is left out.
    init(_ set: StatusSet) {
        isEmpty = set.ranges.isEmpty
        for range in set.ranges where range.overlaps(0...999) {
            for status in range.clamped(to: 0...999) { words[status >> 6] |= 1 << (status & 63) }
        }
    }

    func contains(_ status: Int) -> Bool {
        0...999 ~= status && words[status >> 6] >> UInt64(status & 63) & 1 == 1
    }
}
