// HdrHistogram's V2 bytes, big-endian (AbstractHistogram.java, ZigZagEncoding.java):
//
//   compressed  0 u32 cookie 1c849314 | 4 u32 length | 8 zlib stream (RFC 1950) of what follows
//   plain       0 u32 cookie 1c849313 | 4 u32 payload length | 8 u32 normalizing offset, 0
//              12 u32 digits | 16 u64 lowest | 24 u64 highest | 32 f64 ratio, 1.0 | 40 payload
//   payload     ZigZag LEB128 over counts[0 ... index(max)]: n > 0 a count, 0 an empty bucket,
//               n < 0 a run of -n empty ones; bytes 1-8 carry 7 bits, a 9th carries 8
//
// In base64 compressed bytes begin with HISTFA. V0 and V1 are refused.
//
// The decoder takes untrusted bytes: every failure is a typed error, nothing traps, and nothing is
// allocated before the check that bounds it: of a compressed histogram the header is inflated
// first, then at most 9 bytes for each bucket it may have, in pieces.

import CZlib
import Foundation

package enum V2Codec {
    static let compressedCookie: UInt32 = 0x1C84_9314
    static let plainCookie: UInt32 = 0x1C84_9313
    static let headerBytes = 40
    /// Of base64 text.
    package static let base64Max = 1 << 20
    /// What the bits that encode the size of a word do not say.
    private static let cookieMask: UInt32 = ~0xF0

    /// Reads strict base64 of at most `base64Max` bytes: padded, without white space.
    package static func decode(
        base64 text: some Collection<UInt8>
    ) throws(HistogramCodecError) -> RecordedHistogram {
        guard text.count <= base64Max else {
            throw HistogramCodecError("\(text.count) bytes of base64, over \(base64Max)")
        }
        guard text.count % 4 == 0, let data = Data(base64Encoded: Data(text)) else {
            throw HistogramCodecError("no base64")
        }
        return try decode(Array(data))
    }

    /// Reads compressed or plain bytes; nothing may follow them.
    package static func decode(_ bytes: [UInt8]) throws(HistogramCodecError) -> RecordedHistogram {
        guard bytes.count >= 8 else { throw HistogramCodecError("it ends within the header") }
        let cookie = word(bytes, 0)
        switch cookie & cookieMask {
        case compressedCookie & cookieMask:
            guard Int(word(bytes, 4)) == bytes.count - 8 else {
                throw HistogramCodecError(
                    "it says \(word(bytes, 4)) compressed bytes, \(bytes.count - 8) follow")
            }
            let plain = try BoundedInflate.run(bytes, from: 8, headBytes: headerBytes) {
                (head) throws(HistogramCodecError) in
                try V2Header(head).payloadLength
            }
            return try decodePlain(plain)
        case plainCookie & cookieMask: return try decodePlain(bytes)
        default:
            throw HistogramCodecError(
                "cookie \(String(cookie, radix: 16)), not that of a V2 histogram")
        }
    }

    private static func decodePlain(
        _ bytes: [UInt8]
    ) throws(HistogramCodecError) -> RecordedHistogram {
        guard bytes.count >= headerBytes else {
            throw HistogramCodecError("it ends within the header")
        }
        let header = try V2Header(bytes)
        let rest = bytes.count - headerBytes
        // Old C encoders counted the header as well.
        guard header.payloadLength == rest || header.payloadLength == rest + headerBytes else {
            throw HistogramCodecError(
                "it says \(header.payloadLength) bytes of counts, \(rest) follow")
        }
        return try V2Payload.decode(bytes, from: headerBytes, header.layout)
    }

    /// Header and payload as they are.
    package static func encodePlain(_ histogram: RecordedHistogram) -> [UInt8] {
        let payload = V2Payload.encode(histogram)
        let layout = histogram.layout
        var out: [UInt8] = []
        out.reserveCapacity(headerBytes + payload.count)
        for value in [plainCookie, UInt32(payload.count), 0, UInt32(layout.digits)] {
            append(value, to: &out)
        }
        append(layout.lowest, to: &out)
        append(layout.highest, to: &out)
        append(1.0.bitPattern, to: &out)
        return out + payload
    }

    /// What goes into a log, in base64.
    /// - Throws: where zlib has no memory.
    package static func encode(
        _ histogram: RecordedHistogram
    ) throws(HistogramCodecError) -> [UInt8] {
        guard let packed = Deflate.compress(encodePlain(histogram), level: 6) else {
            throw HistogramCodecError("zlib failed")
        }
        var out: [UInt8] = []
        append(compressedCookie, to: &out)
        append(UInt32(packed.count), to: &out)
        return out + packed
    }

    package static func base64(
        _ histogram: RecordedHistogram
    ) throws(HistogramCodecError) -> [UInt8] {
        Array(Data(try encode(histogram)).base64EncodedData())
    }

    /// - Precondition: four bytes from `offset` on.
    static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func append(_ value: some FixedWidthInteger, to out: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { out.append(contentsOf: $0) }
    }
}

/// The 40 bytes before the counts, checked.
struct V2Header {
    let layout: RecordedLayout
    /// As it stands there; at most 9 bytes for each bucket, and the header of old encoders.
    let payloadLength: Int

    /// - Precondition: 40 bytes at least.
    init(_ bytes: [UInt8]) throws(HistogramCodecError) {
        let cookie = V2Codec.word(bytes, 0)
        guard cookie & ~0xF0 == V2Codec.plainCookie & ~0xF0 else {
            throw HistogramCodecError(
                "cookie \(String(cookie, radix: 16)), not that of a V2 histogram")
        }
        let offset = V2Codec.word(bytes, 8)
        guard offset == 0 else {
            throw HistogramCodecError("a normalizing offset of \(offset)")
        }
        let ratio = Double(bitPattern: Self.long(bytes, 32))
        guard ratio == 1 else {
            throw HistogramCodecError("a conversion ratio of \(ratio)")
        }
        let digits = V2Codec.word(bytes, 12)
        layout = try RecordedLayout(
            lowest: Self.long(bytes, 16), highest: Self.long(bytes, 24), digits: Int(digits))
        payloadLength = Int(V2Codec.word(bytes, 4))
        let most = layout.bucketCount * V2Payload.numberBytesMax + V2Codec.headerBytes
        guard payloadLength <= most else {
            throw HistogramCodecError(
                "\(payloadLength) bytes of counts for \(layout.bucketCount) buckets")
        }
    }

    private static func long(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
