// Matching in the twin: price, then arrival; the table of self-trade prevention (engine.md 3).

import Engine

extension NaiveBook {
    /// What an order reaches, in the order in which it would.
    func makers(_ taker: NaiveOrder) -> [Int] {
        queue(taker.symbol, taker.side == .buy ? .sell : .buy).filter {
            if taker.type == .market { return true }
            let price = orders[$0].price
            return taker.side == .buy ? price <= taker.price : price >= taker.price
        }
    }

    func isOwn(_ a: NaiveOrder, _ b: NaiveOrder) -> Bool {
        a.account != nil && a.account == b.account
    }

    /// What would trade, and what a buyer would pay for it. A FOK counts up to its first own maker
    /// in mode DECREMENT too.
    func forecast(_ taker: NaiveOrder) -> (lots: Int64, cost: Int64) {
        var rest = taker.open
        var (lots, cost): (Int64, Int64) = (0, 0)
        for i in makers(taker) where rest > 0 {
            let maker = orders[i]
            if isOwn(maker, taker), taker.selfTrade != .none {
                if taker.selfTrade == .expireMaker { continue }
                if taker.selfTrade == .decrement, taker.timeInForce != .fok {
                    rest -= min(rest, maker.open)
                    continue
                }
                break
            }
            let take = min(rest, maker.open)
            rest -= take
            lots += take
            cost += value(taker.symbol, maker.price, take)
        }
        return (lots, cost)
    }

    /// Trades while it crosses. `taker` is not in the book.
    func sweep(_ taker: inout NaiveOrder) {
        for i in makers(taker) {
            if taker.open == 0 || taker.isStopped { break }
            meet(&taker, i)
        }
    }

    /// A trade, or what self-trade prevention makes of it.
    func meet(_ taker: inout NaiveOrder, _ i: Int) {
        guard isOwn(orders[i], taker), taker.selfTrade != .none else {
            return trade(&taker, i)
        }
        lastPrevented[taker.symbol] += 1
        switch taker.selfTrade {
        case .expireMaker: expire(i)
        case .decrement: decrement(&taker, i)
        case .expireBoth:
            expire(i)
            taker.isStopped = true
        default: taker.isStopped = true
        }
    }

    private func trade(_ taker: inout NaiveOrder, _ i: Int) {
        let lots = min(taker.open, orders[i].open)
        settle(taker, orders[i], lots)
        orders[i].open -= lots
        orders[i].executed += lots
        orders[i].status = orders[i].open == 0 ? .filled : .partiallyFilled
        if orders[i].open == 0 { orders[i].isResting = false }
        taker.open -= lots
        taker.executed += lots
        lastTrade[taker.symbol] += 1
        events.append(
            .trade(
                lastTrade[taker.symbol], price: orders[i].price, lots, maker: orders[i].id,
                taker: taker.id))
    }

    /// Both have set aside what they pay; a buyer gets back what the price is better.
    private func settle(_ taker: NaiveOrder, _ maker: NaiveOrder, _ lots: Int64) {
        let rules = symbols[taker.symbol]
        let amount = value(taker.symbol, maker.price, lots)
        let goods = lots * rules.lotUnits
        let (buyer, seller) = taker.side == .buy ? (taker, maker) : (maker, taker)
        let (buyerPpm, sellerPpm) =
            taker.side == .buy
            ? (rules.takerPpm, rules.makerPpm) : (rules.makerPpm, rules.takerPpm)
        let atLimit =
            buyer.type == .market ? amount : value(taker.symbol, buyer.price, lots)
        let (base, quote) = (Int(rules.baseAsset), Int(rules.quoteAsset))
        add(buyer.account, quote, free: atLimit - amount, locked: -atLimit)
        add(seller.account, base, locked: -goods)
        for (account, asset, received, ppm) in [
            (buyer.account, base, goods, buyerPpm), (seller.account, quote, amount, sellerPpm),
        ] {
            let fee = (received * abs(ppm) / 1_000_000) * ppm.signum()
            add(account, asset, free: received - fee)
            add("@fees", asset, free: fee)
        }
    }

    /// An own maker goes: funds freed.
    private func expire(_ i: Int) {
        setAside(orders[i], -orders[i].open)
        let open = orders[i].open
        orders[i].gone += open
        orders[i].open = 0
        orders[i].isResting = false
        orders[i].status = .expiredInMatch
        events.append(
            .canceled(orders[i].id, orders[i].side, price: orders[i].price, open, .selfTrade))
    }

    private func decrement(_ taker: inout NaiveOrder, _ i: Int) {
        let lots = min(taker.open, orders[i].open)
        events.append(
            .prevented(lastPrevented[taker.symbol], lots, maker: orders[i].id, taker: taker.id))
        // A market buy has set aside only what it pays for.
        if taker.type == .limit || taker.side == .sell { setAside(taker, -lots) }
        setAside(orders[i], -lots)
        taker.open -= lots
        taker.gone += lots
        taker.isStopped = taker.open == 0
        orders[i].open -= lots
        orders[i].gone += lots
        if orders[i].open == 0 {
            orders[i].isResting = false
            orders[i].status = .expiredInMatch
            events.append(
                .canceled(orders[i].id, orders[i].side, price: orders[i].price, 0, .selfTrade))
        }
    }

    /// Sets the order's funds aside, trades, and lets it rest or go. The order is numbered already.
    /// - Parameter replaced: the event that comes between trades and its own end.
    func execute(_ order: NaiveOrder, replaced: NaiveEvent? = nil) -> NaiveOrder {
        var taker = order
        let reach = forecast(taker)
        if taker.timeInForce == .fok, reach.lots < taker.open {
            return finish(taker, .fok, .expired)
        }
        if taker.type == .limit || taker.side == .sell {
            setAside(taker, taker.open)
        } else {
            add(taker.account, asset(taker.symbol, .buy), free: -reach.cost, locked: reach.cost)
        }
        sweep(&taker)
        if let replaced { events.append(replaced) }
        if taker.isStopped {
            release(taker)
            return finish(taker, .selfTrade, .expiredInMatch)
        }
        if taker.open == 0 {
            taker.status = .filled
            return taker
        }
        if taker.type == .limit, taker.timeInForce == .gtc {
            taker.status = taker.executed > 0 ? .partiallyFilled : .new
            taker.isResting = true
            arrivals += 1
            taker.arrival = arrivals
            return taker
        }
        release(taker)
        let reason: MatchEvent.Reason =
            taker.timeInForce == .fok ? .fok : taker.type == .market ? .market : .ioc
        return finish(taker, reason, .expired)
    }

    /// What the open lots hold comes free; a market buy holds nothing more.
    private func release(_ order: NaiveOrder) {
        if order.type == .limit || order.side == .sell { setAside(order, -order.open) }
    }

    private func finish(
        _ order: NaiveOrder, _ reason: MatchEvent.Reason, _ status: OrderStatus
    ) -> NaiveOrder {
        var order = order
        events.append(
            .canceled(order.id, order.side, price: order.price, order.open, reason))
        order.gone += order.open
        order.open = 0
        order.status = status
        return order
    }
}
