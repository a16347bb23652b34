// JSON of orders, trades and balances in Binance's shapes, written straight into bytes.

struct OrderJSON {
    let market: Market
    private(set) var bytes: [UInt8] = []

    init(market: Market) {
        self.market = market
        bytes.reserveCapacity(512)
    }

    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Text known when compiled: a copy, no String.
    mutating func fixed(_ text: StaticString) {
        bytes.append(
            contentsOf: UnsafeBufferPointer(
                start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func number(_ value: UInt64) {
        DecimalText.append(Int64(clamping: value), decimals: 0, to: &bytes)
    }

    mutating func decimal(_ units: Int64, _ decimals: Int) {
        bytes.append(UInt8(ascii: "\""))
        DecimalText.append(units, decimals: decimals, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func quoted(_ text: InlineText) {
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

    /// The part that answers and queries begin with.
    private mutating func begin(_ o: OrderState, _ rules: SymbolRules) {
        fixed("{\"symbol\":\"")
        raw(rules.symbol)
        fixed("\",\"orderId\":")
        number(o.orderID)
        fixed(",\"orderListId\":-1,\"clientOrderId\":")
        quoted(o.clientOrderID)
    }

    /// The answer to a new order; `withFills` for FULL.
    mutating func newOrder(
        _ o: OrderState, trades: [TradeEvent], withFills: Bool, duplicate: Bool
    ) {
        let rules = market.symbols[Int(o.symbol)]
        begin(o, rules)
        fixed(",\"transactTime\":")
        number(o.updatedNs / 1_000_000)
        fields(o, rules)
        if duplicate { fixed(",\"duplicate\":true") }
        if withFills {
            fixed(",\"fills\":[")
            for (i, trade) in trades.enumerated() { fill(trade, rules, isFirst: i == 0) }
            fixed("]")
        }
        fixed("}")
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
        fixed(",\"price\":")
        price(o.price, rules)
        fixed(",\"origQty\":")
        quantity(o.quantity, rules)
        fixed(",\"executedQty\":")
        quantity(o.executed, rules)
        fixed(",\"cummulativeQuoteQty\":")
        decimal(o.quoteExecuted, rules.quoteScale)
        fixed(",\"status\":\"")
        fixed(Self.status(o.status))
        fixed("\",\"seq\":")
        number(o.seq)
        fixed(",\"timeInForce\":\"")
        fixed(Self.timeInForce(o.timeInForce))
        fixed("\",\"type\":\"")
        fixed(o.postOnly ? "LIMIT_MAKER" : o.type == .limit ? "LIMIT" : "MARKET")
        fixed("\",\"side\":\"")
        fixed(o.side == .buy ? "BUY" : "SELL")
        fixed("\",\"workingTime\":")
        number(o.createdNs / 1_000_000)
        fixed(",\"selfTradePreventionMode\":\"NONE\"")
    }

    /// An order as `GET /order` shows it.
    mutating func order(_ o: OrderState) {
        let rules = market.symbols[Int(o.symbol)]
        begin(o, rules)
        fields(o, rules)
        fixed(",\"time\":")
        number(o.createdNs / 1_000_000)
        fixed(",\"updateTime\":")
        number(o.updatedNs / 1_000_000)
        let isWorking = o.status == .new || o.status == .partiallyFilled
        fixed(isWorking ? ",\"isWorking\":true" : ",\"isWorking\":false")
        if o.status == .expired {
            fixed(",\"expiryReason\":\"")
            fixed(Self.expiry(o))
            fixed("\"")
        }
        fixed("}")
    }

    private static func expiry(_ o: OrderState) -> StaticString {
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
                + "\"orderId\":\(t.orderID),\"orderListId\":-1,\"price\":"
        )
        price(t.price, rules)
        raw(",\"qty\":")
        quantity(t.quantity, rules)
        raw(",\"quoteQty\":")
        decimal(t.quote, rules.quoteScale)
        raw(",\"commission\":")
        decimal(t.fee, t.isBuyer ? rules.baseScale : rules.quoteScale)
        raw(",\"commissionAsset\":\"\(t.isBuyer ? rules.base : rules.quote)\"")
        raw(",\"time\":\(t.timeNs / 1_000_000),\"isBuyer\":\(t.isBuyer),\"isMaker\":\(t.isMaker)")
        raw(",\"isBestMatch\":true}")
    }

    static func status(_ status: OrderStatus) -> StaticString {
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

    static func timeInForce(_ tif: TimeInForce) -> StaticString {
        switch tif {
        case .gtc: "GTC"
        case .ioc: "IOC"
        case .fok: "FOK"
        }
    }
}
