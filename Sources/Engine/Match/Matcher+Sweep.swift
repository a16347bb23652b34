// Matching: a taker trades against the best levels while they cross, one trade per maker, at the
// maker's price. The sweep is a loop; a trade moves funds, fees and both orders.

extension Matcher {
    func sweep(
        _ slot: Int32, _ rules: UnsafeMutablePointer<MatchRules>, _ command: Command,
        _ effects: inout Effects
    ) {
        let taker = slab.at(slot)
        let book = books + Int(taker.pointee.state.symbol)
        let isBuy = taker.pointee.state.side == .buy
        let isLimit = taker.pointee.state.type == .limit
        let limit = taker.pointee.state.price
        while taker.pointee.open > 0 {
            let side = isBuy ? book.pointee.asks : book.pointee.bids
            guard let best = side.best, !isLimit || side.isReached(best.price, by: limit) else {
                return
            }
            let maker = best.head
            let lots = min(taker.pointee.open, slab.at(maker).pointee.open)
            if lots < slab.at(maker).pointee.open {
                side.reduceBest(by: lots)
            } else if isBuy {
                book.pointee.asks.remove(maker, slab)
            } else {
                book.pointee.bids.remove(maker, slab)
            }
            trade(
                taker: slot, maker: maker, price: best.price, lots: lots, rules, command, &effects)
        }
    }

    private func trade(
        taker: Int32, maker: Int32, price: Int64, lots: Int64,
        _ rules: UnsafeMutablePointer<MatchRules>, _ command: Command, _ effects: inout Effects
    ) {
        guard let quote = rules.pointee.notional(price, lots) else {
            preconditionFailure("what both have locked fits in 64 bits")
        }
        let (makerOrder, takerOrder) = (slab.at(maker), slab.at(taker))
        let takerSide = takerOrder.pointee.state.side
        let (makerPpm, takerPpm) = (rules.pointee.makerPpm, rules.pointee.takerPpm)
        let makerFee: Int64
        let takerFee: Int64
        if takerSide == .buy {
            takerFee = settleBuy(takerOrder, lots, quote, rules, ppm: takerPpm)
            makerFee = settleSell(makerOrder, lots, quote, rules, ppm: makerPpm)
        } else {
            makerFee = settleBuy(makerOrder, lots, quote, rules, ppm: makerPpm)
            takerFee = settleSell(takerOrder, lots, quote, rules, ppm: takerPpm)
        }
        fill(maker, lots, quote, command)
        fill(taker, lots, quote, command)
        if makerOrder.pointee.open == 0 { retire(maker, .filled, command) }
        let book = books + Int(takerOrder.pointee.state.symbol)
        book.pointee.lastTradeID += 1
        book.pointee.lastUpdateID = command.seq
        effects.trades.append(
            TradeEvent(
                symbol: takerOrder.pointee.state.symbol, tradeID: book.pointee.lastTradeID,
                price: price, quantity: lots, quote: quote,
                makerOrder: makerOrder.pointee.state.orderID,
                takerOrder: takerOrder.pointee.state.orderID,
                maker: makerOrder.pointee.state.account, taker: takerOrder.pointee.state.account,
                takerSide: takerSide, makerFee: makerFee, takerFee: takerFee,
                timeNs: command.receivedNs, seq: command.seq))
    }

    /// A limit buyer's lock was at its limit: the difference to the price comes free again.
    private func settleBuy(
        _ order: UnsafeMutablePointer<OrderRecord>, _ lots: Int64, _ quote: Int64,
        _ rules: UnsafeMutablePointer<MatchRules>, ppm: Int64
    ) -> Int64 {
        let account = order.pointee.account
        var locked = quote
        if order.pointee.state.type == .limit {
            guard let atLimit = rules.pointee.notional(order.pointee.state.price, lots) else {
                preconditionFailure("what was locked fits in 64 bits")
            }
            locked = atLimit
        }
        ledger.spendLocked(account, rules.pointee.quoteAsset, locked)
        if locked != quote { ledger.addFree(account, rules.pointee.quoteAsset, locked - quote) }
        return ledger.receive(
            account, rules.pointee.baseAsset, lots * rules.pointee.lotUnits, ppm: ppm)
    }

    private func settleSell(
        _ order: UnsafeMutablePointer<OrderRecord>, _ lots: Int64, _ quote: Int64,
        _ rules: UnsafeMutablePointer<MatchRules>, ppm: Int64
    ) -> Int64 {
        let account = order.pointee.account
        ledger.spendLocked(account, rules.pointee.baseAsset, lots * rules.pointee.lotUnits)
        return ledger.receive(account, rules.pointee.quoteAsset, quote, ppm: ppm)
    }

    private func fill(_ slot: Int32, _ lots: Int64, _ quote: Int64, _ command: Command) {
        touch(slot, command)
        let order = slab.at(slot)
        order.pointee.open -= lots
        order.pointee.state.executed += lots
        order.pointee.state.quoteExecuted += quote
        order.pointee.state.status = .partiallyFilled
    }
}
