// constant-arrival-rate (scenarios.md 4.1): P = trunc_ns(timeUnit / rate); arrival g is due at g x
// P while that is below the duration. A worker sees only its own arrivals, in order.
//
//     50/s for 2 s, one agent of one worker: P = 20 ms, arrivals 0 ... 99 at 0, 20, ..., 1980 ms
//
// Times are absolute offsets from the workload's start: a late reader finds several due at once,
// each with the time it should have begun.

package import HarnessCore
package import ScenarioModel

/// The intended starts of one worker; monotone, without allocation.
package struct ConstantArrivals: Sendable {
    /// One arrival: its number in the test and its offset from the workload's start.
    package struct Arrival: Sendable, Equatable {
        package let number: UInt64
        package let offset: TimeSpan
    }

    private let periodNs: Int64
    private let durationNs: Int64
    private let share: WorkloadShare
    private var count: UInt64 = 0

    package init(_ executor: ConstantArrivalRate, share: WorkloadShare) {
        periodNs = executor.periodNs
        durationNs = executor.duration.ns
        self.share = share
    }

    /// The next arrival; nil where there is none left.
    package var next: Arrival? {
        guard !share.isEmpty else { return nil }
        let number = share.iterationInTest(count)
        let (offset, overflow) = Int64(number).multipliedReportingOverflow(by: periodNs)
        guard !overflow, offset < durationNs else { return nil }
        return Arrival(number: number, offset: TimeSpan(ns: offset))
    }

    package mutating func advance() { count += 1 }
}
