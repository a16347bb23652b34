// Samples of one series in one worker and one window: layout 1 with UInt32 counts, beside them the
// exact count, minimum, maximum, sum, and the samples over each latency limit. Nanoseconds.
//
// Owned by one thread at a time: the worker records, the cutter drains what the worker has given
// up. Everything a sample touches is at one address, so that recorders can keep a `Sink` of each
// histogram and record without counting references.

import HarnessCore
package import Telemetry

package final class IntervalHistogram {
    fileprivate struct Store {
        let counts: UnsafeMutablePointer<UInt32>
        /// Values above these are counted in `over`, in document order.
        let limits: UnsafeMutablePointer<UInt64>
        let over: UnsafeMutablePointer<UInt64>
        let limitCount: Int
        var count: UInt64 = 0
        var overflow: UInt64 = 0
        var min = UInt64.max
        var max: UInt64 = 0
        var sum: UInt64 = 0
    }
    /// Where samples go. Valid as long as its histogram.
    struct Sink {
        fileprivate let store: UnsafeMutablePointer<Store>

        /// Adds a sample; a negative one counts as 0. Allocates nothing.
        @inline(__always) func record(_ ns: Int64) {
            let value = UInt64(Swift.max(0, ns))
            guard value <= HistogramLayout.capacity else {
                store.pointee.overflow += 1
                return
            }
            store.pointee.counts[HistogramLayout.index(value)] += 1
            store.pointee.count += 1
            if value < store.pointee.min { store.pointee.min = value }
            if value > store.pointee.max { store.pointee.max = value }
            store.pointee.sum += value
            for i in 0..<store.pointee.limitCount where value > store.pointee.limits[i] {
                store.pointee.over[i] += 1
            }
        }
    }
    let sink: Sink
    private var store: UnsafeMutablePointer<Store> { sink.store }

    /// - Parameter limits: at most `Limits.deltaOverLimits`.
    package init(limits: [UInt64] = []) {
        let counts = UnsafeMutablePointer<UInt32>.allocate(capacity: HistogramLayout.bucketCount)
        counts.initialize(repeating: 0, count: HistogramLayout.bucketCount)
        let edges = UnsafeMutablePointer<UInt64>.allocate(capacity: Swift.max(1, limits.count))
        for (i, limit) in limits.enumerated() { (edges + i).initialize(to: limit) }
        let over = UnsafeMutablePointer<UInt64>.allocate(capacity: Swift.max(1, limits.count))
        over.initialize(repeating: 0, count: Swift.max(1, limits.count))
        let store = UnsafeMutablePointer<Store>.allocate(capacity: 1)
        store.initialize(
            to: Store(counts: counts, limits: edges, over: over, limitCount: limits.count))
        sink = Sink(store: store)
    }

    deinit {
        store.pointee.counts.deallocate()
        store.pointee.limits.deallocate()
        store.pointee.over.deallocate()
        store.deallocate()
    }

    package var count: UInt64 { store.pointee.count }
    /// Samples beyond the array; in nothing else.
    package var overflow: UInt64 { store.pointee.overflow }

    /// Adds a sample; a negative one counts as 0. Allocates nothing.
    package func record(_ ns: Int64) { sink.record(ns) }

    /// What was recorded since the last drain, which is then forgotten; nil if there is nothing.
    package func drain() -> HistogramDelta? {
        let held = store.pointee
        guard held.count > 0 else { return nil }
        var delta = HistogramDelta(
            count: held.count, cum: 0, min: held.min, max: held.max, sum: held.sum,
            over: (0..<held.limitCount).map { held.over[$0] }, buckets: [])
        let buckets = HistogramLayout.index(held.min)...HistogramLayout.index(held.max)
        for i in buckets where held.counts[i] > 0 {
            delta.buckets.append(.init(index: UInt32(i), count: UInt64(held.counts[i])))
            held.counts[i] = 0
        }
        store.pointee.count = 0
        store.pointee.min = .max
        store.pointee.max = 0
        store.pointee.sum = 0
        for i in 0..<held.limitCount { held.over[i] = 0 }
        return delta
    }

    /// Overflows since the last call.
    package func takeOverflow() -> UInt64 {
        defer { store.pointee.overflow = 0 }
        return store.pointee.overflow
    }
}

@available(*, unavailable)
extension IntervalHistogram: Sendable {}

@available(*, unavailable)
extension IntervalHistogram.Sink: Sendable {}
