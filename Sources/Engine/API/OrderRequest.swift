// Parameters to commands, with Binance's codes for what is wrong (engine.md 2).

import HarnessCore

enum OrderRequest {
    static let symbolError = Rejection(-1121, "Invalid symbol.")

    static let missing = Rejection(
        -1102, "Mandatory parameter was not sent, was empty/null, or malformed.")
    private static let notWanted = Rejection(
        -1106, "A parameter was sent when not required.")

    /// Position of the `symbol` parameter in the market.
    static func symbol(
        _ parameters: Parameters, _ positions: [String: UInt16]
    ) throws(Rejection) -> UInt16 {
        guard let text = parameters[.symbol] else { throw missing }
        if text.isEmpty { throw Rejection(-1105, "A parameter was empty.") }
        guard let position = positions[String(decoding: text, as: UTF8.self)] else {
            throw symbolError
        }
        return position
    }

    /// Bits of the parameters a new order may have.
    private static let newOrderNames: UInt32 = [
        ParameterName.symbol, .side, .type, .timeInForce, .quantity, .quoteOrderQty, .price,
        .newClientOrderId, .newOrderRespType, .selfTradePreventionMode, .account, .timestamp,
        .recvWindow, .signature,
    ].reduce(0) { $0 | $1.bit }

    /// What cancelReplace takes beside a new order.
    static let replaceNames: UInt32 = [
        ParameterName.cancelReplaceMode, .cancelOrderId, .cancelOrigClientOrderId,
    ].reduce(0) { $0 | $1.bit }

    static func newOrder(
        _ p: Parameters, account: InlineText, market: Market, positions: [String: UInt16],
        requestNumber: UInt64, alsoTakes more: UInt32 = 0
    ) throws(Rejection) -> NewOrder {
        if p.hasUnknownName || p.names & ~(newOrderNames | more) != 0 {
            throw Rejection(-1103, "An unknown parameter was sent.")
        }
        let symbol = try symbol(p, positions)
        let rules = market.symbols[Int(symbol)]
        if rules.status == .halt { throw .marketClosed }
        let side = try side(p)
        guard let type = p[.type] else { throw missing }
        var order = NewOrder(
            apiID: 0, requestNumber: requestNumber, symbol: symbol, side: side, type: .limit,
            timeInForce: .gtc, price: 0, quantity: 0, account: account, clientOrderID: "")
        if type.elementsEqual("LIMIT".utf8) {
            order.timeInForce = try timeInForce(p)
            order.quantity = try lots(p, rules)
            order.price = try ticks(p, rules)
        } else if type.elementsEqual("LIMIT_MAKER".utf8) {
            try refuse(p, .timeInForce)
            order.postOnly = true
            order.quantity = try lots(p, rules)
            order.price = try ticks(p, rules)
        } else if type.elementsEqual("MARKET".utf8) {
            try refuse(p, .timeInForce)
            if p[.price] != nil { throw notWanted }
            order.type = .market
            try marketQuantity(p, rules, &order)
        } else {
            throw Rejection(-1116, "Invalid orderType.")
        }
        if let mode = p[.selfTradePreventionMode], !mode.elementsEqual("NONE".utf8) {
            throw Rejection(
                -1130, "Data sent for parameter 'selfTradePreventionMode' is not valid.")
        }
        order.clientOrderID = try clientOrderID(p[.newClientOrderId])
        return order
    }

    private static func side(_ p: Parameters) throws(Rejection) -> Side {
        guard let text = p[.side] else { throw missing }
        if text.elementsEqual("BUY".utf8) { return .buy }
        if text.elementsEqual("SELL".utf8) { return .sell }
        throw Rejection(-1117, "Invalid side.")
    }

    private static func timeInForce(_ p: Parameters) throws(Rejection) -> TimeInForce {
        guard let text = p[.timeInForce] else { throw missing }
        if text.elementsEqual("GTC".utf8) { return .gtc }
        if text.elementsEqual("IOC".utf8) { return .ioc }
        if text.elementsEqual("FOK".utf8) { return .fok }
        throw Rejection(-1115, "Invalid timeInForce.")
    }

    private static func refuse(_ p: Parameters, _ name: ParameterName) throws(Rejection) {
        if p[name] != nil {
            throw Rejection(-1114, "TimeInForce parameter sent when not required.")
        }
    }

    private static func lots(_ p: Parameters, _ rules: SymbolRules) throws(Rejection) -> Int64 {
        guard let text = p[.quantity] else { throw missing }
        return try rules.lots(text).get()
    }

    private static func ticks(_ p: Parameters, _ rules: SymbolRules) throws(Rejection) -> Int64 {
        guard let text = p[.price] else { throw missing }
        return try rules.ticks(text).get()
    }

    private static func marketQuantity(
        _ p: Parameters, _ rules: SymbolRules, _ order: inout NewOrder
    ) throws(Rejection) {
        switch (p[.quantity], p[.quoteOrderQty]) {
        case (.some, nil): order.quantity = try lots(p, rules)
        case (nil, .some(let quote)):
            order.quantityIsQuote = true
            order.quantity = try DecimalText.parse(quote, decimals: rules.quoteScale).get()
        case (nil, nil): throw missing
        default: throw notWanted
        }
    }

    /// 1-36 of `[A-Za-z0-9_.:/-]`; random where absent.
    static func clientOrderID(_ text: ArraySlice<UInt8>?) throws(Rejection) -> InlineText {
        guard let text else {
            return randomID()
        }
        guard (1...Limits.clientOrderIdBytes).contains(text.count), text.allSatisfy(isLegal),
            let id = InlineText(text)
        else { throw Rejection(-1100, "Illegal characters found in parameter 'newClientOrderId'.") }
        return id
    }

    /// `x` and 16 letters for 64 random bits.
    private static func randomID() -> InlineText {
        let random = UInt64.random(in: .min ... .max)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 17) { text in
            text[0] = UInt8(ascii: "x")
            for i in 0..<16 {
                text[i + 1] = UInt8(ascii: "a") + UInt8(truncatingIfNeeded: random >> (i * 4) & 15)
            }
            return InlineText(text) ?? "x"
        }
    }

    private static func isLegal(_ c: UInt8) -> Bool {
        switch c {
        case 45...58, 65...90, 95, 97...122: true
        default: false
        }
    }

    /// orderId, origClientOrderId or both.
    static func ids(
        _ p: Parameters, order: ParameterName = .orderId,
        client: ParameterName = .origClientOrderId
    ) throws(Rejection) -> (UInt64, InlineText) {
        var orderID: UInt64 = 0
        var clientID: InlineText = ""
        if let text = p[order] {
            guard let number = UInt64(String(decoding: text, as: UTF8.self)), number > 0 else {
                throw Rejection(-1100, "Illegal characters found in parameter 'orderId'.")
            }
            orderID = number
        }
        if let text = p[client] { clientID = try clientOrderID(text) }
        if orderID == 0, clientID.isEmpty { throw missing }
        return (orderID, clientID)
    }

    static func limit(_ p: Parameters, standard: Int, most: Int) throws(Rejection) -> Int {
        guard let text = p[.limit] else { return standard }
        guard let number = Int(String(decoding: text, as: UTF8.self)), (1...most).contains(number)
        else { throw Rejection(-1130, "Data sent for parameter 'limit' is not valid.") }
        return number
    }
}
