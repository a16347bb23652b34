// JSON (RFC 8259), strictly, with places and limits: data files and k6's options. Numbers keep
// their characters (Foundation's would become doubles), errors and values their line and column.

/// Why a text is no JSON; line and column from 1.
struct JSONError: Error, Equatable {
    var line: Int
    var column: Int
    var message: String
}

struct JSONReader {
    private let bytes: [UInt8]
    private(set) var position = 0
    private var line = 1
    /// A place in the current line that has been counted: a file of one line is not counted anew
    /// for each of its values.
    private var counted = (position: 0, column: 1)
    private static let countedApart = 256
    private let depthMax: Int
    private var depth = 0

    init(_ bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        counted.position = position
    }

    /// A value's kind, by its first character.
    enum Kind { case text, number, word, list, map }

    /// Of the next character; columns count UTF-8 sequences.
    var place: (line: Int, column: Int) {
        (
            line,
            counted.column
                + bytes[counted.position..<position].count { $0 & 0xC0 != 0x80 }
        )
    }

    func error(_ message: String) -> JSONError {
        let (line, column) = place
        return JSONError(line: line, column: column, message: message)
    }

    func slice(from start: Int) -> ArraySlice<UInt8> { bytes[start..<position] }

    mutating func kind() throws(JSONError) -> Kind {
        skipBlanks()
        guard position < bytes.count else { throw error("the file ends in the middle") }
        switch bytes[position] {
        case UInt8(ascii: "\""): return .text
        case UInt8(ascii: "["): return .list
        case UInt8(ascii: "{"): return .map
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: return .word
        }
    }

    /// Nothing but blanks may follow.
    mutating func end() throws(JSONError) {
        skipBlanks()
        if position < bytes.count { throw error("text after the value") }
    }

    /// Calls `item` with the reader at each item of a list.
    mutating func list<Failure: Error>(
        _ item: (inout JSONReader) throws(Failure) -> Void, wrap: (JSONError) -> Failure
    ) throws(Failure) {
        do throws(JSONError) { try open("[") } catch { throw wrap(error) }
        var isFirst = true
        while true {
            do throws(JSONError) {
                if try close("]", isFirst: isFirst) { return }
            } catch { throw wrap(error) }
            isFirst = false
            try item(&self)
        }
    }

    /// Calls `member` with each key (its bytes, unescaped) and the reader at its value.
    mutating func map(
        _ member: (inout JSONReader, [UInt8], (line: Int, column: Int)) throws(JSONError) -> Void
    ) throws(JSONError) {
        try open("{")
        var isFirst = true
        while try !close("}", isFirst: isFirst) {
            isFirst = false
            skipBlanks()
            let place = place
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw error("expected a key in double quotes")
            }
            var key: [UInt8] = []
            try text(into: &key)
            skipBlanks()
            try expect(":")
            try member(&self, key, place)
        }
    }

    private mutating func open(_ sign: Unicode.Scalar) throws(JSONError) {
        depth += 1
        guard depth <= depthMax else { throw error("nested deeper than \(depthMax) levels") }
        try expect(sign)
    }

    /// Whether the list or map ends here; else takes the comma before its next part.
    private mutating func close(
        _ sign: Unicode.Scalar, isFirst: Bool
    ) throws(JSONError) -> Bool {
        skipBlanks()
        if position < bytes.count, bytes[position] == UInt8(ascii: sign) {
            position += 1
            depth -= 1
            return true
        }
        if !isFirst { try expect(",") }
        return false
    }

    private mutating func expect(_ sign: Unicode.Scalar) throws(JSONError) {
        guard position < bytes.count, bytes[position] == UInt8(ascii: sign) else {
            throw error(
                position < bytes.count ? "expected \"\(sign)\"" : "the file ends in the middle")
        }
        position += 1
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\n"):
                line += 1
                counted = (position + 1, 1)
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            default:
                if position - counted.position > Self.countedApart {
                    counted = (position, place.column)
                }
                return
            }
            position += 1
        }
    }

    /// Reads any value and throws it away; what it was is `slice(from:)`.
    mutating func skipValue() throws(JSONError) {
        switch try kind() {
        case .text:
            var ignored: [UInt8] = []
            try text(into: &ignored)
        case .number: try number()
        case .word: try word()
        case .list:
            try list({ (reader) throws(JSONError) in try reader.skipValue() }, wrap: { $0 })
        case .map: try map { (reader, _, _) throws(JSONError) in try reader.skipValue() }
        }
    }

    /// `true`, `false` or `null`.
    mutating func word() throws(JSONError) {
        for word in ["true", "false", "null"] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return
        }
        throw error("expected a value")
    }

    /// `-? (0 | [1-9][0-9]*) [. digits] [e+-digits]`
    mutating func number() throws(JSONError) {
        func isDigit(_ at: Int) -> Bool {
            at < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at])
        }
        func digits(_ at: Int) -> Int {
            var end = at
            while isDigit(end) { end += 1 }
            return end
        }
        var at = position
        if bytes[at] == UInt8(ascii: "-") { at += 1 }
        guard isDigit(at) else { throw error("a malformed number") }
        at = bytes[at] == UInt8(ascii: "0") ? at + 1 : digits(at)
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            guard isDigit(at + 1) else { throw error("a malformed number") }
            at = digits(at + 1)
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[at]) {
                at += 1
            }
            guard isDigit(at) else { throw error("a malformed number") }
            at = digits(at)
        }
        guard !isDigit(at) else { throw error("a malformed number") }
        position = at
    }

    /// Appends a text's characters, escapes resolved.
    mutating func text(into out: inout [UInt8]) throws(JSONError) {
        position += 1
        while true {
            guard position < bytes.count else { throw error("a text without end") }
            let byte = bytes[position]
            guard byte >= 0x20 else { throw error("a control character in a text") }
            if byte == UInt8(ascii: "\\") {
                try escape(into: &out)
            } else {
                position += 1
                if byte == UInt8(ascii: "\"") { return }
                out.append(byte)
            }
        }
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F,
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
        UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]

    private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
        guard position + 1 < bytes.count else { throw error("a text without end") }
        let letter = bytes[position + 1]
        if let plain = Self.escapes[letter] {
            out.append(plain)
            position += 2
            return
        }
        guard letter == UInt8(ascii: "u"), let high = hex(position + 2) else {
            throw error("a malformed escape")
        }
        var value = high
        var length = 6
        if (0xD800..<0xDC00).contains(high), position + 7 < bytes.count,
            bytes[position + 6] == UInt8(ascii: "\\"), bytes[position + 7] == UInt8(ascii: "u"),
            let low = hex(position + 8), (0xDC00..<0xE000).contains(low)
        {
            value = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
            length = 12
        }
        guard let scalar = Unicode.Scalar(value) else { throw error("half a surrogate pair") }
        out += Array(String(Character(scalar)).utf8)
        position += length
    }

    private func hex(_ at: Int) -> UInt32? {
        guard at + 4 <= bytes.count else { return nil }
        let digits = bytes[at..<at + 4]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }) else {
            return nil
        }
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
