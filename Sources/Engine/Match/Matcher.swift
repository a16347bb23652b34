// The matcher: a pure, deterministic, single-threaded function of its commands. It owns the books
// and the ledger of one shard; time comes from the command; there is no I/O and no randomness.
//
// `Matcher+Orders.swift` places and cancels, `Matcher+Queries.swift` answers, `Matcher+Audit.swift`
// checks the invariants and hashes the state.

/// One shard's books and ledger. Confined to the thread of its owner.
package final class Matcher {
    /// Finished orders stay findable for so many commands.
    static let retention: UInt64 = 1_000_000
    /// Accounts one FUND may make.
    static let fundedAccounts: UInt32 = 10_000_000

    package let market: Market
    package internal(set) var lastSeq: UInt64 = 0
    package internal(set) var openOrderCount = 0

    /// One per symbol, as are the rules.
    let books: UnsafeMutablePointer<OrderBook>
    let rules: UnsafeMutablePointer<MatchRules>
    let memory: UnsafeMutablePointer<MatcherMemory>
    var retainedHead = 0
    /// Every deposit by its id: a repeated id must mean the same deposit.
    var depositIDs: [InlineText: Deposit] = [:]

    package init(market: Market) {
        self.market = market
        let count = market.symbols.count
        books = .allocate(capacity: count)
        rules = .allocate(capacity: count)
        for (i, symbol) in market.symbols.enumerated() {
            (books + i).initialize(to: OrderBook())
            (rules + i).initialize(to: MatchRules(symbol))
        }
        memory = .allocate(capacity: 1)
        memory.initialize(to: MatcherMemory(assetCount: market.assets.count))
    }

    deinit {
        for i in market.symbols.indices { books[i].free() }
        books.deinitialize(count: market.symbols.count)
        books.deallocate()
        rules.deallocate()
        memory.pointee.free()
        memory.deinitialize(count: 1)
        memory.deallocate()
    }

    /// Applies one command.
    ///
    /// Appends what changed to `effects`: absolute states, so that applying them twice changes
    /// nothing.
    /// - Precondition: `command.seq` is one above the last.
    /// - Complexity: O(log levels + fills) for orders, O(log levels) for cancels.
    package func apply(_ command: Command, effects: inout Effects) -> Outcome {
        precondition(command.seq == lastSeq + 1, "commands are applied in order, without gaps")
        lastSeq = command.seq
        ledger.beginCommand()
        changed.removeAll()
        let outcome: Outcome
        switch command.body {
        case .new(let order): outcome = place(order, command, &effects)
        case .cancel(let order): outcome = cancel(order, command, &effects)
        case .cancelAll(let symbol, let account):
            outcome = cancelAll(symbol, account, command, &effects)
        case .cancelReplace(let pair): outcome = cancelReplace(pair, command, &effects)
        case .amend(let order): outcome = amend(order, command)
        case .config: outcome = .rejected(.notPermitted)
        case .deposit(let deposit): outcome = apply(deposit, command, &effects)
        case .fund(let fund): outcome = apply(fund, command, &effects)
        }
        for slot in changed.values { effects.orders.append(slab[Int(slot)].state) }
        for entry in ledger.touched.values { effects.balances.append(balance(entry)) }
        forgetOldOrders()
        return outcome
    }

    func balance(_ entry: Int) -> BalanceState {
        let (account, asset) = entry.quotientAndRemainder(dividingBy: ledger.assetCount)
        return BalanceState(
            account: ledger.accounts[account], asset: UInt16(asset),
            free: ledger.funds[entry].free, locked: ledger.funds[entry].locked, seq: lastSeq)
    }

    private func apply(
        _ deposit: Deposit, _ command: Command, _ effects: inout Effects
    ) -> Outcome {
        guard Int(deposit.asset) < market.assets.count else { return .rejected(.invalidAsset) }
        if deposit.account.isReserved { return .rejected(.notPermitted) }
        if let known = depositIDs[deposit.depositID] {
            guard known == deposit else { return .rejected(.duplicateDeposit) }
            let entry = ledger.entry(ledger.account(known.account), known.asset)
            return .deposited(balance(entry), duplicate: true)
        }
        if let rejection = ledger.obstacle(deposit.account, deposit.asset, deposit.amount) {
            return .rejected(rejection)
        }
        let account = ledger.account(deposit.account)
        let entry = ledger.entry(account, deposit.asset)
        ledger.deposit(account, deposit.asset, deposit.amount)
        depositIDs[deposit.depositID] = deposit
        effects.deposits.append(
            .init(
                seq: command.seq, account: deposit.account, asset: deposit.asset,
                amount: deposit.amount, depositID: deposit.depositID))
        return .deposited(balance(entry), duplicate: false)
    }

    private func apply(_ fund: Fund, _ command: Command, _ effects: inout Effects) -> Outcome {
        guard fund.accounts <= Self.fundedAccounts else { return .rejected(.notional) }
        let names = (0..<fund.accounts).compactMap { InlineText("u\($0 + 1)".utf8) }
        let amounts = market.assets.map { asset in
            (0..<asset.scale).reduce(Int128(fund.amount)) { amount, _ in amount * 10 }
        }
        // All or nothing: what does not fit anywhere changes nothing.
        for (asset, units) in amounts.enumerated() {
            let total = units * Int128(names.count)
            guard let amount = Int64(exactly: units), amount >= 0, let sum = Int64(exactly: total),
                ledger.hasRoom(UInt16(asset), sum),
                names.allSatisfy({ ledger.obstacle($0, UInt16(asset), amount) == nil })
            else { return .rejected(.notional) }
        }
        for (asset, units) in amounts.enumerated() {
            for name in names {
                ledger.deposit(ledger.account(name), UInt16(asset), Int64(units))
            }
        }
        effects.funds.append(.init(seq: command.seq, fund: fund))
        return .funded
    }

    /// Frees the slots of orders that finished more than `retention` commands ago.
    private func forgetOldOrders() {
        while retainedHead < retained.count,
            retained[retainedHead].seq + Self.retention < lastSeq
        {
            let slot = retained[retainedHead].slot
            let order = slab.at(slot)
            clientIDs.remove(order.pointee.hash, slot)
            books[Int(order.pointee.state.symbol)].index.forget(order.pointee.state.orderID)
            freeSlots.append(slot)
            retainedHead += 1
        }
        if retainedHead > 65_536, retainedHead * 2 > retained.count {
            retained.removeFirst(retainedHead)
            retainedHead = 0
        }
    }
}

@available(*, unavailable)
extension Matcher: Sendable {}

extension Rejection {
    static let invalidSymbol = Rejection(-1121, "Invalid symbol.")
    static let invalidAsset = Rejection(-1130, "Data sent for parameter 'asset' is not valid.")
    static let invalidTime = Rejection(-1115, "Invalid timeInForce.")
    static let invalidSelfTrade = Rejection(
        -1130, "Data sent for parameter 'selfTradePreventionMode' is not valid.")
    static let notPermitted = Rejection(
        -2015, "Invalid API-key, IP, or permissions for action.")
    static let duplicateDeposit = Rejection(-2010, "Duplicate deposit sent.")
    static let duplicateOrder = Rejection(-2010, "Duplicate order sent.")
    static let insufficientBalance = Rejection(
        -2010, "Account has insufficient balance for requested action.")
    static let wouldMatch = Rejection(-2010, "Order would immediately match and take.")
    static let marketClosed = Rejection(-2010, "Market is closed.")
    static let restricted = Rejection(
        -2011, "Order was not canceled due to cancel restrictions.")
    static let amendUp = Rejection(-2038, "Order amend (quantity increase) is not supported.")
    static let amendNothing = Rejection(
        -2038, "The requested action would change no state; rejecting.")
    static let clientIDMismatch = Rejection(
        -2039, "Client order ID is not correct for this order ID.")
    static let unknownOrder = Rejection(-2011, "Unknown order sent.")
    static let priceFilter = Rejection(-1013, "Filter failure: PRICE_FILTER")
    static let lotSize = Rejection(-1013, "Filter failure: LOT_SIZE")
    static let notional = Rejection(-1013, "Filter failure: NOTIONAL")
    static let tooManyOrders = Rejection(-1013, "Filter failure: MAX_NUM_ORDERS")
}
