// Reads of the live state. Not on the matching path: these may allocate.

extension Matcher {
    /// An open or retained order of the account; with both ids given, both must match.
    ///
    /// - Parameters: `orderID` 0 and an empty `clientOrderID` mean not given.
    package func order(
        symbol: UInt16, account: InlineText, orderID: UInt64, clientOrderID: InlineText
    ) -> OrderState? {
        try? lookup(
            symbol: symbol, account: account, orderID: orderID, clientOrderID: clientOrderID
        ).get()
    }

    /// As `order`, and why there is none: -2013, or -2039 where the ids are of different orders.
    package func lookup(
        symbol: UInt16, account: InlineText, orderID: UInt64, clientOrderID: InlineText
    ) -> Result<OrderState, Rejection> {
        find(
            symbol: symbol, account: account, orderID: orderID, clientOrderID: clientOrderID,
            otherwise: .noSuchOrder
        ).map { order(at: $0).pointee.state }
    }

    /// The position of an order; `otherwise` where there is none such.
    func find(
        symbol: UInt16, account: InlineText, orderID: UInt64, clientOrderID: InlineText,
        otherwise: Rejection
    ) -> Result<Int32, Rejection> {
        let position = ledger.position(account)
        guard position >= 0, Int(symbol) < symbolCount else { return .failure(otherwise) }
        var slot: Int32 = -1
        if orderID > 0 {
            slot = books[Int(symbol)].index.slot(of: orderID)
            guard slot >= 0, order(at: slot).pointee.account == position else {
                return .failure(otherwise)
            }
            if !clientOrderID.isEmpty,
                order(at: slot).pointee.state.clientOrderID != clientOrderID
            {
                return .failure(.otherClientID)
            }
            return .success(slot)
        }
        slot = known(position, clientOrderID, clientHash(position, clientOrderID))
        guard slot >= 0, order(at: slot).pointee.state.symbol == symbol else {
            return .failure(otherwise)
        }
        return .success(slot)
    }

    /// An order to cancel or amend.
    func findOpen(
        symbol: UInt16, account: InlineText, orderID: UInt64, clientOrderID: InlineText
    ) -> Result<Int32, Rejection> {
        if orderID > 0, Int(symbol) < symbolCount {
            // An order that has ended is unknown, whatever the other id says.
            let slot = books[Int(symbol)].index.slot(of: orderID)
            if slot >= 0, order(at: slot).pointee.open == 0 { return .failure(.unknownOrder) }
        }
        let found = find(
            symbol: symbol, account: account, orderID: orderID, clientOrderID: clientOrderID,
            otherwise: .unknownOrder)
        if case .success(let slot) = found, order(at: slot).pointee.open == 0 {
            return .failure(.unknownOrder)
        }
        return found
    }

    /// Open orders of an account by symbol and order id; all symbols where none is given.
    /// - Complexity: O(levels and orders of the symbols looked at).
    package func openOrders(account: InlineText, symbol: UInt16?) -> [OrderState] {
        let symbols = symbol.map { [$0] } ?? market.symbols.indices.map(UInt16.init)
        return symbols.flatMap { openSlots(account: account, symbol: $0) }
            .map { slab[Int($0)].state }
    }

    func openSlots(account: InlineText, symbol: UInt16) -> [Int32] {
        guard let position = ledger.existing(account) else { return [] }
        let counter = self.counter(position, symbol)
        guard counter >= 0, counters[Int(counter)].open > 0 else { return [] }
        var slots: [Int32] = []
        for side in [Side.buy, .sell] {
            for level in books[Int(symbol)].side(side).levels.values {
                var slot = level.head
                while slot >= 0 {
                    if slab[Int(slot)].account == position { slots.append(slot) }
                    slot = slab[Int(slot)].next
                }
            }
        }
        return slots.sorted { slab[Int($0)].state.orderID < slab[Int($1)].state.orderID }
    }

    package func openOrders(on symbol: UInt16) -> Int { books[Int(symbol)].openOrders }
    package func tradeCount(on symbol: UInt16) -> UInt64 { books[Int(symbol)].lastTradeID }
    /// Finished orders that can still be looked up.
    package var retainedOrderCount: Int { retained.count }

    /// Accounts there are, `@fees` among them.
    package var accountCount: Int { ledger.accounts.count }

    /// Funds of an account in the assets it ever had, in asset order; empty where it is unknown.
    package func balances(account: InlineText) -> [BalanceState] {
        guard let position = ledger.existing(account) else { return [] }
        return market.assets.indices.map { ledger.entry(position, UInt16($0)) }
            .filter { ledger.hasExisted($0) }.map(balance)
    }

    /// The best `limit` levels of each side, best first.
    package func depth(symbol: UInt16, limit: Int) -> Depth {
        let book = books[Int(symbol)]
        func top(_ side: BookSide) -> [DepthLevel] {
            side.levels.values.suffix(limit).reversed().map {
                DepthLevel(price: $0.price, quantity: Int64(clamping: $0.total))
            }
        }
        return Depth(
            lastUpdateID: book.lastUpdateID, bids: top(book.bids), asks: top(book.asks))
    }

    /// Symbols in the byte order of their names: those the market began with or got by a command,
    /// and of those that came by name the ones that ever had an order.
    package var listedSymbols: [UInt16] {
        market.symbols.indices.filter { books[$0].isListed }.sorted {
            market.symbols[$0].symbol.utf8.lexicographicallyPrecedes(market.symbols[$1].symbol.utf8)
        }.map(UInt16.init)
    }

    /// All levels of one side, best first.
    package func levels(of symbol: UInt16, _ side: Side) -> [BookLevel] {
        books[Int(symbol)].side(side).levels.values.reversed().map {
            BookLevel(price: $0.price, total: $0.total, count: Int($0.count))
        }
    }
}
