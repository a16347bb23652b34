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
    package struct Batching: Sendable {
        /// Commands per transaction, at most and at least.
        package var most: Int
        package var least: Int
        /// Bounds the wait for the least.
        package var wait: TimeSpan
        package init(most: Int = 1_000, least: Int = 1, wait: TimeSpan = .milliseconds(100)) {
            self.most = most
            self.least = least
            self.wait = wait
        }
    }
    private struct State {
        var waiting: [StoreBatch] = []
        var waitingCommands = 0
        var isClosed = false
        /// The store thread waits for its semaphore; whoever clears this signals it.
        var isAsleep = false
        var storedSeq: UInt64
        var failures = 0
        var lastError = ""
        /// When the oldest batch that is not stored yet was made.
        var oldest: Instant?
    }
    private enum Step {
        case commit([StoreBatch])
        case sleep(upTo: TimeSpan?)
        case finish
    }
    private let state: Mutex<State>
    private let wake = Semaphore()
    private let database: StoreDatabase
    private let market: Market
    private let batching: Batching
    private let statistics: EngineStatistics
    private let thread = Mutex<DedicatedThread?>(nil)

    package init(
        database: StoreDatabase, market: Market, batching: Batching, storedSeq: UInt64,
        statistics: EngineStatistics
    ) {
        self.statistics = statistics
        self.database = database
        self.market = market
        self.batching = batching
        state = Mutex(State(storedSeq: storedSeq))
        let writer = DedicatedThread(name: "store") { [self] in
            // The projection may be late, acknowledgements may not.
            DedicatedThread.setNice(5)
            run()
        }
        thread.withLock { $0 = writer }
    }

    package func enqueue(_ batch: StoreBatch) {
        let wakes = state.withLock { state in
            let isFirst = state.waiting.isEmpty
            state.waiting.append(batch)
            state.waitingCommands += batch.commands
            if state.oldest == nil { state.oldest = batch.at }
            guard state.isAsleep, isFirst || state.waitingCommands >= batching.least else {
                return false
            }
            state.isAsleep = false
            return true
        }
        if wakes { wake.signal() }
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
            let now = Instant.now()
            switch state.withLock({ nextStep(&$0, now: now) }) {
            case .commit(let batches):
                guard commit(Self.joined(batches)) else { return }
            case .sleep(.none): wake.wait()
            case .sleep(.some(let span)): wake.wait(upTo: span)
            case .finish: return
            }
        }
    }

    /// Takes the next batches up to the limit of commands, or says how long to wait.
    private func nextStep(_ state: inout State, now: Instant) -> Step {
        guard let first = state.waiting.first else {
            state.isAsleep = true
            return state.isClosed ? .finish : .sleep(upTo: nil)
        }
        let waited = now - first.at
        if !state.isClosed, state.waitingCommands < batching.least, waited < batching.wait {
            state.isAsleep = true
            return .sleep(upTo: batching.wait - waited)
        }
        var count = 0
        var commands = 0
        for waiting in state.waiting {
            if count > 0, commands + waiting.commands > batching.most { break }
            commands += waiting.commands
            count += 1
        }
        let taken = Array(state.waiting.prefix(count))
        state.waiting.removeFirst(count)
        state.waitingCommands -= commands
        return .commit(taken)
    }

    private static func joined(_ batches: [StoreBatch]) -> StoreBatch {
        var joined = batches[0]
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
        prevented += other.prevented
    }
}
