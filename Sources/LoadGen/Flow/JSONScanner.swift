// Finds values in JSON text that nobody has vouched for: truncated, nested 10,000 deep, or no JSON
// at all. Positions in, positions out; no recursion over the input, no allocation, no Foundation.
//
// It is a finder, no validator: what lies outside the path is skipped by its brackets and quotes
// alone, and a text cut off by `maxBody` still yields what stands complete in its first part.

/// Where a JSON value stands.
struct JSONSlice: Equatable {
    enum Kind: Equatable { case string, number, literal, null, object, array }
    var kind: Kind
    /// A string's range includes its quotes.
    var range: Range<Int>
}

/// Reads one JSON text. Valid as long as its bytes are.
struct JSONScanner {
    let bytes: UnsafeRawBufferPointer

    /// First position from `i` on that is no white space; may be the end.
    func skipSpace(_ i: Int) -> Int {
        var i = i
        while i < bytes.count {
            switch bytes[i] {
            case 0x20, 0x09, 0x0A, 0x0D: i += 1
            default: return i
            }
        }
        return i
    }

    /// The complete value that begins at `i`; nil if none does.
    func value(at i: Int) -> JSONSlice? {
        guard i < bytes.count else { return nil }
        switch bytes[i] {
        case UInt8(ascii: "\""): return stringEnd(i).map { JSONSlice(kind: .string, range: i..<$0) }
        case UInt8(ascii: "{"): return blockEnd(i).map { JSONSlice(kind: .object, range: i..<$0) }
        case UInt8(ascii: "["): return blockEnd(i).map { JSONSlice(kind: .array, range: i..<$0) }
        case UInt8(ascii: "t"): return literal("true", .literal, i)
        case UInt8(ascii: "f"): return literal("false", .literal, i)
        case UInt8(ascii: "n"): return literal("null", .null, i)
        default: return number(i)
        }
    }

    private func literal(_ word: StaticString, _ kind: JSONSlice.Kind, _ i: Int) -> JSONSlice? {
        let count = word.utf8CodeUnitCount
        guard i + count <= bytes.count else { return nil }
        for k in 0..<count where bytes[i + k] != word.utf8Start[k] { return nil }
        return JSONSlice(kind: kind, range: i..<i + count)
    }

    /// A number that the end of the text may have cut counts only if it is the whole text.
    private func number(_ start: Int) -> JSONSlice? {
        var i = start
        scan: while i < bytes.count {
            switch bytes[i] {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                i += 1
            default: break scan
            }
        }
        if i == bytes.count, skipSpace(0) != start { return nil }
        guard DecimalView(UnsafeRawBufferPointer(rebasing: bytes[start..<i])) != nil else {
            return nil
        }
        return JSONSlice(kind: .number, range: start..<i)
    }

    /// Position behind the string that begins at `i`.
    private func stringEnd(_ start: Int) -> Int? {
        var i = start + 1
        while i < bytes.count {
            switch bytes[i] {
            case UInt8(ascii: "\""): return i + 1
            case UInt8(ascii: "\\"): i += 2
            default: i += 1
            }
        }
        return nil
    }

    /// Position behind the object or array that begins at `i`, counting brackets.
    private func blockEnd(_ start: Int) -> Int? {
        var depth = 0
        var i = start
        while i < bytes.count {
            switch bytes[i] {
            case UInt8(ascii: "\""):
                guard let end = stringEnd(i) else { return nil }
                i = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return i + 1 }
            default: break
            }
            i += 1
        }
        return nil
    }

    // MARK: Children

    /// Walks the children of the object or array at `block`.
    struct Children {
        let scanner: JSONScanner
        private let isObject: Bool
        /// Where the next child, a comma or the closing bracket is due.
        private var position: Int
        private var isFirst = true
        /// Of the member read last, its quotes included.
        private(set) var key = 0..<0

        /// nil where no object or array begins there.
        init?(of block: Int, in scanner: JSONScanner) {
            guard block < scanner.bytes.count else { return nil }
            switch scanner.bytes[block] {
            case UInt8(ascii: "{"): isObject = true
            case UInt8(ascii: "["): isObject = false
            default: return nil
            }
            self.scanner = scanner
            position = block + 1
        }

        /// Where the next child's value begins; nil at the end or at something that is no JSON.
        /// Call `skip` before the next call.
        mutating func next() -> Int? {
            var i = scanner.skipSpace(position)
            guard i < scanner.bytes.count else { return nil }
            if !isFirst {
                guard scanner.bytes[i] == UInt8(ascii: ",") else { return nil }
                i = scanner.skipSpace(i + 1)
            }
            isFirst = false
            if isObject {
                guard i < scanner.bytes.count, scanner.bytes[i] == UInt8(ascii: "\""),
                    let end = scanner.stringEnd(i)
                else { return nil }
                key = i..<end
                i = scanner.skipSpace(end)
                guard i < scanner.bytes.count, scanner.bytes[i] == UInt8(ascii: ":") else {
                    return nil
                }
                i = scanner.skipSpace(i + 1)
            }
            guard i < scanner.bytes.count, scanner.bytes[i] != UInt8(ascii: "]") else {
                return nil
            }
            position = i
            return i
        }

        /// Goes behind the child that `next` returned; false if it is not complete.
        mutating func skip() -> Bool {
            guard let slice = scanner.value(at: position) else { return false }
            position = slice.range.upperBound
            return true
        }
    }

    /// Number of elements or members of the object or array at `block`.
    func childCount(of block: Int) -> Int {
        guard var children = Children(of: block, in: self) else { return 0 }
        var count = 0
        while children.next() != nil, children.skip() { count += 1 }
        return count
    }

    // MARK: Strings

    /// Whether the string at `range` (with quotes) says `text`, escapes resolved.
    func string(_ range: Range<Int>, equals text: UnsafeRawBufferPointer) -> Bool {
        let raw = UnsafeRawBufferPointer(
            rebasing: bytes[range.lowerBound + 1..<range.upperBound - 1])
        guard raw.contains(UInt8(ascii: "\\")) else { return ByteText.areEqual(raw, text) }
        var plain: [UInt8] = []
        appendString(range, to: &plain)
        return plain.withUnsafeBytes { ByteText.areEqual($0, text) }
    }

    /// Appends the characters of the string at `range` (with quotes), escapes resolved. A broken
    /// escape gives U+FFFD.
    func appendString(_ range: Range<Int>, to out: inout [UInt8]) {
        var i = range.lowerBound + 1
        let end = range.upperBound - 1
        while i < end {
            let byte = bytes[i]
            guard byte == UInt8(ascii: "\\"), i + 1 < end else {
                out.append(byte)
                i += 1
                continue
            }
            i += 2
            switch bytes[i - 1] {
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "u"): appendUnicode(&i, end, &out)
            case let other: out.append(other)
            }
        }
    }

    /// `i` stands behind `\u`.
    private func appendUnicode(_ i: inout Int, _ end: Int, _ out: inout [UInt8]) {
        let high = hex4(&i, end)
        var code = high
        if let h = high, (0xD800...0xDBFF).contains(h), i + 1 < end,
            bytes[i] == UInt8(ascii: "\\"), bytes[i + 1] == UInt8(ascii: "u")
        {
            var j = i + 2
            if let low = hex4(&j, end), (0xDC00...0xDFFF).contains(low) {
                code = 0x10000 + ((h - 0xD800) << 10) + (low - 0xDC00)
                i = j
            }
        }
        let scalar = code.flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
        out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private func hex4(_ i: inout Int, _ end: Int) -> UInt32? {
        guard i + 4 <= end else { return nil }
        var code: UInt32 = 0
        for k in i..<i + 4 {
            let digit: UInt8
            switch bytes[k] {
            case 0x30...0x39: digit = bytes[k] - 0x30
            case 0x41...0x46: digit = bytes[k] - 0x41 + 10
            case 0x61...0x66: digit = bytes[k] - 0x61 + 10
            default: return nil
            }
            code = code << 4 | UInt32(digit)
        }
        i += 4
        return code
    }
}
