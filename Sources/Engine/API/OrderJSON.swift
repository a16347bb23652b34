// JSON of orders, trades and balances in Binance's shapes, written straight into bytes.

struct OrderJSON {
    let market: Market
    private(set) var bytes: [UInt8] = []

    init(market: Market) { self.market = market }

    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func decimal(_ units: Int64, _ decimals: Int) {
        bytes.append(UInt8(ascii: "\""))
        DecimalText.append(units, decimals: decimals, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func quoted(_ text: InlineText) {
        bytes.append(UInt8(ascii: "\""))
        text.withBytes { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func price(_ ticks: Int64, _ rules: SymbolRules) {
        decimal(ticks * rules.tickUnits, rules.tickDecimals)
    }

    mutating func quantity(_ lots: Int64, _ rules: SymbolRules) {
        decimal(lots * rules.stepUnits, rules.stepDecimals)
    }

    /// The answer to a new order; `withFills` for FULL.
    mutating func newOrder(
        _ o: OrderState, trades: [TradeEvent], withFills: Bool, duplicate: Bool
    ) {
        let rules = market.symbols[Int(o.symbol)]
        raw("{\"symbol\":\"\(rules.symbol)\",\"orderId\":\(o.orderID),\"orderListId\":-1,")
        raw("\"clientOrderId\":")
        quoted(o.clientOrderID)
        raw(",\"transactTime\":\(o.updatedNs / 1_000_000)")
        fields(o, rules)
        if duplicate { raw(",\"duplicate\":true") }
        if withFills {
            raw(",\"fills\":[")
            for (i, trade) in trades.enumerated() { fill(trade, rules, isFirst: i == 0) }
            raw("]")
        }
        raw("}")
    }

    private mutating func fill(_ trade: TradeEvent, _ rules: SymbolRules, isFirst: Bool) {
        raw(isFirst ? "{\"price\":" : ",{\"price\":")
        price(trade.price, rules)
        raw(",\"qty\":")
        quantity(trade.quantity, rules)
        raw(",\"commission\":")
        let isBuy = trade.takerSide == .buy
        decimal(trade.takerFee, isBuy ? rules.baseScale : rules.quoteScale)
        raw(
            ",\"commissionAsset\":\"\(isBuy ? rules.base : rules.quote)\","
                + "\"tradeId\":\(trade.tradeID)}"
        )
    }

    /// The part that queries and answers share.
    private mutating func fields(_ o: OrderState, _ rules: SymbolRules) {
        raw(",\"price\":")
        price(o.price, rules)
        raw(",\"origQty\":")
        quantity(o.quantity, rules)
        raw(",\"executedQty\":")
        quantity(o.executed, rules)
        raw(",\"cummulativeQuoteQty\":")
        decimal(o.quoteExecuted, rules.quoteScale)
        raw(",\"status\":\"\(Self.status(o.status))\",\"seq\":\(o.seq)")
        raw(",\"timeInForce\":\"\(Self.timeInForce(o.timeInForce))\"")
        raw(",\"type\":\"\(o.postOnly ? "LIMIT_MAKER" : o.type == .limit ? "LIMIT" : "MARKET")\"")
        raw(",\"side\":\"\(o.side == .buy ? "BUY" : "SELL")\"")
        raw(",\"workingTime\":\(o.createdNs / 1_000_000),\"selfTradePreventionMode\":\"NONE\"")
    }

    /// An order as `GET /order` shows it.
    mutating func order(_ o: OrderState) {
        let rules = market.symbols[Int(o.symbol)]
        raw("{\"symbol\":\"\(rules.symbol)\",\"orderId\":\(o.orderID),\"orderListId\":-1,")
        raw("\"clientOrderId\":")
        quoted(o.clientOrderID)
        fields(o, rules)
        raw(",\"time\":\(o.createdNs / 1_000_000),\"updateTime\":\(o.updatedNs / 1_000_000)")
        raw(",\"isWorking\":\(o.status == .new || o.status == .partiallyFilled)")
        if o.status == .expired { raw(",\"expiryReason\":\"\(Self.expiry(o))\"") }
        raw("}")
    }

    private static func expiry(_ o: OrderState) -> String {
        switch (o.type, o.timeInForce) {
        case (.limit, .fok): "UNFILLED_FOK_ORDER_EXPIRED"
        case (.limit, _): "UNFILLED_IOC_QUANTITY_EXPIRED"
        default: "INSUFFICIENT_LIQUIDITY"
        }
    }

    mutating func depth(_ depth: Depth, _ rules: SymbolRules) {
        raw("{\"lastUpdateId\":\(depth.lastUpdateID),\"bids\":[")
        levels(depth.bids, rules)
        raw("],\"asks\":[")
        levels(depth.asks, rules)
        raw("]}")
    }

    private mutating func levels(_ levels: [DepthLevel], _ rules: SymbolRules) {
        for (i, level) in levels.enumerated() {
            raw(i == 0 ? "[" : ",[")
            price(level.price, rules)
            raw(",")
            quantity(level.quantity, rules)
            raw("]")
        }
    }

    mutating func account(_ name: InlineText, _ balances: [BalanceState]) {
        raw("{\"account\":")
        quoted(name)
        raw(",\"balances\":[")
        for (i, b) in balances.enumerated() {
            let asset = market.assets[Int(b.asset)]
            raw(i == 0 ? "{" : ",{")
            raw("\"asset\":\"\(asset.name)\",\"free\":")
            decimal(b.free, asset.scale)
            raw(",\"locked\":")
            decimal(b.locked, asset.scale)
            raw("}")
        }
        raw("]}")
    }

    mutating func trade(_ t: AccountTrade, _ rules: SymbolRules) {
        raw(
            "{\"symbol\":\"\(rules.symbol)\",\"id\":\(t.tradeID),"
                + "\"orderId\":\(t.orderID),\"price\":"
        )
        price(t.price, rules)
        raw(",\"qty\":")
        quantity(t.quantity, rules)
        raw(",\"quoteQty\":")
        decimal(t.quote, rules.quoteScale)
        raw(",\"commission\":")
        decimal(t.fee, t.isBuyer ? rules.baseScale : rules.quoteScale)
        raw(",\"commissionAsset\":\"\(t.isBuyer ? rules.base : rules.quote)\"")
        raw(",\"time\":\(t.timeNs / 1_000_000),\"isBuyer\":\(t.isBuyer),\"isMaker\":\(t.isMaker)}")
    }

    static func status(_ status: OrderStatus) -> String {
        switch status {
        case .new: "NEW"
        case .partiallyFilled: "PARTIALLY_FILLED"
        case .filled: "FILLED"
        case .canceled: "CANCELED"
        case .rejected: "REJECTED"
        case .expired: "EXPIRED"
        case .expiredInMatch: "EXPIRED_IN_MATCH"
        }
    }

    static func timeInForce(_ tif: TimeInForce) -> String {
        switch tif {
        case .gtc: "GTC"
        case .ioc: "IOC"
        case .fok: "FOK"
        }
    }
}
