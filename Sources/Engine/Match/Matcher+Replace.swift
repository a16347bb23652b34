// cancelReplace: one command of two legs (engine.md 2). The new leg's syntax and filters come
// first, so that a hopeless replacement does not cost the order it was to replace; then the cancel;
// then, if that succeeded or ALLOW_FAILURE was asked for, the new order with all checks.

extension Matcher {
    func cancelReplace(
        _ pair: CancelReplace, _ effects: inout Effects
    ) -> Outcome {
        let none = effects.trades.count..<effects.trades.count
        guard Int(pair.new.symbol) < symbolCount, pair.cancel.symbol == pair.new.symbol
        else { return reject(pair.new, .invalidSymbol, &effects) }
        let rules = rules + Int(pair.new.symbol)
        if let rejection = screen(pair.new, rules) ?? filter(pair.new, rules) {
            return reject(pair.new, rejection, &effects)
        }
        if let repeated = alreadyReplaced(pair) { return .replaced(repeated, trades: none) }
        // The id of a known order, the one to cancel included, is no id for a new one: said before
        // the cancel, so that it costs nothing.
        // An id is the account's, on whatever symbol.
        let account = ledger.position(pair.new.account)
        let client = pair.new.clientOrderID
        if account >= 0, known(account, client, clientHash(account, client)) >= 0 {
            return reject(pair.new, .duplicateOrder, &effects)
        }
        let canceled: Replacement.Leg
        switch cancel(pair.cancel, &effects) {
        case .canceled(let state): canceled = .done(state)
        case .rejected(let rejection):
            canceled = .failed(rejection)
            if pair.stopsOnFailure {
                return .replaced(
                    Replacement(cancel: canceled, new: .notAttempted, duplicate: false),
                    trades: none)
            }
        default: preconditionFailure("a cancel is done or rejected")
        }
        switch place(pair.new, &effects) {
        case .order(let state, let trades, let duplicate):
            return .replaced(
                Replacement(cancel: canceled, new: .done(state), duplicate: duplicate),
                trades: trades)
        case .rejected(let rejection):
            return .replaced(
                Replacement(cancel: canceled, new: .failed(rejection), duplicate: false),
                trades: none)
        default: preconditionFailure("a new order is placed or rejected")
        }
    }

    /// The same pair sent again after it was accepted: both orders as they are now.
    private func alreadyReplaced(_ pair: CancelReplace) -> Replacement? {
        guard
            let known = find(pair.new.symbol, pair.new.account, 0, pair.new.clientOrderID),
            isSamePayload(order(at: known), pair.new),
            let old = find(
                pair.cancel.symbol, pair.cancel.account, pair.cancel.orderID,
                pair.cancel.clientOrderID),
            order(at: old).pointee.state.status == .canceled
        else { return nil }
        return Replacement(
            cancel: .done(order(at: old).pointee.state), new: .done(order(at: known).pointee.state),
            duplicate: true)
    }

    private func find(
        _ symbol: UInt16, _ account: InlineText, _ orderID: UInt64, _ client: InlineText
    ) -> Int32? {
        try? find(
            symbol: symbol, account: account, orderID: orderID, clientOrderID: client,
            otherwise: .unknownOrder
        ).get()
    }
}
