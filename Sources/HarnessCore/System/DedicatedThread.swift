// A named thread of our own: data-plane workers, matchers and all blocking C calls run on these,
// never on the cooperative pool.

import CLinux
import Glibc
import Synchronization

/// A started thread that can be joined once.
package final class DedicatedThread: Sendable {
    private let handle: Mutex<pthread_t?>

    /// Starts `body` on a new thread named `name` (15 bytes of it show in `top -H`).
    /// - Precondition: the system can create a thread; running out of threads is not survivable
    ///   here.
    package init(name: String, _ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { raw in
                let start = Unmanaged<Start>.fromOpaque(raw!).takeRetainedValue()
                spot_set_thread_name(String(start.name.prefix(15)))
                start.body()
                return nil
            }, box.toOpaque())
        precondition(result == 0, "pthread_create: \(String(cString: strerror(result)))")
        handle = Mutex(thread)
    }

    /// Priority of the calling thread: negative is higher. Raising it needs a right (root,
    /// CAP_SYS_NICE); without it the thread goes on as it was.
    /// - Returns: whether it was set.
    @discardableResult
    package static func setNice(_ nice: Int32) -> Bool { spot_set_thread_nice(nice) == 0 }

    /// Puts the calling thread before all threads of the fair scheduler (sched(7), SCHED_RR at its
    /// lowest priority, which is `priority` 1): it runs within microseconds of being woken, where a
    /// raised nice value lets whoever runs finish a slice of some milliseconds. Threads it starts
    /// are ordinary ones again. Needs a right (root, CAP_SYS_NICE, RLIMIT_RTPRIO); without it the
    /// thread goes on as it was.
    /// - Returns: whether it was set.
    @discardableResult
    package static func setRealtime(priority: Int32 = 1) -> Bool {
        spot_set_thread_realtime(priority) == 0
    }

    /// Cores the calling thread may run on (sched_getaffinity(2): taskset, cpusets); 1 where the
    /// kernel does not tell.
    package static var usableCores: Int { max(1, Int(spot_usable_cores())) }

    /// The calling thread's timers fire on time, not up to 50 us later.
    package static func setPreciseTimers() { spot_set_timer_slack(1) }

    /// Waits until the thread has ended. Further calls return at once.
    package func join() {
        let thread = handle.withLock { current in
            defer { current = nil }
            return current
        }
        if let thread { pthread_join(thread, nil) }
    }

    deinit {
        handle.withLock { if let thread = $0 { pthread_detach(thread) } }
    }

    /// The kernel's id of the calling thread, as `/proc/self/task` lists it.
    package static var currentID: Int32 { spot_thread_id() }

    /// CPU time used so far by the calling thread (CLOCK_THREAD_CPUTIME_ID).
    package static func cpuTime() -> TimeSpan {
        var t = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t)
        return TimeSpan(ns: Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec))
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
