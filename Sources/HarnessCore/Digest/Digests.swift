// Checksums and digests: FNV-1a 64 (stream names), CRC-32C (journals, deltas, WAL), SHA-256.

import Crypto

/// FNV-1a, 64 bit (Fowler, Noll, Vo).
package enum FNV1a64 {
    @usableFromInline package static let offsetBasis: UInt64 = 0xCBF2_9CE4_8422_2325
    @usableFromInline package static let prime: UInt64 = 0x0000_0100_0000_01B3

    /// Hash of `bytes`, or the continuation of `state`.
    @inlinable package static func hash(
        _ bytes: some Sequence<UInt8>, from state: UInt64 = offsetBasis
    ) -> UInt64 {
        var h = state
        for byte in bytes { h = (h ^ UInt64(byte)) &* prime }
        return h
    }

    /// The same of a text's UTF-8. Not generic: other modules get it as fast as this one.
    package static func hash(text: String, from state: UInt64 = offsetBasis) -> UInt64 {
        var text = text
        return text.withUTF8 { hash($0, from: state) }
    }
}

/// CRC-32C (Castagnoli, reflected, polynomial 0x82F63B78). "123456789" gives E3069283.
package enum CRC32C {
    /// Eight tables for slicing-by-8 (Kounavis, Berry 2005): eight bytes a step.
    private static let tables: [UInt32] = {
        var t = [UInt32](repeating: 0, count: 8 * 256)
        for n in 0..<256 {
            var c = UInt32(n)
            for _ in 0..<8 { c = c & 1 == 1 ? (c >> 1) ^ 0x82F6_3B78 : c >> 1 }
            t[n] = c
        }
        for n in 0..<256 {
            for k in 1..<8 {
                let previous = t[(k - 1) * 256 + n]
                t[k * 256 + n] = (previous >> 8) ^ t[Int(previous & 0xFF)]
            }
        }
        return t
    }()

    /// The checksum of `bytes`; pass an earlier result as `seed` to go on from it.
    /// - Complexity: O(n), about 1 ns a byte; allocates nothing.
    package static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { t in
            var c = ~seed
            var i = 0
            while i + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self).littleEndian
                let low = UInt32(truncatingIfNeeded: word) ^ c
                let high = UInt32(truncatingIfNeeded: word >> 32)
                let lowPart =
                    t[7 * 256 + Int(low & 0xFF)] ^ t[6 * 256 + Int((low >> 8) & 0xFF)]
                    ^ t[5 * 256 + Int((low >> 16) & 0xFF)] ^ t[4 * 256 + Int(low >> 24)]
                let highPart =
                    t[3 * 256 + Int(high & 0xFF)] ^ t[2 * 256 + Int((high >> 8) & 0xFF)]
                    ^ t[256 + Int((high >> 16) & 0xFF)] ^ t[Int(high >> 24)]
                c = lowPart ^ highPart
                i += 8
            }
            while i < bytes.count {
                c = (c >> 8) ^ t[Int((c ^ UInt32(bytes[i])) & 0xFF)]
                i += 1
            }
            return ~c
        }
    }

    package static func checksum(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0, seed: seed) }
    }
}

/// SHA-256 of bytes, as bytes or lowercase hex.
package enum Sha256 {
    package static func digest(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
    package static func hex(_ bytes: [UInt8]) -> String { Hex.text(digest(bytes)) }
}

/// SHA-256 of what comes in pieces.
package struct Sha256Stream: Sendable {
    private var hasher = SHA256()
    package init() {}
    package mutating func update(_ bytes: [UInt8]) { hasher.update(data: bytes) }
    /// Of all pieces so far, lowercase hex.
    package var hex: String { Hex.text(hasher.finalize()) }
}

/// Lowercase hexadecimal.
package enum Hex {
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The bytes of an even number of hex digits, or nil.
    package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var out: [UInt8] = []
        for i in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[i]), let low = value(digits[i + 1]) else { return nil }
            out.append(high << 4 | low)
        }
        return out
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
