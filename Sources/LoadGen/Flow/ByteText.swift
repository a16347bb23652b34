// Text as bytes: numbers, percent-encoding, JSON escapes and base64, appended to a buffer that is
// reused. Encoders work on the tail of the buffer from a position on, so that what an expression
// renders needs no buffer of its own: they count what is to come, make room at the end, and then
// write from the end to the beginning, where nothing unread can be overwritten.
//
// Nothing allocates unless the buffer grows, or a Double needs more than 15 characters.

import Glibc

enum ByteText {
    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    private static let upperHex = Array("0123456789ABCDEF".utf8)

    // MARK: Numbers

    static func append(_ value: UInt64, to out: inout [UInt8]) {
        // 2^64 has 20 digits; written from the last to the first.
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var rest = value
            var i = 20
            repeat {
                i -= 1
                digits[i] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            out.append(contentsOf: UnsafeRawBufferPointer(rebasing: digits[i...]))
        }
    }

    static func append(_ value: Int64, to out: inout [UInt8]) {
        if value < 0 { out.append(UInt8(ascii: "-")) }
        append(value.magnitude, to: &out)
    }

    /// Base 36 with lower-case letters: what order ids are made of.
    static func append36(_ value: UInt64, to out: inout [UInt8]) {
        let start = out.count
        var rest = value
        repeat {
            out.append(digits[Int(rest % 36)])
            rest /= 36
        } while rest > 0
        var low = start
        var high = out.count - 1
        while low < high {
            out.swapAt(low, high)
            low += 1
            high -= 1
        }
    }

    /// One lower-case hexadecimal digit of a value below 16.
    static func appendHexDigit(_ value: UInt8, to out: inout [UInt8]) {
        out.append(digits[Int(value & 15)])
    }

    /// Shortest text that reads back as `value`; whole numbers without a point.
    static func append(_ value: Double, to out: inout [UInt8]) {
        if value == value.rounded(), abs(value) < 0x1p53 {
            append(Int64(value), to: &out)
        } else {
            out.append(contentsOf: value.description.utf8)
        }
    }

    /// `units` / 10^decimals with exactly `decimals` digits after the point.
    static func append(_ units: UInt64, decimals: Int, to out: inout [UInt8]) {
        let start = out.count
        append(units, to: &out)
        if decimals == 0 { return }
        while out.count - start <= decimals { out.insert(0x30, at: start) }
        out.insert(UInt8(ascii: "."), at: out.count - decimals)
    }

    // MARK: Encoders

    /// RFC 3986 unreserved characters stay; everything else becomes %XX.
    static func percentEncode(_ out: inout [UInt8], from start: Int) {
        var escapes = 0
        for i in start..<out.count where !isUnreserved(out[i]) { escapes += 1 }
        if escapes == 0 { return }
        var read = out.count
        makeRoom(&out, escapes * 2)
        var write = out.count
        while write > read {
            read -= 1
            let byte = out[read]
            if isUnreserved(byte) {
                write -= 1
                out[write] = byte
            } else {
                write -= 3
                out[write] = UInt8(ascii: "%")
                out[write + 1] = upperHex[Int(byte >> 4)]
                out[write + 2] = upperHex[Int(byte & 15)]
            }
        }
    }

    private static func makeRoom(_ out: inout [UInt8], _ count: Int) {
        out.append(contentsOf: repeatElement(0, count: count))
    }

    private static func isUnreserved(_ c: UInt8) -> Bool {
        switch c {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }

    /// Escapes `"`, `\` and control characters; what goes between a JSON string's quotes.
    static func jsonEscape(_ out: inout [UInt8], from start: Int) {
        var more = 0
        for i in start..<out.count { more += jsonWidth(out[i]) - 1 }
        if more == 0 { return }
        var read = out.count
        makeRoom(&out, more)
        var write = out.count
        while write > read {
            read -= 1
            let byte = out[read]
            let width = jsonWidth(byte)
            write -= width
            if width > 1 { out[write] = UInt8(ascii: "\\") }
            switch width {
            case 1: out[write] = byte
            case 2: out[write + 1] = shortEscape(byte)
            default:
                out[write + 1] = UInt8(ascii: "u")
                out[write + 2] = 0x30
                out[write + 3] = 0x30
                out[write + 4] = digits[Int(byte >> 4)]
                out[write + 5] = digits[Int(byte & 15)]
            }
        }
    }

    /// Bytes of a byte inside a JSON string.
    private static func jsonWidth(_ c: UInt8) -> Int {
        if c >= 0x20 { return c == UInt8(ascii: "\"") || c == UInt8(ascii: "\\") ? 2 : 1 }
        return c == 0x0A || c == 0x0D || c == 0x09 ? 2 : 6
    }

    private static func shortEscape(_ c: UInt8) -> UInt8 {
        switch c {
        case 0x0A: UInt8(ascii: "n")
        case 0x0D: UInt8(ascii: "r")
        case 0x09: UInt8(ascii: "t")
        default: c
        }
    }

    private static let base64Digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648 section 4, padded.
    static func base64Encode(_ out: inout [UInt8], from start: Int) {
        let count = out.count - start
        let groups = (count + 2) / 3
        makeRoom(&out, groups * 4 - count)
        for group in stride(from: groups - 1, through: 0, by: -1) {
            let read = start + group * 3
            let write = start + group * 4
            let rest = count - group * 3
            let a = UInt32(out[read]) << 16
            let b = rest > 1 ? UInt32(out[read + 1]) << 8 : 0
            let c = rest > 2 ? UInt32(out[read + 2]) : 0
            let word = a | b | c
            out[write] = base64Digits[Int(word >> 18)]
            out[write + 1] = base64Digits[Int((word >> 12) & 63)]
            out[write + 2] = rest > 1 ? base64Digits[Int((word >> 6) & 63)] : UInt8(ascii: "=")
            out[write + 3] = rest > 2 ? base64Digits[Int(word & 63)] : UInt8(ascii: "=")
        }
    }

    // MARK: Comparisons

    static func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        guard let x = a.baseAddress, let y = b.baseAddress else { return true }
        return memcmp(x, y, a.count) == 0
    }

    static func lowercased(_ c: UInt8) -> UInt8 { (0x41...0x5A).contains(c) ? c | 0x20 : c }

    static func equalIgnoringCase(
        _ a: some Collection<UInt8>, _ b: some Collection<UInt8>
    ) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { lowercased($0) == lowercased($1) }
    }
}
