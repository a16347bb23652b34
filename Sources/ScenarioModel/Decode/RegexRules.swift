// Regular expressions of checks, captures and conditions: Swift's, at most 1,000 characters,
// without what can take exponential time: look-around, back-references, and a repeated group that
// itself holds a repetition or alternatives, such as `(a+)+` or `(a|ab)*`. A worker must not be held
// up by what a target sends.

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
        if repeatsAGroup(text) {
            return "a repeated group with a repetition or alternatives inside can take exponential "
                + "time; repeat a class such as [^\"]* instead"
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

    /// Whether an unbounded repetition applies to a group that holds one itself, or a `|`.
    ///
    ///     (a|b)+      refused      a(b|c)d      accepted: the group is not repeated
    ///     (\w+\s)*    refused      (ab)+, (a?b)* accepted: one way to match
    private static func repeatsAGroup(_ text: String) -> Bool {
        var isAmbiguous = [false]
        var closed: Bool?
        var inClass = false
        var rest = Substring(text)
        while let next = rest.popFirst() {
            let group = closed
            closed = nil
            if inClass {
                if next == "\\" { _ = rest.popFirst() }
                if next == "]" { inClass = false }
                continue
            }
            switch next {
            case "\\": _ = rest.popFirst()
            case "[": inClass = true
            case "(": isAmbiguous.append(false)
            case ")":
                guard isAmbiguous.count > 1, let inner = isAmbiguous.popLast() else { return false }
                isAmbiguous[isAmbiguous.count - 1] = isAmbiguous[isAmbiguous.count - 1] || inner
                closed = inner
            case "|": isAmbiguous[isAmbiguous.count - 1] = true
            case "*", "+", "{":
                if next == "{", !isUnbounded(rest) { break }
                if group == true { return true }
                isAmbiguous[isAmbiguous.count - 1] = true
            default: break
            }
        }
        return false
    }

    /// Whether what follows a `{` repeats without bound, or so often that it is as good as that.
    private static func isUnbounded(_ rest: Substring) -> Bool {
        let counts = rest.prefix { $0 != "}" }.split(
            separator: ",", omittingEmptySubsequences: false)
        guard let last = counts.last else { return false }
        return last.isEmpty ? counts.count == 2 : (Int(last) ?? 0) > repetitionsMax
    }

    private static let repetitionsMax = 16

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
