// What an order would do, decided before anything changes: how much the book offers it, what funds
// that takes, whether it is refused.

extension Matcher {
    struct Plan {
        /// Lots it may trade or rest.
        var lots: Int64
        /// Funds to lock, in `asset`.
        var lock: Int64
        var asset: UInt16
        /// The book ended (market): the rest expires.
        var expires: Bool
    }

    /// - Parameter account: nil for one without funds.
    func makePlan(
        _ new: NewOrder, _ rules: MatchRules, _ account: Int32?
    ) -> Result<Plan, Rejection> {
        let asset = rules.asset(new.side)
        let free = account.map { ledger.free($0, asset) } ?? 0
        if new.type == .limit { return planLimit(new, rules, free: free, asset: asset) }
        if new.quantityIsQuote { return planByQuote(new, rules, free: free, asset: asset) }
        let (lots, quote) = sweepable(new, rules, lots: new.quantity, quote: nil)
        let needed =
            new.side == .buy ? quote : Int128(new.quantity) * Int128(rules.lotUnits)
        guard needed <= Int128(free) else { return .failure(.insufficientBalance) }
        if new.timeInForce == .fok, lots < new.quantity { return .success(killed(asset)) }
        let lock = new.side == .buy ? quote : Int128(lots) * Int128(rules.lotUnits)
        return .success(
            Plan(lots: lots, lock: Int64(lock), asset: asset, expires: lots < new.quantity))
    }

    private func planLimit(
        _ new: NewOrder, _ rules: MatchRules, free: Int64, asset: UInt16
    ) -> Result<Plan, Rejection> {
        guard let amount = rules.lock(new.side, new.price, new.quantity), amount <= free else {
            return .failure(.insufficientBalance)
        }
        let opposite = opposite(of: new)
        if new.postOnly, let best = opposite.best, opposite.isReached(best.price, by: new.price) {
            return .failure(.wouldMatch)
        }
        if new.timeInForce == .fok {
            let (lots, _) = sweepable(new, rules, lots: new.quantity, quote: nil)
            if lots < new.quantity { return .success(killed(asset)) }
        }
        return .success(Plan(lots: new.quantity, lock: amount, asset: asset, expires: false))
    }

    /// FOK that cannot be filled: accepted and expired whole.
    private func killed(_ asset: UInt16) -> Plan {
        Plan(lots: 0, lock: 0, asset: asset, expires: true)
    }

    /// A market order for an amount of the quote asset.
    private func planByQuote(
        _ new: NewOrder, _ rules: MatchRules, free: Int64, asset: UInt16
    ) -> Result<Plan, Rejection> {
        let (lots, quote) = sweepable(new, rules, lots: .max, quote: new.quantity)
        let opposite = opposite(of: new)
        if lots == 0, opposite.best != nil { return .failure(.notional) }
        let needed =
            new.side == .buy
            ? Int128(new.quantity) : Int128(lots) * Int128(rules.lotUnits)
        guard needed <= Int128(free) else { return .failure(.insufficientBalance) }
        let lock = new.side == .buy ? quote : Int128(lots) * Int128(rules.lotUnits)
        // Ended by the book, not by the amount: the rest of the amount expires.
        let isLeft = Int128(new.quantity) - quote
        let all = opposite.levels.values.reduce(0) { $0 + $1.total }
        return .success(
            Plan(lots: lots, lock: Int64(lock), asset: asset, expires: isLeft > 0 && lots == all))
    }

    private func opposite(of new: NewOrder) -> BookSide {
        let book = books + Int(new.symbol)
        return new.side == .buy ? book.pointee.asks : book.pointee.bids
    }

    /// Lots the book offers to an order within its limits, and their value in quote units.
    private func sweepable(
        _ new: NewOrder, _ rules: MatchRules, lots wanted: Int64, quote: Int64?
    ) -> (lots: Int64, quote: Int128) {
        var lots: Int64 = 0
        var value: Int128 = 0
        let opposite = opposite(of: new)
        for level in opposite.levels.values.reversed() {
            if new.type == .limit, !opposite.isReached(level.price, by: new.price) { break }
            var take = min(level.total, wanted - lots)
            let perLot = Int128(level.price) * Int128(rules.notionalFactor)
            if let quote { take = Int64(min(Int128(take), (Int128(quote) - value) / perLot)) }
            if take == 0 { break }
            lots += take
            value += perLot * Int128(take)
            if take < level.total { break }
        }
        return (lots, value)
    }
}
