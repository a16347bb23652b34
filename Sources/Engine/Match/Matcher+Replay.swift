// Orders that their callers number, as `engine replay` sends them (engine.md 8): one number space
// for all symbols, free again once the order has ended; a replace keeps the number.

extension Matcher {
    /// Largest price and quantity of a symbol that comes by name.
    package static let anySymbolMax: Int64 = 1_000_000_000_000_000

    /// Applies a command; returns why it was refused, nil where it was not.
    ///
    /// Fills `Effects.events` only. A refused command changes nothing and has one event. Nothing is
    /// kept of an order that has ended.
    /// - Precondition: `callersNumbers`; `command.seq` is above the last one's.
    /// - Complexity: O(log levels + fills).
    package func replay(_ command: ReplayCommand, effects: inout Effects) -> Rejection? {
        precondition(options.callersNumbers, "orders of this matcher have numbers of its own")
        precondition(command.seq > lastSeq || lastSeq == 0, "the sequence rises")
        begin(command.seq, ns: 0)
        let rejection: Rejection?
        var symbol: UInt16 = 0
        var id: UInt64 = 0
        switch command.operation {
        case .new(let order):
            (symbol, id) = (order.symbol, order.id)
            rejection = place(order, &effects)
        case .cancel(let target):
            (symbol, id) = (symbolOfOrder(target), target)
            rejection = cancel(number: target, &effects)
        case .replace(let target, let price, let quantity):
            (symbol, id) = (symbolOfOrder(target), target)
            rejection = replace(target, price, quantity, &effects)
        case .amend(let target, let quantity):
            (symbol, id) = (symbolOfOrder(target), target)
            rejection = amend(number: target, quantity, &effects)
        case .deposit(let account, let asset, let amount):
            symbol = asset
            rejection = pay(account, asset, amount, &effects)
        }
        if let rejection { emitRejected(rejection, symbol: symbol, id: id, &effects) }
        dropEnded()
        return rejection
    }

    /// Adds a symbol that is known by its name only: tick 1, lot 1, scale 0, values from 1 to
    /// `anySymbolMax`. For matchers without ledger. Nil where there are 65,536 already.
    package func addSymbol(_ name: String) -> UInt16? {
        precondition(!options.ledger, "a symbol without assets needs unlimited funds")
        guard symbolCount <= Int(UInt16.max) else { return nil }
        let rules = SymbolRules(
            symbol: name, base: "", quote: "", baseAsset: 0, quoteAsset: 0, baseScale: 0,
            quoteScale: 0, tickUnits: 1, tickDecimals: 0, stepUnits: 1, stepDecimals: 0,
            minPrice: 1, maxPrice: Self.anySymbolMax, minQuantity: 1,
            maxQuantity: Self.anySymbolMax, minNotional: 0, maxOrders: .max, makerPpm: 0,
            takerPpm: 0, status: .trading, notionalFactor: 1, lotUnits: 1, tickAmount: 1)
        market.symbols.append(rules)
        open(rules, isListed: false)
        return UInt16(symbolCount - 1)
    }

    /// The symbol of a live order; nil where there is none of that number.
    package func symbol(ofOrder id: UInt64) -> UInt16? {
        let slot = live(id)
        return slot >= 0 ? slab.at(slot).pointee.state.symbol : nil
    }

    private func symbolOfOrder(_ id: UInt64) -> UInt16 { symbol(ofOrder: id) ?? 0 }

    private func live(_ id: UInt64) -> Int32 { live(id, SlotHash.of(Int64(bitPattern: id))) }

    private func live(_ id: UInt64, _ hash: UInt32) -> Int32 {
        let slab = slab
        return callersIDs.find(hash) { slab.at($0).pointee.state.orderID == id }
    }

    private func place(_ order: ReplayCommand.New, _ effects: inout Effects) -> Rejection? {
        let name = order.account ?? ""
        if options.ledger, name.isEmpty { return .accountMissing }
        guard Int(order.symbol) < symbolCount else { return .invalidSymbol }
        let rules = rules + Int(order.symbol)
        let new = NewOrder(
            apiID: 0, requestNumber: 0, symbol: order.symbol, side: order.side, type: order.type,
            timeInForce: order.timeInForce, selfTrade: order.selfTrade,
            postOnly: order.postOnly, price: order.price, quantity: order.quantity,
            account: name, clientOrderID: "")
        if let rejection = screen(new, rules) ?? filter(new, rules) { return rejection }
        let hash = SlotHash.of(Int64(bitPattern: order.id))
        if live(order.id, hash) >= 0 { return .duplicateOrder }
        let existing = options.ledger ? ledger.position(name) : -1
        if existing >= 0, let rejection = tooMany(existing, order.symbol, rules) {
            return rejection
        }
        let isKilled: Bool
        switch check(new, rules, existing, released: 0) {
        case .success(let value): isKilled = value
        case .failure(let rejection): return rejection
        }
        let account = !options.ledger || existing >= 0 ? existing : ledger.account(name)
        let slot = accept(new, id: order.id, account, hash)
        callersIDs.insert(hash, slot)
        announce(slot, &effects)
        execute(slot, isKilled: isKilled, replacing: false, rules, &effects)
        return nil
    }

    private func cancel(number id: UInt64, _ effects: inout Effects) -> Rejection? {
        let slot = live(id)
        guard slot >= 0 else { return .unknownOrder }
        cancel(slot, &effects)
        return nil
    }

    /// - Parameter quantity: what remains open from now on.
    private func amend(
        number id: UInt64, _ quantity: Int64, _ effects: inout Effects
    ) -> Rejection? {
        let slot = live(id)
        guard slot >= 0 else { return .unknownOrder }
        let order = slab.at(slot)
        let rules = rules + Int(order.pointee.state.symbol)
        if rules.pointee.isHalted { return .marketClosed }
        let open = order.pointee.open
        if quantity > open { return .amendUp }
        if quantity == open { return .amendNothing }
        if quantity < rules.pointee.minQuantity { return .lotSize }
        shrink(slot, by: open - quantity, rules, &effects)
        return nil
    }

    /// Cancel and insert again in one step, checked as a new order with its own funds released.
    /// Refused, the order is where it was.
    private func replace(
        _ id: UInt64, _ price: Int64?, _ quantity: Int64?, _ effects: inout Effects
    ) -> Rejection? {
        let slot = live(id)
        guard slot >= 0 else { return .unknownOrder }
        let order = slab.at(slot)
        let state = order.pointee.state
        let rules = rules + Int(state.symbol)
        let new = NewOrder(
            apiID: 0, requestNumber: 0, symbol: state.symbol, side: state.side, type: .limit,
            timeInForce: .gtc, selfTrade: state.selfTrade, postOnly: state.postOnly,
            price: price ?? state.price, quantity: quantity ?? order.pointee.open,
            account: state.account, clientOrderID: "")
        if let rejection = screen(new, rules) ?? filter(new, rules) { return rejection }
        let released = options.ledger ? rules.pointee.held(order, order.pointee.open) : 0
        if case .failure(let rejection) = check(
            new, rules, order.pointee.account, released: released)
        {
            return rejection
        }
        withdraw(slot)
        order.pointee.state.price = new.price
        order.pointee.state.quantity = new.quantity
        order.pointee.state.executed = 0
        order.pointee.state.prevented = 0
        order.pointee.state.quoteExecuted = 0
        order.pointee.state.status = .new
        order.pointee.open = new.quantity
        execute(slot, isKilled: false, replacing: true, rules, &effects)
        return nil
    }

    /// Frees the slots of orders that ended with this command.
    private func dropEnded() {
        for slot in ended.values { freeSlots.append(slot) }
        ended.removeAll()
    }
}
