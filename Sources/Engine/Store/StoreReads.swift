// Reads of the store, on threads of their own. What a client has been told is in its next read: a
// read begins when the store has everything the matcher had applied when it was asked for. If the
// store does not get there in time, the answer is that it is behind (-1008), never an old state.

import DequeModule
import HarnessCore
import Synchronization

final class StoreReads: Sendable {
    /// How long a read waits for the store to catch up.
    static let patience = TimeSpan.seconds(1)
    /// Reads that wait, at most.
    static let waitingMost = 10_000

    private struct Item {
        var seq: UInt64
        var deadline: Instant
        /// From here on it waited for a connection, no longer for the store; nil: not yet.
        var ready: Instant?
        var body: @Sendable (Instant?) -> Void
    }
    private struct State {
        /// In the order of their seqs, and so of their deadlines.
        var waiting = Deque<Item>()
        /// How many of them the store has caught up with.
        var readyCount = 0

        mutating func mark(storedSeq: UInt64, _ now: Instant) {
            while readyCount < waiting.count, waiting[readyCount].seq <= storedSeq {
                waiting[readyCount].ready = now
                readyCount += 1
            }
        }
    }
    private let state = Mutex(State())
    private let wake = Semaphore()
    private let writer: StoreWriter
    private let threads = Mutex<[DedicatedThread]>([])

    /// - Parameter readers: threads, as many as the pool has connections for them.
    init(writer: StoreWriter, readers: Int) {
        self.writer = writer
        let workers = (0..<max(1, readers)).map { n in
            DedicatedThread(name: "store-read-\(n)") { [wake, reads = Reference(self)] in
                var pause = TimeSpan.seconds(1)
                while true {
                    wake.wait(upTo: pause)
                    guard let reads = reads.value else { return }
                    pause = reads.work()
                }
            }
        }
        threads.withLock { $0 = workers }
        writer.observe { [reads = Reference(self)] in reads.value?.stored() }
    }

    /// Calls `body` on a thread that may block, once the store has the effects up to `seq`: with
    /// the time since when it waited for that thread, or nil where the store did not get there in
    /// time.
    func run(from seq: UInt64, _ body: @escaping @Sendable (Instant?) -> Void) {
        let now = Instant.now()
        let isFull = state.withLock { state in
            if state.waiting.count >= Self.waitingMost { return true }
            state.waiting.append(
                Item(seq: seq, deadline: now + Self.patience, ready: nil, body: body))
            state.mark(storedSeq: writer.storedSeq, now)
            return false
        }
        if isFull { return body(nil) }
        wake.signal()
    }

    /// A commit has returned.
    private func stored() {
        let now = Instant.now()
        let isReady = state.withLock { state in
            state.mark(storedSeq: writer.storedSeq, now)
            return state.readyCount > 0
        }
        if isReady { wake.signal() }
    }

    /// Does what can be done now; returns how long to wait for the next that gives up.
    private func work() -> TimeSpan {
        while true {
            let now = Instant.now()
            let (item, next) = state.withLock { state -> (Item?, Instant?) in
                guard let first = state.waiting.first else { return (nil, nil) }
                guard first.ready != nil || first.deadline <= now else {
                    return (nil, first.deadline)
                }
                state.readyCount = max(0, state.readyCount - 1)
                return (state.waiting.removeFirst(), nil)
            }
            guard let item else {
                return next.map { max(.milliseconds(1), $0 - now) } ?? .seconds(1)
            }
            item.body(item.ready)
        }
    }

    /// Weak, so that the threads end within a second of their owner.
    private struct Reference: Sendable {
        weak let value: StoreReads?
        init(_ value: StoreReads) { self.value = value }
    }
}
