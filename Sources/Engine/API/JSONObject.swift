// A flat JSON object read straight from bytes: what an order's body is. Numbers keep their text,
// true and false become text, null is absent; nested values are refused.

struct JSONObject {
    private static let malformed = Rejection.badJSON

    private let bytes: UnsafeRawBufferPointer
    private var i = 0
    private var isFirst = true

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func open() throws(Rejection) { try expect(UInt8(ascii: "{")) }

    /// Whether another field follows; where none does, nothing may follow the object.
    mutating func hasField() throws(Rejection) -> Bool {
        if takes(UInt8(ascii: "}")) {
            skipSpace()
            guard i == bytes.count else { throw Self.malformed }
            return false
        }
        if !isFirst { try expect(UInt8(ascii: ",")) }
        isFirst = false
        skipSpace()
        return true
    }

    /// Appends the field's name.
    mutating func name(_ out: inout [UInt8]) throws(Rejection) {
        try string(&out)
        try expect(UInt8(ascii: ":"))
    }

    /// Appends the text of a scalar; false for null.
    mutating func scalar(_ out: inout [UInt8]) throws(Rejection) -> Bool {
        skipSpace()
        guard i < bytes.count else { throw Self.malformed }
        if bytes[i] == UInt8(ascii: "\"") {
            try string(&out)
            return true
        }
        let start = i
        while i < bytes.count, Self.isLiteral(bytes[i]) { i += 1 }
        let text = bytes.slice(start..<i)
        if text.equals("null") { return false }
        guard text.equals("true") || text.equals("false") || Self.isNumber(text) else {
            throw Self.malformed
        }
        out.append(contentsOf: text)
        return true
    }

    private mutating func skipSpace() {
        while i < bytes.count {
            switch bytes[i] {
            case 0x20, 0x09, 0x0A, 0x0D: i += 1
            default: return
            }
        }
    }

    private mutating func takes(_ byte: UInt8) -> Bool {
        skipSpace()
        guard i < bytes.count, bytes[i] == byte else { return false }
        i += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(Rejection) {
        guard takes(byte) else { throw Self.malformed }
    }

    private mutating func string(_ out: inout [UInt8]) throws(Rejection) {
        guard i < bytes.count, bytes[i] == UInt8(ascii: "\"") else { throw Self.malformed }
        i += 1
        // Runs without escapes go in one piece.
        var start = i
        while i < bytes.count {
            let byte = bytes[i]
            if byte == UInt8(ascii: "\"") {
                out.append(contentsOf: bytes.slice(start..<i))
                i += 1
                return
            }
            if byte < 0x20 { throw Self.malformed }
            if byte == UInt8(ascii: "\\") {
                out.append(contentsOf: bytes.slice(start..<i))
                i += 1
                try escape(&out)
                start = i
            } else {
                i += 1
            }
        }
        throw Self.malformed
    }

    private mutating func escape(_ out: inout [UInt8]) throws(Rejection) {
        guard i < bytes.count else { throw Self.malformed }
        let byte = bytes[i]
        i += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(8)
        case UInt8(ascii: "f"): out.append(12)
        case UInt8(ascii: "n"): out.append(10)
        case UInt8(ascii: "r"): out.append(13)
        case UInt8(ascii: "t"): out.append(9)
        case UInt8(ascii: "u"): out.append(contentsOf: String(Character(try scalar())).utf8)
        default: throw Self.malformed
        }
    }

    /// What follows `\u`: four hex digits, or a pair of surrogates.
    private mutating func scalar() throws(Rejection) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), i + 1 < bytes.count, bytes[i] == UInt8(ascii: "\\"),
            bytes[i + 1] == UInt8(ascii: "u")
        else { throw Self.malformed }
        i += 2
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second),
            let scalar = Unicode.Scalar(
                0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF)))
        else { throw Self.malformed }
        return scalar
    }

    private mutating func codeUnit() throws(Rejection) -> UInt16 {
        guard i + 4 <= bytes.count else { throw Self.malformed }
        var unit: UInt16 = 0
        for byte in bytes[i..<i + 4] {
            let digit: UInt8
            switch byte {
            case 48...57: digit = byte - 48
            case 65...70: digit = byte - 55
            case 97...102: digit = byte - 87
            default: throw Self.malformed
            }
            unit = unit << 4 | UInt16(digit)
        }
        i += 4
        return unit
    }

    private static func isLiteral(_ c: UInt8) -> Bool {
        switch c {
        case 48...57, 97...122, 43, 45, 46, 69: true
        default: false
        }
    }

    /// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
    private static func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        var i = 0
        func digits() -> Int {
            let start = i
            while i < text.count, text[i] >= 48, text[i] <= 57 { i += 1 }
            return i - start
        }
        if i < text.count, text[i] == UInt8(ascii: "-") { i += 1 }
        let isZero = i < text.count && text[i] == 48
        let whole = digits()
        guard whole > 0, !isZero || whole == 1 else { return false }
        if i < text.count, text[i] == UInt8(ascii: ".") {
            i += 1
            guard digits() > 0 else { return false }
        }
        if i < text.count, text[i] | 0x20 == UInt8(ascii: "e") {
            i += 1
            if i < text.count, text[i] == 43 || text[i] == 45 { i += 1 }
            guard digits() > 0 else { return false }
        }
        return i == text.count
    }
}
