// PATH of scenarios.md section 2: RFC 9535 without filters, slices, unions and `..`.
//
//     path    = "$" { "." word | ".*" | "['" text "']" | "[" integer "]" | "[*]" }
//     word    = any characters but . [ ] blanks and quotes

import HarnessCore

extension JSONPath {
    private static let segmentsMax = 64

    /// Nil with a reason where the text is no path.
    package static func parse(_ text: String) -> (path: JSONPath?, problem: String) {
        guard text.first == "$" else { return (nil, "a JSON path begins with $") }
        var segments: [Segment] = []
        var rest = text.dropFirst()
        while let first = rest.first {
            guard segments.count < segmentsMax else { return (nil, "too long a JSON path") }
            if first == "." {
                rest.removeFirst()
                guard rest.first != "." else { return (nil, "\"..\" is not supported") }
                let word = rest.prefix { !".[]'\" \t\n".contains($0) }
                guard !word.isEmpty else { return (nil, "a name is missing after \".\"") }
                segments.append(word == "*" ? .wildcard : .name(String(word)))
                rest = rest.dropFirst(word.count)
            } else if first == "[" {
                guard let segment = bracket(&rest) else {
                    return (nil, "only ['name'], [0], [-1] and [*] stand in brackets")
                }
                segments.append(segment)
            } else {
                return (nil, "unexpected \(String(first).quoted)")
            }
        }
        return (JSONPath(text: text, segments: segments), "")
    }

    private static func bracket(_ rest: inout Substring) -> Segment? {
        rest.removeFirst()
        if let quote = rest.first, quote == "'" || quote == "\"" {
            rest.removeFirst()
            var name = ""
            while let next = rest.popFirst(), next != quote {
                if next == "\\" {
                    guard let escaped = rest.popFirst(), escaped == quote || escaped == "\\" else {
                        return nil
                    }
                    name.append(escaped)
                } else {
                    name.append(next)
                }
            }
            guard rest.popFirst() == "]" else { return nil }
            return .name(name)
        }
        let inner = rest.prefix { $0 != "]" }
        rest = rest.dropFirst(inner.count)
        guard rest.popFirst() == "]" else { return nil }
        if inner == "*" { return .wildcard }
        guard NodeReader.isInteger(String(inner)), let index = Int(inner) else { return nil }
        return .index(index)
    }
}
