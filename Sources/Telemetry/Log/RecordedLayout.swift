// The bucket arithmetic of any HdrHistogram, as its header describes it; our own layout has a
// faster one in HistogramLayout.swift. From AbstractHistogram.java of HdrHistogram:
//
//     u = floor(log2 lowest)     s = ceil(log2(2 x 10^digits))     e = max(0, bits(v) - u - s)
//     index(v) = (e << (s - 1)) + (v >> (e + u))
//
// Worked, lowest 1,000, 3 digits: u 9, s 11; 1 ms: bits 20, e 0, 1,000,000 >> 9 = 1953.
//
// hdrhistogram-swift is not used for foreign histograms: it allocates what a header asks for, its
// iterators trap past 2^64, and `add` traps on another layout. Tests compare the two.

/// Lowest, highest and digits of a histogram, and what follows from them.
package struct RecordedLayout: Sendable, Hashable {
    package let lowest: UInt64
    package let highest: UInt64
    /// Significant decimal digits, 0...5.
    package let digits: Int
    /// A bucket is 2^unitBits wide at least.
    private let unitBits: Int
    /// s - 1: an octave has 2^halfBits buckets.
    private let halfBits: Int
    /// Buckets of the array that holds `highest`.
    package let bucketCount: Int

    /// No more buckets than this, 32 MB of counts.
    package static let bucketsMax = 1 << 22

    /// What the collector's own histograms are recorded in.
    package static let ours = RecordedLayout(
        known: HistogramLayout.lowest, HistogramLayout.highest, HistogramLayout.significantDigits)
    /// What `spotload hdr` records into: any value up to 2^62, 3 digits.
    package static let reading = RecordedLayout(known: 1, 1 << 62, 3)

    /// - Throws: where the header's three numbers are out of range.
    package init(lowest: UInt64, highest: UInt64, digits: Int) throws(HistogramCodecError) {
        guard (0...5).contains(digits) else {
            throw HistogramCodecError("\(digits) significant digits, not 0 to 5")
        }
        guard lowest >= 1 else { throw HistogramCodecError("a lowest value of 0") }
        guard highest <= UInt64(Int64.max), highest / 2 >= lowest else {
            throw HistogramCodecError("a range of \(lowest) to \(highest)")
        }
        let (unitBits, subBits) = Self.bits(lowest: lowest, digits: digits)
        guard unitBits + subBits <= 62 else {
            throw HistogramCodecError("\(digits) digits from \(lowest) on take over 62 bits")
        }
        self.init(known: lowest, highest, digits)
        guard bucketCount <= Self.bucketsMax else {
            throw HistogramCodecError("\(bucketCount) buckets, over \(Self.bucketsMax)")
        }
    }

    private init(known lowest: UInt64, _ highest: UInt64, _ digits: Int) {
        self.lowest = lowest
        self.highest = highest
        self.digits = digits
        let (unitBits, subBits) = Self.bits(lowest: lowest, digits: digits)
        self.unitBits = unitBits
        halfBits = subBits - 1
        let octaves = max(0, UInt64.bitWidth - highest.leadingZeroBitCount - unitBits - subBits)
        bucketCount = (octaves + 2) << halfBits
    }

    private static func bits(lowest: UInt64, digits: Int) -> (unit: Int, sub: Int) {
        let singleUnit = (0..<digits).reduce(UInt64(2)) { power, _ in power * 10 }
        let sub = UInt64.bitWidth - (singleUnit - 1).leadingZeroBitCount
        return (UInt64.bitWidth - 1 - lowest.leadingZeroBitCount, sub)
    }

    /// Bucket of a value; at or beyond `bucketCount` for what the array does not hold.
    package func index(_ value: UInt64) -> Int {
        let bits = UInt64.bitWidth - value.leadingZeroBitCount
        let e = max(0, bits - unitBits - halfBits - 1)
        return (e << halfBits) + Int(truncatingIfNeeded: value >> UInt64(e + unitBits))
    }

    /// Smallest value of a bucket of the array.
    package func lowestEquivalent(_ index: Int) -> UInt64 {
        let e = max(0, (index >> halfBits) - 1)
        return UInt64(index - (e << halfBits)) << UInt64(e + unitBits)
    }

    /// How many values a bucket of the array stands for.
    package func width(_ index: Int) -> UInt64 {
        1 << UInt64(max(0, (index >> halfBits) - 1) + unitBits)
    }

    /// Largest value of a bucket of the array.
    package func highestEquivalent(_ index: Int) -> UInt64 {
        lowestEquivalent(index) + (width(index) - 1)
    }
}

/// Why bytes are no histogram.
package struct HistogramCodecError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
