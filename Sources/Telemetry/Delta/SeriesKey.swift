// The name of a series: a metric and its tags, with one canonical text: `name{tag="value",..}`,
// tags sorted by name, `\` and `"` escaped, no braces where there are no tags.
//
// Keys are looked up several times for each series of each delta, so a key knows its digest: it is
// all that is hashed, and keys that differ are told apart by it.

import HarnessCore

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
    private let digest: UInt64

    package init(_ metric: String, _ tags: [String: String] = [:]) {
        let sorted = tags.map { Tag(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
        self.init(metric, sorted: sorted)
    }

    private init(_ metric: String, sorted tags: [Tag]) {
        self.metric = metric
        self.tags = tags
        var digest = FNV1a64.hash(text: metric)
        for tag in tags {
            digest = FNV1a64.hash(text: tag.name, from: digest &* FNV1a64.prime)
            digest = FNV1a64.hash(text: tag.value, from: digest &* FNV1a64.prime)
        }
        self.digest = digest
    }

    package static func == (a: Self, b: Self) -> Bool {
        a.digest == b.digest && a.metric == b.metric && a.tags == b.tags
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    package subscript(tag: String) -> String? { tags.first { $0.name == tag }?.value }

    /// The canonical text, UTF-8, at most `Limits.deltaKeyBytes` on the wire.
    package var text: String {
        if tags.isEmpty { return metric }
        let inner = tags.map { tag in "\(tag.name)=\"\(Self.escape(tag.value))\"" }
        return metric + "{" + inner.joined(separator: ",") + "}"
    }

    /// Reads the canonical text; nil where it is not one.
    package init?(text: String) {
        var text = text
        guard let key = text.withUTF8({ SeriesKey(utf8: $0) }) else { return nil }
        self = key
    }

    /// Reads the canonical text's bytes; nil where they are not one, or no UTF-8.
    package init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        let brace = bytes.firstIndex(of: UInt8(ascii: "{")) ?? bytes.count
        guard brace > 0, let metric = Self.text(bytes[..<brace]) else { return nil }
        guard brace < bytes.count else {
            self.init(metric, sorted: [])
            return
        }
        let end = bytes.count - 1
        guard bytes[end] == UInt8(ascii: "}") else { return nil }
        var read: [Tag] = []
        var place = brace + 1
        while true {
            guard let tag = Self.tag(bytes[place..<end], &place) else { return nil }
            if let last = read.last, last.name >= tag.name { return nil }
            read.append(tag)
            if place == end { break }
            guard bytes[place] == UInt8(ascii: ",") else { return nil }
            place += 1
        }
        self.init(metric, sorted: read)
    }

    /// `name="value"` at the begin of `rest`; `place` moves behind it.
    private static func tag(_ rest: Slice<UnsafeBufferPointer<UInt8>>, _ place: inout Int) -> Tag? {
        guard let equals = rest.firstIndex(of: UInt8(ascii: "=")), equals > rest.startIndex,
            equals + 1 < rest.endIndex, rest[equals + 1] == UInt8(ascii: "\""),
            let name = text(rest[..<equals])
        else { return nil }
        let begin = equals + 2
        var unescaped: [UInt8]?
        var i = begin
        while i < rest.endIndex {
            switch rest[i] {
            case UInt8(ascii: "\""):
                place = i + 1
                let value =
                    unescaped.map { String(validating: $0, as: UTF8.self) }
                    ?? text(rest[begin..<i])
                return value.map { Tag(name: name, value: $0) }
            case UInt8(ascii: "\\"):
                if unescaped == nil { unescaped = Array(rest[begin..<i]) }
                i += 1
                guard i < rest.endIndex else { return nil }
                unescaped?.append(rest[i])
            default: unescaped?.append(rest[i])
            }
            i += 1
        }
        return nil
    }

    private static func text(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
        String(validating: UnsafeBufferPointer(rebasing: bytes), as: UTF8.self)
    }

    private static func escape(_ value: String) -> String {
        let isPlain = !value.utf8.contains { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") }
        if isPlain { return value }
        var out = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            if scalar == "\\" || scalar == "\"" { out.append("\\") }
            out.append(scalar)
        }
        return String(out)
    }
}
