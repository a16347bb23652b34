// Exact fractions for execution segments: thirds must add up.

package struct Rational: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let numerator: Int
    /// At least 1; in lowest terms with the numerator.
    package let denominator: Int

    /// - Precondition: the denominator is not 0.
    package init(_ numerator: Int, _ denominator: Int = 1) {
        precondition(denominator != 0, "a fraction has a denominator")
        let divisor = Self.gcd(numerator.magnitude, denominator.magnitude)
        let sign = denominator < 0 ? -1 : 1
        self.numerator = sign * numerator / Int(max(1, divisor))
        self.denominator = sign * denominator / Int(max(1, divisor))
    }

    /// `1/3`, `20%`, `0.2`, `.2`, `1`: at most 9 digits a number, between 0 and 1.
    package init?(text: some StringProtocol) {
        func number(_ digits: some StringProtocol) -> Int? {
            guard !digits.isEmpty, digits.count <= 9,
                digits.allSatisfy({ $0.isASCII && $0.isNumber })
            else { return nil }
            return Int(digits)
        }
        func decimal(_ text: some StringProtocol) -> Rational? {
            let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 1 { return number(parts[0]).map { Rational($0) } }
            guard let whole = parts[0].isEmpty ? 0 : number(parts[0]),
                let fraction = number(parts[1])
            else { return nil }
            let scale = parts[1].reduce(1) { scale, _ in scale * 10 }
            return Rational(whole * scale + fraction, scale)
        }
        let value: Rational?
        if let slash = text.firstIndex(of: "/") {
            guard let n = number(text[..<slash]), let d = number(text[text.index(after: slash)...]),
                d > 0
            else { return nil }
            value = Rational(n, d)
        } else if text.last == "%" {
            value = decimal(text.dropLast()).map { Rational($0.numerator, $0.denominator * 100) }
        } else {
            value = decimal(text)
        }
        guard let value, value >= Rational(0), value <= Rational(1) else { return nil }
        self = value
    }

    /// `0`, `1`, `1/3`.
    package var description: String {
        denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
    }

    package static func < (a: Self, b: Self) -> Bool {
        Int128(a.numerator) * Int128(b.denominator) < Int128(b.numerator) * Int128(a.denominator)
    }

    /// - Precondition: the common denominator fits in 64 bits.
    package static func - (a: Self, b: Self) -> Self {
        let common = lcm(a.denominator, b.denominator)
        return Rational(
            a.numerator * (common / a.denominator) - b.numerator * (common / b.denominator), common)
    }

    /// - Precondition: the result fits in 64 bits.
    package static func lcm(_ a: Int, _ b: Int) -> Int {
        a / Int(gcd(a.magnitude, b.magnitude)) * b
    }

    private static func gcd(_ a: UInt, _ b: UInt) -> UInt {
        var (x, y) = (a, b)
        while y != 0 { (x, y) = (y, x % y) }
        return x
    }
}
