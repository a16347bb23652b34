// Numbers of a histogram log: plain decimals of seconds, kept as whole nanoseconds so that
// comparing and subtracting them is exact.

enum LogDecimal {
    /// `1798848900.25` as ns; digits beyond the ninth decimal are dropped. nil for anything that is
    /// no unsigned plain decimal, or beyond 292 years.
    static func nanoseconds(_ text: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        var decimals = -1
        var digits = 0
        for byte in text {
            if byte == UInt8(ascii: "."), decimals < 0, digits > 0 {
                decimals = 0
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            digits += 1
            if decimals == 9 { continue }
            if decimals >= 0 { decimals += 1 }
            guard let next = appending(byte, to: value) else { return nil }
            value = next
        }
        guard digits > 0 else { return nil }
        for _ in max(0, decimals)..<9 {
            guard let next = appending(UInt8(ascii: "0"), to: value) else { return nil }
            value = next
        }
        return value
    }

    private static func appending(_ digit: UInt8, to value: Int64) -> Int64? {
        let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
        let (sum, wraps) = product.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
        return tooLarge || wraps ? nil : sum
    }

    /// Nanoseconds as `seconds.mmm`, rounded.
    /// - Precondition: not negative.
    package static func seconds(ns: Int64) -> String {
        fixed(UInt64(ns / 1_000_000) + (ns % 1_000_000 >= 500_000 ? 1 : 0))
    }

    /// `1234` as `1.234`.
    static func fixed(_ thousandths: UInt64) -> String {
        let fraction = String(thousandths % 1_000)
        return "\(thousandths / 1_000)." + String(repeating: "0", count: 3 - fraction.count)
            + fraction
    }
}
