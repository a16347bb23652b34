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
        pieces.map { piece in
            let safe = ReportText.escaped(piece.text, limit: .max)
            guard color, let code = piece.style.code else { return safe }
            return "\u{1B}[\(code)m\(safe)\u{1B}[0m"
        }.joined()
    }
}
