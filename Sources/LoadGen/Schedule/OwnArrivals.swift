// The intended starts of one worker, out of those of the whole test: every agent computes the same
// arrivals and does those that are its own (scenarios.md 4.1 to 4.3, 4.6).
//
//     50/s for 2 s, one agent of two workers: 20 ms apart; the second does 1, 3, 5, ... at 20, 60,
//     100 ms
//
// Offsets of schedule time from the workload's start: a late reader finds several due at once, each
// with the time it should have begun. Monotone, without allocation.

package import HarnessCore
package import ScenarioModel

package struct OwnArrivals: Sendable {
    /// One arrival: its number in the test and its offset from the workload's start.
    package struct Arrival: Sendable, Equatable {
        package let number: UInt64
        package let offset: TimeSpan
        package init(number: UInt64, offset: TimeSpan) {
            self.number = number
            self.offset = offset
        }
    }

    private var arrivals: Arrivals
    private let share: WorkloadShare
    private var count: UInt64 = 0
    /// The first that was not taken; nil where there is none left.
    package private(set) var next: Arrival?

    /// Nil where the executor has no arrivals of its own: the closed models.
    package init?(_ executor: Executor, seed: UInt64, scenario: String, share: WorkloadShare) {
        guard let arrivals = Arrivals(executor, seed: seed, scenario: scenario) else { return nil }
        self.arrivals = arrivals
        self.share = share
        if !share.isEmpty { look() }
    }

    package mutating func advance() {
        count += 1
        look()
    }

    private mutating func look() {
        let number = share.iterationInTest(count)
        next = arrivals.offset(of: number).map { Arrival(number: number, offset: $0) }
    }
}
