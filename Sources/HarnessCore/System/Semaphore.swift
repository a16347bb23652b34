// A counting semaphore for handing work from one dedicated thread to another.

import CLinux
import Glibc

/// POSIX semaphore. Waiting blocks the thread: never from the cooperative pool.
// @unchecked: sem_t is made for use from many threads; the pointer never changes.
package final class Semaphore: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t>

    package init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    package func signal() { sem_post(semaphore) }

    package func wait() {
        while sem_wait(semaphore) != 0 && errno == EINTR {}
    }

    /// Waits for `limit` at most; says whether it was signalled.
    @discardableResult
    package func wait(upTo limit: TimeSpan) -> Bool {
        let until = WallClock.unixNs() + limit.ns
        var deadline = timespec()
        deadline.tv_sec = Int(until / 1_000_000_000)
        deadline.tv_nsec = Int(until % 1_000_000_000)
        while true {
            if sem_timedwait(semaphore, &deadline) == 0 { return true }
            if errno != EINTR { return false }
        }
    }
}
