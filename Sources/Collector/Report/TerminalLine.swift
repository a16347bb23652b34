// A line of the terminal report in pieces of one style each. This is the only place where text
// becomes terminal output: every piece is escaped here, whoever wrote it, and only then coloured.
// Colour never carries meaning alone: what is coloured is a word that says the same.

/// What a piece is about; `none` is never coloured.
enum TerminalStyle {
    case none, heading, good, doubtful, bad, spoiled

    /// SGR parameter (ECMA-48 8.3.117).
    fileprivate var code: String? {
        switch self {
        case .none: nil
        case .heading: "1"
        case .good: "32"
        case .doubtful: "33"
        case .bad: "31"
        case .spoiled: "35"
        }
    }
}

extension Verdict {
    var style: TerminalStyle {
        switch self {
        case .pass: .good
        case .warn, .inconclusive: .doubtful
        case .fail: .bad
        case .invalid: .spoiled
        }
    }

    /// One character before the row, for eyes that skim.
    var marker: String {
        switch self {
        case .pass: "+"
        case .warn: "!"
        case .fail: "x"
        case .inconclusive: "?"
        case .invalid: "#"
        }
    }
}

struct TerminalLine {
    private var pieces: [(text: String, style: TerminalStyle)] = []

    init() {}
    init(_ text: String, _ style: TerminalStyle = .none) { append(text, style) }

    mutating func append(_ text: String, _ style: TerminalStyle = .none) {
        pieces.append((text, style))
    }

    /// The line without its line break.
    func rendered(color: Bool) -> String {
        let safe = Self.uncommanding(
            pieces.map { (ReportText.escaped($0.text, limit: .max), $0.style) })
        return safe.map { piece in
            guard color, let code = piece.style.code else { return piece.text }
            return "\u{1B}[\(code)m\(piece.text)\u{1B}[0m"
        }.joined()
    }

    /// The runner of a CI service takes lines for commands that begin with `::`, blanks before it
    /// or not, and those with `##[` anywhere. No report has a reason to write one.
    private static func uncommanding(
        _ pieces: [(text: String, style: TerminalStyle)]
    ) -> [(text: String, style: TerminalStyle)] {
        var safe = pieces.map { (text: CommandText.broken($0.text), style: $0.style) }
        guard let first = safe.firstIndex(where: { !$0.text.allSatisfy(\.isWhitespace) }) else {
            return safe
        }
        safe[first].text = CommandText.unprefixed(safe[first].text)
        return safe
    }
}

/// Workflow commands of GitHub's runner, taken apart. By scalars: a combining mark hides nothing.
enum CommandText {
    /// No `##[` anywhere.
    static func broken(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let opens = scalar == "[" && out.suffix(2).elementsEqual("##".unicodeScalars)
            out.append(opens ? "\u{FFFD}" : scalar)
        }
        return String(out)
    }

    /// No `::` at the beginning, blanks before it or not.
    static func unprefixed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let begin = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            scalars[begin...].starts(with: "::".unicodeScalars)
        else { return text }
        var out = String.UnicodeScalarView(scalars[..<begin])
        out.append("\u{FFFD}")
        out.append(contentsOf: scalars[begin...].dropFirst())
        return String(out)
    }
}
