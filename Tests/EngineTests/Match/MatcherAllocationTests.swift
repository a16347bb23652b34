// What a command allocates in the matcher once its tables have their size: nothing of its own.

import CAllocations
import HarnessCore
import Testing

@testable import Engine

@Suite struct MatcherAllocationTests {
    private static let half = 30_000

    /// A debug build boxes temporaries, 7 a command on average; an Array or a String more in every
    /// command goes through the ceiling. An optimised one allocates where a table grows, which is
    /// not once in a thousand commands.
    private static var ceiling: Double {
        #if DEBUG
            7.5
        #else
            0.001
        #endif
    }

    @Test func aCommandAllocatesNothing() {
        let flow = MixedFlow(seed: 12, commands: 2 * Self.half)
        var options = MatcherOptions()
        options.keepsEvents = false
        options.retention = 5_000
        let matcher = Matcher(market: .builtIn, options: options)
        var maker = BenchCommands(largestID: Int(flow.largestID), accounts: MixedFlow.accounts)
        let commands = flow.operations.enumerated().map {
            maker.command($1, seq: UInt64($0 + 2))
        }
        var effects = Effects()
        let fund = Fund(accounts: UInt32(MixedFlow.accounts), amount: 1_000_000)
        _ = matcher.apply(Command(seq: 1, receivedNs: 1, body: .fund(fund)), effects: &effects)
        func apply(_ range: Range<Int>) {
            for i in range {
                if i % 256 == 0 { effects.removeAll() }
                _ = matcher.apply(commands[i], effects: &effects)
            }
        }
        apply(0..<commands.count - Self.half)
        let before = allocations_of_this_thread()
        apply(commands.count - Self.half..<commands.count)
        let made = Double(allocations_of_this_thread() - before) / Double(Self.half)
        #expect(made <= Self.ceiling, "\(made) a command")
        #expect(matcher.retainedOrderCount <= 5_000 && matcher.openOrderCount > 9_000)
        #expect(matcher.firstBrokenInvariant() == nil)
    }
}
