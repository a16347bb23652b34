// One line of an exposition, read from left to right. Every step checks where the line ends.
//
//     name [ "{" label "=" '"' text '"' { "," label "=" '"' text '"' } [ "," ] "}" ]
//          value [ timestamp ] [ " # {" labels "} " value [ timestamp ] ]
//
// Blanks are spaces and tabs, any number of them between the parts. In a label's text `\\`, `\"`
// and `\n` stand for a backslash, a quote and a line feed; a backslash before others is itself.

import HarnessCore

struct ExpositionLine {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    static let lineFeed = UInt8(ascii: "\n")
    static let hash = UInt8(ascii: "#")

    /// - Precondition: `range` is inside `bytes`.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var count: Int { end - position }
    var isAtEnd: Bool { position >= end }
    private var next: UInt8? { position < end ? bytes[position] : nil }

    /// A carriage return is no blank: the format's lines end with a line feed alone.
    mutating func skipBlanks() {
        while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
            position += 1
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(ExpositionError) {
        guard take(byte) else { throw unexpected("expected \(what)") }
    }

    private func unexpected(_ what: String) -> ExpositionError {
        let rest = String(decoding: bytes[position..<min(end, position + 20)], as: UTF8.self)
        return ExpositionError(what + (rest.isEmpty ? " at its end" : " at \"\(rest)\""))
    }

    /// Up to the next blank or the end.
    private mutating func word() -> Range<Int> {
        let start = position
        while let byte = next, byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") {
            position += 1
        }
        return start..<position
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}

// MARK: - Comments

extension ExpositionLine {
    private static let types: Set<String> = ["counter", "gauge", "histogram", "summary", "untyped"]
    private static let openTypes: Set<String> = [
        "counter", "gauge", "histogram", "gaugehistogram", "stateset", "info", "summary", "unknown",
    ]

    /// What follows the `#`; true where it is the end of an OpenMetrics exposition.
    mutating func comment(_ format: ExpositionFormat) throws(ExpositionError) -> Bool {
        skipBlanks()
        switch text(word()) {
        case "EOF" where format == .openMetrics:
            guard isAtEnd else { throw unexpected("expected nothing after # EOF") }
            return true
        case "HELP", "UNIT": try metricName()
        case "TYPE":
            try metricName()
            let type = text(word())
            skipBlanks()
            guard (format == .text ? Self.types : Self.openTypes).contains(type), isAtEnd else {
                throw ExpositionError("\"\(type.prefix(20))\" is no type of a metric")
            }
        default: break
        }
        return false
    }

    private mutating func metricName() throws(ExpositionError) {
        skipBlanks()
        _ = try name(allowsColon: true)
        guard isAtEnd || next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") else {
            throw unexpected("a metric's name has no such character,")
        }
        skipBlanks()
    }
}

// MARK: - Samples

extension ExpositionLine {
    /// The line's sample; nil where its name is not asked for, although it is checked all the same.
    mutating func sample(
        _ format: ExpositionFormat, named names: Set<String>
    ) throws(ExpositionError) -> ExpositionSample? {
        let name = text(try name(allowsColon: true))
        let isWanted = names.contains(name)
        skipBlanks()
        let labels = try labels(keeps: isWanted)
        skipBlanks()
        let value = try number()
        skipBlanks()
        if !isAtEnd, next != Self.hash { try timestamp(format) }
        skipBlanks()
        if format == .openMetrics, take(Self.hash) { try exemplar() }
        guard isAtEnd else { throw unexpected("expected the end of the line") }
        return isWanted ? ExpositionSample(name: name, labels: labels, value: value) : nil
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, the colon for metrics only.
    private mutating func name(allowsColon: Bool) throws(ExpositionError) -> Range<Int> {
        let start = position
        while let byte = next, Self.isName(byte, isFirst: position == start, allowsColon) {
            position += 1
        }
        guard position > start else { throw unexpected("expected a name") }
        return start..<position
    }

    private static func isName(_ byte: UInt8, isFirst: Bool, _ allowsColon: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "_"):
            true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): !isFirst
        case UInt8(ascii: ":"): allowsColon
        default: false
        }
    }

    private mutating func labels(keeps: Bool) throws(ExpositionError) -> [String: String] {
        var labels: [String: String] = [:]
        guard take(UInt8(ascii: "{")) else { return labels }
        var count = 0
        skipBlanks()
        while !take(UInt8(ascii: "}")) {
            guard count < Limits.observedLabels else {
                throw ExpositionError("more than \(Limits.observedLabels) labels")
            }
            count += 1
            let name = try name(allowsColon: false)
            skipBlanks()
            try expect(UInt8(ascii: "="), "=")
            skipBlanks()
            let value = try quoted(keeps: keeps)
            if keeps, labels.updateValue(value, forKey: text(name)) != nil {
                throw ExpositionError("the label \(text(name)) comes twice")
            }
            skipBlanks()
            if !take(UInt8(ascii: ",")), next != UInt8(ascii: "}") {
                throw unexpected("expected , or }")
            }
            skipBlanks()
        }
        return labels
    }

    private mutating func quoted(keeps: Bool) throws(ExpositionError) -> String {
        try expect(UInt8(ascii: "\""), "a quote")
        var out: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: out, as: UTF8.self) else {
                    throw ExpositionError("a label is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"):
                let escaped = try escaped()
                if keeps { out.append(contentsOf: escaped) }
            default: if keeps { out.append(byte) }
            }
        }
        throw unexpected("a label has no closing quote")
    }

    private mutating func escaped() throws(ExpositionError) -> [UInt8] {
        guard let byte = next else { throw unexpected("a backslash with nothing behind it") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [Self.lineFeed]
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): return [byte]
        default: return [UInt8(ascii: "\\"), byte]
        }
    }

    private mutating func exemplar() throws(ExpositionError) {
        skipBlanks()
        guard next == UInt8(ascii: "{") else { throw unexpected("expected an exemplar's {") }
        _ = try labels(keeps: false)
        skipBlanks()
        _ = try number()
        skipBlanks()
        if !isAtEnd { try timestamp(.openMetrics) }
        skipBlanks()
    }

    /// 0.0.4: whole milliseconds; OpenMetrics: seconds.
    private mutating func timestamp(_ format: ExpositionFormat) throws(ExpositionError) {
        if format == .openMetrics {
            guard try number().isFinite else { throw ExpositionError("a timestamp without end") }
            return
        }
        let word = text(word())
        guard Int64(word) != nil else {
            throw ExpositionError("\"\(word.prefix(20))\" is no timestamp in ms")
        }
    }

    /// A decimal number, `NaN`, or an infinity with or without sign.
    private mutating func number() throws(ExpositionError) -> Double {
        let range = word()
        let word = text(range)
        switch word.lowercased() {
        case "nan": return .nan
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        default: break
        }
        // Double's own reader knows hexadecimal numbers and more; the format does not.
        let isPlain = bytes[range].allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
                true
            default: false
            }
        }
        guard isPlain, let value = Double(word), value.isFinite else {
            throw ExpositionError("\"\(word.prefix(20))\" is no number")
        }
        return value
    }
}
