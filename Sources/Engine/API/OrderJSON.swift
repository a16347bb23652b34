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
        kind(o)
        if o.preventedMatchID > 0 || o.expiry != .none { ending(o, rules) }
    }

    /// From status to selfTradePreventionMode.
    private mutating func kind(_ o: OrderState) {
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
        fixed(",\"selfTradePreventionMode\":\"")
        fixed(Self.selfTrade(o.selfTrade))
        fixed("\"")
    }

    /// What only some orders have: prevented matches, why the rest expired.
    private mutating func ending(_ o: OrderState, _ rules: SymbolRules) {
        if o.preventedMatchID > 0 {
            fixed(",\"preventedMatchId\":")
            number(o.preventedMatchID)
            fixed(",\"preventedQuantity\":")
            quantity(o.prevented, rules)
        }
        if o.expiry != .none {
            fixed(",\"expiryReason\":\"")
            fixed(Self.expiry(o.expiry))
            fixed("\"")
        }
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
        fixed("}")
    }

    /// A canceled order, in the answer to what canceled it.
    mutating func canceled(_ o: OrderState, by cancelID: InlineText) {
        let rules = market.symbols[Int(o.symbol)]
        fixed("{\"symbol\":\"")
        raw(rules.symbol)
        fixed("\",\"origClientOrderId\":")
        quoted(o.clientOrderID)
        fixed(",\"orderId\":")
        number(o.orderID)
        fixed(",\"orderListId\":-1,\"clientOrderId\":")
        quoted(cancelID)
        fixed(",\"transactTime\":")
        number(o.updatedNs / 1_000_000)
        fields(o, rules)
        fixed("}")
    }

    /// The answer to an amend. Binance says `qty` and one m less in `cumulativeQuoteQty` here.
    mutating func amended(_ o: OrderState, executionID: UInt64) {
        let rules = market.symbols[Int(o.symbol)]
        fixed("{\"transactTime\":")
        number(o.updatedNs / 1_000_000)
        fixed(",\"executionId\":")
        number(executionID)
        fixed(",\"amendedOrder\":{\"symbol\":\"")
        raw(rules.symbol)
        fixed("\",\"orderId\":")
        number(o.orderID)
        fixed(",\"orderListId\":-1,\"origClientOrderId\":")
        quoted(o.clientOrderID)
        fixed(",\"clientOrderId\":")
        quoted(o.clientOrderID)
        fixed(",\"price\":")
        price(o.price, rules)
        fixed(",\"qty\":")
        quantity(o.quantity, rules)
        fixed(",\"executedQty\":")
        quantity(o.executed, rules)
        fixed(",\"preventedQty\":")
        quantity(o.prevented, rules)
        fixed(",\"quoteOrderQty\":")
        decimal(0, rules.quoteScale)
        fixed(",\"cumulativeQuoteQty\":")
        decimal(o.quoteExecuted, rules.quoteScale)
        kind(o)
        fixed("}}")
    }

    private static func expiry(_ reason: ExpiryReason) -> StaticString {
        switch reason {
        case .none: ""
        case .ioc: "UNFILLED_IOC_QUANTITY_EXPIRED"
        case .fok: "UNFILLED_FOK_ORDER_EXPIRED"
        case .liquidity: "INSUFFICIENT_LIQUIDITY"
        }
    }

    private static func selfTrade(_ mode: SelfTradePrevention) -> StaticString {
        switch mode {
        case .none: "NONE"
        case .expireTaker: "EXPIRE_TAKER"
        case .expireMaker: "EXPIRE_MAKER"
        case .expireBoth: "EXPIRE_BOTH"
        case .decrement: "DECREMENT"
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

    mutating func bookTicker(_ depth: Depth, _ rules: SymbolRules) {
        raw("{\"symbol\":\"\(rules.symbol)\",\"bidPrice\":")
        price(depth.bids.first?.price ?? 0, rules)
        raw(",\"bidQty\":")
        quantity(depth.bids.first?.quantity ?? 0, rules)
        raw(",\"askPrice\":")
        price(depth.asks.first?.price ?? 0, rules)
        raw(",\"askQty\":")
        quantity(depth.asks.first?.quantity ?? 0, rules)
        raw("}")
    }

    /// The sum over the shards, and each shard's part of it: there is one.
    mutating func account(_ name: InlineText, _ balances: [BalanceState]) {
        raw("{\"account\":")
        quoted(name)
        raw(",\"balances\":")
        list(balances)
        raw(",\"shards\":[{\"shard\":0,\"balances\":")
        list(balances)
        raw("}]}")
    }

    mutating func balances(of name: InlineText, _ balances: [BalanceState]) {
        raw("{\"account\":")
        quoted(name)
        raw(",\"balances\":")
        list(balances)
        raw("}")
    }

    private mutating func list(_ balances: [BalanceState]) {
        raw("[")
        for (i, b) in balances.enumerated() {
            let asset = market.assets[Int(b.asset)]
            raw(i == 0 ? "{" : ",{")
            raw("\"asset\":\"\(asset.name)\",\"free\":")
            decimal(b.free, asset.scale)
            raw(",\"locked\":")
            decimal(b.locked, asset.scale)
            raw("}")
        }
        raw("]")
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
