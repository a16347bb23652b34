// A worker's view of its own lateness, with a clock that the test moves.

import HarnessCore
import Testing

@testable import LoadGen

@Suite struct TurnHealthTests {
    private func at(_ ms: Int64) -> Instant { Instant(ns: 1_000_000_000 + ms * 1_000_000) }

    @Test func longestTurnIsWorkOrOversleep() {
        var health = TurnHealth()
        health.begin(at(0), cpu: .milliseconds(700))
        health.sleeps(at: at(2))
        // Slept 98 ms as it should: no turn.
        health.woke(at: at(100), deadline: at(100))
        health.sleeps(at: at(103))
        #expect(health.take(now: at(103), cpu: .milliseconds(700)).turnNs == 3_000_000)
        // Came back 7 ms after the deadline.
        health.woke(at: at(207), deadline: at(200))
        health.sleeps(at: at(208))
        #expect(health.take(now: at(208), cpu: .milliseconds(700)).turnNs == 7_000_000)
        // A deadline in the past counts from when it went to sleep; none at all counts nothing.
        health.woke(at: at(209), deadline: at(10))
        health.sleeps(at: at(209))
        health.woke(at: at(900), deadline: .distantFuture)
        health.sleeps(at: at(900))
        #expect(health.take(now: at(900), cpu: .milliseconds(700)).turnNs == 1_000_000)
    }

    @Test func cpuIsAShareOfTheWindow() {
        var health = TurnHealth()
        health.begin(at(0), cpu: .milliseconds(700))
        #expect(health.take(now: at(1_000), cpu: .milliseconds(950)).cpuPpm == 250_000)
        #expect(health.take(now: at(2_000), cpu: .milliseconds(950)).cpuPpm == 0)
        #expect(health.take(now: at(2_000), cpu: .milliseconds(900)).cpuPpm == 0)
    }
}
