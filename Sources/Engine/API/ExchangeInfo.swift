// The body of `GET /api/v3/exchangeInfo`: symbols and their filters in Binance's shape.

extension Market {
    /// - Parameter timeNs: Unix ns, the answer's serverTime.
    func exchangeInfo(at timeNs: Int64) -> String {
        let list = symbols.map { $0.exchangeInfo }.joined(separator: ",")
        return """
            {"timezone":"UTC","serverTime":\(timeNs / 1_000_000),"symbols":[\(list)]}
            """
    }
}

extension SymbolRules {
    fileprivate var exchangeInfo: String {
        func price(_ ticks: Int64) -> String {
            DecimalText.text(ticks * tickUnits, decimals: tickDecimals)
        }
        func quantity(_ lots: Int64) -> String {
            DecimalText.text(lots * stepUnits, decimals: stepDecimals)
        }
        let filters = """
            {"filterType":"PRICE_FILTER","minPrice":"\(price(minPrice))",\
            "maxPrice":"\(price(maxPrice))","tickSize":"\(price(1))"},\
            {"filterType":"LOT_SIZE","minQty":"\(quantity(minQuantity))",\
            "maxQty":"\(quantity(maxQuantity))","stepSize":"\(quantity(1))"},\
            {"filterType":"NOTIONAL",\
            "minNotional":"\(DecimalText.text(minNotional, decimals: quoteScale))"},\
            {"filterType":"MAX_NUM_ORDERS","maxNumOrders":\(maxOrders)}
            """
        return """
            {"symbol":"\(symbol)","status":"\(status.rawValue)","baseAsset":"\(base)",\
            "quoteAsset":"\(quote)","baseAssetPrecision":\(baseScale),\
            "quoteAssetPrecision":\(quoteScale),\
            "orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],"filters":[\(filters)]}
            """
    }
}
