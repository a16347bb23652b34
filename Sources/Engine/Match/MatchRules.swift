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

    /// `notional` where it is known to fit: both sides have it locked, or it was looked at before.
    func value(_ price: Int64, _ lots: Int64) -> Int64 { price * lots * notionalFactor }

    /// What so many open lots of a limit order hold.
    func held(_ order: UnsafeMutablePointer<OrderRecord>, _ lots: Int64) -> Int64 {
        order.pointee.state.side == .buy
            ? value(order.pointee.state.price, lots) : lots * lotUnits
    }

    /// Whole lots that an amount of the quote asset is worth.
    func lots(worth amount: Int64, at price: Int64) -> Int64 {
        let (perLot, overflow) = price.multipliedReportingOverflow(by: notionalFactor)
        return overflow ? 0 : amount / perLot
    }

    func asset(_ side: Side) -> UInt16 { side == .buy ? quoteAsset : baseAsset }
}
