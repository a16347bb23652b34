// Making an open order smaller in its place (engine.md 2, order/amend/keepPriority; 3, "Priority").

extension Matcher {
    /// - Parameter order: its quantity is the new total, what is executed and prevented included.
    func amend(_ order: AmendOrder, _ effects: inout Effects) -> Outcome {
        switch amended(order, &effects) {
        case .success(let state): return .amended(state)
        case .failure(let rejection):
            emitRejected(rejection, symbol: order.symbol, id: order.orderID, &effects)
            return .rejected(rejection)
        }
    }

    private func amended(
        _ order: AmendOrder, _ effects: inout Effects
    ) -> Result<OrderState, Rejection> {
        guard Int(order.symbol) < symbolCount else { return .failure(.invalidSymbol) }
        let rules = rules + Int(order.symbol)
        if rules.pointee.isHalted { return .failure(.marketClosed) }
        let slot: Int32
        switch findOpen(
            symbol: order.symbol, account: order.account, orderID: order.orderID,
            clientOrderID: order.clientOrderID)
        {
        case .success(let value): slot = value
        case .failure(let rejection): return .failure(rejection)
        }
        let record = slab.at(slot)
        let total = record.pointee.state.quantity
        if order.quantity > total { return .failure(.amendUp) }
        if order.quantity == total { return .failure(.amendNothing) }
        guard order.quantity >= rules.pointee.minQuantity,
            order.quantity > record.pointee.state.executed + record.pointee.state.prevented
        else { return .failure(.lotSize) }
        shrink(slot, by: total - order.quantity, rules, &effects)
        return .success(record.pointee.state)
    }

    /// Takes lots off an open order and frees what they had locked; its place stays.
    /// - Precondition: fewer than are open.
    func shrink(
        _ slot: Int32, by lots: Int64, _ rules: UnsafeMutablePointer<MatchRules>,
        _ effects: inout Effects
    ) {
        let order = slab.at(slot)
        let book = books + Int(order.pointee.state.symbol)
        book.pointee.side(order.pointee.state.side)
            .reduce(at: order.pointee.state.price, by: lots)
        book.pointee.lastUpdateID = lastSeq
        release(slot, lots, rules)
        order.pointee.open -= lots
        order.pointee.state.quantity -= lots
        touch(slot)
        emitOrder(.amended, slot, lots: order.pointee.open, .none, &effects)
    }
}
