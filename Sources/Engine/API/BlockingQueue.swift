// A thread for reads that block (the store), off the event loops and the matcher.

import HarnessCore
import Synchronization

/// One thread for reads that block (the store).
final class BlockingQueue: Sendable {
    private let waiting = Mutex<[@Sendable () -> Void]>([])
    private let wake = Semaphore()
    private let thread = Mutex<DedicatedThread?>(nil)

    init(name: String) {
        let worker = DedicatedThread(name: name) { [wake, waiting = Reference(self)] in
            while let queue = waiting.value {
                _ = wake.wait(upTo: .seconds(1))
                queue.drain()
            }
        }
        thread.withLock { $0 = worker }
    }

    func run(_ body: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.append(body) }
        wake.signal()
    }

    private func drain() {
        let bodies = waiting.withLock { queue in
            defer { queue.removeAll() }
            return queue
        }
        for body in bodies { body() }
    }

    /// Weak, so that the thread ends within a second of its queue.
    private struct Reference: Sendable {
        weak let value: BlockingQueue?
        init(_ value: BlockingQueue) { self.value = value }
    }
}
