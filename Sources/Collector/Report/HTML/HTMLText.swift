// Text that did not come from us, before the template escapes it: controls and direction overrides
// become U+FFFD, addresses lose user info and query values, what is long is cut.

import Foundation
import Mustache

enum HTMLText {
    static let lengthMax = 200
    /// Of the scenario as it was run; the file itself has it whole.
    static let documentMax = 200_000

    /// Names, hosts, error texts.
    static func foreign(_ text: String, limit: Int = lengthMax) -> String {
        let clean = ReportText.escaped(withoutSecrets(text), limit: limit + 1)
        guard clean.unicodeScalars.count > limit else { return clean }
        return String(String.UnicodeScalarView(clean.unicodeScalars.prefix(limit - 1))) + "\u{2026}"
    }

    /// A document of many lines, each cut at 1,000 characters.
    static func document(_ text: String) -> (text: String, isCut: Bool) {
        let scalars = text.unicodeScalars
        let isCut = scalars.count > documentMax
        let kept = String(String.UnicodeScalarView(scalars.prefix(documentMax)))
        let lines = kept.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            foreign(String(line).replacing("\t", with: "  "), limit: 1_000)
        }
        return (lines.joined(separator: "\n"), isCut)
    }

    /// `https://user:word@host/path?key=value` becomes `https://host/path?key=...`, wherever in a
    /// text it stands.
    static func withoutSecrets(_ text: String) -> String {
        var out = ""
        var rest = Substring(text)
        while let scheme = rest.range(of: "://") {
            out += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let end = rest.firstIndex { $0.isWhitespace || "\"'<>`".contains($0) } ?? rest.endIndex
            out += address(rest[..<end])
            rest = rest[end...]
        }
        return out + rest
    }

    /// What follows `scheme://`.
    private static func address(_ text: Substring) -> String {
        let authorityEnd = text.firstIndex { "/?#".contains($0) } ?? text.endIndex
        var authority = text[..<authorityEnd]
        if let at = authority.lastIndex(of: "@") {
            authority = authority[authority.index(after: at)...]
        }
        let tail = text[authorityEnd...]
        guard let question = tail.firstIndex(of: "?") else { return String(authority + tail) }
        let fragment = tail.firstIndex(of: "#") ?? tail.endIndex
        guard question < fragment else { return String(authority + tail) }
        let query = tail[tail.index(after: question)..<fragment].split(
            separator: "&", omittingEmptySubsequences: false
        ).map { pair in pair.firstIndex(of: "=").map { pair[...$0] + "\u{2026}" } ?? pair }
        return String(authority + tail[...question]) + query.joined(separator: "&")
            + tail[fragment...]
    }
}

/// How the template escapes what stands in double braces.
struct HTMLContent: MustacheContentType {
    static let name = "SPOTLOAD_HTML"

    func escapeText(_ text: String) -> String { SVGText.escaped(text) }
}
