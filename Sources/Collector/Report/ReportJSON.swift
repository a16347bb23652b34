// JSON as reports write it: keys in the order they are given, two spaces a level, small arrays and
// objects of scalars on one line. Numbers are the shortest text that reads back as the same Double;
// what is no number is null. What could act on a reader is written as an escape: controls, format
// characters, and a `<` that could open a tag, for those who embed the file in a page.

indirect enum ReportJSON {
    case null
    case bool(Bool)
    case integer(Int)
    case count(UInt64)
    /// NaN and infinities become null.
    case number(Double)
    case string(String)
    case array([ReportJSON])
    case object([(String, ReportJSON)])

    /// nil becomes null.
    static func text(_ value: String?) -> ReportJSON { value.map { .string($0) } ?? .null }
    static func real(_ value: Double?) -> ReportJSON { value.map { .number($0) } ?? .null }
    static func whole(_ value: Int?) -> ReportJSON { value.map { .integer($0) } ?? .null }
    static func whole(_ value: UInt64?) -> ReportJSON { value.map { .count($0) } ?? .null }
    /// Nanoseconds as ms.
    static func milliseconds(_ ns: Double?) -> ReportJSON { real(ns.map { $0 / 1e6 }) }
    static func strings(_ values: [String]) -> ReportJSON { .array(values.map { .string($0) }) }
    /// Sorted by key.
    static func tags(_ values: [String: String]) -> ReportJSON {
        .object(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }

    /// The document with a line break at its end.
    var prettyBytes: [UInt8] {
        var out = ""
        write(to: &out, depth: 0)
        out += "\n"
        return Array(out.utf8)
    }

    private static let lineMax = 88

    private func write(to out: inout String, depth: Int) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        case .count(let value): out += String(value)
        case .number(let value): out += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.write(value, to: &out)
        case .array(let items):
            let entries = items.map { (nil as String?, $0) }
            Self.write(entries, open: "[", close: "]", to: &out, depth: depth)
        case .object(let items):
            let entries = items.map { ($0.0 as String?, $0.1) }
            Self.write(entries, open: "{", close: "}", to: &out, depth: depth)
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array(let items): items.isEmpty
        case .object(let items): items.isEmpty
        default: true
        }
    }

    private static func write(
        _ entries: [(String?, ReportJSON)], open: String, close: String, to out: inout String,
        depth: Int
    ) {
        let texts = entries.map { key, value in
            var text = ""
            if let key {
                write(key, to: &text)
                text += ": "
            }
            value.write(to: &text, depth: depth + 1)
            return text
        }
        let length = texts.reduce(2 * depth) { $0 + $1.utf8.count + 2 }
        if entries.allSatisfy({ $0.1.isScalar }), length <= lineMax {
            out += open + texts.joined(separator: ", ") + close
            return
        }
        let lead = "\n" + String(repeating: "  ", count: depth + 1)
        out += open + lead + texts.joined(separator: "," + lead)
        out += "\n" + String(repeating: "  ", count: depth) + close
    }

    private static func write(_ text: String, to out: inout String) {
        out += "\""
        let scalars = text.unicodeScalars
        for (i, scalar) in zip(scalars.indices, scalars) {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "<" where opensMarkup(scalars[scalars.index(after: i)...].first):
                out += escape(scalar.value)
            default: out += isUnsafe(scalar) ? escape(scalar) : String(scalar)
            }
        }
        out += "\""
    }

    /// `</script>`, `<!--`; not the `<` of a threshold.
    private static func opensMarkup(_ next: Unicode.Scalar?) -> Bool {
        guard let next else { return false }
        return next == "/" || next == "!" || next == "?" || next.properties.isAlphabetic
    }

    /// Characters that move the cursor, turn the direction of text or end a line of JavaScript.
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        scalar.utf16.map { escape(UInt32($0)) }.joined()
    }

    private static func escape(_ unit: UInt32) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
