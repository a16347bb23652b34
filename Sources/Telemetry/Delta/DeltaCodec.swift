// The bytes of a delta (fleet.md section 3), little-endian:
//
//   0 "SL" | 2 u8 version 1 | 3 u8 flags | 4 run tag, 8 bytes | 12 u32 slot
//  16 u64 epoch | 24 u64 seq | 32 u32 fromWindow | 36 u32 toWindow | 40 u32 planRev | 44 i64 cutAt
//  us
//  52 u16 counters = 14 | 54 u16 series | 56 u32 raw body length | 60 u32 stored length
//  64 14 x u64 counters | 176 body, zlib level 1 if flagged | u32 CRC-32C of all before
//
//  series    = varint n, key of n bytes, u8 kind
//  counter 1 = varint delta, cum
//  gauge 2   = varint n, zigzag last, min, max, sum
//  histogram 3 = u8 layout, varint count cum min max sum, k, k x over, b, b x (gap, n)
//
// The decoder takes untrusted bytes: every failure is a typed error, nothing traps, and nothing is
// allocated before the check that bounds it.

import HarnessCore

/// Why bytes are no delta.
package struct DeltaError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

package enum DeltaCodec {
    static let version: UInt8 = 1
    static let headerBytes = 176
    /// Shorter bodies are stored as they are.
    static let deflateFrom = 512

    /// - Throws: `DeltaError` where a limit is exceeded (too many series, key or entry too long).
    package static func encode(_ delta: Delta) throws(DeltaError) -> [UInt8] {
        guard delta.runTag.count == 8 else { throw DeltaError("the run tag has 8 bytes") }
        let body = try DeltaBody.encode(delta.series)
        guard body.count <= Limits.deltaBodyBytes else {
            throw DeltaError("a body of \(body.count) bytes is over the limit")
        }
        var flags = delta.flags.subtracting(.deflated)
        var stored = body
        if body.count >= deflateFrom, let packed = Deflate.compress(body), packed.count < body.count
        {
            stored = packed
            flags.insert(.deflated)
        }
        var out = ByteWriter(capacity: headerBytes + stored.count + 4)
        out.bytes.append(contentsOf: [
            UInt8(ascii: "S"), UInt8(ascii: "L"), version, flags.rawValue,
        ])
        out.bytes.append(contentsOf: delta.runTag)
        out.fixed(delta.slot)
        out.fixed(delta.epoch)
        out.fixed(delta.seq)
        out.fixed(delta.fromWindow)
        out.fixed(delta.toWindow)
        out.fixed(delta.planRev)
        out.fixed(delta.cutAtUs)
        out.fixed(UInt16(RunCounters.count))
        out.fixed(UInt16(delta.series.count))
        out.fixed(UInt32(body.count))
        out.fixed(UInt32(stored.count))
        for value in delta.counters.values { out.fixed(value) }
        out.bytes.append(contentsOf: stored)
        out.fixed(CRC32C.checksum(out.bytes))
        guard out.bytes.count <= Limits.deltaEntryBytes else {
            throw DeltaError("an entry of \(out.bytes.count) bytes is over the limit")
        }
        return out.bytes
    }

    /// Reads a delta and checks everything that can be checked without knowing its predecessor.
    package static func decode(_ bytes: [UInt8]) throws(DeltaError) -> Delta {
        guard bytes.count >= headerBytes + 4, bytes.count <= Limits.deltaEntryBytes else {
            throw DeltaError("\(bytes.count) bytes are no delta")
        }
        return try bytes.withUnsafeBufferPointer { (all) throws(DeltaError) in try decode(all) }
    }

    private static func decode(_ bytes: UnsafeBufferPointer<UInt8>) throws(DeltaError) -> Delta {
        let end = bytes.count - 4
        var tail = ByteReader(bytes, from: end)
        let checksum: UInt32 = try tail.fixed()
        let checked = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<end])
        guard CRC32C.checksum(checked) == checksum else { throw DeltaError("checksum mismatch") }
        var reader = ByteReader(bytes, upTo: end)
        guard try reader.byte() == UInt8(ascii: "S"), try reader.byte() == UInt8(ascii: "L") else {
            throw DeltaError("no delta: it does not begin with SL")
        }
        let version = try reader.byte()
        guard version == Self.version else { throw DeltaError("version \(version)") }
        let flags = Delta.Flags(rawValue: try reader.byte())
        let known: Delta.Flags = [.final, .deflated, .coalesced, .relay]
        guard flags.isSubset(of: known) else { throw DeltaError("unknown flags \(flags.rawValue)") }
        let runTag = Array(try reader.take(8))
        var delta = Delta(
            flags: flags.subtracting(.deflated), runTag: runTag, slot: try reader.fixed(),
            epoch: try reader.fixed(), seq: try reader.fixed(), fromWindow: try reader.fixed(),
            toWindow: try reader.fixed(), planRev: try reader.fixed(), cutAtUs: try reader.fixed(),
            counters: RunCounters(), series: [])
        guard delta.seq >= 1 else { throw DeltaError("seq 0") }
        guard delta.fromWindow <= delta.toWindow,
            delta.toWindow - delta.fromWindow <= UInt32(Limits.deltaWindows)
        else { throw DeltaError("windows \(delta.fromWindow) to \(delta.toWindow)") }
        let counterCount: UInt16 = try reader.fixed()
        let seriesCount: UInt16 = try reader.fixed()
        let rawLength: UInt32 = try reader.fixed()
        let storedLength: UInt32 = try reader.fixed()
        guard counterCount == RunCounters.count, seriesCount <= Limits.deltaSeries,
            rawLength <= Limits.deltaBodyBytes
        else { throw DeltaError("counts or lengths out of range") }
        var values: [UInt64] = []
        for _ in 0..<RunCounters.count { values.append(try reader.fixed()) }
        delta.counters = RunCounters(values: values)
        guard reader.left == Int(storedLength) else { throw DeltaError("stored length mismatch") }
        let stored = try reader.take(reader.left)
        delta.series = try series(
            stored, flags: flags, rawLength: Int(rawLength), count: Int(seriesCount))
        return delta
    }

    private static func series(
        _ stored: UnsafeBufferPointer<UInt8>, flags: Delta.Flags, rawLength: Int, count: Int
    ) throws(DeltaError) -> [SeriesDelta] {
        guard flags.contains(.deflated) else {
            guard stored.count == rawLength else { throw DeltaError("raw length mismatch") }
            return try DeltaBody.decode(stored, count: count)
        }
        guard let body = Deflate.expand(stored, count: rawLength) else {
            throw DeltaError("the body does not inflate to \(rawLength) bytes")
        }
        return try body.withUnsafeBufferPointer { (all) throws(DeltaError) in
            try DeltaBody.decode(all, count: count)
        }
    }
}
