// A decimal number where it stands in a text, compared exactly: no Double, no allocation, any
// number of digits. `1`, `1.0`, `1e0` and `0.1E1` are equal; `9007199254740993` is not ...992.
//
//     -? digits [. digits] [(e|E) [+-] digits]          value = 0.d1d2d3... x 10^magnitude, d1 > 0

/// The sign, size and digits of a decimal text. Valid as long as its bytes are.
struct DecimalView {
    private let bytes: UnsafeRawBufferPointer
    private let isNegative: Bool
    /// From the first digit that is not 0 to the end of the mantissa; may hold the point.
    private let mantissa: Range<Int>
    private let magnitude: Int

    var isZero: Bool { mantissa.isEmpty }

    /// Exponents beyond this are all alike: nothing finite is that large.
    private static let exponentLimit = 1 << 40

    /// nil where the text is no decimal number.
    init?(_ text: UnsafeRawBufferPointer) {
        var i = 0
        isNegative = text.first == UInt8(ascii: "-")
        if isNegative { i = 1 }
        var first: Int?
        var whole = 0
        var fraction = 0
        var position = 0
        var hasPoint = false
        scan: while i < text.count {
            switch text[i] {
            case 0x30...0x39:
                if hasPoint { fraction += 1 } else { whole += 1 }
                if first == nil, text[i] != 0x30 {
                    first = i
                    position = hasPoint ? -fraction : whole
                }
            case UInt8(ascii: ".") where !hasPoint && whole > 0: hasPoint = true
            default: break scan
            }
            i += 1
        }
        guard whole > 0, !hasPoint || fraction > 0 else { return nil }
        let end = i
        var exponent = 0
        if i < text.count {
            guard text[i] | 0x20 == UInt8(ascii: "e"),
                let read = Self.exponent(text, from: i + 1)
            else { return nil }
            exponent = read
        }
        bytes = text
        mantissa = (first ?? end)..<end
        // Digits before the point counted from the first significant one, plus the exponent.
        let size = position > 0 ? whole - position + 1 : position + 1
        magnitude = size + exponent
    }

    private static func exponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var i = start
        guard i < text.count else { return nil }
        let isNegative = text[i] == UInt8(ascii: "-")
        if isNegative || text[i] == UInt8(ascii: "+") { i += 1 }
        guard i < text.count else { return nil }
        var value = 0
        while i < text.count {
            guard (0x30...0x39).contains(text[i]) else { return nil }
            value = min(exponentLimit, value * 10 + Int(text[i] - 0x30))
            i += 1
        }
        return isNegative ? -value : value
    }

    /// -1, 0 or 1.
    static func compare(_ a: DecimalView, _ b: DecimalView) -> Int {
        if a.isZero || b.isZero {
            if a.isZero && b.isZero { return 0 }
            return a.isZero ? (b.isNegative ? 1 : -1) : (a.isNegative ? -1 : 1)
        }
        if a.isNegative != b.isNegative { return a.isNegative ? -1 : 1 }
        let size = compareSizes(a, b)
        return a.isNegative ? -size : size
    }

    /// The value x 10^decimals, rounded to the nearest whole number (halves away from 0); nil where
    /// that has more than 18 digits.
    func scaled(decimals: Int) -> Int64? {
        let count = magnitude + decimals
        if isZero || count < 0 { return 0 }
        guard count <= 18 else { return nil }
        var i = mantissa.lowerBound
        var value: Int64 = 0
        for _ in 0..<count { value = value * 10 + Int64(digit(&i) - 0x30) }
        if digit(&i) >= 0x35 { value += 1 }
        return isNegative ? -value : value
    }

    private static func compareSizes(_ a: DecimalView, _ b: DecimalView) -> Int {
        if a.magnitude != b.magnitude { return a.magnitude < b.magnitude ? -1 : 1 }
        var i = a.mantissa.lowerBound
        var j = b.mantissa.lowerBound
        while i < a.mantissa.upperBound || j < b.mantissa.upperBound {
            let x = a.digit(&i)
            let y = b.digit(&j)
            if x != y { return x < y ? -1 : 1 }
        }
        return 0
    }

    /// The next digit, 0 past the end.
    private func digit(_ i: inout Int) -> UInt8 {
        if i < mantissa.upperBound, bytes[i] == UInt8(ascii: ".") { i += 1 }
        guard i < mantissa.upperBound else { return 0x30 }
        defer { i += 1 }
        return bytes[i]
    }
}
