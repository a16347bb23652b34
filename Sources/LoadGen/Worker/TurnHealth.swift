// What a worker knows of its own lateness: the longest turn of a window (work outside epoll_wait,
// or how much too late epoll_wait came back) and the CPU its thread used (measurement.md section
// 4). A value; the caller passes the clock.

import HarnessCore

struct TurnHealth: Sendable {
    private var workSince = Instant(ns: 0)
    private var sleptAt = Instant(ns: 0)
    private var longest = TimeSpan.zero
    private var windowFrom = Instant(ns: 0)
    private var cpuFrom = TimeSpan.zero

    /// - Parameter cpu: used so far, for building the VUs.
    mutating func begin(_ now: Instant, cpu: TimeSpan) {
        workSince = now
        sleptAt = now
        windowFrom = now
        cpuFrom = cpu
    }

    /// The turn's work is over.
    mutating func sleeps(at now: Instant) {
        longest = max(longest, now - workSince)
        sleptAt = now
    }

    /// epoll_wait came back; it was to do so at `deadline` at the latest.
    mutating func woke(at now: Instant, deadline: Instant) {
        if deadline != .distantFuture {
            longest = max(longest, now - max(deadline, sleptAt))
        }
        workSince = now
    }

    /// Longest turn in ns and CPU in parts per million of one core since the last call.
    mutating func take(now: Instant, cpu: TimeSpan) -> (turnNs: Int64, cpuPpm: Int64) {
        let wall = max(1, (now - windowFrom).ns)
        let ppm = Int64(Double((cpu - cpuFrom).ns) / Double(wall) * 1e6)
        let turn = longest.ns
        windowFrom = now
        cpuFrom = cpu
        longest = .zero
        return (turn, max(0, ppm))
    }
}
