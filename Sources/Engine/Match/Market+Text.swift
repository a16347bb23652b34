// A market as the text of a symbols file: what a data directory remembers, what a CONFIG command
// carries, what a snapshot begins with. Reading it gives the same market again.

import HarnessCore

extension Market {
    /// A JSON list with a symbol in each line; `Market.load` reads it. Values that are the default
    /// are left out.
    package var symbolsJSON: String {
        "[" + symbols.map { $0.fileEntry }.joined(separator: ",\n") + "]"
    }
}

extension SymbolRules {
    /// One symbol of a symbols file, as a JSON object of texts.
    fileprivate var fileEntry: String {
        func amount(_ units: Int64, _ scale: Int) -> String {
            DecimalText.text(units, decimals: scale)
        }
        func price(_ ticks: Int64) -> String { product(ticks, tickAmount, quoteScale) }
        func quantity(_ lots: Int64) -> String { product(lots, lotUnits, baseScale) }
        var fields = [
            ("symbol", symbol), ("base", base), ("quote", quote),
            ("tick", amount(tickAmount, quoteScale)), ("step", amount(lotUnits, baseScale)),
        ]
        if baseScale != 8 { fields.append(("baseScale", "\(baseScale)")) }
        if quoteScale != 8 { fields.append(("quoteScale", "\(quoteScale)")) }
        if minPrice != 1 { fields.append(("minPrice", price(minPrice))) }
        if maxPrice != 1_000_000_000 { fields.append(("maxPrice", price(maxPrice))) }
        if minQuantity != 1 { fields.append(("minQty", quantity(minQuantity))) }
        if maxQuantity != 1_000_000_000 { fields.append(("maxQty", quantity(maxQuantity))) }
        fields.append(("minNotional", amount(minNotional, quoteScale)))
        if maxOrders != 1_000 { fields.append(("maxNumOrders", "\(maxOrders)")) }
        if makerPpm != 1_000 { fields.append(("makerPpm", "\(makerPpm)")) }
        if takerPpm != 1_000 { fields.append(("takerPpm", "\(takerPpm)")) }
        if status != .trading { fields.append(("status", status.rawValue)) }
        // Names are of A-Z a-z 0-9 . _ -, values are numbers: nothing to escape.
        return "{" + fields.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",") + "}"
    }

    /// count x unit / 10^scale, which may be beyond 64 bits only where the file's text was too.
    private func product(_ count: Int64, _ unit: Int64, _ scale: Int) -> String {
        let (units, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? "0" : DecimalText.text(units, decimals: scale)
    }
}
