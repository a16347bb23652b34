// A set of statuses as bits is the set as ranges.

import HarnessCore
import ScenarioModel
import Testing

@testable import LoadGen

@Suite struct StatusTableTests {
    @Test(
        arguments: [
            [], [200...399], [200...200], [0...0, 999...999], [100...199, 400...403, 503...503],
            [-5...3, 990...2_000], [1_000...1_100],
        ] as [[ClosedRange<Int>]])
    func bitsAreTheRanges(ranges: [ClosedRange<Int>]) {
        let set = StatusSet(ranges)
        let table = StatusTable(set)
        #expect(table.isEmpty == ranges.isEmpty)
        for status in 0...999 { #expect(table.contains(status) == set.contains(status)) }
        #expect(!table.contains(-1) && !table.contains(1_000) && !table.contains(1_050))
    }
}
