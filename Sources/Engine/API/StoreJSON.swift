// What only the store knows, in Binance's shapes.

extension OrderJSON {
    /// A command that made no order: no orderId, and the code it was refused with.
    mutating func rejected(_ reject: StoredReject, symbol: String) {
        raw("{\"symbol\":\"\(symbol)\",\"orderId\":-1,\"orderListId\":-1,\"clientOrderId\":")
        quoted(reject.clientOrderID)
        raw(",\"status\":\"REJECTED\",\"rejectCode\":\(reject.code),\"seq\":\(reject.seq)}")
    }

    /// An element of `GET /trades`.
    mutating func publicTrade(_ t: PublicTrade, _ rules: SymbolRules) {
        raw("{\"id\":\(t.tradeID),\"price\":")
        price(t.price, rules)
        raw(",\"qty\":")
        quantity(t.quantity, rules)
        raw(",\"quoteQty\":")
        decimal(t.quote, rules.quoteScale)
        raw(
            ",\"time\":\(t.timeNs / 1_000_000),\"isBuyerMaker\":\(t.isBuyerMaker),"
                + "\"isBestMatch\":true}"
        )
    }

    /// An element of `GET /myPreventedMatches`. There are no trade groups here: -1.
    mutating func preventedMatch(_ p: StoredPrevention, _ rules: SymbolRules) {
        raw(
            "{\"symbol\":\"\(rules.symbol)\",\"preventedMatchId\":\(p.preventedID),"
                + "\"takerOrderId\":\(p.takerOrder),\"makerSymbol\":\"\(rules.symbol)\","
                + "\"makerOrderId\":\(p.makerOrder),\"tradeGroupId\":-1,"
                + "\"selfTradePreventionMode\":\"\(Self.name(p.mode))\",\"price\":"
        )
        price(p.price, rules)
        raw(",\"makerPreventedQuantity\":")
        quantity(p.quantity, rules)
        raw(",\"transactTime\":\(p.timeNs / 1_000_000)}")
    }

    private static func name(_ mode: SelfTradePrevention) -> String {
        switch mode {
        case .none: "NONE"
        case .expireTaker: "EXPIRE_TAKER"
        case .expireMaker: "EXPIRE_MAKER"
        case .expireBoth: "EXPIRE_BOTH"
        case .decrement: "DECREMENT"
        }
    }
}
