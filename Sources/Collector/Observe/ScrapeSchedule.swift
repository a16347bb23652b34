// When a source is asked: at the multiples of its interval, from run time 0 on. A value.

package import HarnessCore

package struct ScrapeSchedule: Sendable {
    private let interval: TimeSpan
    private var number: Int64 = 0

    /// - Precondition: the interval is positive.
    package init(every interval: TimeSpan) {
        precondition(interval > .zero, "a source is asked again after a while")
        self.interval = interval
    }

    /// Run time of the next scrape.
    package var due: TimeSpan { interval * number }

    /// The scrape that was due is over. One whose time has passed meanwhile is due now; how many
    /// before that one were never made.
    package mutating func advance(now: TimeSpan) -> Int {
        let passed = now.ns / interval.ns
        let skipped = max(0, passed - number - 1)
        number += 1 + skipped
        return Int(clamping: skipped)
    }
}
