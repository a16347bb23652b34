// Markup as text: what stands between tags and in quotes is escaped here, scalar by scalar. (By
// Character, as the template engine does it by itself, a quote that carries a combining mark would
// pass.)

enum SVGText {
    static func escaped(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": out.append(contentsOf: "&lt;".unicodeScalars)
            case ">": out.append(contentsOf: "&gt;".unicodeScalars)
            case "&": out.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
            case "'": out.append(contentsOf: "&#39;".unicodeScalars)
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    /// `<name a="1">content</name>`; values and nothing else are escaped.
    static func element(
        _ name: String, _ attributes: [(String, String)] = [], _ content: String? = nil
    ) -> String {
        let list = attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
        return content.map { "<\(name)\(list)>\($0)</\(name)>" } ?? "<\(name)\(list)/>"
    }

    static func text(_ content: String, _ attributes: [(String, String)]) -> String {
        element("text", attributes, escaped(content))
    }
}
