// A flat JSON object read straight from bytes: what an order's body is. Numbers keep their text,
// true and false become text, null is absent; nested values are refused.

enum JSONObject {
    private static let malformed = Rejection(-1135, "Invalid JSON request.")

    /// Name and text of each field, in order.
    static func fields(_ bytes: [UInt8]) throws(Rejection) -> [(String, [UInt8])] {
        var scanner = Scanner(bytes: bytes)
        var fields: [(String, [UInt8])] = []
        try scanner.expect(UInt8(ascii: "{"))
        if scanner.takes(UInt8(ascii: "}")) { return try finish(scanner, fields) }
        while true {
            scanner.skipSpace()
            let name = String(decoding: try scanner.string(), as: UTF8.self)
            try scanner.expect(UInt8(ascii: ":"))
            if let value = try scanner.scalar() { fields.append((name, value)) }
            if scanner.takes(UInt8(ascii: "}")) { return try finish(scanner, fields) }
            try scanner.expect(UInt8(ascii: ","))
        }
    }

    private static func finish(
        _ scanner: Scanner, _ fields: [(String, [UInt8])]
    ) throws(Rejection) -> [(String, [UInt8])] {
        var rest = scanner
        rest.skipSpace()
        guard rest.isAtEnd else { throw malformed }
        return fields
    }

    private struct Scanner {
        let bytes: [UInt8]
        var i = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { i == bytes.count }

        mutating func skipSpace() {
            while i < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[i]) { i += 1 }
        }

        mutating func takes(_ byte: UInt8) -> Bool {
            skipSpace()
            guard i < bytes.count, bytes[i] == byte else { return false }
            i += 1
            return true
        }

        mutating func expect(_ byte: UInt8) throws(Rejection) {
            guard takes(byte) else { throw malformed }
        }

        mutating func string() throws(Rejection) -> [UInt8] {
            guard i < bytes.count, bytes[i] == UInt8(ascii: "\"") else { throw malformed }
            i += 1
            var out: [UInt8] = []
            while i < bytes.count {
                let byte = bytes[i]
                i += 1
                switch byte {
                case UInt8(ascii: "\""): return out
                case UInt8(ascii: "\\"): try escape(&out)
                case 0..<0x20: throw malformed
                default: out.append(byte)
                }
            }
            throw malformed
        }

        private mutating func escape(_ out: inout [UInt8]) throws(Rejection) {
            guard i < bytes.count else { throw malformed }
            let byte = bytes[i]
            i += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
            case UInt8(ascii: "b"): out.append(8)
            case UInt8(ascii: "f"): out.append(12)
            case UInt8(ascii: "n"): out.append(10)
            case UInt8(ascii: "r"): out.append(13)
            case UInt8(ascii: "t"): out.append(9)
            case UInt8(ascii: "u"):
                guard i + 4 <= bytes.count,
                    let code = UInt32(String(decoding: bytes[i..<i + 4], as: UTF8.self), radix: 16),
                    let scalar = Unicode.Scalar(code)
                else { throw malformed }
                i += 4
                out.append(contentsOf: String(Character(scalar)).utf8)
            default: throw malformed
            }
        }

        /// Text of a scalar, nil for null.
        mutating func scalar() throws(Rejection) -> [UInt8]? {
            skipSpace()
            guard i < bytes.count else { throw malformed }
            if bytes[i] == UInt8(ascii: "\"") { return try string() }
            let start = i
            while i < bytes.count, isLiteral(bytes[i]) { i += 1 }
            let text = Array(bytes[start..<i])
            if text.elementsEqual("null".utf8) { return nil }
            let isWord = text.elementsEqual("true".utf8) || text.elementsEqual("false".utf8)
            let isNumber = text.first.map { $0 == 45 || (48...57).contains($0) } ?? false
            guard isWord || (isNumber && Double(String(decoding: text, as: UTF8.self)) != nil)
            else {
                throw malformed
            }
            return text
        }

        private func isLiteral(_ c: UInt8) -> Bool {
            (48...57).contains(c) || (97...122).contains(c) || c == 43 || c == 45 || c == 46
                || c == 69
        }
    }
}
