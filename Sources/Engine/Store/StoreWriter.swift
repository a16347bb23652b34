// The store thread: natural batching. When the previous commit returns it takes what waits, at most
// `most` commands. A slow or locked store holds up nobody until it is too far behind: then the
// shard refuses new commands until it has caught up (engine.md 5).

import DequeModule
package import HarnessCore
import Synchronization

/// Takes effects from the matcher thread (`enqueue`) and commits them on a thread of its own.
package final class StoreWriter: Sendable {
    /// Commands whose effects wait in memory, at most, whatever the lag: new ones are refused
    /// beyond it. A command's effects are about 1 KiB, those of one that sweeps a book more.
    package static let waitingMost = 100_000

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
        /// Commands that no transaction has been begun for.
        var notTaken = 0
        var isClosed = false
        /// The store thread waits for its semaphore; whoever clears this signals it.
        var isAsleep = false
        var lastError = ""
        /// Called after each commit.
        var observer: (@Sendable () -> Void)?
    }
    private enum Step {
        case commit(StoreBatch)
        case sleep(upTo: TimeSpan?)
        case finish
    }
    private let state: Mutex<State>
    private let wake = Semaphore()
    private let database: StoreDatabase
    private let market: Market
    private let batching: Batching
    private let statistics: EngineStatistics
    private let onFatal: @Sendable (String) -> Void
    private let thread = Mutex<DedicatedThread?>(nil)
    /// Replies that go out once their command is stored, in the order of the commands.
    private let awaited = Mutex(Deque<(Shard.Reply, ShardReply)>())
    private let stored: Atomic<UInt64>
    /// Commands enqueued and not stored.
    private let pending = Atomic(0)
    /// When the oldest of them was made; 0: there is none. Changed under `state`.
    private let oldestNs = Atomic<Int64>(0)

    /// - Parameter onFatal: called once where no retry can help: the file is damaged or gone.
    package init(
        database: StoreDatabase, market: Market, batching: Batching, storedSeq: UInt64,
        statistics: EngineStatistics, onFatal: @escaping @Sendable (String) -> Void
    ) {
        self.statistics = statistics
        self.database = database
        self.market = market
        self.batching = batching
        self.onFatal = onFatal
        stored = Atomic(storedSeq)
        state = Mutex(State())
        let writer = DedicatedThread(name: "store") { [self] in
            // The projection may be late, acknowledgements may not.
            DedicatedThread.setNice(5)
            run()
        }
        thread.withLock { $0 = writer }
    }

    package func enqueue(_ batch: StoreBatch) {
        guard batch.commands > 0 else { return }
        let wakes = state.withLock { state in
            let isFirst = state.notTaken == 0
            state.waiting.append(batch)
            state.notTaken += batch.commands
            if pending.add(batch.commands, ordering: .relaxed).oldValue == 0 {
                oldestNs.store(batch.at.ns, ordering: .relaxed)
            }
            guard state.isAsleep, isFirst || state.notTaken >= batching.least else {
                return false
            }
            state.isAsleep = false
            return true
        }
        if wakes { wake.signal() }
    }

    /// Keeps `replies`, of commands after all that were given before, until those are stored.
    /// Called before their effects come in. Where the store ends before that they are
    /// `unconfirmed`: in the journal, and yet to be stored by the next start.
    func hold(_ replies: [(Shard.Reply, ShardReply)]) {
        awaited.withLock { $0.append(contentsOf: replies) }
    }

    /// Gives the replies of the commands up to `seq`.
    private func answer(upTo seq: UInt64) {
        let due = awaited.withLock { awaited in
            let due = Array(awaited.prefix { ($0.1.seq ?? 0) <= seq })
            awaited.removeFirst(due.count)
            return due
        }
        for (reply, what) in due { reply(what) }
    }

    /// Last command whose effects are all stored.
    package var storedSeq: UInt64 { stored.load(ordering: .acquiring) }

    /// Age of the oldest effects that are not stored.
    package func lag(now: Instant) -> TimeSpan {
        let oldest = oldestNs.load(ordering: .relaxed)
        return oldest == 0 ? .zero : now - Instant(ns: oldest)
    }

    /// Too far behind to let in more: older than `limit`, or too many. Takes no lock.
    package func isBehind(_ limit: TimeSpan) -> Bool {
        if oldestNs.load(ordering: .relaxed) == 0 { return false }
        return pending.load(ordering: .relaxed) >= Self.waitingMost
            || lag(now: Instant.now()) > limit
    }

    /// Why the last try to commit failed; empty after one that did not.
    package var lastError: String { state.withLock { $0.lastError } }

    /// `body` is called after each commit, on the store thread.
    func observe(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.observer = body }
    }

    /// Stores what waits and ends the thread.
    package func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
        thread.withLock { $0 }?.join()
    }

    private func run() {
        defer {
            let left = awaited.withLock { awaited in
                defer { awaited = [] }
                return awaited
            }
            for (reply, _) in left { reply(.unconfirmed) }
        }
        var backlog = StoreBacklog()
        while true {
            switch nextStep(&backlog, now: Instant.now()) {
            case .commit(let batch):
                guard commit(batch) else { return }
                committed(batch, backlog)
            case .sleep(.none): wake.wait()
            case .sleep(.some(let span)): wake.wait(upTo: span)
            case .finish: return
            }
        }
    }

    /// Takes the next commands up to the limit, or says how long to wait.
    private func nextStep(_ backlog: inout StoreBacklog, now: Instant) -> Step {
        let wait: Step? = state.withLock { state in
            for batch in state.waiting { backlog.append(batch) }
            state.waiting.removeAll(keepingCapacity: true)
            state.notTaken = backlog.commands
            state.isAsleep = false
            guard let oldest = backlog.oldest else {
                state.isAsleep = true
                return state.isClosed ? .finish : .sleep(upTo: nil)
            }
            let waited = now - oldest
            if !state.isClosed, backlog.commands < batching.least, waited < batching.wait {
                state.isAsleep = true
                return .sleep(upTo: batching.wait - waited)
            }
            return nil
        }
        if let wait { return wait }
        guard let batch = backlog.next(most: batching.most) else { return .sleep(upTo: .zero) }
        return .commit(batch)
    }

    private func committed(_ batch: StoreBatch, _ backlog: StoreBacklog) {
        let observer = state.withLock { state in
            stored.store(batch.lastSeq, ordering: .releasing)
            pending.subtract(batch.commands, ordering: .relaxed)
            let oldest = backlog.oldest ?? state.waiting.first?.at
            oldestNs.store(oldest?.ns ?? 0, ordering: .relaxed)
            state.lastError = ""
            return state.observer
        }
        observer?()
        answer(upTo: batch.lastSeq)
    }

    /// Commits, trying again until it works; false where it never will, or the engine closes: the
    /// effects are made again from the journal at the next start.
    private func commit(_ batch: StoreBatch) -> Bool {
        let progress = StoreProgress(seq: batch.lastSeq, eventHash: batch.eventHash)
        while true {
            let begin = Instant.now()
            do {
                try database.apply(batch.effects, progress, market: market)
                statistics.storeCommit.record(Instant.now() - begin)
                return true
            } catch {
                let text = StoreFault.text(error)
                let isClosed = state.withLock { state in
                    state.lastError = text
                    return state.isClosed
                }
                if StoreFault.isFinal(error) {
                    onFatal("store \(database.path): \(text)")
                    return false
                }
                if isClosed { return false }
                wake.wait(upTo: .milliseconds(50))
            }
        }
    }
}
