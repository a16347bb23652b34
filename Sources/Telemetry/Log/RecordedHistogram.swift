// A histogram of any layout as it is written down: the buckets in use and their counts. What the
// V2 codec reads and writes; it is never recorded into. No exact minimum, maximum or sum: no wire
// format of HdrHistogram has them.

/// Buckets of a layout with their counts.
package struct RecordedHistogram: Sendable, Equatable {
    package struct Bucket: Sendable, Equatable {
        package let index: Int
        /// At least 1, at most `RecordedHistogram.countMax`.
        package let count: UInt64

        package init(index: Int, count: UInt64) {
            self.index = index
            self.count = count
        }
    }
    /// Of a bucket: beyond it sums of counts could wrap.
    package static let countMax: UInt64 = 1 << 40
    /// Of the sum of count x value: within it a mean can be computed by any reader.
    package static let weightMax: UInt64 = 1 << 62

    package let layout: RecordedLayout
    /// Ascending by index.
    package private(set) var buckets: [Bucket] = []
    package private(set) var count: UInt64 = 0
    /// Sum of count x smallest value of the bucket.
    private var weight: UInt64 = 0

    package init(_ layout: RecordedLayout) { self.layout = layout }

    /// Adds a bucket behind those that are there.
    /// - Throws: where it lies outside the layout, or a count or their sum is out of range.
    package mutating func append(
        index: Int, count n: UInt64
    ) throws(HistogramCodecError) {
        guard index > buckets.last?.index ?? -1, index < layout.bucketCount else {
            throw HistogramCodecError("bucket \(index) of \(layout.bucketCount)")
        }
        guard n >= 1, n <= Self.countMax else {
            throw HistogramCodecError("a count of \(n) in bucket \(index)")
        }
        let (product, tooLarge) = n.multipliedReportingOverflow(by: layout.lowestEquivalent(index))
        let (sum, wraps) = weight.addingReportingOverflow(product)
        guard !tooLarge, !wraps, sum <= Self.weightMax else {
            throw HistogramCodecError("counts whose sum of count x value is over 2^62")
        }
        buckets.append(Bucket(index: index, count: n))
        weight = sum
        count += n
    }
}

extension MergedHistogram {
    /// What it looks like to readers of HdrHistogram: layout 1, without the exact companions.
    /// - Throws: where its samples are beyond what a reader can add up.
    package func recorded() throws(HistogramCodecError) -> RecordedHistogram {
        var out = RecordedHistogram(.ours)
        var failure: HistogramCodecError?
        forEachBucket { lowest, n in
            guard failure == nil else { return }
            do throws(HistogramCodecError) {
                try out.append(index: HistogramLayout.index(lowest), count: n)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return out
    }
}
