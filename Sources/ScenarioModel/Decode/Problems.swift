// Where decoders put what they find, so that one mistake does not hide the next. Shared by all
// decoders of one load; confined to the caller's thread.

final class Problems {
    private var errors: [ScenarioError] = []
    private var warnings: [ScenarioError] = []

    /// The keys that maps of this document may have, by path: what the schema is held against.
    private(set) var knownKeys: [String: Set<String>] = [:]

    func knows(_ keys: some Sequence<String>, at path: String) {
        knownKeys[path, default: []].formUnion(keys)
    }

    var isEmpty: Bool { errors.isEmpty }

    func error(_ message: String, at place: SourcePosition) {
        errors.append(located(message, place))
    }

    func warning(_ message: String, at place: SourcePosition) {
        warnings.append(located(message, place))
    }

    /// Something the language has and this version does not.
    func unsupported(_ what: String, at place: SourcePosition) {
        error("\(what) is not supported by this version", at: place)
    }

    /// By file, position, message; the document itself comes before values of the command line.
    func sortedErrors(document: String) -> [ScenarioError] {
        sorted(errors, document: document)
    }

    func sortedWarnings(document: String) -> [String] {
        sorted(warnings, document: document).map { "warning: \($0)" }
    }

    private func located(_ message: String, _ place: SourcePosition) -> ScenarioError {
        ScenarioError(
            file: place.file, line: place.line, column: place.column,
            message: message.withoutControls)
    }

    /// An aliased node is decoded once per alias: its error is told once.
    private func sorted(_ all: [ScenarioError], document: String) -> [ScenarioError] {
        Set(all).sorted {
            ($0.file == document ? "" : $0.file, $0.line, $0.column, $0.message)
                < ($1.file == document ? "" : $1.file, $1.line, $1.column, $1.message)
        }
    }
}

@available(*, unavailable)
extension Problems: Sendable {}

extension String {
    /// Controls and what turns the direction of text become U+FFFD: a message goes to a terminal,
    /// and the document may be a stranger's.
    fileprivate var withoutControls: String {
        guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
        var out = String.UnicodeScalarView()
        for scalar in unicodeScalars { out.append(scalar.isUnprintable ? "\u{FFFD}" : scalar) }
        return String(out)
    }

    /// In double quotes, cut where it is long: what a message quotes of a document.
    var quoted: String {
        let escaped = replacing("\n", with: "\\n")
        return escaped.count <= 80 ? "\"\(escaped)\"" : "\"\(escaped.prefix(77))...\""
    }
}

extension Unicode.Scalar {
    fileprivate var isUnprintable: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x061C: true
        default: false
        }
    }
}
