// The numbers of a symbol that the matcher needs: a plain value without the names.

struct MatchRules: BitwiseCopyable {
    let baseAsset: UInt16
    let quoteAsset: UInt16
    let minPrice: Int64
    let maxPrice: Int64
    let minQuantity: Int64
    let maxQuantity: Int64
    let minNotional: Int64
    let maxOrders: Int
    let makerPpm: Int64
    let takerPpm: Int64
    let isHalted: Bool
    /// Quote units per tick x lot.
    let notionalFactor: Int64
    /// Base units per lot.
    let lotUnits: Int64

    init(_ rules: SymbolRules) {
        baseAsset = rules.baseAsset
        quoteAsset = rules.quoteAsset
        minPrice = rules.minPrice
        maxPrice = rules.maxPrice
        minQuantity = rules.minQuantity
        maxQuantity = rules.maxQuantity
        minNotional = rules.minNotional
        maxOrders = rules.maxOrders
        makerPpm = rules.makerPpm
        takerPpm = rules.takerPpm
        isHalted = rules.status == .halt
        notionalFactor = rules.notionalFactor
        lotUnits = rules.lotUnits
    }

    /// Quote units of so many lots at a price; nil beyond 64 bits.
    func notional(_ price: Int64, _ lots: Int64) -> Int64? {
        let (product, overflow) = price.multipliedReportingOverflow(by: lots)
        let (amount, overflow2) = product.multipliedReportingOverflow(by: notionalFactor)
        return overflow || overflow2 ? nil : amount
    }

    /// Base units of so many lots; nil beyond 64 bits.
    func baseAmount(_ lots: Int64) -> Int64? {
        let (amount, overflow) = lots.multipliedReportingOverflow(by: lotUnits)
        return overflow ? nil : amount
    }

    /// What an order of a side holds for `lots` at `price`, and in which asset.
    func lock(_ side: Side, _ price: Int64, _ lots: Int64) -> Int64? {
        side == .buy ? notional(price, lots) : baseAmount(lots)
    }

    func asset(_ side: Side) -> UInt16 { side == .buy ? quoteAsset : baseAsset }
}
