// Decimal text to integers and back, exactly, without Double (engine.md 3, "Numbers").
//
//     [0-9]{1,20}(\.[0-9]{1,20})?      "1e-3" "+1" "-1" " 1" "1." ".5" are refused

package enum DecimalText {
    private static let illegal = Rejection(
        -1100, "Illegal characters found in a parameter.")
    private static let empty = Rejection(-1105, "A parameter was empty.")
    private static let precision = Rejection(
        -1111, "Parameter has too much precision.")

    /// `text` x 10^decimals as an integer.
    ///
    /// Trailing zeros beyond `decimals` are free; other digits there are refused with -1111.
    /// Values beyond 64 bits are refused with -1013.
    package static func parse(_ text: some Collection<UInt8>, decimals: Int) -> Result<
        Int64, Rejection
    > {
        if text.isEmpty { return .failure(empty) }
        var value: Int64 = 0
        var wholeDigits = 0
        var fractionDigits = 0
        var hasPoint = false
        // Wrong characters are told before excess digits, those before a value too large.
        var isTooPrecise = false
        var isTooLarge = false
        for byte in text {
            if byte == UInt8(ascii: "."), !hasPoint, wholeDigits > 0 {
                hasPoint = true
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
                return .failure(illegal)
            }
            let digit = Int64(byte - UInt8(ascii: "0"))
            if hasPoint { fractionDigits += 1 } else { wholeDigits += 1 }
            guard wholeDigits <= 20, fractionDigits <= 20 else { return .failure(illegal) }
            if fractionDigits > decimals {
                if digit != 0 { isTooPrecise = true }
            } else if !append(digit, to: &value) {
                isTooLarge = true
            }
        }
        if wholeDigits == 0 || (hasPoint && fractionDigits == 0) { return .failure(illegal) }
        if isTooPrecise { return .failure(precision) }
        var missing = decimals - min(fractionDigits, decimals)
        while missing > 0, !isTooLarge {
            isTooLarge = !append(0, to: &value)
            missing -= 1
        }
        return isTooLarge ? .failure(.notional) : .success(value)
    }

    /// False where the value leaves 64 bits.
    private static func append(_ digit: Int64, to value: inout Int64) -> Bool {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflow2) = product.addingReportingOverflow(digit)
        value = sum
        return !overflow && !overflow2
    }

    /// `units` / 10^decimals with exactly `decimals` digits after the point.
    ///
    /// - Complexity: O(digits), allocates nothing beyond `out`.
    package static func append(_ units: Int64, decimals: Int, to out: inout [UInt8]) {
        // 20 digits, a point, a sign: written from the end.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 48) { buffer in
            var i = 48
            var rest = units.magnitude
            var written = 0
            while rest > 0 || written <= decimals {
                if written == decimals, decimals > 0 {
                    i -= 1
                    buffer[i] = UInt8(ascii: ".")
                }
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                i -= 1
                buffer[i] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
                rest = quotient
                written += 1
            }
            if units < 0 {
                i -= 1
                buffer[i] = UInt8(ascii: "-")
            }
            out.append(contentsOf: buffer[i...])
        }
    }

    package static func text(_ units: Int64, decimals: Int) -> String {
        var out: [UInt8] = []
        append(units, decimals: decimals, to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}

extension SymbolRules {
    /// A price in ticks.
    package func ticks(_ text: some Collection<UInt8>) -> Result<Int64, Rejection> {
        whole(text, decimals: quoteScale, unit: tickAmount, broken: .priceFilter)
    }

    /// A quantity in lots.
    package func lots(_ text: some Collection<UInt8>) -> Result<Int64, Rejection> {
        whole(text, decimals: baseScale, unit: lotUnits, broken: .lotSize)
    }

    private func whole(
        _ text: some Collection<UInt8>, decimals: Int, unit: Int64, broken: Rejection
    ) -> Result<Int64, Rejection> {
        switch DecimalText.parse(text, decimals: decimals) {
        case .failure(let rejection):
            return .failure(rejection.code == broken.code ? broken : rejection)
        case .success(let units):
            guard units > 0, units % unit == 0 else { return .failure(broken) }
            return .success(units / unit)
        }
    }
}
