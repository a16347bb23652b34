// Text as bytes: numbers, percent-encoding, JSON escapes and base64, appended to a buffer that is
// reused. Encoders work on the tail of the buffer from a position on, so that what an expression
// renders needs no buffer of its own.
//
// Nothing allocates unless the buffer grows or an encoder finds something to escape.

enum ByteText {
    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    private static let upperHex = Array("0123456789ABCDEF".utf8)

    // MARK: Numbers

    static func append(_ value: UInt64, to out: inout [UInt8]) {
        var count = 1
        var limit: UInt64 = 10
        while value >= limit {
            count += 1
            let (next, overflow) = limit.multipliedReportingOverflow(by: 10)
            if overflow { break }
            limit = next
        }
        let start = out.count
        for _ in 0..<count { out.append(0x30) }
        var rest = value
        var i = start + count - 1
        while rest > 0 {
            out[i] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            i -= 1
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
        guard let first = out[start...].firstIndex(where: { !isUnreserved($0) }) else { return }
        let tail = Array(out[first...])
        out.removeLast(tail.count)
        for byte in tail {
            if isUnreserved(byte) {
                out.append(byte)
            } else {
                out.append(UInt8(ascii: "%"))
                out.append(upperHex[Int(byte >> 4)])
                out.append(upperHex[Int(byte & 15)])
            }
        }
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
        guard let first = out[start...].firstIndex(where: needsJSONEscape) else { return }
        let tail = Array(out[first...])
        out.removeLast(tail.count)
        for byte in tail {
            guard needsJSONEscape(byte) else {
                out.append(byte)
                continue
            }
            out.append(UInt8(ascii: "\\"))
            switch byte {
            case 0x0A: out.append(UInt8(ascii: "n"))
            case 0x0D: out.append(UInt8(ascii: "r"))
            case 0x09: out.append(UInt8(ascii: "t"))
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(byte)
            default:
                out.append(contentsOf: "u00".utf8)
                appendHexDigit(byte >> 4, to: &out)
                appendHexDigit(byte, to: &out)
            }
        }
    }

    private static func needsJSONEscape(_ c: UInt8) -> Bool {
        c < 0x20 || c == UInt8(ascii: "\"") || c == UInt8(ascii: "\\")
    }

    private static let base64Digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648 section 4, padded.
    static func base64Encode(_ out: inout [UInt8], from start: Int) {
        let tail = Array(out[start...])
        out.removeLast(tail.count)
        var i = 0
        while i < tail.count {
            let rest = tail.count - i
            let a = UInt32(tail[i]) << 16
            let b = rest > 1 ? UInt32(tail[i + 1]) << 8 : 0
            let c = rest > 2 ? UInt32(tail[i + 2]) : 0
            let word = a | b | c
            out.append(base64Digits[Int(word >> 18)])
            out.append(base64Digits[Int((word >> 12) & 63)])
            out.append(rest > 1 ? base64Digits[Int((word >> 6) & 63)] : UInt8(ascii: "="))
            out.append(rest > 2 ? base64Digits[Int(word & 63)] : UInt8(ascii: "="))
            i += 3
        }
    }

    // MARK: Comparisons

    static func lowercased(_ c: UInt8) -> UInt8 { (0x41...0x5A).contains(c) ? c | 0x20 : c }

    static func equalIgnoringCase(
        _ a: some Collection<UInt8>, _ b: some Collection<UInt8>
    ) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { lowercased($0) == lowercased($1) }
    }
}
