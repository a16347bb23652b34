// The symbols as text: what `Market.load(yaml:)` reads back to an equal market (JSON is YAML), for
// CONFIG commands and for files that remember the symbols.

extension Market {
    /// `[{"symbol":"BTCUSDT",...},...]`: the keys of a symbols file but `shard`, decimals as
    /// strings, the highest price and quantity only where they are not the default. The same market
    /// gives the same bytes.
    package var json: String {
        "[" + symbols.map(Self.json).joined(separator: ",") + "]"
    }

    private static func json(_ s: SymbolRules) -> String {
        func price(_ units: Int64) -> String { DecimalText.text(units, decimals: s.quoteScale) }
        func size(_ units: Int64) -> String { DecimalText.text(units, decimals: s.baseScale) }
        // Names are letters, digits and . _ -: nothing to escape.
        var texts: [(String, String)] = [
            ("symbol", s.symbol), ("base", s.base), ("quote", s.quote),
            ("tick", price(s.tickAmount)), ("step", size(s.lotUnits)),
            ("minPrice", price(s.minPrice * s.tickAmount)),
            ("minQty", size(s.minQuantity * s.lotUnits)),
            ("minNotional", price(s.minNotional)), ("status", s.status.rawValue),
        ]
        // The default may be beyond what an amount in 64 bits can say: it is left out.
        if s.maxPrice != SymbolRules.defaultMax {
            texts.append(("maxPrice", price(s.maxPrice * s.tickAmount)))
        }
        if s.maxQuantity != SymbolRules.defaultMax {
            texts.append(("maxQty", size(s.maxQuantity * s.lotUnits)))
        }
        let numbers: [(String, Int64)] = [
            ("baseScale", Int64(s.baseScale)), ("quoteScale", Int64(s.quoteScale)),
            ("maxNumOrders", Int64(s.maxOrders)), ("makerPpm", s.makerPpm),
            ("takerPpm", s.takerPpm),
        ]
        let pairs =
            texts.map { "\"\($0)\":\"\($1)\"" } + numbers.map { "\"\($0)\":\($1)" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    /// Why `next` cannot take this market's place; nil where it can. Symbols may be added at the
    /// end; status, filters and fees may change; what numbers mean may not.
    package func obstacle(to next: Market) -> String? {
        for (i, now) in symbols.enumerated() {
            guard i < next.symbols.count else { return "\(now.symbol) is missing" }
            let then = next.symbols[i]
            if then.symbol != now.symbol {
                return "\(then.symbol) is where \(now.symbol) was: new symbols go to the end"
            }
            if then.base != now.base || then.quote != now.quote {
                return "\(now.symbol): base and quote cannot change"
            }
            if then.baseScale != now.baseScale || then.quoteScale != now.quoteScale {
                return "\(now.symbol): baseScale and quoteScale cannot change"
            }
            if then.tickAmount != now.tickAmount || then.lotUnits != now.lotUnits {
                return "\(now.symbol): tick and step cannot change"
            }
        }
        return next.assets.starts(with: assets) ? nil : "the assets are others"
    }
}
