// What may be traded and how: ticks, steps, filters, fees. Checked once when loaded.

/// Rules of one symbol. Text values come from the symbols file (engine.md 3).
package struct SymbolRules: Sendable, Equatable {
    /// Ticks or lots that are most where the file does not say.
    static let defaultMax: Int64 = 1_000_000_000

    package enum Status: String, Sendable { case trading = "TRADING", halt = "HALT" }
    package var symbol: String
    package var base: String
    package var quote: String
    /// Asset indexes in `Market.assets`.
    package var baseAsset: UInt16
    package var quoteAsset: UInt16
    package var baseScale: Int
    package var quoteScale: Int
    /// One tick is `tickUnits` / 10^tickDecimals of the quote asset.
    package var tickUnits: Int64
    package var tickDecimals: Int
    /// One lot is `stepUnits` / 10^stepDecimals of the base asset.
    package var stepUnits: Int64
    package var stepDecimals: Int
    /// In ticks.
    package var minPrice: Int64
    package var maxPrice: Int64
    /// In lots.
    package var minQuantity: Int64
    package var maxQuantity: Int64
    /// In units of the quote asset.
    package var minNotional: Int64
    /// Open orders per account.
    package var maxOrders: Int
    package var makerPpm: Int64
    package var takerPpm: Int64
    package var status: Status
    /// Quote units per tick x lot: notional = ticks x lots x k, exact.
    package var notionalFactor: Int64
    /// Base units per lot.
    package var lotUnits: Int64
    /// Quote units per tick of price.
    package var tickAmount: Int64

    package init(
        symbol: String, base: String, quote: String, baseAsset: UInt16, quoteAsset: UInt16,
        baseScale: Int, quoteScale: Int, tickUnits: Int64, tickDecimals: Int, stepUnits: Int64,
        stepDecimals: Int, minPrice: Int64, maxPrice: Int64, minQuantity: Int64,
        maxQuantity: Int64, minNotional: Int64, maxOrders: Int, makerPpm: Int64, takerPpm: Int64,
        status: Status, notionalFactor: Int64, lotUnits: Int64, tickAmount: Int64
    ) {
        self.symbol = symbol
        self.base = base
        self.quote = quote
        self.baseAsset = baseAsset
        self.quoteAsset = quoteAsset
        self.baseScale = baseScale
        self.quoteScale = quoteScale
        self.tickUnits = tickUnits
        self.tickDecimals = tickDecimals
        self.stepUnits = stepUnits
        self.stepDecimals = stepDecimals
        self.minPrice = minPrice
        self.maxPrice = maxPrice
        self.minQuantity = minQuantity
        self.maxQuantity = maxQuantity
        self.minNotional = minNotional
        self.maxOrders = maxOrders
        self.makerPpm = makerPpm
        self.takerPpm = takerPpm
        self.status = status
        self.notionalFactor = notionalFactor
        self.lotUnits = lotUnits
        self.tickAmount = tickAmount
    }
}

/// All symbols and assets; indexes in commands refer to these arrays.
package struct Market: Sendable, Equatable {
    package struct Asset: Sendable, Equatable {
        package var name: String
        package var scale: Int
        package init(name: String, scale: Int) {
            self.name = name
            self.scale = scale
        }
    }
    package var symbols: [SymbolRules]
    package var assets: [Asset]

    package init(symbols: [SymbolRules], assets: [Asset]) {
        self.symbols = symbols
        self.assets = assets
    }

    /// `#<index>` where there is no such symbol: a reject may carry any index.
    package func name(ofSymbol index: UInt16) -> String {
        Int(index) < symbols.count ? symbols[Int(index)].symbol : "#\(index)"
    }
}
