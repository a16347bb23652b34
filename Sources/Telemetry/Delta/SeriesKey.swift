// The name of a series: a metric and its tags, with one canonical text: `name{tag="value",..}`,
// tags sorted by name, `\` and `"` escaped, no braces where there are no tags.

/// Metric plus tags.
package struct SeriesKey: Sendable, Hashable {
    package struct Tag: Sendable, Hashable {
        package var name: String
        package var value: String
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
    package let metric: String
    /// Sorted by name; names are unique.
    package let tags: [Tag]

    package init(_ metric: String, _ tags: [String: String] = [:]) {
        self.metric = metric
        self.tags = tags.map { Tag(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
    }

    package subscript(tag: String) -> String? { tags.first { $0.name == tag }?.value }

    /// The canonical text, UTF-8, at most `Limits.deltaKeyBytes` on the wire.
    package var text: String {
        if tags.isEmpty { return metric }
        let inner = tags.map { tag in "\(tag.name)=\"\(Self.escape(tag.value))\"" }
        return metric + "{" + inner.joined(separator: ",") + "}"
    }

    /// Reads the canonical text; nil where it is not one.
    package init?(text: String) {
        guard let brace = text.firstIndex(of: "{") else {
            guard !text.isEmpty else { return nil }
            metric = text
            tags = []
            return
        }
        guard text.last == "}", brace > text.startIndex else { return nil }
        metric = String(text[..<brace])
        var rest = text[text.index(after: brace)...].dropLast()
        var read: [Tag] = []
        while !rest.isEmpty {
            guard let equals = rest.firstIndex(of: "="), equals > rest.startIndex else {
                return nil
            }
            let name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            guard let value = Self.takeQuoted(&rest) else { return nil }
            if let last = read.last, last.name >= name { return nil }
            read.append(Tag(name: name, value: value))
            if rest.isEmpty { break }
            guard rest.first == ",", rest.count > 1 else { return nil }
            rest = rest.dropFirst()
        }
        guard !read.isEmpty else { return nil }
        tags = read
    }

    private static func escape(_ value: String) -> String {
        var out = ""
        for c in value {
            if c == "\\" || c == "\"" { out.append("\\") }
            out.append(c)
        }
        return out
    }

    private static func takeQuoted(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else { return nil }
        var value = ""
        var i = rest.index(after: rest.startIndex)
        while i < rest.endIndex {
            let c = rest[i]
            i = rest.index(after: i)
            switch c {
            case "\"":
                rest = rest[i...]
                return value
            case "\\":
                guard i < rest.endIndex else { return nil }
                value.append(rest[i])
                i = rest.index(after: i)
            default: value.append(c)
            }
        }
        return nil
    }
}
