// Text within XML 1.0: markup characters as entities; what XML forbids, what moves the cursor and
// what turns the direction of text as U+FFFD. Cut at 200 characters unless said otherwise.

enum XMLText {
    /// For attributes in double quotes and for content.
    static func escaped(_ text: String, limit: Int = 200) -> String {
        var out = ""
        for scalar in ReportText.escaped(text, limit: limit).unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(isAllowed(scalar) ? scalar : "\u{FFFD}")
            }
        }
        return out
    }

    /// ` name="value"` for each.
    static func attributes(_ pairs: [(String, String)]) -> String {
        pairs.map { " \($0.0)=\"\(escaped($0.1, limit: 1_000))\"" }.joined()
    }

    /// `Char` of XML 1.0, without its non-characters.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}
