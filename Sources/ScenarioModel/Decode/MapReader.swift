// A map with known keys: each `take` names one, `finish` complains of the rest with a hint. Keys
// that begin with `x-` are for anchors and are ignored; a null value is an absent one.

import HarnessCore

final class MapReader {
    /// Dotted, as messages say it; empty for the document.
    let path: String
    let place: SourcePosition
    let read: NodeReader
    private let entries: [YAMLNode.Entry]
    private var known: Set<String> = []
    private var refused: Set<String> = []

    /// - Returns: nil, told, where `node` is no map.
    init?(_ node: YAMLNode, path: String, problems: Problems) {
        self.path = path
        place = node.place
        read = NodeReader(problems: problems)
        guard let entries = read.entries(node, path.isEmpty ? "the document" : path) else {
            return nil
        }
        self.entries = entries
    }

    var problems: Problems { read.problems }

    func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The value of `key`; it becomes a known one.
    func take(_ key: String) -> YAMLNode? {
        known.insert(key)
        return entries.first { $0.key == key }.flatMap { $0.value.isNull ? nil : $0.value }
    }

    /// Whether `key` has a value; says nothing of its being known.
    func has(_ key: String) -> Bool {
        entries.contains { $0.key == key && !$0.value.isNull }
    }

    /// Keys of the language that this version does not run.
    func refuse(_ keys: String...) {
        for key in keys {
            refused.insert(key)
            if let entry = entries.first(where: { $0.key == key }), !entry.value.isNull {
                problems.unsupported(path(key), at: entry.keyPlace)
            }
        }
    }

    /// A key that is wrong here, which has been told.
    func tolerate(_ key: String) { refused.insert(key) }

    /// Where `key` stands, else the map itself.
    func place(of key: String) -> SourcePosition {
        entries.first { $0.key == key }?.keyPlace ?? place
    }

    func text(_ key: String) -> String? { take(key).flatMap { read.text($0, path(key)) } }

    func int(_ key: String, in range: ClosedRange<Int>) -> Int? {
        take(key).flatMap { read.int($0, path(key), in: range) }
    }

    func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        take(key).flatMap { read.number($0, path(key), in: range) }
    }

    func boolean(_ key: String) -> Bool? { take(key).flatMap { read.boolean($0, path(key)) } }

    func duration(
        _ key: String, negative: String = "a duration can't be negative"
    ) -> TimeSpan? {
        take(key).flatMap { read.duration($0, path(key), negative: negative) }
    }

    func choice<T: RawRepresentable & CaseIterable>(
        _ key: String, _ type: T.Type
    ) -> T? where T.RawValue == String {
        take(key).flatMap { read.choice($0, path(key), type) }
    }

    func texts(_ key: String) -> [String: String] {
        take(key).map { read.texts($0, path(key)) } ?? [:]
    }

    /// Tells every key that nobody took.
    func finish() {
        problems.knows(known, at: path)
        for entry in entries
        where !known.contains(entry.key) && !refused.contains(entry.key)
            && !entry.key.hasPrefix("x-")
        {
            let owner = path.isEmpty ? "the document" : path
            problems.error(
                "unknown key \(entry.key.quoted) in \(owner)"
                    + NearestName.hint(entry.key, in: known.union(refused)), at: entry.keyPlace)
        }
    }
}

@available(*, unavailable)
extension MapReader: Sendable {}
