// In the steady state a flow allocates nothing: buffers keep their memory, and nothing becomes a
// String on the way. `make bench-flow` counts the same in a release build and fails above 0.
//
// A debug build boxes temporaries that an optimised one keeps in registers, always the same number
// of them. For it there are ceilings an iteration, a little above what it makes: a String or an
// Array more per request goes through them. They only ever go down.

import CAllocations
import FlowProbe
import Testing

@Suite struct FlowAllocationTests {
    /// The first iterations give every buffer its size; their lengths vary, so there are many.
    @Test(arguments: FlowProbeCase.allCases)
    func nothingIsAllocated(what: FlowProbeCase) throws {
        let probe = try FlowProbe(what)
        probe.run(iterations: 2_000)
        let before = allocations_of_this_thread()
        probe.run(iterations: 500)
        let made = Double(allocations_of_this_thread() - before) / 500
        #expect(made <= Double(Self.ceiling(what)))
    }

    private static func ceiling(_ what: FlowProbeCase) -> Int {
        #if DEBUG
            switch what {
            case .bare: 30
            case .templates: 98
            case .captures: 73
            case .checks: 84
            case .feeders: 59
            case .journey: 460
            }
        #else
            0
        #endif
    }

    /// The counter counts, or the test above would pass on anything.
    @Test func theCounterCounts() {
        let before = allocations_of_this_thread()
        let arrays = (1...10).map { [UInt8](repeating: 1, count: $0 * 100) }
        #expect(allocations_of_this_thread() - before >= 10)
        #expect(arrays.count == 10)
    }

    /// The same seed renders the same, whatever was measured before.
    @Test(arguments: FlowProbeCase.allCases)
    func probesAreDeterministic(what: FlowProbeCase) throws {
        #expect(
            try FlowProbe(what).run(iterations: 300) == FlowProbe(what).run(iterations: 300))
    }
}
