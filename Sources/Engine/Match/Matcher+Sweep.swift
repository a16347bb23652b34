// Matching: a taker trades against the best levels while they cross, one trade per maker, at the
// maker's price. The sweep is a loop; a trade moves funds, fees and both orders.

extension Matcher {
    /// Why a sweep came to its end.
    enum SweepEnd {
        /// Nothing is open any more.
        case filled
        /// What is left of the quote amount buys or sells no lot.
        case amountSpent
        /// Nothing (more) crosses.
        case bookEnded
        /// Self-trade prevention ended the taker; what was open still is.
        case selfTrade
    }

    func sweep(
        _ slot: Int32, _ rules: UnsafeMutablePointer<MatchRules>, _ effects: inout Effects
    ) -> SweepEnd {
        let taker = slab.at(slot)
        let book = books + Int(taker.pointee.state.symbol)
        let isBuy = taker.pointee.state.side == .buy
        let side = isBuy ? book.pointee.asks : book.pointee.bids
        let isLimit = taker.pointee.state.type == .limit
        let isByQuote = taker.pointee.quantityIsQuote
        let limit = taker.pointee.state.price
        let mode = taker.pointee.state.selfTrade
        var amount = isByQuote ? taker.pointee.requested : 0
        // The last thing that took lots of the taker was a prevention.
        var isDecremented = false
        while true {
            let price: Int64
            let maker: UnsafeMutablePointer<OrderRecord>
            let makerSlot: Int32
            do {
                // Before the book: what is spent to the last unit is filled though the book ended.
                if isByQuote ? amount == 0 : taker.pointee.open == 0 {
                    return isDecremented ? .selfTrade : .filled
                }
                let levels = side.levels
                guard levels.count > 0 else { return .bookEnded }
                let level = levels.at(Int32(levels.count - 1))
                price = level.pointee.price
                if isLimit, !side.isReached(price, by: limit) { return .bookEnded }
                makerSlot = level.pointee.head
                maker = slab.at(makerSlot)
            }
            if isByQuote {
                taker.pointee.open = rules.pointee.lots(worth: amount, at: price)
                if taker.pointee.open == 0 { return isDecremented ? .selfTrade : .amountSpent }
            }
            let lots = min(taker.pointee.open, maker.pointee.open)
            if mode != .none,
                maker.pointee.isOwn(taker.pointee.account, taker.pointee.state.account)
            {
                guard prevent(slot, makerSlot, lots, price, rules, &effects) else {
                    return .selfTrade
                }
                if mode == .decrement {
                    isDecremented = true
                    if isByQuote { amount -= rules.pointee.value(price, lots) }
                }
                continue
            }
            isDecremented = false
            if lots < maker.pointee.open {
                side.reduceBest(by: lots)
            } else {
                side.removeHead(lots, slab)
            }
            let quote = trade(slot, makerSlot, price, lots, rules, &effects)
            if isByQuote { amount -= quote }
        }
    }

    /// Returns the quote amount.
    private func trade(
        _ slot: Int32, _ makerSlot: Int32, _ price: Int64, _ lots: Int64,
        _ rules: UnsafeMutablePointer<MatchRules>, _ effects: inout Effects
    ) -> Int64 {
        let taker = slab.at(slot)
        let maker = slab.at(makerSlot)
        let isBuy = taker.pointee.state.side == .buy
        let quote = options.ledger ? rules.pointee.value(price, lots) : 0
        var makerFee: Int64 = 0
        var takerFee: Int64 = 0
        if options.ledger {
            // The taker first: it may pay with free funds, and where it is its own maker these must
            // be gone before they come back, lest 64 bits are too few for a moment.
            let (makerPpm, takerPpm) = (rules.pointee.makerPpm, rules.pointee.takerPpm)
            if isBuy {
                takerFee = settleBuy(taker, lots, quote, rules, ppm: takerPpm)
                makerFee = settleSell(maker, lots, quote, rules, ppm: makerPpm)
            } else {
                takerFee = settleSell(taker, lots, quote, rules, ppm: takerPpm)
                makerFee = settleBuy(maker, lots, quote, rules, ppm: makerPpm)
            }
        }
        fill(makerSlot, lots, quote)
        fill(slot, lots, quote)
        if maker.pointee.open == 0 { retire(makerSlot, .filled) }
        let book = books + Int(taker.pointee.state.symbol)
        book.pointee.lastTradeID += 1
        book.pointee.lastUpdateID = lastSeq
        var event = MatchEvent(
            .trade, symbol: taker.pointee.state.symbol, id: book.pointee.lastTradeID)
        event.side = taker.pointee.state.side
        event.price = price
        event.quantity = lots
        event.maker = maker.pointee.state.orderID
        event.taker = taker.pointee.state.orderID
        emit(event, &effects)
        if !options.callersNumbers {
            effects.trades.append(
                TradeEvent(
                    symbol: event.symbol, tradeID: event.id, price: price, quantity: lots,
                    quote: quote, makerOrder: event.maker, takerOrder: event.taker,
                    maker: maker.pointee.state.account, taker: taker.pointee.state.account,
                    takerSide: event.side, makerFee: makerFee, takerFee: takerFee,
                    timeNs: memory.pointee.nowNs, seq: lastSeq))
        }
        return quote
    }

    /// A limit buyer's lock was at its limit: the difference to the price comes free again. A
    /// market order pays with free funds.
    private func settleBuy(
        _ order: UnsafeMutablePointer<OrderRecord>, _ lots: Int64, _ quote: Int64,
        _ rules: UnsafeMutablePointer<MatchRules>, ppm: Int64
    ) -> Int64 {
        let account = order.pointee.account
        let asset = rules.pointee.quoteAsset
        if order.pointee.state.type == .limit {
            let locked = rules.pointee.value(order.pointee.state.price, lots)
            ledger.spendLocked(account, asset, locked)
            if locked != quote { ledger.addFree(account, asset, locked - quote) }
        } else {
            ledger.addFree(account, asset, -quote)
        }
        return ledger.receive(
            account, rules.pointee.baseAsset, lots * rules.pointee.lotUnits, ppm: ppm)
    }

    private func settleSell(
        _ order: UnsafeMutablePointer<OrderRecord>, _ lots: Int64, _ quote: Int64,
        _ rules: UnsafeMutablePointer<MatchRules>, ppm: Int64
    ) -> Int64 {
        let account = order.pointee.account
        let amount = lots * rules.pointee.lotUnits
        if order.pointee.state.type == .limit {
            ledger.spendLocked(account, rules.pointee.baseAsset, amount)
        } else {
            ledger.addFree(account, rules.pointee.baseAsset, -amount)
        }
        return ledger.receive(account, rules.pointee.quoteAsset, quote, ppm: ppm)
    }

    private func fill(_ slot: Int32, _ lots: Int64, _ quote: Int64) {
        touch(slot)
        let order = slab.at(slot)
        order.pointee.open -= lots
        order.pointee.state.executed += lots
        order.pointee.state.quoteExecuted += quote
        order.pointee.state.status = .partiallyFilled
    }
}
