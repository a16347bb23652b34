// The colours of the HTML report, light and dark. Text and lines stand out from what lies behind
// them by at least 4.5:1 (WCAG 2, level AA for text) in both; a test computes it from these values.

struct HTMLPalette {
    /// Without `#`, lowercase.
    struct Pair: Equatable {
        var light: String
        var dark: String
        init(_ light: String, _ dark: String) {
            self.light = light
            self.dark = dark
        }
    }

    struct Entry {
        /// Name of the CSS variable, without the dashes.
        var name: String
        var color: Pair
        /// Backgrounds it is read on; empty: it is a background, a tint or a rule.
        var on: [String]
    }

    private static let paper = ["bg", "card"]

    static let entries: [Entry] = [
        Entry(name: "bg", color: Pair("f4f5f7", "0d1117"), on: []),
        Entry(name: "card", color: Pair("ffffff", "161b22"), on: []),
        Entry(name: "sunk", color: Pair("f0f2f5", "1d242d"), on: []),
        Entry(name: "rule", color: Pair("dfe3e8", "2b333d"), on: []),
        Entry(name: "grid", color: Pair("e8ebef", "262d36"), on: []),
        Entry(name: "ink", color: Pair("15202b", "e8ecf1"), on: paper + ["sunk"]),
        Entry(name: "muted", color: Pair("54606e", "9ea9b6"), on: paper + ["sunk"]),
        Entry(name: "link", color: Pair("0b57c2", "7db4ff"), on: paper + ["sunk"]),
        Entry(name: "pass-bg", color: Pair("e6f4ea", "12291c"), on: []),
        Entry(name: "warn-bg", color: Pair("fdf3d9", "2e2510"), on: []),
        Entry(name: "fail-bg", color: Pair("fde9e7", "35191b"), on: []),
        Entry(name: "inconclusive-bg", color: Pair("e6effb", "14263d"), on: []),
        Entry(name: "invalid-bg", color: Pair("f3e9fb", "2a1c38"), on: []),
        Entry(name: "pass", color: Pair("15703a", "5fd68b"), on: paper + ["pass-bg"]),
        Entry(name: "warn", color: Pair("855a00", "f2bd4b"), on: paper + ["warn-bg"]),
        Entry(name: "fail", color: Pair("b3261e", "ff8a80"), on: paper + ["fail-bg"]),
        Entry(
            name: "inconclusive", color: Pair("1a56b0", "8fbcff"),
            on: paper + ["inconclusive-bg"]),
        Entry(name: "invalid", color: Pair("7a2fb0", "d3a6f7"), on: paper + ["invalid-bg"]),
        // Lines.
        Entry(name: "c1", color: Pair("0b7285", "4fc3d9"), on: ["card"]),
        Entry(name: "c2", color: Pair("4338ca", "a5a8ff"), on: ["card"]),
        Entry(name: "c3", color: Pair("c2410c", "ff9d5c"), on: ["card"]),
        Entry(name: "c4", color: Pair("a61e6c", "f58ac4"), on: ["card"]),
        Entry(name: "c5", color: Pair("4d7014", "a8cf5c"), on: ["card"]),
        Entry(name: "c6", color: Pair("6b5b4b", "c9b8a4"), on: ["card"]),
        // Shades of the heat map, few to many; the numbers are in its table.
        Entry(name: "h0", color: Pair("dceaf7", "13293d"), on: []),
        Entry(name: "h1", color: Pair("b9d6ee", "173b57"), on: []),
        Entry(name: "h2", color: Pair("8bbbe0", "1d5275"), on: []),
        Entry(name: "h3", color: Pair("5699cb", "2f7398"), on: []),
        Entry(name: "h4", color: Pair("2f74b0", "5a9aa6"), on: []),
        Entry(name: "h5", color: Pair("1d4f8c", "a3c28a"), on: []),
        Entry(name: "h6", color: Pair("132f63", "f6e27a"), on: []),
    ]

    /// `--bg:#f4f5f7;--card:..`
    static func variables(_ color: KeyPath<Pair, String>) -> String {
        entries.map { "--\($0.name):#\($0.color[keyPath: color]);" }.joined()
    }
}
