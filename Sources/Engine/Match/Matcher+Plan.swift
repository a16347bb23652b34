// What an order would do, looked up before anything changes: how much the book offers it, what
// funds that takes, whether it is refused (engine.md 3: types, self-trade, balances).

extension Matcher {
    /// What the book offers: lots that would trade, and their value in quote units.
    struct Offer {
        var lots: Int64 = 0
        var quote: Int128 = 0
    }

    /// Balance, post-only, and whether a FOK order is killed (then true).
    ///
    /// - Parameters:
    ///   - account: -1 for one without funds.
    ///   - released: what comes free in the order's asset before it is placed (replace).
    func check(
        _ new: NewOrder, _ rules: UnsafeMutablePointer<MatchRules>, _ account: Int32,
        released: Int64
    ) -> Result<Bool, Rejection> {
        let ledger = ledger
        let asset = rules.pointee.asset(new.side)
        let free =
            (account >= 0 && options.ledger ? Int128(ledger.free(account, asset)) : 0)
            + Int128(released)
        if new.type == .market { return checkMarket(new, rules, account, free: free) }
        if options.ledger {
            guard let amount = rules.pointee.lock(new.side, new.price, new.quantity),
                Int128(amount) <= free
            else { return .failure(.insufficientBalance) }
        }
        if new.postOnly {
            let opposite = opposite(of: new)
            if let best = opposite.best, opposite.isReached(best.price, by: new.price) {
                return .failure(.wouldMatch)
            }
        }
        guard new.timeInForce == .fok else { return .success(false) }
        return .success(offer(new, rules, account).lots < new.quantity)
    }

    private func checkMarket(
        _ new: NewOrder, _ rules: UnsafeMutablePointer<MatchRules>, _ account: Int32,
        free: Int128
    ) -> Result<Bool, Rejection> {
        let offer = offer(new, rules, account)
        if new.quantityIsQuote, let best = opposite(of: new).best,
            rules.pointee.lots(worth: new.quantity, at: best.price) == 0
        {
            return .failure(.notional)
        }
        if options.ledger {
            let needed: Int128
            switch (new.side, new.quantityIsQuote) {
            case (.buy, true): needed = Int128(new.quantity)
            case (.buy, false): needed = offer.quote
            case (.sell, true): needed = Int128(offer.lots) * Int128(rules.pointee.lotUnits)
            case (.sell, false): needed = Int128(new.quantity) * Int128(rules.pointee.lotUnits)
            }
            guard needed <= free else { return .failure(.insufficientBalance) }
        }
        return .success(new.timeInForce == .fok && offer.lots < new.quantity)
    }

    private func opposite(of new: NewOrder) -> BookSide {
        books[Int(new.symbol)].side(new.side == .buy ? .sell : .buy)
    }

    /// What an order would trade within its limits, self-trade prevention applied. For a FOK what
    /// counts towards it: up to the first own maker, or foreign makers only, by its mode.
    private func offer(
        _ new: NewOrder, _ rules: UnsafeMutablePointer<MatchRules>, _ account: Int32
    ) -> Offer {
        let opposite = opposite(of: new)
        let looksAtOrders = new.selfTrade != .none && mayMeetItself(new, account)
        var search = OfferSearch(new: new, account: account, factor: rules.pointee.notionalFactor)
        let levels = opposite.levels
        var i = levels.count - 1
        while i >= 0 {
            let level = levels.at(Int32(i))
            let price = level.pointee.price
            if new.type == .limit, !opposite.isReached(price, by: new.price) { break }
            if looksAtOrders {
                guard search.walk(level, slab) else { break }
            } else {
                guard search.take(level.pointee.total, at: price) else { break }
            }
            i -= 1
        }
        return search.offer
    }

    /// False where the account certainly has no open order on the symbol.
    private func mayMeetItself(_ new: NewOrder, _ account: Int32) -> Bool {
        guard account >= 0 else { return !new.account.isEmpty && options.callersNumbers }
        let counter = counter(account, new.symbol)
        return counter >= 0 && counters[Int(counter)].open > 0
    }
}

/// Adds up what a book offers to an order.
struct OfferSearch {
    let new: NewOrder
    let account: Int32
    /// Quote units per tick x lot.
    let factor: Int64
    private(set) var offer = Matcher.Offer()
    private var wanted: Int64
    private var amount: Int128

    init(new: NewOrder, account: Int32, factor: Int64) {
        self.new = new
        self.account = account
        self.factor = factor
        wanted = new.quantityIsQuote ? .max : new.quantity
        amount = new.quantityIsQuote ? Int128(new.quantity) : .max
    }

    /// Lots still wanted at a price, at most `available`.
    private func part(of available: Int128, at price: Int64) -> Int64 {
        var lots = min(available, Int128(wanted))
        if new.quantityIsQuote { lots = min(lots, amount / (Int128(price) * Int128(factor))) }
        return Int64(lots)
    }

    private mutating func use(_ lots: Int64, at price: Int64, trades: Bool) {
        let value = Int128(lots) * Int128(price) &* Int128(factor)
        wanted -= lots
        if new.quantityIsQuote { amount -= value }
        guard trades else { return }
        offer.lots += lots
        offer.quote &+= value
    }

    /// False where nothing more is wanted.
    mutating func take(_ available: Int128, at price: Int64) -> Bool {
        let lots = part(of: available, at: price)
        use(lots, at: price, trades: true)
        return Int128(lots) == available && wanted > 0
    }

    /// Order by order, as own ones differ from others. False where nothing more is wanted or the
    /// search ends at an own order.
    mutating func walk(_ level: UnsafeMutablePointer<Level>, _ slab: Slab) -> Bool {
        var slot = level.pointee.head
        while slot >= 0 {
            let maker = slab.at(slot)
            slot = maker.pointee.next
            let open = maker.pointee.open
            if maker.pointee.isOwn(account, new.account) {
                switch new.selfTrade {
                case .none: break
                case .expireMaker: continue
                case .expireTaker, .expireBoth: return false
                case .decrement:
                    if new.timeInForce == .fok { return false }
                    let lots = part(of: Int128(open), at: level.pointee.price)
                    use(lots, at: level.pointee.price, trades: false)
                    if lots < open || wanted == 0 { return false }
                    continue
                }
            }
            guard take(Int128(open), at: level.pointee.price) else { return false }
        }
        return true
    }
}
