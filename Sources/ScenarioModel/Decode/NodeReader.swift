// Typed reading of nodes: each function returns nil after telling the problem at the node's place.
// The type wanted decides, not YAML's resolution: `no` is a text where a text is wanted.

import HarnessCore

struct NodeReader {
    let problems: Problems

    /// Any scalar, its characters kept.
    func text(_ node: YAMLNode, _ path: String) -> String? {
        guard let text = node.scalar else { return mismatch("a text", node, path) }
        guard !text.unicodeScalars.contains("\0") else {
            problems.error("\(path): a text has no NUL", at: node.place)
            return nil
        }
        return text
    }

    /// `-?[0-9]+` within `range`.
    func integer(
        _ node: YAMLNode, _ path: String, in range: ClosedRange<Int64> = .min ... .max
    ) -> Int64? {
        guard let text = node.scalar, Self.isInteger(text) else {
            return mismatch("an integer", node, path)
        }
        guard let value = Int64(text), range.contains(value) else {
            problems.error("\(path): \(text.quoted) is not in \(Self.words(range))", at: node.place)
            return nil
        }
        return value
    }

    func int(_ node: YAMLNode, _ path: String, in range: ClosedRange<Int>) -> Int? {
        integer(node, path, in: Int64(range.lowerBound)...Int64(range.upperBound)).map { Int($0) }
    }

    /// A finite decimal number.
    func number(_ node: YAMLNode, _ path: String, in range: ClosedRange<Double>) -> Double? {
        guard let text = node.scalar, let value = Self.decimal(text) else {
            return mismatch("a number", node, path)
        }
        guard range.contains(value) else {
            problems.error(
                "\(path): \(text.quoted) is not from \(range.lowerBound) to \(range.upperBound)",
                at: node.place)
            return nil
        }
        return value
    }

    func boolean(_ node: YAMLNode, _ path: String) -> Bool? {
        switch node.scalar {
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        default: return mismatch("true or false", node, path)
        }
    }

    /// `negative`: what to say of one below zero.
    func duration(
        _ node: YAMLNode, _ path: String, negative: String = "a duration can't be negative"
    ) -> TimeSpan? {
        guard let text = node.scalar, let span = TimeSpan(text: text) else {
            return mismatch("a duration such as 1m30s", node, path)
        }
        guard span >= .zero else {
            problems.error("\(path): \(negative)", at: node.place)
            return nil
        }
        guard span.ns <= Limits.durationNs else {
            problems.error("\(path): \(text.quoted) is longer than 366 days", at: node.place)
            return nil
        }
        return span
    }

    /// One of an enumeration's raw values.
    func choice<T: RawRepresentable & CaseIterable>(
        _ node: YAMLNode, _ path: String, _: T.Type
    ) -> T? where T.RawValue == String {
        guard let text = text(node, path) else { return nil }
        if let value = T(rawValue: text) { return value }
        let known = T.allCases.map(\.rawValue)
        problems.error(
            "\(path): \(text.quoted) is none of \(known.joined(separator: ", "))"
                + NearestName.hint(text, in: known), at: node.place)
        return nil
    }

    func items(_ node: YAMLNode, _ path: String) -> [YAMLNode]? {
        node.items ?? mismatch("a list", node, path)
    }

    func entries(_ node: YAMLNode, _ path: String) -> [YAMLNode.Entry]? {
        node.entries ?? mismatch("a map", node, path)
    }

    /// A map of texts; null values are absent.
    func texts(_ node: YAMLNode, _ path: String) -> [String: String] {
        var result: [String: String] = [:]
        for entry in entries(node, path) ?? [] where !entry.value.isNull {
            guard !entry.key.isEmpty else {
                problems.error("\(path): an empty key", at: entry.keyPlace)
                continue
            }
            result[entry.key] = text(entry.value, "\(path).\(entry.key)")
        }
        return result
    }

    private func mismatch<T>(_ wanted: String, _ node: YAMLNode, _ path: String) -> T? {
        problems.error("\(path): expected \(wanted), not \(node.kind)", at: node.place)
        return nil
    }

    private static func words(_ range: ClosedRange<Int64>) -> String {
        range == .min ... .max
            ? "64 bits" : "\(range.lowerBound)...\(range.upperBound)"
    }

    static func isInteger(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        return !digits.isEmpty && digits.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// `-?digits[.digits][e+-digits]` or `.digits`; no infinities, no hexadecimal.
    static func decimal(_ text: String) -> Double? {
        guard let first = text.utf8.first, (48...57).contains(first) || first == 45 || first == 46,
            text.utf8.allSatisfy({
                (48...57).contains($0) || $0 == 43 || $0 == 45 || $0 == 46 || $0 == 69 || $0 == 101
            }), let value = Double(text), value.isFinite
        else { return nil }
        return value
    }
}
