// The tree of a document: scalars keep their characters, every node its place. Tags, aliases and
// merge keys are gone when it exists; its types are decided by whoever reads it.

struct YAMLNode: Sendable {
    indirect enum Content: Sendable {
        /// `isPlain`: written without quotes, so `null`, `true` and numbers may mean themselves.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Entry])
    }
    struct Entry: Sendable {
        var key: String
        var keyPlace: SourcePosition
        var value: YAMLNode
    }
    var place: SourcePosition
    var content: Content

    /// `null`, `~` or nothing, unquoted: as if the key were not there.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    var scalar: String? {
        guard case .scalar(let text, _) = content, !isNull else { return nil }
        return text
    }

    var entries: [Entry]? {
        guard case .mapping(let entries) = content else { return nil }
        return entries
    }

    var items: [YAMLNode]? {
        guard case .sequence(let items) = content else { return nil }
        return items
    }

    /// What a message calls it.
    var kind: String {
        switch content {
        case .scalar(let text, _): isNull ? "nothing" : text.quoted
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }

    /// The value of `key`, null as absent.
    subscript(key: String) -> YAMLNode? {
        entries?.first { $0.key == key }.flatMap { $0.value.isNull ? nil : $0.value }
    }
}
