// constant-arrival-rate (scenarios.md 4.1): P = trunc_ns(timeUnit / rate); arrival g is due at g x
// P while that is below the duration.
//
//     50/s for 2 s: P = 20 ms, arrivals 0 ... 99 at 0, 20, ..., 1980 ms

import HarnessCore

struct ConstantProcess: Sendable {
    let periodNs: Int64
    let durationNs: Int64

    init(_ executor: ConstantArrivalRate) {
        periodNs = max(1, executor.periodNs)
        durationNs = executor.duration.ns
    }

    func offset(of number: UInt64) -> Int64? {
        let (ns, overflow) = number.multipliedReportingOverflow(by: UInt64(periodNs))
        guard !overflow, let offset = Int64(exactly: ns), offset < durationNs else { return nil }
        return offset
    }

    func count(before endNs: Int64) -> UInt64 {
        let span = min(endNs, durationNs)
        guard span > 0 else { return 0 }
        return UInt64((span - 1) / periodNs) + 1
    }
}
