// Writing and reading little-endian integers, LEB128 varints (at most 10 bytes) and zigzag.

struct ByteWriter {
    var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func fixed(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func zigzag(_ value: Int64) {
        varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
}

/// A cursor over bytes; running out is an error, never a trap. Lives within the closure that lends
/// the bytes.
struct ByteReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position: Int
    private let end: Int

    /// - Precondition: `from` and `end` lie within the bytes.
    init(_ bytes: UnsafeBufferPointer<UInt8>, from: Int = 0, upTo end: Int? = nil) {
        self.bytes = bytes
        position = from
        self.end = end ?? bytes.count
        precondition(from >= 0 && from <= self.end && self.end <= bytes.count, "a reader's range")
    }

    var left: Int { end - position }

    @inline(__always)
    mutating func byte() throws(DeltaError) -> UInt8 {
        guard position < end else { throw DeltaError("it ends early") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func take(_ count: Int) throws(DeltaError) -> UnsafeBufferPointer<UInt8> {
        guard count <= left else { throw DeltaError("it ends early") }
        defer { position += count }
        return UnsafeBufferPointer(rebasing: bytes[position..<position + count])
    }

    mutating func fixed<T: FixedWidthInteger>() throws(DeltaError) -> T {
        let raw = UnsafeRawBufferPointer(try take(T.bitWidth / 8))
        return T(littleEndian: raw.loadUnaligned(as: T.self))
    }

    /// One byte is what most numbers of a delta have.
    @inline(__always)
    mutating func varint() throws(DeltaError) -> UInt64 {
        let first = try byte()
        return first < 0x80 ? UInt64(first) : try longVarint(first)
    }

    private mutating func longVarint(_ first: UInt8) throws(DeltaError) -> UInt64 {
        var value = UInt64(first & 0x7F)
        for i in 1..<10 {
            let next = try byte()
            guard i < 9 || next <= 1 else { throw DeltaError("a number over 64 bits") }
            value |= UInt64(next & 0x7F) << UInt64(7 * i)
            if next < 0x80 { return value }
        }
        throw DeltaError("a number that does not end")
    }

    mutating func zigzag() throws(DeltaError) -> Int64 {
        let n = try varint()
        return Int64(bitPattern: n >> 1) ^ -Int64(bitPattern: n & 1)
    }
}
