// Tag values that come from a scenario or a target, cut to what a series key has room for: a key
// has `Limits.deltaKeyBytes` for all of them.

package enum TagText {
    /// Of a name, group or check in a series key.
    package static let nameBytes = 160

    /// `text`, cut so that its escaped form in a key has at most `bytes` bytes.
    package static func bounded(_ text: String, _ bytes: Int = nameBytes) -> String {
        var used = 0
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            used += UTF8.width(scalar) + (scalar == "\"" || scalar == "\\" ? 1 : 0)
            guard used <= bytes else { break }
            out.append(scalar)
        }
        return String(out)
    }
}
