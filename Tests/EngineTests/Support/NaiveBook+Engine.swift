// What the engine's commands mean, in the twin: client ids, orders by quote amount, cancelReplace,
// amend by total, cancelAll, deposits by id (engine.md 2 and 3).

import Engine

/// What came of a command, as far as its caller can tell.
indirect enum NaiveOutcome: Equatable {
    case rejected(Int32)
    case duplicate(UInt64)
    case placed(UInt64, OrderStatus, total: Int64, executed: Int64)
    case canceled([UInt64])
    case amended(UInt64, total: Int64)
    case replaced(cancel: NaiveOutcome, new: NaiveOutcome?, duplicate: Bool)
    case deposited(free: Int64, duplicate: Bool)
}

/// The twin of one engine: a book that remembers finished orders.
final class NaiveEngine {
    let book: NaiveBook
    private var finished: [NaiveOrder] = []
    private var deposits: [Deposit] = []

    init(_ market: Market) { book = NaiveBook(market, hasLedger: true) }

    func apply(_ body: Command.Body) -> NaiveOutcome {
        book.events = []
        let outcome: NaiveOutcome
        switch body {
        case .new(let new): outcome = place(new)
        case .cancel(let order): outcome = cancel(order)
        case .cancelAll(let symbol, let account):
            outcome = cancelAll(Int(symbol), account.description)
        case .cancelReplace(let pair): outcome = cancelReplace(pair)
        case .amend(let order): outcome = amend(order)
        case .deposit(let deposit): outcome = self.deposit(deposit)
        default: preconditionFailure("not part of the flows")
        }
        finished += book.orders.filter { !$0.isResting }
        book.orders.removeAll { !$0.isResting }
        return outcome
    }

    // MARK: New

    private func order(_ new: NewOrder) -> NaiveOrder {
        NaiveOrder(
            id: 0, client: new.clientOrderID.description, account: new.account.description,
            symbol: Int(new.symbol), side: new.side, type: new.type,
            timeInForce: new.timeInForce, postOnly: new.postOnly, selfTrade: new.selfTrade,
            price: new.price, asked: new.quantity, isQuote: new.quantityIsQuote,
            original: new.quantityIsQuote ? 0 : new.quantity,
            open: new.quantityIsQuote ? 0 : new.quantity)
    }

    private func known(_ order: NaiveOrder) -> NaiveOrder? {
        (book.orders + finished).first {
            $0.account == order.account && $0.client == order.client
        }
    }

    private func isSame(_ a: NaiveOrder, _ b: NaiveOrder) -> Bool {
        a.symbol == b.symbol && a.side == b.side && a.type == b.type
            && a.timeInForce == b.timeInForce && a.postOnly == b.postOnly
            && a.selfTrade == b.selfTrade && a.price == b.price && a.asked == b.asked
            && a.isQuote == b.isQuote
    }

    private func place(_ new: NewOrder) -> NaiveOutcome {
        guard Int(new.symbol) < book.symbols.count else { return .rejected(-1121) }
        var order = order(new)
        if let code = book.refusal(order) { return .rejected(code) }
        if let known = known(order) {
            return isSame(known, order) ? .duplicate(known.id) : .rejected(-2010)
        }
        if book.isFull(order.account, order.symbol) { return .rejected(-1013) }
        if let code = order.isQuote ? quoteObstacle(order) : book.obstacle(order) {
            return .rejected(code)
        }
        book.lastOrder[order.symbol] += 1
        order.id = book.lastOrder[order.symbol]
        order = order.isQuote ? executeByQuote(order) : book.execute(order)
        book.orders.append(order)
        let isCut = order.type == .market && order.status == .expiredInMatch
        return .placed(
            order.id, order.status, total: isCut ? -1 : order.original,
            executed: order.executed)
    }

    // MARK: By quote amount

    private func affordable(_ order: NaiveOrder, _ amount: Int64, _ price: Int64) -> Int64 {
        amount / (price * book.symbols[order.symbol].notionalFactor)
    }

    private func quoteObstacle(_ order: NaiveOrder) -> Int32? {
        let makers = book.makers(order)
        if let best = makers.first,
            affordable(order, order.asked, book.orders[best].price) == 0
        {
            return -1013
        }
        let free = book.funds(order.account ?? "", book.asset(order.symbol, order.side)).free
        if order.side == .buy { return order.asked > free ? -2010 : nil }
        var rest = order.asked
        var sold: Int64 = 0
        for i in makers {
            let maker = book.orders[i]
            let lots = min(affordable(order, rest, maker.price), maker.open)
            if lots == 0 { break }
            if book.isOwn(maker, order), order.selfTrade != .none {
                if order.selfTrade == .expireMaker { continue }
                if order.selfTrade != .decrement { break }
            } else {
                sold += lots
            }
            rest -= book.value(order.symbol, maker.price, lots)
            if lots < maker.open { break }
        }
        return sold * book.symbols[order.symbol].lotUnits > free ? -2010 : nil
    }

    /// Maker by maker, with what is left of the amount.
    private func executeByQuote(_ order: NaiveOrder) -> NaiveOrder {
        var taker = order
        var rest = order.asked
        var status: OrderStatus?
        var wasDecremented = false
        for i in book.makers(order) {
            let maker = book.orders[i]
            let isOwn = book.isOwn(maker, taker) && taker.selfTrade != .none
            taker.open = affordable(order, rest, maker.price)
            let lots = min(taker.open, maker.open)
            if lots > 0 {
                if !isOwn {
                    setAside(taker, maker.price, lots)
                } else if taker.selfTrade == .decrement, taker.side == .sell {
                    // A decrement gives a seller's lots back; a buyer's amount was never taken.
                    setAside(taker, maker.price, lots)
                }
                book.meet(&taker, i)
                if isOwn, taker.selfTrade == .expireMaker { continue }
                if isOwn, taker.selfTrade != .decrement {
                    status = .expiredInMatch
                    break
                }
                wasDecremented = isOwn
                rest -= book.value(taker.symbol, maker.price, lots)
            }
            if lots < maker.open || rest == 0 {
                status = wasDecremented ? .expiredInMatch : .filled
                break
            }
        }
        taker.open = 0
        taker.original = taker.executed + taker.gone
        taker.isResting = false
        taker.status = status ?? .expired
        return taker
    }

    /// What an order by amount pays with, as it comes to pay.
    private func setAside(_ taker: NaiveOrder, _ price: Int64, _ lots: Int64) {
        if taker.side == .sell { return book.setAside(taker, lots) }
        let amount = book.value(taker.symbol, price, lots)
        book.add(
            taker.account, book.asset(taker.symbol, .buy), free: -amount, locked: amount)
    }

    // MARK: Cancel, amend

    private func target(_ symbol: UInt16, _ account: InlineText, _ id: UInt64, _ client: InlineText)
        -> Int?
    {
        // One of the two must be there.
        if id == 0, client.isEmpty { return nil }
        return book.orders.firstIndex {
            $0.symbol == Int(symbol) && $0.account == account.description
                && (id == 0 || $0.id == id)
                && (client.isEmpty || $0.client == client.description)
        }
    }

    private func end(_ i: Int) {
        book.setAside(book.orders[i], -book.orders[i].open)
        book.orders[i].gone += book.orders[i].open
        book.orders[i].open = 0
        book.orders[i].isResting = false
        book.orders[i].status = .canceled
    }

    private func isUnknown(_ symbol: UInt16) -> Bool { Int(symbol) >= book.symbols.count }

    private func cancel(_ order: CancelOrder) -> NaiveOutcome {
        if isUnknown(order.symbol) { return .rejected(-1121) }
        guard
            let i = target(order.symbol, order.account, order.orderID, order.clientOrderID)
        else {
            // An open order of that number, of another client id.
            let other = target(order.symbol, order.account, order.orderID, "")
            return .rejected(other == nil || order.clientOrderID.isEmpty ? -2011 : -2039)
        }
        let status = book.orders[i].status
        switch order.restriction {
        case .onlyNew where status != .new, .onlyPartiallyFilled where status != .partiallyFilled:
            return .rejected(-2011)
        default: break
        }
        end(i)
        return .canceled([book.orders[i].id])
    }

    private func cancelAll(_ symbol: Int, _ account: String) -> NaiveOutcome {
        guard symbol < book.symbols.count else { return .rejected(-1121) }
        let all = book.orders.indices.filter {
            book.orders[$0].symbol == symbol && book.orders[$0].account == account
        }
        if all.isEmpty { return .rejected(-2011) }
        for i in all { end(i) }
        return .canceled(all.map { book.orders[$0].id }.sorted())
    }

    private func amend(_ order: AmendOrder) -> NaiveOutcome {
        if isUnknown(order.symbol) { return .rejected(-1121) }
        if book.symbols[Int(order.symbol)].status == .halt { return .rejected(-2010) }
        guard
            let i = target(order.symbol, order.account, order.orderID, order.clientOrderID)
        else {
            // An open order of that number, of another client id.
            let other = target(order.symbol, order.account, order.orderID, "")
            return .rejected(other == nil || order.clientOrderID.isEmpty ? -2011 : -2039)
        }
        let o = book.orders[i]
        if order.quantity >= o.original { return .rejected(-2038) }
        if order.quantity <= o.executed + o.gone
            || order.quantity < book.symbols[o.symbol].minQuantity
        {
            return .rejected(-1013)
        }
        let less = o.original - order.quantity
        book.setAside(o, -less)
        book.orders[i].original = order.quantity
        book.orders[i].open -= less
        return .amended(o.id, total: order.quantity)
    }

    // MARK: cancelReplace, deposits

    private func cancelReplace(_ pair: CancelReplace) -> NaiveOutcome {
        guard Int(pair.new.symbol) < book.symbols.count, pair.cancel.symbol == pair.new.symbol
        else { return .rejected(-1121) }
        let new = order(pair.new)
        if let code = book.refusal(new) { return .rejected(code) }
        if let known = known(new) {
            let old = (book.orders + finished).first {
                $0.symbol == new.symbol && $0.account == pair.cancel.account.description
                    && (pair.cancel.orderID == 0 || $0.id == pair.cancel.orderID)
                    && (pair.cancel.clientOrderID.isEmpty
                        || $0.client == pair.cancel.clientOrderID.description)
            }
            if let old, old.status == .canceled, isSame(known, new) {
                return .replaced(
                    cancel: .canceled([old.id]), new: .duplicate(known.id), duplicate: true)
            }
            return .rejected(-2010)
        }
        let canceled = cancel(pair.cancel)
        if case .rejected = canceled, pair.stopsOnFailure {
            return .replaced(cancel: canceled, new: nil, duplicate: false)
        }
        return .replaced(cancel: canceled, new: place(pair.new), duplicate: false)
    }

    private func deposit(_ deposit: Deposit) -> NaiveOutcome {
        let account = deposit.account.description
        let asset = Int(deposit.asset)
        if asset >= book.assets.count { return .rejected(-1130) }
        if account.hasPrefix("@") { return .rejected(-2015) }
        if let known = deposits.first(where: { $0.depositID == deposit.depositID }) {
            guard known == deposit else { return .rejected(-2010) }
            return .deposited(free: book.funds(account, asset).free, duplicate: true)
        }
        if book.funds(account, asset).free + deposit.amount < 0 { return .rejected(-2010) }
        deposits.append(deposit)
        book.add(account, asset, free: deposit.amount)
        return .deposited(free: book.funds(account, asset).free, duplicate: false)
    }
}
