// Durations as text: k6's reading (`1d12h3m4.5s500ms`, a bare number is milliseconds) and Go's
// writing (`1m40s`), which k6's messages and `plan` use.

extension TimeSpan {
    /// Reads `1h2m3.5s`, `250ms`, `10us`, `1d`, or a bare number of milliseconds; truncates to ns.
    ///
    /// Grammar: `-? ( number | ( number unit )+ )`, number = digits [. digits], unit = d h m s ms
    /// us
    /// µs ns. Returns nil for anything else, and where the value does not fit in 64 bits.
    package init?(text: some StringProtocol) {
        var rest = Substring(text)
        let negative = rest.first == "-"
        if negative { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        var exact: Int64 = 0
        var isFirst = true
        while !rest.isEmpty {
            guard let (whole, fraction) = Self.takeNumber(&rest) else { return nil }
            let unit = rest.prefix { $0.isLetter || $0 == "µ" }
            rest = rest.dropFirst(unit.count)
            let scale: Int64
            if unit.isEmpty {
                guard isFirst, rest.isEmpty else { return nil }
                scale = 1_000_000
            } else if let known = Self.unitNs[String(unit)] {
                scale = known
            } else {
                return nil
            }
            let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
            let (sum, overflow2) = exact.addingReportingOverflow(product)
            if overflow || overflow2 { return nil }
            exact = sum
            total += fraction * Double(scale)
            isFirst = false
        }
        guard total < 9e18 else { return nil }
        // The small addend guards against 0.3 * 1e9 = 299999999.99999994 before truncation.
        let (ns, overflow) = exact.addingReportingOverflow(Int64(total + 1e-6))
        if overflow { return nil }
        self.init(ns: negative ? -ns : ns)
    }

    private static let unitNs: [String: Int64] = [
        "ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
        "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000,
    ]

    private static func takeNumber(_ rest: inout Substring) -> (whole: Int64, fraction: Double)? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        var fraction = 0.0
        var hasFraction = false
        if rest.first == "." {
            let after = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard !after.isEmpty, let value = Double("0." + after) else { return nil }
            fraction = value
            hasFraction = true
            rest = rest.dropFirst(1 + after.count)
        }
        if digits.isEmpty { return hasFraction ? (0, fraction) : nil }
        guard let whole = Int64(digits) else { return nil }
        return (whole, fraction)
    }

    /// Go's `time.Duration` text: `0s`, `1.5s`, `1m40s`, `2h0m0s`, `250ms`, `10µs`.
    package var goText: String {
        if ns == 0 { return "0s" }
        let sign = ns < 0 ? "-" : ""
        let magnitude = ns.magnitude
        if magnitude < 1_000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + Self.decimal(magnitude, per: 1_000) + "µs" }
        if magnitude < 1_000_000_000 {
            return sign + Self.decimal(magnitude, per: 1_000_000) + "ms"
        }
        let hours = magnitude / 3_600_000_000_000
        let minutes = magnitude / 60_000_000_000 % 60
        let seconds = Self.decimal(magnitude % 60_000_000_000, per: 1_000_000_000) + "s"
        if hours > 0 { return "\(sign)\(hours)h\(minutes)m\(seconds)" }
        return minutes > 0 ? "\(sign)\(minutes)m\(seconds)" : sign + seconds
    }

    /// `value / unit` with as many decimals as are needed, none if it is whole.
    private static func decimal(_ value: UInt64, per unit: UInt64) -> String {
        let whole = value / unit
        var rest = value % unit
        if rest == 0 { return String(whole) }
        var text = ""
        var scale = unit / 10
        while rest > 0 {
            text.append(String(rest / scale))
            rest %= scale
            scale /= 10
        }
        return "\(whole).\(text)"
    }
}
