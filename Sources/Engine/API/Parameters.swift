// Parameters of a request: from the query, a form body or a JSON object body; the query wins.
// Values
// are kept as text, JSON numbers by their text (engine.md 2).

struct Parameters {
    private var values: [(name: String, value: [UInt8])] = []

    subscript(name: String) -> [UInt8]? { values.first { $0.name == name }?.value }

    var names: [String] { values.map(\.name) }

    private mutating func add(_ name: String, _ value: [UInt8], overrides: Bool) throws(Rejection) {
        if values.contains(where: { $0.name == name }) {
            if overrides { return }
            throw Rejection(-1101, "Too many parameters sent for this endpoint.")
        }
        values.append((name, value))
    }

    /// - Throws: -1101 for a name given twice, -1135 for malformed JSON, -1100 for bad escapes.
    init(query: Substring, body: [UInt8], isJSON: Bool) throws(Rejection) {
        try addForm(Array(query.utf8), overrides: false)
        guard !body.isEmpty else { return }
        let known = Set(names)
        var fromBody: [(String, [UInt8])] = []
        if isJSON {
            fromBody = try JSONObject.fields(body)
        } else {
            var form = Parameters()
            try form.addForm(body, overrides: false)
            fromBody = form.values.map { ($0.name, $0.value) }
        }
        for (name, value) in fromBody where !known.contains(name) {
            try add(name, value, overrides: false)
        }
    }

    private init() {}

    private mutating func addForm(_ text: [UInt8], overrides: Bool) throws(Rejection) {
        for pair in text.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(decoding: try Self.unescape(parts[0]), as: UTF8.self)
            try add(name, parts.count > 1 ? try Self.unescape(parts[1]) : [], overrides: overrides)
        }
    }

    private static func unescape(_ text: ArraySlice<UInt8>) throws(Rejection) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var i = text.startIndex
        while i < text.endIndex {
            switch text[i] {
            case UInt8(ascii: "+"): out.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard i + 2 < text.endIndex, let high = hex(text[i + 1]), let low = hex(text[i + 2])
                else { throw Rejection(-1100, "Illegal characters found in a parameter.") }
                out.append(high << 4 | low)
                i += 2
            default: out.append(text[i])
            }
            i += 1
        }
        return out
    }

    private static func hex(_ c: UInt8) -> UInt8? {
        switch c {
        case 48...57: c - 48
        case 65...70: c - 55
        case 97...102: c - 87
        default: nil
        }
    }
}
