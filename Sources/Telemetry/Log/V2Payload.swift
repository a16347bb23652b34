// The counts of a V2 histogram: ZigZag LEB128 with a ninth byte of 8 bits; drawn in V2Codec.swift.
//
//     zigzag(n) = (n << 1) ^ (n >> 63)      0 -> 00, -1 -> 01, 1 -> 02, 64 -> 80 01

enum V2Payload {
    static let numberBytesMax = 9

    /// An empty histogram is one empty bucket: the reference writes index(0) too.
    static func encode(_ histogram: RecordedHistogram) -> [UInt8] {
        guard !histogram.buckets.isEmpty else { return [0] }
        var out: [UInt8] = []
        var next = 0
        for bucket in histogram.buckets {
            let empty = bucket.index - next
            if empty == 1 { out.append(0) }
            if empty > 1 { append(-Int64(empty), to: &out) }
            append(Int64(bucket.count), to: &out)
            next = bucket.index + 1
        }
        return out
    }

    static func append(_ number: Int64, to out: inout [UInt8]) {
        var rest = UInt64(bitPattern: (number << 1) ^ (number >> 63))
        for _ in 0..<(numberBytesMax - 1) {
            guard rest >= 0x80 else { break }
            out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.append(UInt8(truncatingIfNeeded: rest))
    }

    /// The number at `position`, which moves behind it.
    static func number(
        _ bytes: [UInt8], _ position: inout Int
    ) throws(HistogramCodecError) -> Int64 {
        var value: UInt64 = 0
        for i in 0..<numberBytesMax {
            guard position < bytes.count else {
                throw HistogramCodecError("it ends within a count")
            }
            let byte = bytes[position]
            position += 1
            let isLast = i == numberBytesMax - 1
            value |= UInt64(isLast ? byte : byte & 0x7F) << UInt64(7 * i)
            if isLast || byte < 0x80 { break }
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    static func decode(
        _ bytes: [UInt8], from start: Int, _ layout: RecordedLayout
    ) throws(HistogramCodecError) -> RecordedHistogram {
        var histogram = RecordedHistogram(layout)
        var position = start
        var index = 0
        while position < bytes.count {
            let n = try number(bytes, &position)
            let left = layout.bucketCount - index
            let covered = n < 0 ? n.magnitude : 1
            guard covered <= UInt64(left) else {
                throw HistogramCodecError(
                    "counts for more than the \(layout.bucketCount) buckets there are")
            }
            if n > 0 { try histogram.append(index: index, count: UInt64(n)) }
            index += Int(covered)
        }
        return histogram
    }
}
