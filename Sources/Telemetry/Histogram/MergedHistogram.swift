// A histogram of layout 1 as the collector holds it: UInt64 counts and the exact count, minimum,
// maximum and sum (measurement.md section 2). Times in ns. A value; merging is addition, so any
// order and any sharding of the same samples gives the same histogram, bucket by bucket.
//
// Only the buckets between the lowest and the highest one in use are stored, so that a series of
// 1 to 100 ms takes about 50 KB and not the 196 KB of all 24,576 counts.

/// Merged samples of one or several series.
package struct MergedHistogram: Sendable, Equatable {
    package private(set) var count: UInt64 = 0
    /// Exact, in ns; 0 if there are no samples.
    package private(set) var min: UInt64 = 0
    package private(set) var max: UInt64 = 0
    /// Exact, in ns: 128 bits, because 2^64 ns are only 585 years of samples.
    package private(set) var sum: UInt128 = 0
    /// Index of the bucket that `counts[0]` belongs to.
    private var firstIndex = 0
    private var counts: [UInt64] = []

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Exact mean in ns; nil without samples.
    package var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }

    /// Adds what an agent published.
    /// - Precondition: buckets ascend and lie in the layout, as `DeltaCodec` makes sure.
    package mutating func add(_ delta: HistogramDelta) {
        guard let first = delta.buckets.first, let last = delta.buckets.last else { return }
        precondition(last.index < HistogramLayout.bucketCount, "a bucket beyond the layout")
        cover(Int(first.index)...Int(last.index))
        let shift = firstIndex
        // One check of ownership for all buckets; the bounds are still checked for each.
        var span = counts.mutableSpan
        for bucket in delta.buckets { span[Int(bucket.index) - shift] += bucket.count }
        addExact(count: delta.count, min: delta.min, max: delta.max, sum: UInt128(delta.sum))
    }

    /// Adds all samples of another histogram.
    package mutating func merge(_ other: MergedHistogram) {
        guard !other.isEmpty else { return }
        cover(other.firstIndex...(other.firstIndex + other.counts.count - 1))
        let shift = other.firstIndex - firstIndex
        let added = other.counts.span
        var span = counts.mutableSpan
        for i in added.indices { span[i + shift] += added[i] }
        addExact(count: other.count, min: other.min, max: other.max, sum: other.sum)
    }

    /// The value at rank `k`, counted from 1: the highest equivalent of the first bucket whose
    /// cumulative count reaches `k`, at most the exact maximum. One bucket too high at worst.
    /// - Precondition: 1 <= k <= count.
    /// - Complexity: O(buckets in use).
    package func value(atRank k: UInt64) -> UInt64 {
        precondition(k >= 1 && k <= count, "rank \(k) of \(count) samples")
        var cumulative: UInt64 = 0
        for (i, n) in counts.enumerated() {
            cumulative += n
            if cumulative >= k {
                return Swift.min(HistogramLayout.highestEquivalent(firstIndex + i), max)
            }
        }
        preconditionFailure("the buckets hold fewer samples than the count says")
    }

    /// Percentile `p` (0...100): the value at rank max(1, ceil(p.nextDown x N / 100)).
    package func percentile(_ p: Double) -> UInt64? {
        count > 0 ? value(atRank: rank(p)) : nil
    }

    /// Several percentiles, ascending, in one pass over the buckets; empty without samples.
    package func percentiles(_ wanted: [Double]) -> [UInt64] {
        guard count > 0 else { return [] }
        var found: [UInt64] = []
        var cumulative: UInt64 = 0
        var rank = wanted.first.map { self.rank($0) } ?? .max
        for i in counts.indices {
            cumulative += counts[i]
            while cumulative >= rank {
                found.append(Swift.min(HistogramLayout.highestEquivalent(firstIndex + i), max))
                if found.count == wanted.count { return found }
                rank = self.rank(wanted[found.count])
            }
        }
        return found
    }

    private func rank(_ p: Double) -> UInt64 {
        let rank = (p.nextDown * Double(count) / 100).rounded(.up)
        return Swift.min(count, UInt64(Swift.max(1, rank)))
    }

    /// k6's percentile, for thresholds alone (scenarios.md section 5): i = (p/100)(n-1), linear
    /// between the values at ranks floor(i) and ceil(i), counted from 0. In ns.
    package func thresholdPercentile(_ p: Double) -> Double? {
        guard count > 0 else { return nil }
        let position = p / 100 * Double(count - 1)
        let below = UInt64(position.rounded(.down))
        let above = Swift.min(count - 1, UInt64(position.rounded(.up)))
        let low = Double(value(atRank: below + 1))
        if above == below { return low }
        let high = Double(value(atRank: above + 1))
        return low + (high - low) * (position - Double(below))
    }

    /// Every bucket with samples, in ascending order: its smallest value and its count.
    package func forEachBucket(_ body: (_ lowest: UInt64, _ count: UInt64) -> Void) {
        for (i, n) in counts.enumerated() where n > 0 {
            body(HistogramLayout.lowestEquivalent(firstIndex + i), n)
        }
    }

    /// Samples of each group of buckets; `group` says which one a bucket of the layout is in.
    /// - Precondition: all of `group` are below `groups`, one for each bucket.
    package func grouped(by group: [UInt8], groups: Int) -> [UInt64] {
        var sums = [UInt64](repeating: 0, count: groups)
        let held = counts.span
        let groupOf = group.span
        var span = sums.mutableSpan
        for i in held.indices { span[Int(groupOf[firstIndex + i])] += held[i] }
        return sums
    }

    /// Grows `counts` so that it holds the buckets of `range`; never beyond what is in use, which
    /// keeps two histograms of the same samples equal.
    private mutating func cover(_ range: ClosedRange<Int>) {
        if counts.isEmpty {
            firstIndex = range.lowerBound
            counts = [UInt64](repeating: 0, count: range.count)
            return
        }
        let end = firstIndex + counts.count
        let upper = range.upperBound + 1
        if range.lowerBound < firstIndex {
            var wider = [UInt64](
                repeating: 0, count: Swift.max(end, upper) - range.lowerBound)
            let place = firstIndex - range.lowerBound
            wider.replaceSubrange(place..<place + counts.count, with: counts)
            counts = wider
            firstIndex = range.lowerBound
        } else if upper > end {
            counts.append(contentsOf: repeatElement(0, count: upper - end))
        }
    }

    private mutating func addExact(
        count n: UInt64, min low: UInt64, max high: UInt64, sum s: UInt128
    ) {
        min = count == 0 ? low : Swift.min(min, low)
        max = Swift.max(max, high)
        count += n
        sum += s
    }
}
