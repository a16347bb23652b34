// A tree as YAML text again: the effective document that agents decode. Block maps and lists, plain
// scalars only where they are certain to be read back as themselves, else double quotes.
//
// Outside `flows` substitution has been done, so a `${` left there is literal and is written `$${`.

enum YAMLWriter {
    static func text(_ root: YAMLNode) -> String {
        var out = ""
        for entry in root.entries ?? [] where !entry.value.isNull {
            write(entry, indent: 0, isLiteral: entry.key != "flows", to: &out)
        }
        return out
    }

    private static func write(
        _ entry: YAMLNode.Entry, indent: Int, isLiteral: Bool, to out: inout String
    ) {
        let margin = String(repeating: " ", count: indent)
        // A key is a text whatever it looks like, but a plain `<<` would merge. libyaml takes at
        // most 1,024 bytes for a key before its colon; a longer one gets the explicit `?`.
        let key = scalar(entry.key, isPlain: true)
        out += margin + (key.utf8.count < 1_000 ? key : "? " + key + "\n" + margin) + ":"
        write(entry.value, indent: indent, isLiteral: isLiteral, to: &out)
    }

    /// What follows `key:` or `-`.
    private static func write(
        _ node: YAMLNode, indent: Int, isLiteral: Bool, to out: inout String
    ) {
        switch node.content {
        case .scalar(let text, let isPlain):
            let escaped = isLiteral ? text.replacing("${", with: "$${") : text
            out += " " + (node.isNull ? "null" : scalar(escaped, isPlain: isPlain)) + "\n"
        case .sequence(let items):
            out += items.isEmpty ? " []\n" : "\n"
            for item in items {
                out += String(repeating: " ", count: indent + 2) + "-"
                write(item, indent: indent + 2, isLiteral: isLiteral, to: &out)
            }
        case .mapping(let entries):
            out += entries.isEmpty ? " {}\n" : "\n"
            for entry in entries {
                write(entry, indent: indent + 2, isLiteral: isLiteral, to: &out)
            }
        }
    }

    private static func scalar(_ text: String, isPlain: Bool) -> String {
        isPlain && isSafe(text) ? text : quoted(text)
    }

    /// Letters, digits and a few signs that mean nothing to YAML where these stand.
    private static func isSafe(_ text: String) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "-") || text.utf8.count > 1 else {
            return false
        }
        return !text.hasPrefix("---")
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "+"):
                    true
                default: false
                }
            } && text != "..."
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}",
                "\u{FFFE}", "\u{FFFF}":
                let digits = String(scalar.value, radix: 16, uppercase: true)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
