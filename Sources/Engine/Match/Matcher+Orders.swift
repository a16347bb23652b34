// Placing orders. The order of checks is the specification's (engine.md 3, "Validation").

extension Matcher {
    func place(_ new: NewOrder, _ command: Command, _ effects: inout Effects) -> Outcome {
        guard Int(new.symbol) < market.symbols.count else {
            return reject(new, .invalidSymbol, command, &effects)
        }
        let rules = rules + Int(new.symbol)
        if let rejection = screen(new, rules.pointee) ?? filter(new, rules.pointee) {
            return reject(new, rejection, command, &effects)
        }
        // An account comes to be with its first deposit or accepted order, not with a reject.
        let existing = ledger.existing(new.account)
        if let existing {
            let known = known(
                existing, new.clientOrderID, clientHash(existing, new.clientOrderID))
            if known >= 0 {
                if isSamePayload(slab.at(known), new) {
                    return .order(slab[Int(known)].state, trades: 0..<0, duplicate: true)
                }
                return reject(new, .duplicateOrder, command, &effects)
            }
            let counter = counter(existing, new.symbol)
            if counter >= 0, counters[Int(counter)].open >= rules.pointee.maxOrders {
                return reject(new, .tooManyOrders, command, &effects)
            }
        }
        let plan: Plan
        switch makePlan(new, rules.pointee, existing) {
        case .success(let value): plan = value
        case .failure(let rejection): return reject(new, rejection, command, &effects)
        }
        let slot = accept(new, plan, existing ?? ledger.account(new.account), command)
        let firstTrade = effects.trades.count
        if plan.lots > 0 { sweep(slot, rules, command, &effects) }
        finishOrRest(slot, plan, rules, command)
        return .order(
            slab.at(slot).pointee.state, trades: firstTrade..<effects.trades.count,
            duplicate: false)
    }

    func reject(
        _ new: NewOrder, _ rejection: Rejection, _ command: Command, _ effects: inout Effects
    ) -> Outcome {
        effects.rejects.append(
            .init(
                seq: command.seq, account: new.account, clientOrderID: new.clientOrderID,
                symbol: new.symbol, code: rejection.code))
        return .rejected(rejection)
    }

    // MARK: Checks

    func isSamePayload(
        _ known: UnsafeMutablePointer<OrderRecord>, _ new: NewOrder
    ) -> Bool {
        let record = known.pointee
        let state = record.state
        return state.symbol == new.symbol && state.side == new.side && state.type == new.type
            && state.timeInForce == new.timeInForce && state.postOnly == new.postOnly
            && state.price == new.price && record.requested == new.quantity
            && record.quantityIsQuote == new.quantityIsQuote
    }

    /// HALT, then what type, time in force and self-trade prevention do not go together with.
    func screen(_ new: NewOrder, _ rules: MatchRules) -> Rejection? {
        if rules.isHalted { return .marketClosed }
        if new.account.isReserved { return .notPermitted }
        if new.postOnly, new.type == .market || new.timeInForce != .gtc { return .invalidTime }
        if new.quantityIsQuote, new.type == .limit || new.timeInForce == .fok {
            return .invalidTime
        }
        return new.selfTrade == .none ? nil : .invalidSelfTrade
    }

    /// Price, size and notional filters.
    func filter(_ new: NewOrder, _ rules: MatchRules) -> Rejection? {
        if new.type == .limit, new.price < rules.minPrice || new.price > rules.maxPrice {
            return .priceFilter
        }
        if new.quantityIsQuote {
            if new.quantity < 1 { return .lotSize }
        } else if new.quantity < rules.minQuantity || new.quantity > rules.maxQuantity {
            return .lotSize
        }
        if new.type == .limit {
            guard let notional = rules.notional(new.price, new.quantity),
                notional >= rules.minNotional
            else { return .notional }
        }
        return nil
    }

    // MARK: Client ids and counts

    func clientHash(_ account: Int32, _ id: InlineText) -> UInt32 {
        SlotHash.of(id, UInt64(truncatingIfNeeded: account) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// The slab position of an account's client id, or -1.
    func known(_ account: Int32, _ id: InlineText, _ hash: UInt32) -> Int32 {
        clientIDs.find(hash) {
            let order = slab.at($0)
            return order.pointee.account == account && order.pointee.state.clientOrderID == id
        }
    }

    private static func counterKey(_ account: Int32, _ symbol: UInt16) -> Int64 {
        Int64(account) << 16 | Int64(symbol)
    }

    /// Position of the count of open orders of an account on a symbol; -1: there is none yet.
    func counter(_ account: Int32, _ symbol: UInt16) -> Int32 {
        let key = Self.counterKey(account, symbol)
        return counterTable.find(SlotHash.of(key)) { counters[Int($0)].key == key }
    }

    private func countedOn(_ account: Int32, _ symbol: UInt16) -> Int32 {
        let known = counter(account, symbol)
        if known >= 0 { return known }
        let key = Self.counterKey(account, symbol)
        let position = Int32(counters.count)
        counters.append(MatcherMemory.Counter(key: key, open: 0))
        counterTable.insert(SlotHash.of(key), position)
        return position
    }

    func changeOpenCount(_ slot: Int32, by change: Int) {
        let order = slab.at(slot)
        counters[Int(order.pointee.counter)].open += change
        openOrderCount += change
        books[Int(order.pointee.state.symbol)].openOrders += change
    }

    // MARK: Accepting

    /// Gives the order its number and a slot and locks its funds.
    private func accept(
        _ new: NewOrder, _ plan: Plan, _ account: Int32, _ command: Command
    ) -> Int32 {
        let book = books + Int(new.symbol)
        let isByQuote = new.quantityIsQuote
        let state = OrderState(
            symbol: new.symbol, orderID: UInt64(book.pointee.index.count) + 1,
            account: new.account, clientOrderID: new.clientOrderID, side: new.side,
            type: new.type, timeInForce: new.timeInForce, postOnly: new.postOnly, status: .new,
            price: new.price, quantity: isByQuote ? plan.lots : new.quantity, executed: 0,
            canceled: 0, quoteExecuted: 0, createdNs: command.receivedNs,
            updatedNs: command.receivedNs, seq: command.seq)
        let hash = clientHash(account, new.clientOrderID)
        let record = OrderRecord(
            state: state, open: plan.lots, requested: new.quantity, account: account,
            counter: countedOn(account, new.symbol), hash: hash, quantityIsQuote: isByQuote)
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
            slab.at(slot).pointee = record
        } else {
            slot = Int32(slab.count)
            slab.append(record)
        }
        book.pointee.index.append(slot)
        clientIDs.insert(hash, slot)
        if plan.lock != 0 { ledger.lock(account, plan.asset, plan.lock) }
        changed.append(slot)
        changeOpenCount(slot, by: 1)
        return slot
    }

    /// What becomes of the taker after the sweep: filled, rested or expired.
    private func finishOrRest(
        _ slot: Int32, _ plan: Plan, _ rules: UnsafeMutablePointer<MatchRules>,
        _ command: Command
    ) {
        let order = slab.at(slot)
        let state = order.pointee.state
        if state.executed == state.quantity, state.quantity > 0, !plan.expires {
            retire(slot, .filled, command)
            return
        }
        if state.type == .limit, state.timeInForce == .gtc {
            let book = books + Int(state.symbol)
            if state.side == .buy {
                book.pointee.bids.add(slot, slab)
            } else {
                book.pointee.asks.add(slot, slab)
            }
            book.pointee.lastUpdateID = command.seq
            return
        }
        release(slot, rules)
        order.pointee.state.canceled = state.quantity - state.executed
        order.pointee.open = 0
        retire(slot, .expired, command)
    }

    /// Unlocks what the open lots of an order hold.
    private func release(_ slot: Int32, _ rules: UnsafeMutablePointer<MatchRules>) {
        let order = slab.at(slot)
        let state = order.pointee.state
        // A market order locks what will trade, no more: nothing is left of it.
        guard state.type == .limit, order.pointee.open > 0 else { return }
        guard let amount = rules.pointee.lock(state.side, state.price, order.pointee.open) else {
            preconditionFailure("what was locked fits in 64 bits")
        }
        ledger.unlock(order.pointee.account, rules.pointee.asset(state.side), amount)
    }

    /// Ends an order's life; it stays findable for a while.
    func retire(_ slot: Int32, _ status: OrderStatus, _ command: Command) {
        touch(slot, command)
        slab.at(slot).pointee.state.status = status
        changeOpenCount(slot, by: -1)
        retained.append(MatcherMemory.Retained(slot: slot, seq: command.seq))
    }

    /// Marks an order as changed by the command.
    func touch(_ slot: Int32, _ command: Command) {
        let order = slab.at(slot)
        if order.pointee.state.seq != command.seq {
            changed.append(slot)
            order.pointee.state.seq = command.seq
        }
        order.pointee.state.updatedNs = command.receivedNs
    }

    // MARK: Canceling

    func cancel(_ order: CancelOrder, _ command: Command, _ effects: inout Effects) -> Outcome {
        guard Int(order.symbol) < market.symbols.count else { return .rejected(.invalidSymbol) }
        guard
            let slot = find(
                symbol: order.symbol, account: order.account, orderID: order.orderID,
                clientOrderID: order.clientOrderID), slab.at(slot).pointee.open > 0
        else {
            return .rejected(
                notFound(
                    symbol: order.symbol, account: order.account, orderID: order.orderID,
                    clientOrderID: order.clientOrderID))
        }
        let status = slab.at(slot).pointee.state.status
        switch order.restriction {
        case .onlyNew where status != .new, .onlyPartiallyFilled where status != .partiallyFilled:
            return .rejected(.restricted)
        default: break
        }
        cancel(slot, command)
        return .canceled(slab.at(slot).pointee.state)
    }

    func cancelAll(
        _ symbol: UInt16, _ account: InlineText, _ command: Command, _ effects: inout Effects
    ) -> Outcome {
        guard Int(symbol) < market.symbols.count else { return .rejected(.invalidSymbol) }
        let slots = openSlots(account: account, symbol: symbol)
        guard !slots.isEmpty else { return .rejected(.unknownOrder) }
        for slot in slots { cancel(slot, command) }
        return .canceledAll(slots.map { slab[Int($0)].state })
    }

    private func cancel(_ slot: Int32, _ command: Command) {
        let order = slab.at(slot)
        let symbol = Int(order.pointee.state.symbol)
        if order.pointee.state.side == .buy {
            books[symbol].bids.remove(slot, slab)
        } else {
            books[symbol].asks.remove(slot, slab)
        }
        books[symbol].lastUpdateID = command.seq
        release(slot, rules + symbol)
        order.pointee.state.canceled += order.pointee.open
        order.pointee.open = 0
        retire(slot, .canceled, command)
    }

    // MARK: Amending

    /// Makes an order smaller in its place and frees what the difference had locked.
    func amend(_ order: AmendOrder, _ command: Command) -> Outcome {
        guard Int(order.symbol) < market.symbols.count else { return .rejected(.invalidSymbol) }
        guard
            let slot = find(
                symbol: order.symbol, account: order.account, orderID: order.orderID,
                clientOrderID: order.clientOrderID), slab.at(slot).pointee.open > 0
        else {
            return .rejected(
                notFound(
                    symbol: order.symbol, account: order.account, orderID: order.orderID,
                    clientOrderID: order.clientOrderID))
        }
        let record = slab.at(slot)
        let state = record.pointee.state
        if order.quantity > state.quantity { return .rejected(.amendUp) }
        if order.quantity == state.quantity { return .rejected(.amendNothing) }
        let rules = rules + Int(order.symbol)
        let less = state.quantity - order.quantity
        guard order.quantity > state.executed + state.prevented,
            order.quantity >= rules.pointee.minQuantity
        else { return .rejected(.lotSize) }
        guard let before = rules.pointee.lock(state.side, state.price, record.pointee.open),
            let after = rules.pointee.lock(state.side, state.price, record.pointee.open - less)
        else { preconditionFailure("what was locked fits in 64 bits") }
        let book = books + Int(order.symbol)
        if state.side == .buy {
            book.pointee.bids.reduce(at: state.price, by: less)
        } else {
            book.pointee.asks.reduce(at: state.price, by: less)
        }
        ledger.unlock(record.pointee.account, rules.pointee.asset(state.side), before - after)
        record.pointee.open -= less
        record.pointee.state.quantity -= less
        touch(slot, command)
        book.pointee.lastUpdateID = command.seq
        return .amended(record.pointee.state)
    }
}
