// The body of `GET /api/v3/exchangeInfo`: symbols and their filters in Binance's shape.

extension Market {
    /// - Parameters:
    ///   - timeNs: Unix ns, the answer's serverTime.
    ///   - only: the position of the one symbol asked for; nil: all.
    func exchangeInfo(at timeNs: Int64, only: UInt16? = nil) -> String {
        let shown = only.map { [symbols[Int($0)]] } ?? symbols
        let list = shown.map { $0.exchangeInfo }.joined(separator: ",")
        return """
            {"timezone":"UTC","serverTime":\(timeNs / 1_000_000),"rateLimits":[],\
            "exchangeFilters":[],"symbols":[\(list)]}
            """
    }
}

extension SymbolRules {
    fileprivate var exchangeInfo: String {
        """
        {"symbol":"\(symbol)","status":"\(status.rawValue)","baseAsset":"\(base)",\
        "baseAssetPrecision":\(baseScale),"quoteAsset":"\(quote)","quotePrecision":\(quoteScale),\
        "quoteAssetPrecision":\(quoteScale),"baseCommissionPrecision":\(baseScale),\
        "quoteCommissionPrecision":\(quoteScale),"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],\
        "icebergAllowed":false,"ocoAllowed":false,"otoAllowed":false,\
        "quoteOrderQtyMarketAllowed":true,"allowTrailingStop":false,"cancelReplaceAllowed":true,\
        "amendAllowed":true,"isSpotTradingAllowed":true,"isMarginTradingAllowed":false,\
        "filters":[\(filters)],"permissions":[],"permissionSets":[["SPOT"]],\
        "defaultSelfTradePreventionMode":"NONE","allowedSelfTradePreventionModes":["NONE",\
        "EXPIRE_TAKER","EXPIRE_MAKER","EXPIRE_BOTH","DECREMENT"]}
        """
    }

    private var filters: String {
        func price(_ ticks: Int64) -> String {
            DecimalText.text(ticks * tickUnits, decimals: tickDecimals)
        }
        func quantity(_ lots: Int64) -> String {
            DecimalText.text(lots * stepUnits, decimals: stepDecimals)
        }
        return """
            {"filterType":"PRICE_FILTER","minPrice":"\(price(minPrice))",\
            "maxPrice":"\(price(maxPrice))","tickSize":"\(price(1))"},\
            {"filterType":"LOT_SIZE","minQty":"\(quantity(minQuantity))",\
            "maxQty":"\(quantity(maxQuantity))","stepSize":"\(quantity(1))"},\
            {"filterType":"NOTIONAL",\
            "minNotional":"\(DecimalText.text(minNotional, decimals: quoteScale))",\
            "applyMinToMarket":false},\
            {"filterType":"MAX_NUM_ORDERS","maxNumOrders":\(maxOrders)}
            """
    }
}
