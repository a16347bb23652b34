// Hostile bytes for the codecs: mutations of good ones, with outer lengths and checksums repaired
// where that takes the damage further in.

import HarnessCore

@testable import Telemetry

enum LogBombs {
    /// `plain` behind the header of a compressed histogram, with the right length.
    static func compressed(_ plain: [UInt8]) -> [UInt8]? {
        guard let packed = Deflate.compress(plain, level: 6) else { return nil }
        let length = withUnsafeBytes(of: UInt32(packed.count).bigEndian, Array.init)
        return [0x1C, 0x84, 0x93, 0x14] + length + packed
    }

    /// Cuts, flips, splices, runs of one byte, numbers that are false, repetition.
    static func mutate(_ bytes: inout [UInt8], with other: [UInt8], _ rng: inout SplitMix64) {
        for _ in 0...Draw.below(rng.next(), 3) {
            guard !bytes.isEmpty else { return }
            let at = Int(Draw.below(rng.next(), UInt64(bytes.count)))
            let length = Int(Draw.below(rng.next(), UInt64(min(64, bytes.count - at)))) + 1
            switch Draw.below(rng.next(), 8) {
            case 0: bytes.removeLast(bytes.count - at)
            case 1: bytes[at] ^= 1 << UInt8(Draw.below(rng.next(), 8))
            case 2: bytes[at] = UInt8(truncatingIfNeeded: rng.next())
            case 3: bytes.removeSubrange(at..<at + length)
            case 4:
                let from = Int(Draw.below(rng.next(), UInt64(other.count)))
                bytes.replaceSubrange(at..., with: other[from...])
            case 5:
                let value: UInt8 = [0x00, 0x7F, 0x80, 0xFF][Int(Draw.below(rng.next(), 4))]
                for i in at..<at + length { bytes[i] = value }
            case 6: bytes.insert(contentsOf: bytes[at..<at + length], at: at)
            default: falseNumber(&bytes, at, &rng)
            }
        }
    }

    /// Overwrites four or eight bytes by a number near a power of two.
    private static func falseNumber(_ bytes: inout [UInt8], _ at: Int, _ rng: inout SplitMix64) {
        let number = (UInt64(1) << Draw.below(rng.next(), 64)) &+ Draw.below(rng.next(), 3) &- 1
        let big = withUnsafeBytes(of: number.bigEndian, Array.init)
        let field = Draw.below(rng.next(), 2) == 0 ? big : Array(big.suffix(4))
        for (i, byte) in field.enumerated() where at + i < bytes.count { bytes[at + i] = byte }
    }

    /// A delta's bytes with a body of our choice: lengths and checksum are right.
    static func delta(_ good: [UInt8], body: [UInt8], deflated: Bool) -> [UInt8] {
        let packed = deflated ? Deflate.compress(body) : nil
        let stored = packed ?? body
        var out = Array(good.prefix(176))
        out[3] = (out[3] & ~2) | (packed == nil ? 0 : 2)
        out.replaceSubrange(
            56..<60, with: withUnsafeBytes(of: UInt32(body.count).littleEndian, Array.init))
        out.replaceSubrange(
            60..<64, with: withUnsafeBytes(of: UInt32(stored.count).littleEndian, Array.init))
        return sealed(out + stored)
    }

    /// With the checksum of its bytes.
    static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        bytes + withUnsafeBytes(of: CRC32C.checksum(bytes).littleEndian, Array.init)
    }
}
