// Two orders of one account that meet: the taker's mode decides which gives way (engine.md 3).

extension OrderRecord {
    /// Whether the order is of that account. Without a ledger callers' accounts are names only, and
    /// no name is nobody's.
    func isOwn(_ account: Int32, _ name: InlineText) -> Bool {
        account >= 0
            ? self.account == account : !name.isEmpty && state.account == name
    }
}

extension Matcher {
    /// Keeps the taker and its own maker, the head of the best level, from trading `lots`.
    ///
    /// False where the taker ends here; its rest is expired by `expireInMatch`, after what follows
    /// of the sweep.
    func prevent(
        _ slot: Int32, _ makerSlot: Int32, _ lots: Int64, _ price: Int64,
        _ rules: UnsafeMutablePointer<MatchRules>, _ effects: inout Effects
    ) -> Bool {
        let taker = slab.at(slot)
        let maker = slab.at(makerSlot)
        let book = books + Int(taker.pointee.state.symbol)
        let mode = taker.pointee.state.selfTrade
        book.pointee.lastPreventedID += 1
        let id = book.pointee.lastPreventedID
        taker.pointee.state.preventedMatchID = id
        maker.pointee.state.preventedMatchID = id
        touch(makerSlot)
        if !options.callersNumbers {
            effects.prevented.append(
                PreventedMatch(
                    symbol: taker.pointee.state.symbol, preventedID: id, price: price,
                    quantity: lots, mode: mode, makerOrder: maker.pointee.state.orderID,
                    takerOrder: taker.pointee.state.orderID,
                    account: taker.pointee.state.account, timeNs: memory.pointee.nowNs,
                    seq: lastSeq))
        }
        switch mode {
        case .none, .expireTaker: return false
        case .expireMaker, .expireBoth:
            book.pointee.lastUpdateID = lastSeq
            let side = book.pointee.side(maker.pointee.state.side)
            side.removeHead(maker.pointee.open, slab)
            expireInMatch(makerSlot, rules, &effects)
            return mode == .expireMaker
        case .decrement:
            decrement(slot, makerSlot, lots, id, rules, &effects)
            return true
        }
    }

    private func decrement(
        _ slot: Int32, _ makerSlot: Int32, _ lots: Int64, _ id: UInt64,
        _ rules: UnsafeMutablePointer<MatchRules>, _ effects: inout Effects
    ) {
        let taker = slab.at(slot)
        let maker = slab.at(makerSlot)
        let book = books + Int(taker.pointee.state.symbol)
        book.pointee.lastUpdateID = lastSeq
        var event = MatchEvent(.prevented, symbol: taker.pointee.state.symbol, id: id)
        event.side = taker.pointee.state.side
        event.price = maker.pointee.state.price
        event.quantity = lots
        event.maker = maker.pointee.state.orderID
        event.taker = taker.pointee.state.orderID
        emit(event, &effects)
        release(slot, lots, rules)
        release(makerSlot, lots, rules)
        let side = book.pointee.side(maker.pointee.state.side)
        if lots < maker.pointee.open {
            side.reduceBest(by: lots)
        } else {
            side.removeHead(lots, slab)
        }
        for order in [taker, maker] {
            order.pointee.open -= lots
            order.pointee.state.prevented += lots
        }
        if maker.pointee.open == 0 { expireInMatch(makerSlot, rules, &effects) }
    }

    /// Ends an order that is in no book: what is open is prevented, its funds are free.
    func expireInMatch(
        _ slot: Int32, _ rules: UnsafeMutablePointer<MatchRules>, _ effects: inout Effects
    ) {
        let order = slab.at(slot)
        let rest = order.pointee.open
        release(slot, rest, rules)
        order.pointee.state.prevented += rest
        order.pointee.open = 0
        if order.pointee.quantityIsQuote {
            order.pointee.state.quantity =
                order.pointee.state.executed + order.pointee.state.prevented
        }
        emitOrder(.canceled, slot, lots: rest, .selfTrade, &effects)
        retire(slot, .expiredInMatch)
    }
}
