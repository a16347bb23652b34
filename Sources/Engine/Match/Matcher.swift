// The matcher: a pure, deterministic, single-threaded function of its commands. It owns the books
// and the ledger of one shard; time comes from the command; there is no I/O and no randomness.
//
// `Matcher+Orders` places, `+Plan` decides, `+Sweep` trades, `+SelfTrade` prevents, `+Cancel`,
// `+Amend`, `+Replace`, `+Deposits` and `+Config` are the other commands, `+Replay` takes orders
// that their callers number, `+Queries` answers, `+Audit` checks the invariants and hashes.

/// One shard's books and ledger. Confined to the thread of its owner.
package final class Matcher {
    package internal(set) var market: Market
    let memory: UnsafeMutablePointer<MatcherMemory>
    /// Every deposit by its id: a repeated id must mean the same deposit.
    var depositIDs: [InlineText: Deposit] = [:]

    package init(market: Market, options: MatcherOptions = MatcherOptions()) {
        self.market = market
        memory = .allocate(capacity: 1)
        memory.initialize(to: MatcherMemory(assetCount: market.assets.count, options: options))
        for symbol in market.symbols { open(symbol, isListed: true) }
    }

    deinit {
        memory.pointee.free()
        memory.deinitialize(count: 1)
        memory.deallocate()
    }

    /// A book and rules for a symbol that was just appended to `market`.
    func open(_ symbol: SymbolRules, isListed: Bool) {
        memory.pointee.books.append(OrderBook(isListed: isListed))
        memory.pointee.rules.append(MatchRules(symbol))
    }

    /// Applies one command.
    ///
    /// Appends what changed to `effects`: absolute states, so that applying them twice changes
    /// nothing, and events.
    /// - Precondition: `command.seq` is one above the last.
    /// - Complexity: O(log levels + fills) for orders, O(log levels) for cancels.
    package func apply(_ command: Command, effects: inout Effects) -> Outcome {
        precondition(command.seq == lastSeq + 1, "commands are applied in order, without gaps")
        assert(!options.callersNumbers, "such a matcher takes replay commands")
        begin(command.seq, ns: command.receivedNs)
        let outcome: Outcome
        switch command.body {
        case .new(let order): outcome = place(order, &effects)
        case .cancel(let order): outcome = cancel(order, &effects)
        case .cancelAll(let symbol, let account): outcome = cancelAll(symbol, account, &effects)
        case .cancelReplace(let pair): outcome = cancelReplace(pair, &effects)
        case .amend(let order): outcome = amend(order, &effects)
        case .config(let change): outcome = configure(change, &effects)
        case .deposit(let deposit): outcome = apply(deposit, &effects)
        case .fund(let fund): outcome = apply(fund, &effects)
        }
        finish(&effects)
        return outcome
    }

    func begin(_ seq: UInt64, ns: UInt64) {
        let memory = memory
        memory.pointee.lastSeq = seq
        memory.pointee.nowNs = ns
        memory.pointee.eventHash = EventHash.fold(memory.pointee.eventHash, seq)
        memory.pointee.ledger.beginCommand()
        memory.pointee.changed.removeAll()
    }

    /// Adds a fact to the chain, and to the events.
    @inline(__always)
    func emit(_ event: MatchEvent, _ effects: inout Effects) {
        memory.pointee.eventHash = EventHash.fold(memory.pointee.eventHash, event)
        if options.keepsEvents { effects.events.append(event) }
    }

    func emitRejected(
        _ rejection: Rejection, symbol: UInt16, id: UInt64, _ effects: inout Effects
    ) {
        var event = MatchEvent(.rejected, symbol: symbol, id: id)
        event.code = rejection.code
        emit(event, &effects)
    }

    /// Absolute states of what the command changed; ended orders leave the slab.
    private func finish(_ effects: inout Effects) {
        let memory = memory
        let slab = memory.pointee.slab
        for slot in memory.pointee.changed.values {
            effects.orders.append(slab.at(slot).pointee.state)
        }
        for entry in memory.pointee.ledger.touched.values {
            effects.balances.append(balance(entry))
        }
        for slot in memory.pointee.ended.values {
            let order = slab.at(slot)
            let position = memory.pointee.retained.append(order)
            memory.pointee.clientIDs.move(order.pointee.hash, slot, to: position)
            books[Int(order.pointee.state.symbol)].index
                .move(order.pointee.state.orderID, to: position)
            memory.pointee.freeSlots.append(slot)
        }
        memory.pointee.ended.removeAll()
        forgetOldOrders()
    }

    /// Forgets orders that finished more than `retention` commands ago.
    private func forgetOldOrders() {
        let memory = memory
        let retention = memory.pointee.options.retention
        while memory.pointee.retained.count > 0 {
            let order = memory.pointee.retained[0]
            guard memory.pointee.lastSeq - order.pointee.state.seq > retention else { return }
            memory.pointee.clientIDs.remove(
                order.pointee.hash, memory.pointee.retained.firstPosition)
            books[Int(order.pointee.state.symbol)].index.forget(order.pointee.state.orderID)
            memory.pointee.retained.removeFirst()
        }
    }
}

@available(*, unavailable)
extension Matcher: Sendable {}
