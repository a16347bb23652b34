// A strict reader of what Prometheus scrapes: text 0.0.4 and OpenMetrics 1.0. It takes nothing that
// the formats do not allow: a family in two places, a sample without its type, a label twice,
// buckets that fall or whose last is not the count, a counter without `_total`.

/// One scrape.
package struct StrictExposition: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }
    package enum Format: Sendable { case text004, openMetrics }
    package struct Sample: Sendable, Hashable {
        package let name: String
        package let labels: [String: String]
    }
    /// By sample, labels included.
    package private(set) var values: [Sample: Double] = [:]
    /// In order of the text.
    package private(set) var order: [Sample] = []
    /// counter, gauge or histogram, by family.
    package private(set) var types: [String: String] = [:]
    private var current = ""
    private var hasHelp: Set<String> = []

    /// Names of samples, `_bucket`, `_sum` and `_count` included.
    package var names: Set<String> { Set(order.map(\.name)) }

    package func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        values[Sample(name: name, labels: labels)]
    }

    package init(_ text: String, _ format: Format) throws {
        guard text.hasSuffix("\n") else { throw Failure(description: "the last line is cut") }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        if format == .openMetrics {
            guard lines.popLast() == "# EOF" else { throw Failure(description: "no # EOF") }
        }
        for line in lines {
            do {
                if line.hasPrefix("#") {
                    try comment(line, format)
                } else {
                    try sample(line, format)
                }
            } catch let failure as Failure {
                throw Failure(description: "\(failure.description): \(line)")
            }
        }
        for (family, type) in types where type == "histogram" { try checkBuckets(family) }
    }

    private mutating func comment(_ line: Substring, _ format: Format) throws {
        let words = line.split(separator: " ", maxSplits: 3).map(String.init)
        guard words.count == 4, words[0] == "#" else { throw Failure(description: "odd comment") }
        switch words[1] {
        case "HELP":
            guard hasHelp.insert(words[2]).inserted else { throw Failure(description: "twice") }
            current = words[2]
        case "TYPE":
            guard types[words[2]] == nil else { throw Failure(description: "a family twice") }
            guard ["counter", "gauge", "histogram"].contains(words[3]) else {
                throw Failure(description: "type")
            }
            let isTotal = words[2].hasSuffix("_total")
            if isTotal != (format == .text004 && words[3] == "counter") {
                throw Failure(description: "_total")
            }
            types[words[2]] = words[3]
            current = words[2]
        case "UNIT":
            guard format == .openMetrics, words[2] == current, current.hasSuffix("_" + words[3])
            else { throw Failure(description: "unit") }
        default: throw Failure(description: "unknown comment")
        }
    }

    private mutating func sample(_ line: Substring, _ format: Format) throws {
        var rest = line
        let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" })
        rest = rest.dropFirst(name.count)
        let labels = rest.first == "{" ? try Self.labels(&rest) : [:]
        guard rest.first == " ", let value = Self.number(rest.dropFirst()) else {
            throw Failure(description: "no value")
        }
        guard let type = types[current], hasHelp.contains(current) else {
            throw Failure(description: "no type or help")
        }
        var allowed = [current]
        if type == "histogram" { allowed = ["_bucket", "_sum", "_count"].map { current + $0 } }
        if type == "counter", format == .openMetrics { allowed = [current + "_total"] }
        guard allowed.contains(name) else { throw Failure(description: "not of \(current)") }
        let key = Sample(name: name, labels: labels)
        guard values.updateValue(value, forKey: key) == nil else {
            throw Failure(description: "a sample twice")
        }
        order.append(key)
    }

    private static func number(_ text: Substring) -> Double? {
        text.contains(" ") ? nil : Double(text)
    }

    private static func labels(_ rest: inout Substring) throws -> [String: String] {
        var labels: [String: String] = [:]
        rest = rest.dropFirst()
        while rest.first != "}" {
            guard let equals = rest.firstIndex(of: "=") else { throw Failure(description: "label") }
            let name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            guard rest.popFirst() == "\"" else { throw Failure(description: "quote") }
            var value = ""
            while let c = rest.popFirst(), c != "\"" {
                if c == "\\" {
                    guard let next = rest.popFirst(),
                        let plain = [
                            "n": "\n", "\\": "\\",
                            "\"": "\"",
                        ][String(next)]
                    else { throw Failure(description: "escape") }
                    value += plain
                } else {
                    value.append(c)
                }
            }
            guard labels.updateValue(value, forKey: name) == nil else {
                throw Failure(description: "label \(name) twice")
            }
            if rest.first == "," { rest = rest.dropFirst() }
        }
        rest = rest.dropFirst()
        return labels
    }

    private func checkBuckets(_ family: String) throws {
        var seen: [[String: String]: (bound: Double, count: Double)] = [:]
        for sample in order where sample.name == family + "_bucket" {
            var labels = sample.labels
            guard let text = labels.removeValue(forKey: "le"), let bound = Double(text),
                let count = values[sample]
            else { throw Failure(description: "\(family): le") }
            if let before = seen[labels], bound <= before.bound || count < before.count {
                throw Failure(description: "\(family)\(labels): buckets fall at \(text)")
            }
            seen[labels] = (bound, count)
        }
        for (labels, last) in seen {
            guard last.bound == .infinity, value(family + "_count", labels) == last.count,
                value(family + "_sum", labels) != nil
            else { throw Failure(description: "\(family)\(labels): count, sum or +Inf") }
        }
    }
}
