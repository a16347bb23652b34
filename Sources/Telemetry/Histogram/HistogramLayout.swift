// Layout 1, the one histogram layout on the wire (measurement.md section 2, fleet.md section 3):
// HdrHistogram with lowest 1,000 (rounded down to a unit of 2^9 = 512), highest 3.6e12, 3 digits.
//
//     e = max(0, bits(v) - 20)        bits(v) = 64 - leading zeros
//     index(v) = (e << 10) + (v >> (e + 9))
//
// Worked: 511 -> 0, 512 -> 1, 1 ms = 1,000,000: bits 20, e 0, 1000000 >> 9 = 1953;
// 1,048,576: bits 21, e 1, (1 << 10) + (1048576 >> 10) = 2048. A bucket is 512 ns wide up to
// 1.05 ms and then at most 0.1 % of its value.

/// Index arithmetic of layout 1.
package enum HistogramLayout {
    @inlinable package static var bucketCount: Int { 24_576 }
    /// Largest value inside the array.
    @inlinable package static var capacity: UInt64 { 4_398_046_511_103 }
    package static let wireID: UInt8 = 1
    /// What the layout is called in HdrHistogram's terms.
    package static let lowest: UInt64 = 1_000
    package static let highest: UInt64 = 3_600_000_000_000
    package static let significantDigits = 3

    /// Bucket of a value; may exceed `bucketCount` for values beyond `capacity`.
    @inlinable package static func index(_ value: UInt64) -> Int {
        let e = max(0, 44 - value.leadingZeroBitCount)
        return (e << 10) + Int(truncatingIfNeeded: value >> UInt64(e + 9))
    }

    /// Smallest value of a bucket.
    @inlinable package static func lowestEquivalent(_ index: Int) -> UInt64 {
        let e = max(0, (index >> 10) - 1)
        return UInt64(index - (e << 10)) << UInt64(e + 9)
    }

    /// Largest value of a bucket.
    @inlinable package static func highestEquivalent(_ index: Int) -> UInt64 {
        let e = max(0, (index >> 10) - 1)
        return lowestEquivalent(index) + (1 << UInt64(e + 9)) - 1
    }
}
