// Histograms of any layouts added up, as `spotload hdr` reads them: each bucket's smallest value
// is recorded, with its count, in one layout (what the reference's `add` does between layouts that
// differ). With lowest 1 and 3 digits a value of another 3-digit layout is off by 0.1 % at most,
// downwards. Memory: up to 440 KB, by the largest value.

/// A sum of recorded histograms; values in the unit of the logs.
package struct RecordedTotals: Sendable, Equatable {
    private static let layout = RecordedLayout.reading

    package private(set) var count: UInt64 = 0
    private var counts: [UInt64] = []
    /// Of the middles of the buckets.
    private var sum: UInt128 = 0

    package init() {}

    /// - Throws: where the counts pass 2^62 in all.
    /// - Complexity: O(buckets in use of `histogram`).
    package mutating func add(_ histogram: RecordedHistogram) throws(HistogramCodecError) {
        let (total, wraps) = count.addingReportingOverflow(histogram.count)
        guard !wraps, total <= RecordedHistogram.weightMax else {
            throw HistogramCodecError("more than 2^62 samples in all")
        }
        for bucket in histogram.buckets {
            add(histogram.layout.lowestEquivalent(bucket.index), count: bucket.count)
        }
        count = total
    }

    /// Adds all that is in another sum, bucket by bucket.
    package mutating func merge(_ other: RecordedTotals) throws(HistogramCodecError) {
        let (total, wraps) = count.addingReportingOverflow(other.count)
        guard !wraps, total <= RecordedHistogram.weightMax else {
            throw HistogramCodecError("more than 2^62 samples in all")
        }
        grow(to: other.counts.count)
        for i in other.counts.indices { counts[i] += other.counts[i] }
        count = total
        sum += other.sum
    }

    /// - Precondition: `value` is below 2^62, which the sums of a `RecordedHistogram` make sure.
    private mutating func add(_ value: UInt64, count n: UInt64) {
        let index = Self.layout.index(value)
        grow(to: index + 1)
        counts[index] += n
        sum +=
            UInt128(Self.layout.lowestEquivalent(index) + Self.layout.width(index) / 2)
            * UInt128(n)
    }

    private mutating func grow(to length: Int) {
        guard length > counts.count else { return }
        counts.append(contentsOf: repeatElement(0, count: length - counts.count))
    }

    /// Smallest value of the lowest bucket in use; nil without samples.
    package var min: UInt64? {
        counts.firstIndex { $0 > 0 }.map { Self.layout.lowestEquivalent($0) }
    }

    /// Largest value of the highest bucket in use.
    package var max: UInt64? {
        counts.lastIndex { $0 > 0 }.map { Self.layout.highestEquivalent($0) }
    }

    /// By the middles of the buckets.
    package var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }

    /// The largest value of the bucket of rank max(1, ceil(p.nextDown x N / 100)).
    package func percentile(_ p: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let wanted = (p.nextDown * Double(count) / 100).rounded(.up)
        let rank = Swift.min(count, UInt64(Swift.max(1, wanted)))
        var cumulative: UInt64 = 0
        let index = counts.firstIndex { n in
            cumulative += n
            return cumulative >= rank
        }
        return index.map { Self.layout.highestEquivalent($0) }
    }

    /// Every bucket in use, ascending: its smallest value and its count.
    package var recorded: [(lowest: UInt64, count: UInt64)] {
        counts.indices.filter { counts[$0] > 0 }.map {
            (Self.layout.lowestEquivalent($0), counts[$0])
        }
    }
}
