// A symbol's decimals in replay: text to ticks and lots, and back. Plain values, so that looking
// one up copies no names.

import HarnessCore

struct ReplaySymbol: BitwiseCopyable {
    let quoteScale: Int
    /// Quote units of a tick.
    let tickAmount: Int64
    let baseScale: Int
    /// Base units of a lot.
    let lotAmount: Int64
    let tickDecimals: Int
    /// A tick in 10^-tickDecimals.
    let tickUnits: Int64
    let stepDecimals: Int
    let stepUnits: Int64
    let isHalted: Bool

    init(_ rules: SymbolRules) {
        quoteScale = rules.quoteScale
        tickAmount = rules.tickAmount
        baseScale = rules.baseScale
        lotAmount = rules.lotUnits
        tickDecimals = rules.tickDecimals
        tickUnits = rules.tickUnits
        stepDecimals = rules.stepDecimals
        stepUnits = rules.stepUnits
        isHalted = rules.status == .halt
    }

    func ticks(_ text: ReplayText) -> Result<Int64, Rejection> {
        Self.multiple(text, quoteScale, of: tickAmount, broken: .priceFilter)
    }

    func lots(_ text: ReplayText) -> Result<Int64, Rejection> {
        Self.multiple(text, baseScale, of: lotAmount, broken: .lotSize)
    }

    private static func multiple(
        _ text: ReplayText, _ scale: Int, of unit: Int64, broken: Rejection
    ) -> Result<Int64, Rejection> {
        let units: Int64
        if let plain = plainDigits(text), scale == 0 {
            units = plain
        } else {
            switch DecimalText.parse(text.bytes, decimals: scale) {
            case .success(let value): units = value
            case .failure(let rejection):
                return .failure(rejection.code == broken.code ? broken : rejection)
            }
        }
        if unit == 1 { return units > 0 ? .success(units) : .failure(broken) }
        let (count, rest) = units.quotientAndRemainder(dividingBy: unit)
        return units > 0 && rest == 0 ? .success(count) : .failure(broken)
    }

    /// Up to 18 digits and nothing else.
    private static func plainDigits(_ text: ReplayText) -> Int64? {
        guard (1...18).contains(text.count) else { return nil }
        var number: UInt64 = 0
        for byte in text.bytes {
            let digit = UInt64(byte &- 48)
            guard digit < 10 else { return nil }
            number = number &* 10 &+ digit
        }
        return Int64(number)
    }
}
