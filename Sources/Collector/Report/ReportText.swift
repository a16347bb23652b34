// Numbers and foreign text as reports print them. Pure; independent of the locale.

import Foundation

package enum ReportText {
    /// `467,954`
    package static func grouped(_ n: UInt64) -> String {
        var out = ""
        for (i, digit) in String(n).reversed().enumerated() {
            if i > 0 && i % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return String(out.reversed())
    }

    /// `5,199.5`: thousands grouped, exactly `places` decimals; `n/a` for what is no number.
    package static func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "n/a" }
        let text = String(format: "%.\(places)f", abs(value))
        let parts = text.split(separator: ".", maxSplits: 1)
        let whole = grouped(UInt64(parts[0]) ?? 0)
        let number = parts.count == 2 ? whole + "." + parts[1] : whole
        let isZero = !text.contains { ("1"..."9").contains($0) }
        return value < 0 && !isZero ? "-" + number : number
    }

    /// Nanoseconds as ms with two decimals, without the unit.
    package static func milliseconds(_ ns: Double) -> String { decimal(ns / 1e6, 2) }

    /// `99.99 %`
    package static func percent(_ ratio: Double, _ places: Int) -> String {
        decimal(ratio * 100, places) + " %"
    }

    /// A share that rounding must not turn into a round number: 1 - 1e-7 is `99.99 %`, not 100.
    package static func share(_ ratio: Double) -> String {
        let isAlmost = ratio < 1 && ratio > 0.9999
        return isAlmost ? "99.99 %" : percent(ratio, 2)
    }

    /// `98.1 MiB`
    package static func bytes(_ n: UInt64) -> String {
        var value = Double(n)
        for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
            if value < 1024 { return unit == "B" ? "\(n) B" : decimal(value, 1) + " " + unit }
            value /= 1024
        }
        return decimal(value, 1) + " PiB"
    }

    /// Text of the target or of a file, safe on a terminal: control and format characters (so also
    /// escape sequences and direction overrides) become U+FFFD; cut at 200 characters.
    package static func escaped(_ text: String, limit: Int = 200) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
                .unassigned:
                out.append("\u{FFFD}")
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    /// Left-aligned in `width` columns; cut with `~` where it does not fit.
    package static func left(_ text: String, _ width: Int) -> String {
        guard text.count <= width else { return text.prefix(max(0, width - 1)) + "~" }
        return text + String(repeating: " ", count: width - text.count)
    }

    /// Right-aligned in `width` columns; never cut.
    package static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
