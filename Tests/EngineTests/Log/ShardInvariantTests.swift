// A matcher whose state is broken is stopped: nothing of it is answered or stored (engine.md 3,
// 70).

import HarnessCore
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite struct ShardInvariantTests {
    private final class Seen: Sendable {
        let fatal = Mutex<[String]>([])
        let replies = Mutex(0)
    }

    /// Orders of one shard; `spoil` has the matcher before it belongs to its thread.
    private static func run(_ spoil: (Matcher) -> Void) throws -> Seen {
        let directory = try TemporaryDirectory()
        let matcher = Matcher(market: .builtIn)
        let recovery = try JournalReader.recover(directory: directory.path) { _ in }
        let journal = try JournalWriter(
            directory: directory.path, recovery: recovery, segmentBytes: 1 << 16)
        var effects = Effects()
        let fund = Command(seq: 1, receivedNs: 1, body: .fund(Fund(accounts: 2, amount: 1_000)))
        try journal.append([fund])
        _ = matcher.apply(fund, effects: &effects)
        spoil(matcher)
        let seen = Seen()
        let shard = Shard(
            matcher: matcher, journal: journal, store: nil,
            limits: .init(inflight: 100, lag: .seconds(1)), statistics: EngineStatistics(),
            onFatal: { text in seen.fatal.withLock { $0.append(text) } })
        shard.submit(.cancelAll(symbol: 0, account: "u1")) { _ in
            seen.replies.withLock { $0 += 1 }
        }
        shard.close()
        return seen
    }

    @Test func moneyFromNowhereIsFatal() throws {
        let seen = try Self.run { $0.ledger.addFree(1, 0, 1) }
        #expect(seen.fatal.withLock { $0.first }?.contains("I1: asset 0") == true)
        #expect(seen.replies.withLock { $0 } == 0)
    }

    @Test func negativeFundsAreFatal() throws {
        let seen = try Self.run {
            $0.ledger.addFree(1, 0, -200_000_000_000)
            $0.ledger.addFree(2, 0, 200_000_000_000)
        }
        #expect(seen.fatal.withLock { $0.first }?.contains("I3") == true)
    }

    @Test func aSoundStateIsNot() throws {
        let seen = try Self.run { _ in }
        #expect(seen.fatal.withLock { $0 } == [] && seen.replies.withLock { $0 } == 1)
    }
}
