// Instants and spans of the one monotonic clock (CLOCK_MONOTONIC), in integer nanoseconds.
//
// Everything that is measured is an `Instant` or a `TimeSpan`; the wall clock (`WallClock`) only
// labels reports. A hot loop reads the clock once per turn and passes the reading down.

import CLinux
import Glibc

/// A point on CLOCK_MONOTONIC, in nanoseconds since an arbitrary origin (boot).
package struct Instant: Hashable, Comparable, Sendable {
    package var ns: Int64

    @inlinable package init(ns: Int64) { self.ns = ns }

    @inlinable package static func < (a: Self, b: Self) -> Bool { a.ns < b.ns }
    @inlinable package static func - (a: Self, b: Self) -> TimeSpan { TimeSpan(ns: a.ns - b.ns) }
    @inlinable package static func + (a: Self, b: TimeSpan) -> Self { Self(ns: a.ns + b.ns) }
    @inlinable package static func - (a: Self, b: TimeSpan) -> Self { Self(ns: a.ns - b.ns) }

    /// Reads the clock. Costs one vDSO call (about 20 ns).
    package static func now() -> Instant {
        var t = timespec()
        clock_gettime(CLOCK_MONOTONIC, &t)
        return Instant(ns: Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec))
    }

    package static let distantFuture = Instant(ns: .max)
}

/// A signed length of time in nanoseconds.
package struct TimeSpan: Hashable, Comparable, Sendable {
    package var ns: Int64

    @inlinable package init(ns: Int64) { self.ns = ns }

    @inlinable package static func < (a: Self, b: Self) -> Bool { a.ns < b.ns }
    @inlinable package static func + (a: Self, b: Self) -> Self { Self(ns: a.ns + b.ns) }
    @inlinable package static func - (a: Self, b: Self) -> Self { Self(ns: a.ns - b.ns) }
    @inlinable package static func * (a: Self, b: Int64) -> Self { Self(ns: a.ns * b) }

    package static let zero = TimeSpan(ns: 0)
    @inlinable package static func nanoseconds(_ n: Int64) -> Self { Self(ns: n) }
    @inlinable package static func microseconds(_ n: Int64) -> Self { Self(ns: n * 1_000) }
    @inlinable package static func milliseconds(_ n: Int64) -> Self { Self(ns: n * 1_000_000) }
    @inlinable package static func seconds(_ n: Int64) -> Self { Self(ns: n * 1_000_000_000) }

    /// The span in seconds, for rates and reports.
    package var seconds: Double { Double(ns) / 1e9 }
    /// The span in milliseconds, for reports.
    package var milliseconds: Double { Double(ns) / 1e6 }
    /// Whole milliseconds, rounded up: what poll(2) and friends take. Saturates at Int32.max.
    package var pollMilliseconds: Int32 {
        Int32(clamping: ns <= 0 ? 0 : (ns - 1) / 1_000_000 + 1)
    }
}

/// The wall clock, for labels, for order times and for agreement with Redis TIME; never for
/// latency.
package enum WallClock {
    /// Nanoseconds since the Unix epoch.
    package static func unixNs() -> Int64 {
        var t = timespec()
        clock_gettime(CLOCK_REALTIME, &t)
        return Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec)
    }

    /// `20270102T001500Z`: the compact UTC form that run ids begin with.
    package static func compactUTC(unixNs: Int64) -> String {
        let c = utcComponents(unixNs: unixNs)
        return pad(c.year, 4) + pad(c.month, 2) + pad(c.day, 2) + "T" + pad(c.hour, 2)
            + pad(c.minute, 2) + pad(c.second, 2) + "Z"
    }

    /// `2027-01-02T00:15:00Z`: ISO 8601 in UTC, whole seconds.
    package static func iso8601(unixNs: Int64) -> String {
        let c = utcComponents(unixNs: unixNs)
        return pad(c.year, 4) + "-" + pad(c.month, 2) + "-" + pad(c.day, 2) + "T" + pad(c.hour, 2)
            + ":" + pad(c.minute, 2) + ":" + pad(c.second, 2) + "Z"
    }

    private static func utcComponents(
        unixNs: Int64
    ) -> (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        var seconds = time_t(unixNs / 1_000_000_000)
        var t = tm()
        gmtime_r(&seconds, &t)
        return (
            Int(t.tm_year) + 1900, Int(t.tm_mon) + 1, Int(t.tm_mday), Int(t.tm_hour),
            Int(t.tm_min), Int(t.tm_sec)
        )
    }

    private static func pad(_ n: Int, _ width: Int) -> String {
        let s = String(n)
        return String(repeating: "0", count: max(0, width - s.count)) + s
    }
}
