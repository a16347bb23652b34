// Samples of one series in one worker and one window: layout 1 with UInt32 counts, beside them the
// exact count, minimum, maximum, sum, and the samples over each latency limit. Nanoseconds.
//
// Owned by one thread at a time: the worker records, the cutter drains what the worker has given
// up.

import HarnessCore
package import Telemetry

package final class IntervalHistogram {
    private let counts: UnsafeMutablePointer<UInt32>
    /// Values above these are counted in `over`, in document order.
    private let limits: [UInt64]
    private var over: [UInt64]
    package private(set) var count: UInt64 = 0
    /// Samples beyond the array; in nothing else.
    package private(set) var overflow: UInt64 = 0
    private var min: UInt64 = .max
    private var max: UInt64 = 0
    private var sum: UInt64 = 0

    /// - Parameter limits: at most `Limits.deltaOverLimits`.
    package init(limits: [UInt64] = []) {
        self.limits = limits
        over = [UInt64](repeating: 0, count: limits.count)
        counts = .allocate(capacity: HistogramLayout.bucketCount)
        counts.initialize(repeating: 0, count: HistogramLayout.bucketCount)
    }

    deinit { counts.deallocate() }

    /// Adds a sample; a negative one counts as 0. Allocates nothing.
    package func record(_ ns: Int64) {
        let value = UInt64(Swift.max(0, ns))
        guard value <= HistogramLayout.capacity else {
            overflow += 1
            return
        }
        counts[HistogramLayout.index(value)] += 1
        count += 1
        if value < min { min = value }
        if value > max { max = value }
        sum += value
        for i in limits.indices where value > limits[i] { over[i] += 1 }
    }

    /// What was recorded since the last drain, which is then forgotten; nil if there is nothing.
    package func drain() -> HistogramDelta? {
        guard count > 0 else { return nil }
        var delta = HistogramDelta(
            count: count, cum: 0, min: min, max: max, sum: sum, over: over, buckets: [])
        for i in HistogramLayout.index(min)...HistogramLayout.index(max) where counts[i] > 0 {
            delta.buckets.append(.init(index: UInt32(i), count: UInt64(counts[i])))
            counts[i] = 0
        }
        count = 0
        min = .max
        max = 0
        sum = 0
        for i in over.indices { over[i] = 0 }
        return delta
    }

    /// Overflows since the last call.
    package func takeOverflow() -> UInt64 {
        defer { overflow = 0 }
        return overflow
    }
}

@available(*, unavailable)
extension IntervalHistogram: Sendable {}
