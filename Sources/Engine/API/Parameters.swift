// Parameters of a request: from the query, a form body or a JSON object body; the query wins.
// Values are kept as text, JSON numbers by their text (engine.md 2).
//
// Names are known ones: their texts are looked up once, values lie one after the other in a single
// array. A request costs two allocations, whatever it says.

struct Parameters {
    private struct Entry {
        var name: ParameterName
        var start: Int32
        var end: Int32
    }
    /// All values.
    private var texts: [UInt8] = []
    private var entries: [Entry] = []
    /// Bits of the names given.
    private(set) var names: UInt64 = 0
    /// A name that no endpoint knows was given.
    private(set) var hasUnknownName = false

    /// - Throws: -1103 where a name is given that is not in `known`.
    func expectOnly(_ known: ParameterSet) throws(Rejection) {
        if hasUnknownName || names & ~known.bits != 0 { throw .unknownName }
    }

    /// The first of the names given that has no value.
    var firstEmpty: ParameterName? { entries.first { $0.start == $0.end }?.name }

    subscript(name: ParameterName) -> ArraySlice<UInt8>? {
        guard names & name.bit != 0, let entry = entries.first(where: { $0.name == name }) else {
            return nil
        }
        return texts[Int(entry.start)..<Int(entry.end)]
    }

    /// - Throws: -1101 for a name given twice, -1135 for malformed JSON, -1100 for bad escapes.
    init(
        query: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, isJSON: Bool
    ) throws(Rejection) {
        texts.reserveCapacity(query.count + body.count)
        entries.reserveCapacity(12)
        try addForm(query, kept: 0)
        guard !body.isEmpty else { return }
        let fromQuery = names
        if isJSON {
            try addJSON(body, kept: fromQuery)
        } else {
            try addForm(body, kept: fromQuery)
        }
    }

    /// Takes the text from `start` to the end of `texts` as the value of `name`; where the query
    /// gave that name (`kept`), forgets it.
    private mutating func add(
        _ name: ParameterName?, from start: Int, kept: UInt64
    ) throws(Rejection) {
        guard let name, kept & name.bit == 0 else {
            if name == nil { hasUnknownName = true }
            texts.removeLast(texts.count - start)
            return
        }
        guard names & name.bit == 0 else {
            throw .givenTwice
        }
        names |= name.bit
        entries.append(Entry(name: name, start: Int32(start), end: Int32(texts.count)))
    }

    /// The name whose text begins at `start`, which is taken off `texts`.
    private mutating func takeName(from start: Int) -> ParameterName? {
        defer { texts.removeLast(texts.count - start) }
        return ParameterName(texts[start...])
    }

    private mutating func addJSON(
        _ body: UnsafeRawBufferPointer, kept: UInt64
    ) throws(Rejection) {
        var scanner = JSONObject(body)
        try scanner.open()
        while try scanner.hasField() {
            let start = texts.count
            try scanner.name(&texts)
            let name = takeName(from: start)
            if try scanner.scalar(&texts) {
                try add(name, from: start, kept: kept)
            }
        }
    }

    private mutating func addForm(
        _ text: UnsafeRawBufferPointer, kept: UInt64
    ) throws(Rejection) {
        var i = 0
        while i < text.count {
            let end = text.firstIndex(of: UInt8(ascii: "&"), in: i..<text.count) ?? text.count
            if end > i {
                let equals = text.firstIndex(of: UInt8(ascii: "="), in: i..<end) ?? end
                let name = try formName(text.slice(i..<equals))
                let start = texts.count
                if equals < end { try unescape(text.slice(equals + 1..<end)) }
                try add(name, from: start, kept: kept)
            }
            i = end + 1
        }
    }

    /// Names have no escapes but in a hand-made request: they are looked up where they are.
    private mutating func formName(
        _ text: UnsafeRawBufferPointer
    ) throws(Rejection) -> ParameterName? {
        guard text.contains(where: Self.isEscape) else { return ParameterName(text) }
        let start = texts.count
        try unescape(text)
        return takeName(from: start)
    }

    private static func isEscape(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+")
    }

    /// Runs without escapes go in one piece.
    private mutating func unescape(_ text: UnsafeRawBufferPointer) throws(Rejection) {
        var i = 0
        while i < text.count {
            var end = i
            while end < text.count, !Self.isEscape(text[end]) { end += 1 }
            if end > i { texts.append(contentsOf: text.slice(i..<end)) }
            i = end
            if i == text.count { return }
            switch text[i] {
            case UInt8(ascii: "+"): texts.append(UInt8(ascii: " "))
            default:
                guard i + 2 < text.count, let high = Self.hex(text[i + 1]),
                    let low = Self.hex(text[i + 2])
                else { throw .badEscape }
                texts.append(high << 4 | low)
                i += 2
            }
            i += 1
        }
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
