// Placing and canceling. The order of checks is the specification's (engine.md 3, "Validation").

extension Matcher {
    // MARK: Placing

    func place(_ new: NewOrder, _ command: Command, _ effects: inout Effects) -> Outcome {
        guard Int(new.symbol) < market.symbols.count else {
            return reject(new, .invalidSymbol, command, &effects)
        }
        let rules = market.symbols[Int(new.symbol)]
        if let rejection = screen(new, rules) ?? filter(new, rules) {
            return reject(new, rejection, command, &effects)
        }
        // An account comes to be with its first deposit or accepted order, not with a reject.
        let account = ledger.existing(new.account)
        if let account {
            if let known = clientIDs[ClientKey(account: account, id: new.clientOrderID)] {
                if isSamePayload(slab[Int(known)], new) {
                    return .order(slab[Int(known)].state, trades: 0..<0, duplicate: true)
                }
                return reject(new, .duplicateOrder, command, &effects)
            }
            let open = openCounts[Self.countKey(account, new.symbol)] ?? 0
            if Int(open) >= rules.maxOrders {
                return reject(new, .tooManyOrders, command, &effects)
            }
        }
        let plan: Plan
        switch makePlan(new, rules, account) {
        case .success(let value): plan = value
        case .failure(let rejection): return reject(new, rejection, command, &effects)
        }
        let slot = accept(new, plan, account ?? ledger.account(new.account), command)
        let firstTrade = effects.trades.count
        if plan.lots > 0 { sweep(slot, plan, rules, command, &effects) }
        finishOrRest(slot, plan, command)
        return .order(
            slab[Int(slot)].state, trades: firstTrade..<effects.trades.count, duplicate: false)
    }

    /// What an accepted order will do, decided before anything changes.
    struct Plan {
        /// Lots it may trade or rest.
        var lots: Int64
        /// Funds to lock, in `asset`.
        var lock: Int64
        var asset: UInt16
        /// The book ended (market): the rest expires.
        var expires: Bool
        /// FOK that cannot be filled: accepted and expired whole.
        var isKilled = false
    }

    func isSamePayload(_ known: OrderRecord, _ new: NewOrder) -> Bool {
        let state = known.state
        return state.symbol == new.symbol && state.side == new.side && state.type == new.type
            && state.timeInForce == new.timeInForce && state.postOnly == new.postOnly
            && state.price == new.price && known.requested == new.quantity
            && known.quantityIsQuote == new.quantityIsQuote
    }

    /// HALT, then what type, time in force and self-trade prevention do not go together with.
    func screen(_ new: NewOrder, _ rules: SymbolRules) -> Rejection? {
        if rules.status == .halt { return .marketClosed }
        if new.account.isReserved { return .notPermitted }
        if new.postOnly, new.type == .market || new.timeInForce != .gtc { return .invalidTime }
        if new.quantityIsQuote, new.type == .limit || new.timeInForce == .fok {
            return .invalidTime
        }
        return new.selfTrade == .none ? nil : .invalidSelfTrade
    }

    /// Price, size and notional filters.
    func filter(_ new: NewOrder, _ rules: SymbolRules) -> Rejection? {
        if new.type == .limit {
            if new.price < rules.minPrice || new.price > rules.maxPrice { return .priceFilter }
        }
        if !new.quantityIsQuote {
            if new.quantity < rules.minQuantity || new.quantity > rules.maxQuantity {
                return .lotSize
            }
        } else if new.quantity < 1 {
            return .lotSize
        }
        if new.type == .limit {
            let notional = Self.notional(new.price, new.quantity, rules)
            guard notional <= Int128(Int64.max), notional >= Int128(rules.minNotional) else {
                return .notional
            }
        }
        return nil
    }

    static func notional(_ price: Int64, _ lots: Int64, _ rules: SymbolRules) -> Int128 {
        Int128(price) * Int128(lots) * Int128(rules.notionalFactor)
    }

    static func countKey(_ account: Int32, _ symbol: UInt16) -> Int64 {
        Int64(account) << 16 | Int64(symbol)
    }

    private func makePlan(
        _ new: NewOrder, _ rules: SymbolRules, _ account: Int32?
    ) -> Result<Plan, Rejection> {
        let asset = new.side == .buy ? rules.quoteAsset : rules.baseAsset
        let free = account.map { ledger.free($0, asset) } ?? 0
        var plan: Plan
        switch (new.type, new.quantityIsQuote) {
        case (.limit, _):
            let amount = lockAmount(new.side, new.price, new.quantity, rules)
            guard amount <= Int128(free) else { return .failure(.insufficientBalance) }
            plan = Plan(lots: new.quantity, lock: Int64(amount), asset: asset, expires: false)
            if new.postOnly, let best = books[Int(new.symbol)].best(opposite(new.side)),
                OrderBook.crosses(new.side, new.price, best.price)
            {
                return .failure(.wouldMatch)
            }
        case (.market, false):
            let (lots, quote) = sweepable(new, rules, lots: new.quantity, quote: nil)
            let amount = new.side == .buy ? quote : Int128(new.quantity) * Int128(rules.lotUnits)
            guard amount <= Int128(free) else { return .failure(.insufficientBalance) }
            let lock = new.side == .buy ? quote : Int128(lots) * Int128(rules.lotUnits)
            plan = Plan(lots: lots, lock: Int64(lock), asset: asset, expires: lots < new.quantity)
        case (.market, true):
            return planByQuote(new, rules, free: free, asset: asset)
        }
        if new.timeInForce == .fok {
            let (lots, _) = sweepable(new, rules, lots: new.quantity, quote: nil)
            if lots < new.quantity {
                plan.isKilled = true
                plan.lots = 0
                plan.lock = 0
            }
        }
        return .success(plan)
    }

    /// A market order for an amount of the quote asset.
    private func planByQuote(
        _ new: NewOrder, _ rules: SymbolRules, free: Int64, asset: UInt16
    ) -> Result<Plan, Rejection> {
        let (lots, quote) = sweepable(new, rules, lots: .max, quote: new.quantity)
        let isBookEmpty = books[Int(new.symbol)].best(opposite(new.side)) == nil
        if lots == 0, !isBookEmpty { return .failure(.notional) }
        let needed =
            new.side == .buy
            ? Int128(new.quantity) : Int128(lots) * Int128(rules.lotUnits)
        guard needed <= Int128(free) else { return .failure(.insufficientBalance) }
        let lock = new.side == .buy ? quote : Int128(lots) * Int128(rules.lotUnits)
        // Ended by the book, not by the amount: the rest of the amount expires.
        let isLeft = Int128(new.quantity) - quote
        let all = books[Int(new.symbol)].levels(opposite(new.side)).reduce(0) { $0 + $1.total }
        return .success(
            Plan(lots: lots, lock: Int64(lock), asset: asset, expires: isLeft > 0 && lots == all))
    }

    private func lockAmount(
        _ side: Side, _ price: Int64, _ lots: Int64, _ rules: SymbolRules
    ) -> Int128 {
        side == .buy
            ? Self.notional(price, lots, rules) : Int128(lots) * Int128(rules.lotUnits)
    }

    /// Lots the book offers to an order within its limits, and their value in quote units.
    private func sweepable(
        _ new: NewOrder, _ rules: SymbolRules, lots wanted: Int64, quote: Int64?
    ) -> (lots: Int64, quote: Int128) {
        var lots: Int64 = 0
        var value: Int128 = 0
        for level in books[Int(new.symbol)].levels(opposite(new.side)).reversed() {
            if new.type == .limit, !OrderBook.crosses(new.side, new.price, level.price) { break }
            var take = min(level.total, wanted - lots)
            if let quote {
                let perLot = Int128(level.price) * Int128(rules.notionalFactor)
                take = Int64(min(Int128(take), (Int128(quote) - value) / perLot))
            }
            if take == 0 { break }
            lots += take
            value += Self.notional(level.price, take, rules)
            if take < level.total { break }
        }
        return (lots, value)
    }

    private func opposite(_ side: Side) -> Side { side == .buy ? .sell : .buy }

    func reject(
        _ new: NewOrder, _ rejection: Rejection, _ command: Command, _ effects: inout Effects
    ) -> Outcome {
        effects.rejects.append(
            .init(
                seq: command.seq, account: new.account, clientOrderID: new.clientOrderID,
                symbol: new.symbol, code: rejection.code))
        return .rejected(rejection)
    }

    /// Gives the order its number and a slot and locks its funds.
    private func accept(
        _ new: NewOrder, _ plan: Plan, _ account: Int32, _ command: Command
    ) -> Int32 {
        let symbol = Int(new.symbol)
        books[symbol].lastOrderID += 1
        let isByQuote = new.quantityIsQuote
        let state = OrderState(
            symbol: new.symbol, orderID: books[symbol].lastOrderID, account: new.account,
            clientOrderID: new.clientOrderID, side: new.side, type: new.type,
            timeInForce: new.timeInForce, postOnly: new.postOnly, status: .new, price: new.price,
            quantity: isByQuote ? plan.lots : new.quantity, executed: 0, canceled: 0,
            quoteExecuted: 0, createdNs: command.receivedNs, updatedNs: command.receivedNs,
            seq: command.seq)
        let record = OrderRecord(
            state: state, account: account, open: plan.lots, requested: new.quantity,
            quantityIsQuote: isByQuote)
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
            slab[Int(slot)] = record
        } else {
            slot = Int32(slab.count)
            slab.append(record)
        }
        books[symbol].slots.append(slot)
        clientIDs[ClientKey(account: account, id: new.clientOrderID)] = slot
        if plan.lock != 0 { ledger.lock(account, plan.asset, plan.lock) }
        changed.append(slot)
        return slot
    }

    // MARK: Matching

    /// Trades against the best levels while they cross; one trade per maker, at its price.
    private func sweep(
        _ slot: Int32, _ plan: Plan, _ rules: SymbolRules, _ command: Command,
        _ effects: inout Effects
    ) {
        let taker = slab[Int(slot)].state
        let symbol = Int(taker.symbol)
        let makers = opposite(taker.side)
        while slab[Int(slot)].open > 0, let best = books[symbol].best(makers) {
            if taker.type == .limit, !OrderBook.crosses(taker.side, taker.price, best.price) {
                break
            }
            let maker = best.head
            let lots = min(slab[Int(slot)].open, slab[Int(maker)].open)
            if lots == slab[Int(maker)].open {
                books[symbol].remove(maker, slab: &slab)
            } else {
                books[symbol].reduceBest(makers, by: lots)
            }
            trade(
                taker: slot, maker: maker, price: best.price, lots: lots, rules, command, &effects)
        }
    }

    private func trade(
        taker: Int32, maker: Int32, price: Int64, lots: Int64, _ rules: SymbolRules,
        _ command: Command, _ effects: inout Effects
    ) {
        let symbol = Int(slab[Int(taker)].state.symbol)
        books[symbol].lastTradeID += 1
        books[symbol].lastUpdateID = command.seq
        let quote = Int64(Self.notional(price, lots, rules))
        let takerSide = slab[Int(taker)].state.side
        let buyer = takerSide == .buy ? taker : maker
        let seller = takerSide == .buy ? maker : taker
        let makerPpm = rules.makerPpm
        let takerPpm = rules.takerPpm
        let buyFee = settleBuy(
            buyer, lots: lots, quote: quote, rules, ppm: buyer == taker ? takerPpm : makerPpm)
        let sellFee = settleSell(
            seller, lots: lots, quote: quote, rules, ppm: seller == taker ? takerPpm : makerPpm)
        fill(maker, lots: lots, quote: quote, command)
        fill(taker, lots: lots, quote: quote, command)
        if slab[Int(maker)].open == 0 { retire(maker, .filled, command) }
        effects.trades.append(
            TradeEvent(
                symbol: UInt16(symbol), tradeID: books[symbol].lastTradeID, price: price,
                quantity: lots, quote: quote, makerOrder: slab[Int(maker)].state.orderID,
                takerOrder: slab[Int(taker)].state.orderID,
                maker: slab[Int(maker)].state.account, taker: slab[Int(taker)].state.account,
                takerSide: takerSide, makerFee: maker == buyer ? buyFee : sellFee,
                takerFee: taker == buyer ? buyFee : sellFee, timeNs: command.receivedNs,
                seq: command.seq))
    }

    /// A limit buyer's lock was at its limit: the difference to the price comes free again.
    private func settleBuy(
        _ slot: Int32, lots: Int64, quote: Int64, _ rules: SymbolRules, ppm: Int64
    ) -> Int64 {
        let record = slab[Int(slot)]
        let locked =
            record.state.type == .limit
            ? Int64(Self.notional(record.state.price, lots, rules)) : quote
        ledger.spendLocked(record.account, rules.quoteAsset, locked)
        if locked != quote { ledger.addFree(record.account, rules.quoteAsset, locked - quote) }
        return ledger.receive(record.account, rules.baseAsset, lots * rules.lotUnits, ppm: ppm)
    }

    private func settleSell(
        _ slot: Int32, lots: Int64, quote: Int64, _ rules: SymbolRules, ppm: Int64
    ) -> Int64 {
        let account = slab[Int(slot)].account
        ledger.spendLocked(account, rules.baseAsset, lots * rules.lotUnits)
        return ledger.receive(account, rules.quoteAsset, quote, ppm: ppm)
    }

    private func fill(_ slot: Int32, lots: Int64, quote: Int64, _ command: Command) {
        if slab[Int(slot)].state.seq != command.seq { changed.append(slot) }
        slab[Int(slot)].open -= lots
        slab[Int(slot)].state.executed += lots
        slab[Int(slot)].state.quoteExecuted += quote
        slab[Int(slot)].state.status = .partiallyFilled
        slab[Int(slot)].state.updatedNs = command.receivedNs
        slab[Int(slot)].state.seq = command.seq
    }

    /// What becomes of the taker after the sweep: filled, rested or expired.
    private func finishOrRest(_ slot: Int32, _ plan: Plan, _ command: Command) {
        let record = slab[Int(slot)]
        let isWhole = record.state.executed == record.state.quantity && record.state.quantity > 0
        if isWhole, !plan.expires {
            changeOpenCount(record, by: 1)
            retire(slot, .filled, command)
            return
        }
        if record.state.type == .limit, record.state.timeInForce == .gtc {
            changeOpenCount(record, by: 1)
            books[Int(record.state.symbol)].add(slot, side: record.state.side, slab: &slab)
            books[Int(record.state.symbol)].lastUpdateID = command.seq
            return
        }
        changeOpenCount(record, by: 1)
        release(slot, lots: record.open)
        slab[Int(slot)].state.canceled = record.state.quantity - record.state.executed
        slab[Int(slot)].open = 0
        retire(slot, .expired, command)
    }

    /// Unlocks what `lots` open lots of an order hold.
    private func release(_ slot: Int32, lots: Int64) {
        let record = slab[Int(slot)]
        let rules = market.symbols[Int(record.state.symbol)]
        let asset = record.state.side == .buy ? rules.quoteAsset : rules.baseAsset
        // A market order locks what will trade, no more: nothing is left of it.
        guard record.state.type == .limit, lots > 0 else { return }
        let amount = lockAmount(record.state.side, record.state.price, lots, rules)
        ledger.unlock(record.account, asset, Int64(amount))
    }

    private func changeOpenCount(_ record: OrderRecord, by change: Int32) {
        openCounts[Self.countKey(record.account, record.state.symbol), default: 0] += change
        openOrderCount += Int(change)
        books[Int(record.state.symbol)].openOrders += Int(change)
    }

    /// Ends an order's life; it stays findable for a while.
    private func retire(_ slot: Int32, _ status: OrderStatus, _ command: Command) {
        if slab[Int(slot)].state.seq != command.seq { changed.append(slot) }
        slab[Int(slot)].state.status = status
        slab[Int(slot)].state.seq = command.seq
        slab[Int(slot)].state.updatedNs = command.receivedNs
        changeOpenCount(slab[Int(slot)], by: -1)
        retained.append(Retained(slot: slot, seq: command.seq))
    }

    // MARK: Canceling

    func cancel(_ order: CancelOrder, _ command: Command, _ effects: inout Effects) -> Outcome {
        guard Int(order.symbol) < market.symbols.count else { return .rejected(.invalidSymbol) }
        guard
            let slot = find(
                symbol: order.symbol, account: order.account, orderID: order.orderID,
                clientOrderID: order.clientOrderID), slab[Int(slot)].open > 0
        else { return .rejected(.unknownOrder) }
        cancel(slot, command)
        return .canceled(slab[Int(slot)].state)
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
        let symbol = Int(slab[Int(slot)].state.symbol)
        let lots = slab[Int(slot)].open
        books[symbol].remove(slot, slab: &slab)
        books[symbol].lastUpdateID = command.seq
        release(slot, lots: lots)
        slab[Int(slot)].open = 0
        slab[Int(slot)].state.canceled += lots
        retire(slot, .canceled, command)
    }
}
