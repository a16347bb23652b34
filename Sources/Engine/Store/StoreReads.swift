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
        var waiting = Deque<Item>()
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

    /// Calls `body` on a thread that may block, once the store has the effects up to `seq`: with the
    /// time since when it waited for that thread, or nil where the store did not get there in time.
    func run(from seq: UInt64, _ body: @escaping @Sendable (Instant?) -> Void) {
        let now = Instant.now()
        let isFull = state.withLock { state in
            if state.waiting.count >= Self.waitingMost { return true }
            state.waiting.append(
                Item(
                    seq: seq, deadline: now + Self.patience,
                    ready: writer.storedSeq >= seq ? now : nil, body: body))
            return false
        }
        if isFull { return body(nil) }
        wake.signal()
    }

    /// A commit has returned.
    private func stored() {
        let waits = state.withLock { !$0.waiting.isEmpty }
        if waits { wake.signal() }
    }

    /// Does what can be done now; returns how long to wait for the next that gives up.
    private func work() -> TimeSpan {
        while true {
            let now = Instant.now()
            let storedSeq = writer.storedSeq
            let (item, next) = state.withLock { Self.take(&$0, storedSeq, now) }
            guard let item else {
                return min(.seconds(1), max(.milliseconds(1), next.map { $0 - now } ?? .seconds(1)))
            }
            item.body(item.ready)
        }
    }

    /// The first that is ready or has waited too long, else the earliest deadline.
    private static func take(
        _ state: inout State, _ storedSeq: UInt64, _ now: Instant
    ) -> (Item?, Instant?) {
        for i in state.waiting.indices where state.waiting[i].ready == nil {
            guard state.waiting[i].seq <= storedSeq else { continue }
            state.waiting[i].ready = now
        }
        let found = state.waiting.firstIndex { $0.ready != nil || $0.deadline <= now }
        guard let found else { return (nil, state.waiting.first?.deadline) }
        return (state.waiting.remove(at: found), nil)
    }

    /// Weak, so that the threads end within a second of their owner.
    private struct Reference: Sendable {
        weak let value: StoreReads?
        init(_ value: StoreReads) { self.value = value }
    }
}
