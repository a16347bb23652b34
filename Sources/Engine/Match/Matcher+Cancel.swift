// Canceling: one order, or all of an account on a symbol. Passes on a halted market.

extension Matcher {
    func cancel(_ order: CancelOrder, _ effects: inout Effects) -> Outcome {
        switch cancelable(order) {
        case .success(let slot):
            cancel(slot, &effects)
            return .canceled(slab.at(slot).pointee.state)
        case .failure(let rejection):
            emitRejected(rejection, symbol: order.symbol, id: order.orderID, &effects)
            return .rejected(rejection)
        }
    }

    private func cancelable(_ order: CancelOrder) -> Result<Int32, Rejection> {
        guard Int(order.symbol) < symbolCount else { return .failure(.invalidSymbol) }
        let found = findOpen(
            symbol: order.symbol, account: order.account, orderID: order.orderID,
            clientOrderID: order.clientOrderID)
        guard case .success(let slot) = found else { return found }
        let status = slab.at(slot).pointee.state.status
        switch order.restriction {
        case .onlyNew where status != .new, .onlyPartiallyFilled where status != .partiallyFilled:
            return .failure(.restricted)
        default: return found
        }
    }

    func cancelAll(
        _ symbol: UInt16, _ account: InlineText, _ effects: inout Effects
    ) -> Outcome {
        let slots = Int(symbol) < symbolCount ? openSlots(account: account, symbol: symbol) : []
        guard !slots.isEmpty else {
            let rejection =
                Int(symbol) < symbolCount ? Rejection.unknownOrder : .invalidSymbol
            emitRejected(rejection, symbol: symbol, id: 0, &effects)
            return .rejected(rejection)
        }
        for slot in slots { cancel(slot, &effects) }
        return .canceledAll(slots.map { slab[Int($0)].state })
    }

    /// Takes an open order out of its book and frees its funds.
    func cancel(_ slot: Int32, _ effects: inout Effects) {
        let order = slab.at(slot)
        withdraw(slot)
        emitOrder(.canceled, slot, lots: order.pointee.open, .user, &effects)
        order.pointee.state.canceled += order.pointee.open
        order.pointee.open = 0
        retire(slot, .canceled)
    }

    /// Out of the book, funds free; the order is as it was.
    func withdraw(_ slot: Int32) {
        let order = slab.at(slot)
        let symbol = Int(order.pointee.state.symbol)
        books[symbol].side(order.pointee.state.side).remove(slot, slab)
        books[symbol].lastUpdateID = lastSeq
        release(slot, order.pointee.open, rules + symbol)
    }
}
