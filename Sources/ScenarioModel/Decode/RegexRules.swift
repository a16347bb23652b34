// Regular expressions of checks and captures: Swift's, without look-around and back-references,
// which can take exponential time, and at most 1,000 characters.

import HarnessCore

enum RegexRules {
    /// What is wrong with `text`; nil where nothing is.
    static func problem(_ text: String, group: Int = 0) -> String? {
        guard text.count <= Limits.regexCharacters else {
            return "a regex has at most \(Limits.regexCharacters) characters"
        }
        if hasRefused(text) {
            return "look-around and back-references are not supported in a regex"
        }
        do {
            _ = try Regex(text)
            return group > captureCount(text) ? "the regex has no group \(group)" : nil
        } catch {
            return "\(text.quoted) is no regex: \(error)"
        }
    }

    private static func hasRefused(_ text: String) -> Bool {
        var rest = Substring(text)
        while let next = rest.popFirst() {
            if next == "\\", let escaped = rest.popFirst() {
                if "123456789kg".contains(escaped) { return true }
            } else if next == "(",
                ["?=", "?!", "?<=", "?<!", "?>", "*"].contains(where: { rest.hasPrefix($0) })
            {
                return true
            }
        }
        return false
    }

    /// Parentheses that capture: not escaped, not in a class, not `(?:`.
    private static func captureCount(_ text: String) -> Int {
        var count = 0
        var inClass = false
        var rest = Substring(text)
        while let next = rest.popFirst() {
            switch next {
            case "\\": rest = rest.dropFirst()
            case "[": inClass = true
            case "]": inClass = false
            case "(" where !inClass:
                if !rest.hasPrefix("?") || rest.hasPrefix("?<") || rest.hasPrefix("?P<") {
                    count += 1
                }
            default: break
            }
        }
        return count
    }
}
