// The store thread: natural batching. When the previous commit returns it takes what waits, at most
// `batch` commands. A slow or locked store holds up nobody until the lag limit (engine.md 5).

package import HarnessCore
import Synchronization

/// Effects of some commands on their way to the store.
package struct StoreBatch: Sendable {
    package var effects: Effects
    package var commands: Int
    package var lastSeq: UInt64
    package var at: Instant
}

/// Takes effects from the matcher thread (`enqueue`) and commits them on a thread of its own.
package final class StoreWriter: Sendable {
    private struct State {
        var waiting: [StoreBatch] = []
        var isClosed = false
        var storedSeq: UInt64
        var failures = 0
        var lastError = ""
        /// When the oldest batch that is not stored yet was made.
        var oldest: Instant?
    }
    private let state: Mutex<State>
    private let wake = Semaphore()
    private let database: StoreDatabase
    private let market: Market
    private let batch: Int
    private let statistics: EngineStatistics
    private let thread = Mutex<DedicatedThread?>(nil)

    package init(
        database: StoreDatabase, market: Market, batch: Int, storedSeq: UInt64,
        statistics: EngineStatistics
    ) {
        self.statistics = statistics
        self.database = database
        self.market = market
        self.batch = batch
        state = Mutex(State(storedSeq: storedSeq))
        let writer = DedicatedThread(name: "store") { [self] in run() }
        thread.withLock { $0 = writer }
    }

    package func enqueue(_ batch: StoreBatch) {
        state.withLock {
            $0.waiting.append(batch)
            if $0.oldest == nil { $0.oldest = batch.at }
        }
        wake.signal()
    }

    package var storedSeq: UInt64 { state.withLock { $0.storedSeq } }

    /// Age of the oldest effects that are not stored.
    package func lag(now: Instant) -> TimeSpan {
        state.withLock { $0.oldest.map { now - $0 } ?? .zero }
    }

    package var lastError: String { state.withLock { $0.lastError } }

    /// Stores what waits and ends the thread.
    package func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
        thread.withLock { $0 }?.join()
    }

    private func run() {
        while true {
            wake.wait()
            while let next = take() {
                guard commit(next) else { return }
            }
            if state.withLock({ $0.isClosed && $0.waiting.isEmpty }) { return }
        }
    }

    /// The next batches joined, up to the limit of commands.
    private func take() -> StoreBatch? {
        let batches = state.withLock { state -> [StoreBatch] in
            var count = 0
            var commands = 0
            for waiting in state.waiting {
                if count > 0, commands + waiting.commands > batch { break }
                commands += waiting.commands
                count += 1
            }
            let taken = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            return taken
        }
        guard var joined = batches.first else { return nil }
        for next in batches.dropFirst() {
            joined.effects.append(next.effects)
            joined.commands += next.commands
            joined.lastSeq = next.lastSeq
        }
        return joined
    }

    /// Commits, trying again until it works; false where the engine closes and it never did: the
    /// effects are made again from the journal at the next start.
    private func commit(_ batch: StoreBatch) -> Bool {
        while true {
            let begin = Instant.now()
            do {
                try database.apply(batch.effects, upTo: batch.lastSeq, market: market)
                statistics.storeCommit.record(Instant.now() - begin)
                state.withLock {
                    $0.storedSeq = batch.lastSeq
                    $0.oldest = $0.waiting.first?.at
                    $0.lastError = ""
                }
                return true
            } catch {
                let isClosed = state.withLock { state in
                    state.failures += 1
                    state.lastError = "\(error)"
                    return state.isClosed
                }
                if isClosed { return false }
                wake.wait(upTo: .milliseconds(100))
            }
        }
    }
}

extension Effects {
    mutating func append(_ other: Effects) {
        orders += other.orders
        trades += other.trades
        balances += other.balances
        rejects += other.rejects
        deposits += other.deposits
        funds += other.funds
    }
}
