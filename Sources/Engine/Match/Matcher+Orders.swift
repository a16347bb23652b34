// Placing orders. The order of checks is the specification's (engine.md 3, "Validation").

extension Matcher {
    func place(_ new: NewOrder, _ effects: inout Effects) -> Outcome {
        guard Int(new.symbol) < symbolCount else {
            return reject(new, .invalidSymbol, &effects)
        }
        let rules = rules + Int(new.symbol)
        if let rejection = screen(new, rules) ?? filter(new, rules) {
            return reject(new, rejection, &effects)
        }
        // An account comes to be with its first deposit or accepted order, not with a reject.
        let existing = ledger.position(new.account)
        var hash: UInt32 = 0
        if existing >= 0 {
            hash = clientHash(existing, new.clientOrderID)
            let known = known(existing, new.clientOrderID, hash)
            if known >= 0 {
                let order = order(at: known)
                if isSamePayload(order, new) {
                    return .order(order.pointee.state, trades: 0..<0, duplicate: true)
                }
                return reject(new, .duplicateOrder, &effects)
            }
            if let rejection = tooMany(existing, new.symbol, rules) {
                return reject(new, rejection, &effects)
            }
        }
        let isKilled: Bool
        switch check(new, rules, existing, released: 0) {
        case .success(let value): isKilled = value
        case .failure(let rejection): return reject(new, rejection, &effects)
        }
        let account = existing >= 0 ? existing : ledger.account(new.account)
        if existing < 0 { hash = clientHash(account, new.clientOrderID) }
        let orderID = books[Int(new.symbol)].index.nextID
        let slot = accept(new, id: orderID, account, hash)
        books[Int(new.symbol)].index.append(slot)
        clientIDs.insert(hash, slot)
        let firstTrade = effects.trades.count
        announce(slot, &effects)
        execute(slot, isKilled: isKilled, replacing: false, rules, &effects)
        return .order(
            slab.at(slot).pointee.state, trades: firstTrade..<effects.trades.count,
            duplicate: false)
    }

    func reject(
        _ new: NewOrder, _ rejection: Rejection, _ effects: inout Effects
    ) -> Outcome {
        effects.rejects.append(
            .init(
                seq: lastSeq, account: new.account, clientOrderID: new.clientOrderID,
                symbol: new.symbol, code: rejection.code))
        emitRejected(rejection, symbol: new.symbol, id: 0, &effects)
        return .rejected(rejection)
    }

    // MARK: Checks

    func isSamePayload(
        _ known: UnsafeMutablePointer<OrderRecord>, _ new: NewOrder
    ) -> Bool {
        known.pointee.state.symbol == new.symbol && known.pointee.state.side == new.side
            && known.pointee.state.type == new.type
            && known.pointee.state.timeInForce == new.timeInForce
            && known.pointee.state.postOnly == new.postOnly
            && known.pointee.state.selfTrade == new.selfTrade
            && known.pointee.state.price == new.price && known.pointee.requested == new.quantity
            && known.pointee.quantityIsQuote == new.quantityIsQuote
    }

    /// HALT, then what type and time in force do not go together with.
    func screen(
        _ new: NewOrder, _ rules: UnsafeMutablePointer<MatchRules>
    ) -> Rejection? {
        if rules.pointee.isHalted { return .marketClosed }
        if new.account.isReserved { return .notPermitted }
        if new.postOnly, new.type == .market || new.timeInForce != .gtc { return .invalidTime }
        if new.quantityIsQuote, new.type == .limit || new.timeInForce == .fok {
            return .invalidTime
        }
        return nil
    }

    /// Price, size and notional filters.
    func filter(
        _ new: NewOrder, _ rules: UnsafeMutablePointer<MatchRules>
    ) -> Rejection? {
        if new.type == .limit,
            new.price < rules.pointee.minPrice || new.price > rules.pointee.maxPrice
        {
            return .priceFilter
        }
        if new.quantityIsQuote {
            if new.quantity < 1 { return .lotSize }
        } else if new.quantity < rules.pointee.minQuantity
            || new.quantity > rules.pointee.maxQuantity
        {
            return .lotSize
        }
        if new.type == .limit {
            // Beyond 64 bits it is large enough, but nobody could pay it.
            guard let notional = rules.pointee.notional(new.price, new.quantity) else {
                return options.ledger ? .notional : nil
            }
            if notional < rules.pointee.minNotional { return .notional }
        }
        return nil
    }

    func tooMany(
        _ account: Int32, _ symbol: UInt16, _ rules: UnsafeMutablePointer<MatchRules>
    ) -> Rejection? {
        let counter = counter(account, symbol)
        return counter >= 0 && counters[Int(counter)].open >= rules.pointee.maxOrders
            ? .tooManyOrders : nil
    }

    // MARK: Client ids and counts

    func clientHash(_ account: Int32, _ id: InlineText) -> UInt32 {
        SlotHash.of(id, UInt64(truncatingIfNeeded: account) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// The position of the order of an account's client id, or -1.
    func known(_ account: Int32, _ id: InlineText, _ hash: UInt32) -> Int32 {
        clientIDs.find(hash) {
            let order = order(at: $0)
            return order.pointee.account == account && order.pointee.state.clientOrderID == id
        }
    }

    private static func counterKey(_ account: Int32, _ symbol: UInt16) -> Int64 {
        Int64(account) << 16 | Int64(symbol)
    }

    /// Position of the count of open orders of an account on a symbol; -1: there is none yet.
    func counter(_ account: Int32, _ symbol: UInt16) -> Int32 {
        let key = Self.counterKey(account, symbol)
        let counters = counters
        return counterTable.find(SlotHash.of(key)) { counters[Int($0)].key == key }
    }

    func countedOn(_ account: Int32, _ symbol: UInt16) -> Int32 {
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
        if order.pointee.counter >= 0 {
            counters[Int(order.pointee.counter)].open += change
        }
        openOrderCount += change
        books[Int(order.pointee.state.symbol)].openOrders += change
    }

    // MARK: Accepting

    /// Gives the order a slot; its funds are still free.
    func accept(_ new: NewOrder, id: UInt64, _ account: Int32, _ hash: UInt32) -> Int32 {
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = Int32(slab.count)
            memory.pointee.slab.appendUninitialized()
        }
        write(new, id: id, account, hash, to: slab.at(slot))
        changed.append(slot)
        changeOpenCount(slot, by: 1)
        books[Int(new.symbol)].isListed = true
        return slot
    }

    /// Field by field, in place: a record is too large to be copied about.
    private func write(
        _ new: NewOrder, id: UInt64, _ account: Int32, _ hash: UInt32,
        to order: UnsafeMutablePointer<OrderRecord>
    ) {
        let lots = new.quantityIsQuote ? 0 : new.quantity
        order.pointee.state.symbol = new.symbol
        order.pointee.state.orderID = id
        order.pointee.state.account = new.account
        order.pointee.state.clientOrderID = new.clientOrderID
        order.pointee.state.side = new.side
        order.pointee.state.type = new.type
        order.pointee.state.timeInForce = new.timeInForce
        order.pointee.state.postOnly = new.postOnly
        order.pointee.state.selfTrade = new.selfTrade
        order.pointee.state.status = .new
        order.pointee.state.expiry = .none
        order.pointee.state.price = new.price
        order.pointee.state.quantity = lots
        order.pointee.state.executed = 0
        order.pointee.state.canceled = 0
        order.pointee.state.prevented = 0
        order.pointee.state.preventedMatchID = 0
        order.pointee.state.quoteExecuted = 0
        order.pointee.state.createdNs = memory.pointee.nowNs
        order.pointee.state.updatedNs = memory.pointee.nowNs
        order.pointee.state.seq = memory.pointee.lastSeq
        order.pointee.open = lots
        order.pointee.requested = new.quantity
        order.pointee.account = account
        order.pointee.counter = account < 0 ? -1 : countedOn(account, new.symbol)
        order.pointee.next = -1
        order.pointee.previous = -1
        order.pointee.hash = hash
        order.pointee.quantityIsQuote = new.quantityIsQuote
    }

    /// The event of an order that was just accepted.
    func announce(_ slot: Int32, _ effects: inout Effects) {
        emitOrder(.accepted, slot, lots: slab.at(slot).pointee.open, .none, &effects)
    }

    func emitOrder(
        _ kind: MatchEvent.Kind, _ slot: Int32, lots: Int64, _ reason: MatchEvent.Reason,
        _ effects: inout Effects
    ) {
        let order = slab.at(slot)
        var event = MatchEvent(
            kind, symbol: order.pointee.state.symbol, id: order.pointee.state.orderID)
        event.side = order.pointee.state.side
        event.reason = reason
        event.price = order.pointee.state.price
        event.quantity = lots
        emit(event, &effects)
    }

    // MARK: Executing

    /// Trades what crosses, then rests, fills or ends the order.
    ///
    /// A limit order's funds are locked here; a market order pays with free funds.
    func execute(
        _ slot: Int32, isKilled: Bool, replacing: Bool,
        _ rules: UnsafeMutablePointer<MatchRules>, _ effects: inout Effects
    ) {
        let order = slab.at(slot)
        let lots = order.pointee.open
        var end = SweepEnd.bookEnded
        if !isKilled {
            lock(slot, rules)
            end = sweep(slot, rules, &effects)
        }
        if replacing { emitOrder(.replaced, slot, lots: lots, .none, &effects) }
        switch end {
        case .filled, .amountSpent: complete(slot)
        case .selfTrade: expireInMatch(slot, rules, &effects)
        case .bookEnded:
            if order.pointee.state.type == .limit, order.pointee.state.timeInForce == .gtc {
                let book = books + Int(order.pointee.state.symbol)
                book.pointee.side(order.pointee.state.side).add(slot, slab)
                book.pointee.lastUpdateID = lastSeq
            } else {
                if !isKilled { release(slot, order.pointee.open, rules) }
                expire(slot, isKilled: isKilled, &effects)
            }
        }
    }

    private func complete(_ slot: Int32) {
        let order = slab.at(slot)
        closeQuoteOrder(order)
        retire(slot, .filled)
    }

    /// An order by quote amount is as large as what became of it.
    private func closeQuoteOrder(_ order: UnsafeMutablePointer<OrderRecord>) {
        guard order.pointee.quantityIsQuote else { return }
        order.pointee.open = 0
        order.pointee.state.quantity =
            order.pointee.state.executed + order.pointee.state.prevented
    }

    private func expire(_ slot: Int32, isKilled: Bool, _ effects: inout Effects) {
        let order = slab.at(slot)
        closeQuoteOrder(order)
        let isMarket = order.pointee.state.type == .market
        let isFok = order.pointee.state.timeInForce == .fok
        order.pointee.state.canceled += order.pointee.open
        order.pointee.state.expiry = isFok ? .fok : isMarket ? .liquidity : .ioc
        emitOrder(
            .canceled, slot, lots: order.pointee.open,
            isFok ? .fok : isMarket ? .market : .ioc, &effects)
        order.pointee.open = 0
        retire(slot, .expired)
    }

    /// Locks what the open lots of a limit order need.
    private func lock(_ slot: Int32, _ rules: UnsafeMutablePointer<MatchRules>) {
        let order = slab.at(slot)
        guard options.ledger, order.pointee.state.type == .limit else { return }
        ledger.lock(
            order.pointee.account, rules.pointee.asset(order.pointee.state.side),
            rules.pointee.held(order, order.pointee.open))
    }

    /// Unlocks what so many open lots of an order hold; a market order holds nothing.
    func release(
        _ slot: Int32, _ lots: Int64, _ rules: UnsafeMutablePointer<MatchRules>
    ) {
        let order = slab.at(slot)
        guard options.ledger, order.pointee.state.type == .limit, lots > 0 else { return }
        ledger.unlock(
            order.pointee.account, rules.pointee.asset(order.pointee.state.side),
            rules.pointee.held(order, lots))
    }

    /// Ends an order's life; it stays findable for a while.
    func retire(_ slot: Int32, _ status: OrderStatus) {
        touch(slot)
        let order = slab.at(slot)
        order.pointee.state.status = status
        changeOpenCount(slot, by: -1)
        if options.callersNumbers {
            callersIDs.remove(order.pointee.hash, slot)
        } else if options.freesClientIDs {
            clientIDs.remove(order.pointee.hash, slot)
        }
        ended.append(slot)
    }

    /// Marks an order as changed by the command.
    func touch(_ slot: Int32) {
        let order = slab.at(slot)
        let seq = lastSeq
        if order.pointee.state.seq != seq {
            changed.append(slot)
            order.pointee.state.seq = seq
        }
        order.pointee.state.updatedNs = memory.pointee.nowNs
    }
}
