// One line of replay input as a JSON object (RFC 8259, strict): its values as they stand in the
// line, by key. Nothing is allocated unless a string has an escape or a byte beyond ASCII.
//
// Keys and short words are compared as integers: their bytes, the first one lowest.
//
//     "op" = 6f 70 -> 0x706f

/// What is wrong with a line.
struct ReplayProblem: Error {
    var text: String
}

/// A value of the line: bytes of a string without quotes, or of a number.
struct ReplayText: BitwiseCopyable {
    var start: UnsafeRawPointer
    var count: Int

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// The bytes as an integer, 0 where there are more than 8 or none, or where the last one is 0:
    /// it would be a shorter word's integer.
    var word: UInt64 {
        guard count > 0, count <= 8, start.load(fromByteOffset: count - 1, as: UInt8.self) != 0
        else { return 0 }
        var word: UInt64 = 0
        for i in 0..<count {
            word |= UInt64(start.load(fromByteOffset: i, as: UInt8.self)) << (UInt64(i) * 8)
        }
        return word
    }
}

/// The keys there are, as positions in `ReplayScanner.values`.
enum ReplayKey: Int {
    case op, seq, id, account, symbol, side, type, tif, postOnly, price, qty, stp, asset, amount

    static let count = 14
    var bit: UInt16 { 1 << UInt16(rawValue) }
    var name: String { "\(self)" }

    init?(_ word: UInt64) {
        switch word {
        case 0x706f: self = .op
        case 0x71_6573: self = .seq
        case 0x6469: self = .id
        case 0x74_6e75_6f63_6361: self = .account
        case 0x6c6f_626d_7973: self = .symbol
        case 0x6564_6973: self = .side
        case 0x6570_7974: self = .type
        case 0x66_6974: self = .tif
        case 0x796c_6e4f_7473_6f70: self = .postOnly
        case 0x65_6369_7270: self = .price
        case 0x79_7471: self = .qty
        case 0x70_7473: self = .stp
        case 0x74_6573_7361: self = .asset
        case 0x746e_756f_6d61: self = .amount
        default: return nil
        }
    }
}

/// Scans lines, one after the other. Confined to one thread.
final class ReplayScanner {
    /// A bit per key that the line has.
    private(set) var present: UInt16 = 0
    private let values: UnsafeMutablePointer<ReplayText>
    private let kinds: UnsafeMutablePointer<Kind>
    /// Decoded strings of this line; seldom used.
    private var decoded: [UnsafeMutableRawBufferPointer] = []

    enum Kind: UInt8, BitwiseCopyable {
        case string, number, yes, no

        var name: String {
            switch self {
            case .string: "a string"
            case .number: "a number"
            case .yes, .no: "true or false"
            }
        }
    }

    init() {
        values = .allocate(capacity: ReplayKey.count)
        kinds = .allocate(capacity: ReplayKey.count)
    }

    deinit {
        forgetDecoded()
        values.deallocate()
        kinds.deallocate()
    }

    /// Values point into `line`: valid until the next call, and as long as `line` is.
    func scan(_ line: UnsafeRawBufferPointer) throws(ReplayProblem) {
        if !decoded.isEmpty { forgetDecoded() }
        present = 0
        guard let start = line.baseAddress, !line.isEmpty else { throw wrong("an empty line") }
        var cursor = Cursor(start: start, at: start, end: start + line.count)
        try object(&cursor)
    }

    func has(_ key: ReplayKey) -> Bool { present & key.bit != 0 }

    /// A string's bytes, nil where the line has no such key.
    func text(_ key: ReplayKey) throws(ReplayProblem) -> ReplayText? {
        guard has(key) else { return nil }
        guard kinds[key.rawValue] == .string else {
            throw wrong(
                "\(key.name) is a string, not \(kinds[key.rawValue].name): write it in quotes")
        }
        return values[key.rawValue]
    }

    /// A whole number from 0 to 2^63 - 1, nil where the line has no such key.
    func whole(_ key: ReplayKey) throws(ReplayProblem) -> UInt64? {
        guard has(key) else { return nil }
        let text = values[key.rawValue]
        guard kinds[key.rawValue] == .number else {
            throw wrong("\(key.name) is a whole number, not \(kinds[key.rawValue].name)")
        }
        var number: UInt64 = 0
        for byte in text.bytes {
            let digit = UInt64(byte &- 48)
            guard digit < 10, number <= UInt64(Int64.max) / 10 else { throw outside(key, text) }
            number = number &* 10 &+ digit
        }
        guard number <= UInt64(Int64.max) else { throw outside(key, text) }
        return number
    }

    func truth(_ key: ReplayKey) throws(ReplayProblem) -> Bool? {
        guard has(key) else { return nil }
        switch kinds[key.rawValue] {
        case .yes: return true
        case .no: return false
        default:
            throw wrong("\(key.name) is true or false, not \(kinds[key.rawValue].name)")
        }
    }

    private func outside(_ key: ReplayKey, _ text: ReplayText) -> ReplayProblem {
        wrong("\(key.name) is a whole number from 0 to 2^63 - 1, not \(text.string)")
    }

    private func wrong(_ text: String) -> ReplayProblem { ReplayProblem(text: text) }

    private func forgetDecoded() {
        for buffer in decoded { buffer.deallocate() }
        decoded.removeAll()
    }

    // MARK: Grammar

    /// Where in the line the scan is. A local value, so that it stays in registers.
    private struct Cursor {
        let start: UnsafeRawPointer
        var at: UnsafeRawPointer
        let end: UnsafeRawPointer

        /// 0 at the end: no byte of a JSON text outside strings.
        var byte: UInt8 { at < end ? at.load(as: UInt8.self) : 0 }

        mutating func skipSpace() {
            while at < end {
                let b = at.load(as: UInt8.self)
                guard b == 32 || b == 9 || b == 13 || b == 10 else { return }
                at += 1
            }
        }

        func problem(_ text: String) -> ReplayProblem {
            ReplayProblem(text: "\(text), at column \(at - start + 1)")
        }

        /// What stands here, for messages.
        var found: String {
            if at >= end { return "the end of the line" }
            let b = at.load(as: UInt8.self)
            return b > 32 && b < 127
                ? "'" + String(UnicodeScalar(b)) + "'" : "byte 0x" + String(b, radix: 16)
        }
    }

    private func object(_ c: inout Cursor) throws(ReplayProblem) {
        c.skipSpace()
        guard c.byte == UInt8(ascii: "{") else {
            throw c.problem("a command is a JSON object: expected '{', found \(c.found)")
        }
        c.at += 1
        c.skipSpace()
        if c.byte == UInt8(ascii: "}") {
            c.at += 1
        } else {
            while true {
                try member(&c)
                c.skipSpace()
                let byte = c.byte
                guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") else {
                    throw c.problem("malformed JSON: expected ',' or '}', found \(c.found)")
                }
                c.at += 1
                if byte == UInt8(ascii: "}") { break }
                c.skipSpace()
            }
        }
        c.skipSpace()
        if c.at < c.end { throw c.problem("malformed JSON: \(c.found) after the object") }
    }

    private func member(_ c: inout Cursor) throws(ReplayProblem) {
        guard c.byte == UInt8(ascii: "\"") else {
            throw c.problem("malformed JSON: expected a key in quotes, found \(c.found)")
        }
        let place = c
        let name = try string(&c)
        guard let key = ReplayKey(name.word) else {
            throw place.problem("unknown key \"\(Self.shown(name))\"")
        }
        guard !has(key) else { throw place.problem("key \"\(key.name)\" twice") }
        c.skipSpace()
        guard c.byte == UInt8(ascii: ":") else {
            throw c.problem("malformed JSON: expected ':', found \(c.found)")
        }
        c.at += 1
        c.skipSpace()
        present |= key.bit
        try value(&c, key)
    }

    private func value(_ c: inout Cursor, _ key: ReplayKey) throws(ReplayProblem) {
        switch c.byte {
        case UInt8(ascii: "\""):
            values[key.rawValue] = try string(&c)
            kinds[key.rawValue] = .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            values[key.rawValue] = try number(&c)
            kinds[key.rawValue] = .number
        default:
            let rest = ReplayText(start: c.at, count: min(5, c.end - c.at))
            // "true", "false" and four bytes of them.
            if rest.word & 0xFFFF_FFFF == 0x6575_7274 {
                kinds[key.rawValue] = .yes
                c.at += 4
            } else if rest.word == 0x65_736c_6166 {
                kinds[key.rawValue] = .no
                c.at += 5
            } else {
                throw c.problem(
                    "\(key.name): expected a string, a number, true or false, found \(c.found)")
            }
        }
    }

    /// -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
    private func number(_ c: inout Cursor) throws(ReplayProblem) -> ReplayText {
        let start = c.at
        if c.byte == UInt8(ascii: "-") { c.at += 1 }
        if c.byte == UInt8(ascii: "0") { c.at += 1 } else { try digits(&c) }
        if c.byte == UInt8(ascii: ".") {
            c.at += 1
            try digits(&c)
        }
        if c.byte | 0x20 == UInt8(ascii: "e") {
            c.at += 1
            if c.byte == UInt8(ascii: "+") || c.byte == UInt8(ascii: "-") { c.at += 1 }
            try digits(&c)
        }
        return ReplayText(start: start, count: c.at - start)
    }

    private func digits(_ c: inout Cursor) throws(ReplayProblem) {
        let start = c.at
        while c.byte &- 48 < 10 { c.at += 1 }
        if c.at == start { throw c.problem("malformed number: expected a digit, found \(c.found)") }
    }

    private func string(_ c: inout Cursor) throws(ReplayProblem) -> ReplayText {
        c.at += 1
        let start = c.at
        while c.at < c.end {
            let byte = c.at.load(as: UInt8.self)
            if byte == UInt8(ascii: "\"") {
                let text = ReplayText(start: start, count: c.at - start)
                c.at += 1
                return text
            }
            if byte < 32 || byte == UInt8(ascii: "\\") || byte > 126 {
                return try escapedString(&c, from: start)
            }
            c.at += 1
        }
        throw c.problem("malformed JSON: a string without its end")
    }

    // MARK: Escapes

    /// A string with escapes or bytes beyond ASCII, decoded into memory of its own.
    private func escapedString(
        _ c: inout Cursor, from start: UnsafeRawPointer
    ) throws(ReplayProblem) -> ReplayText {
        var text = Array(UnsafeRawBufferPointer(start: start, count: c.at - start))
        while true {
            guard c.at < c.end else { throw c.problem("malformed JSON: a string without its end") }
            let byte = c.at.load(as: UInt8.self)
            if byte < 32 {
                throw c.problem("malformed JSON: a control character in a string: \(c.found)")
            }
            c.at += 1
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") { try escape(&c, &text) } else { text.append(byte) }
        }
        guard String(validating: text, as: UTF8.self) != nil else {
            throw c.problem("malformed JSON: a string is not UTF-8")
        }
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, text.count), alignment: 1)
        copy.copyBytes(from: text)
        decoded.append(copy)
        let bytes = copy.baseAddress.map { UnsafeRawPointer($0) } ?? start
        return ReplayText(start: bytes, count: text.count)
    }

    private func escape(_ c: inout Cursor, _ text: inout [UInt8]) throws(ReplayProblem) {
        let byte = c.byte
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "u"):
            c.at += 1
            var code = try hexadecimal(&c)
            if code & 0xFC00 == 0xD800 {
                // A high surrogate needs its low one.
                guard c.byte == UInt8(ascii: "\\"), c.at + 1 < c.end,
                    (c.at + 1).load(as: UInt8.self) == UInt8(ascii: "u")
                else { throw c.problem("malformed JSON: half a surrogate pair") }
                c.at += 2
                let low = try hexadecimal(&c)
                guard low & 0xFC00 == 0xDC00 else {
                    throw c.problem("malformed JSON: half a surrogate pair")
                }
                code = 0x10000 + (code & 0x3FF) << 10 | low & 0x3FF
            }
            guard let scalar = UnicodeScalar(code) else {
                throw c.problem("malformed JSON: half a surrogate pair")
            }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
            return
        default: throw c.problem("malformed JSON: unknown escape, found \(c.found)")
        }
        c.at += 1
    }

    private func hexadecimal(_ c: inout Cursor) throws(ReplayProblem) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(c.byte)).hexDigitValue, c.byte < 128 else {
                throw c.problem("malformed JSON: expected a hexadecimal digit, found \(c.found)")
            }
            code = code << 4 | UInt32(digit)
            c.at += 1
        }
        return code
    }

    /// A name from the input, fit for a message.
    static func shown(_ text: ReplayText) -> String {
        let name = text.string.unicodeScalars.prefix(40).map {
            $0.value < 32 || $0.value == 127 ? "?" : String(Character($0))
        }
        return name.joined()
    }
}

@available(*, unavailable)
extension ReplayScanner: Sendable {}
