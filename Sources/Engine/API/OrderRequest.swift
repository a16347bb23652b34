// Parameters to commands, with Binance's codes for what is wrong. The first failure wins, in the
// order of engine.md 3, "Validation": syntax, symbol, HALT, side, type, what the type needs, STP,
// precision, filters. Whether the syntax of the rest is right is asked only once something failed:
// a good order is read once.

import HarnessCore

enum OrderRequest {
    /// Position of the `symbol` parameter in the market.
    static func symbol(
        _ p: Parameters, _ positions: [String: UInt16]
    ) throws(Rejection) -> UInt16 {
        guard let position = positions[String(decoding: try text(p, .symbol), as: UTF8.self)] else {
            throw .invalidSymbol
        }
        return position
    }

    /// The value of a mandatory parameter, not empty.
    static func text(
        _ p: Parameters, _ name: ParameterName
    ) throws(Rejection) -> ArraySlice<UInt8> {
        guard let text = p[name] else { throw .missing(name) }
        if text.isEmpty { throw .empty(name) }
        return text
    }

    static func newOrder(
        _ p: Parameters, account: InlineText, market: Market, positions: [String: UInt16],
        requestNumber: UInt64
    ) throws(Rejection) -> NewOrder {
        do throws(Rejection) {
            return try read(
                p, account: account, market: market, positions: positions,
                requestNumber: requestNumber)
        } catch {
            throw syntaxError(p) ?? error
        }
    }

    private static func read(
        _ p: Parameters, account: InlineText, market: Market, positions: [String: UInt16],
        requestNumber: UInt64
    ) throws(Rejection) -> NewOrder {
        let symbol = try symbol(p, positions)
        let rules = market.symbols[Int(symbol)]
        if rules.status == .halt { throw .marketClosed }
        let side = try side(p)
        let type = try text(p, .type)
        var order = NewOrder(
            apiID: 0, requestNumber: requestNumber, symbol: symbol, side: side, type: .limit,
            timeInForce: .gtc, price: 0, quantity: 0, account: account, clientOrderID: "")
        if type.elementsEqual("LIMIT".utf8) {
            order.timeInForce = try timeInForce(p)
        } else if type.elementsEqual("LIMIT_MAKER".utf8) {
            if p[.timeInForce] != nil { throw .timeNotWanted }
            order.postOnly = true
        } else if type.elementsEqual("MARKET".utf8) {
            if p[.timeInForce] != nil { throw .timeNotWanted }
            order.type = .market
        } else {
            throw .invalidType
        }
        if order.type == .limit {
            _ = try text(p, .quantity)
            _ = try text(p, .price)
            if p[.quoteOrderQty] != nil { throw .notWanted(.quoteOrderQty) }
            order.selfTrade = try selfTrade(p)
            try limitAmounts(p, rules, &order)
        } else {
            if p[.price] != nil { throw .notWanted(.price) }
            if p[.quantity] == nil, p[.quoteOrderQty] == nil { throw .missing(.quantity) }
            if p[.quantity] != nil, p[.quoteOrderQty] != nil { throw .notWanted(.quoteOrderQty) }
            order.selfTrade = try selfTrade(p)
            try marketAmount(p, rules, &order)
        }
        order.clientOrderID = try newClientOrderID(p)
        return order
    }

    // MARK: Enumerations

    private static func side(_ p: Parameters) throws(Rejection) -> Side {
        let text = try text(p, .side)
        if text.elementsEqual("BUY".utf8) { return .buy }
        if text.elementsEqual("SELL".utf8) { return .sell }
        throw .invalidSide
    }

    private static func timeInForce(_ p: Parameters) throws(Rejection) -> TimeInForce {
        let text = try text(p, .timeInForce)
        if text.elementsEqual("GTC".utf8) { return .gtc }
        if text.elementsEqual("IOC".utf8) { return .ioc }
        if text.elementsEqual("FOK".utf8) { return .fok }
        throw .invalidTime
    }

    /// NONE where it is absent. TRANSFER is Binance's, not the engine's.
    private static func selfTrade(_ p: Parameters) throws(Rejection) -> SelfTradePrevention {
        guard p[.selfTradePreventionMode] != nil else { return .none }
        let text = try text(p, .selfTradePreventionMode)
        if text.elementsEqual("NONE".utf8) { return .none }
        if text.elementsEqual("EXPIRE_TAKER".utf8) { return .expireTaker }
        if text.elementsEqual("EXPIRE_MAKER".utf8) { return .expireMaker }
        if text.elementsEqual("EXPIRE_BOTH".utf8) { return .expireBoth }
        if text.elementsEqual("DECREMENT".utf8) { return .decrement }
        throw .notValid(.selfTradePreventionMode)
    }

    static func restriction(_ p: Parameters) throws(Rejection) -> CancelRestriction {
        guard p[.cancelRestrictions] != nil else { return .none }
        let text = try text(p, .cancelRestrictions)
        if text.elementsEqual("ONLY_NEW".utf8) { return .onlyNew }
        if text.elementsEqual("ONLY_PARTIALLY_FILLED".utf8) { return .onlyPartiallyFilled }
        throw .badRestrictions
    }

    // MARK: Amounts

    /// Precision of both before the filters of either.
    private static func limitAmounts(
        _ p: Parameters, _ rules: SymbolRules, _ order: inout NewOrder
    ) throws(Rejection) {
        let price = rules.ticks(try text(p, .price))
        let quantity = rules.lots(try text(p, .quantity))
        if case .success(let ticks) = price, case .success(let lots) = quantity {
            order.price = ticks
            order.quantity = lots
            return
        }
        if case .failure(let rejection) = price, rejection.code != -1013 {
            throw rejection.about(.price)
        }
        if case .failure(let rejection) = quantity, rejection.code != -1013 {
            throw rejection.about(.quantity)
        }
        _ = try price.get()
        _ = try quantity.get()
    }

    private static func marketAmount(
        _ p: Parameters, _ rules: SymbolRules, _ order: inout NewOrder
    ) throws(Rejection) {
        let name = p[.quantity] == nil ? ParameterName.quoteOrderQty : .quantity
        let text = try text(p, name)
        order.quantityIsQuote = name == .quoteOrderQty
        do throws(Rejection) {
            order.quantity =
                order.quantityIsQuote
                ? try DecimalText.parse(text, decimals: rules.quoteScale).get()
                : try rules.lots(text).get()
        } catch {
            throw error.about(name)
        }
    }

    /// The new total of an amended order, in lots.
    static func newQuantity(
        _ p: Parameters, _ rules: SymbolRules
    ) throws(Rejection) -> Int64 {
        do throws(Rejection) {
            return try rules.lots(try text(p, .newQty)).get()
        } catch {
            throw error.about(.newQty)
        }
    }

    // MARK: Ids

    /// Random where it is absent.
    static func newClientOrderID(_ p: Parameters) throws(Rejection) -> InlineText {
        p[.newClientOrderId] == nil ? randomID() : try identifier(p, .newClientOrderId)
    }

    /// 1-36 of `[A-Za-z0-9_.:/-]`.
    static func identifier(
        _ p: Parameters, _ name: ParameterName
    ) throws(Rejection) -> InlineText {
        let text = try text(p, name)
        guard text.count <= Limits.clientOrderIdBytes, text.allSatisfy(isLegal),
            let id = InlineText(text)
        else { throw .illegal(name, .identifier) }
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

    /// orderId, origClientOrderId or both; 0 and empty: not given.
    static func ids(
        _ p: Parameters, order: ParameterName = .orderId,
        client: ParameterName = .origClientOrderId
    ) throws(Rejection) -> (UInt64, InlineText) {
        let orderID = try number(p, order) ?? 0
        if orderID == 0, p[order] != nil { throw .notValid(order) }
        let clientID = p[client] == nil ? "" : try identifier(p, client)
        if orderID == 0, clientID.isEmpty {
            throw order == .orderId ? .missingOrderID : .missingCancelID
        }
        return (orderID, clientID)
    }

    /// Up to 20 digits; nil where it is absent.
    static func number(_ p: Parameters, _ name: ParameterName) throws(Rejection) -> UInt64? {
        guard p[name] != nil else { return nil }
        let text = try text(p, name)
        guard text.count <= 20, text.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
            throw .illegal(name, .integer)
        }
        guard let number = UInt64(String(decoding: text, as: UTF8.self)) else {
            throw .notValid(name)
        }
        return number
    }

    static func limit(_ p: Parameters, standard: Int, most: Int) throws(Rejection) -> Int {
        guard let number = try number(p, .limit) else { return standard }
        guard (1...UInt64(most)).contains(number) else { throw .notValid(.limit) }
        return Int(number)
    }

    // MARK: Syntax

    /// The first thing wrong with the text alone, whatever the symbol.
    private static func syntaxError(_ p: Parameters) -> Rejection? {
        do throws(Rejection) {
            if let name = p.firstEmpty { throw .empty(name) }
            for name in [ParameterName.symbol, .side, .type] { _ = try text(p, name) }
            for name in [ParameterName.quantity, .quoteOrderQty, .price] {
                guard let text = p[name] else { continue }
                if case .failure(let rejection) = DecimalText.parse(text, decimals: 18),
                    rejection.code == -1100
                {
                    throw rejection.about(name)
                }
            }
            for name in [ParameterName.newClientOrderId, .cancelOrigClientOrderId]
            where p[name] != nil {
                _ = try identifier(p, name)
            }
            _ = try number(p, .cancelOrderId)
            return nil
        } catch {
            return error
        }
    }
}
