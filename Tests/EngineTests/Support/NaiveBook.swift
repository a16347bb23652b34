// The obvious twin of the matcher: arrays and linear search, no code of Match/. Slow on purpose.

import Engine

/// One symbol, limit and market orders, fees; funds in a dictionary.
final class NaiveExchange {
    struct Order {
        var id: Int
        var client: String
        var account: String
        var side: Side
        var price: Int64
        var open: Int64
        var isOpen: Bool
        var finished: Bool { !isOpen }
        var payload: [Int64]
    }
    struct Trade: Equatable {
        var price, lots: Int64
        var maker, taker: Int
    }
    var orders: [Order] = []
    var free: [String: [Int64]] = [:]
    var locked: [String: [Int64]] = [:]
    let rules: SymbolRules
    let base = 0
    let quote = 1

    init(rules: SymbolRules) { self.rules = rules }

    func balance(_ account: String) -> ([Int64], [Int64]) {
        (free[account] ?? [0, 0], locked[account] ?? [0, 0])
    }

    func add(_ account: String, _ asset: Int, free f: Int64 = 0, locked l: Int64 = 0) {
        free[account, default: [0, 0]][asset] += f
        locked[account, default: [0, 0]][asset] += l
    }

    func value(_ price: Int64, _ lots: Int64) -> Int64 { price * lots * rules.notionalFactor }

    /// Open orders of a side, best first, earliest first.
    func queue(_ side: Side) -> [Int] {
        orders.indices.filter { orders[$0].isOpen && orders[$0].side == side }.sorted {
            let a = orders[$0]
            let b = orders[$1]
            if a.price != b.price { return side == .buy ? a.price > b.price : a.price < b.price }
            return a.id < b.id
        }
    }

    func depth(_ side: Side) -> [DepthLevel] {
        var levels: [DepthLevel] = []
        for i in queue(side) {
            if levels.last?.price == orders[i].price {
                levels[levels.count - 1].quantity += orders[i].open
            } else {
                levels.append(DepthLevel(price: orders[i].price, quantity: orders[i].open))
            }
        }
        return levels
    }

    enum Result: Equatable {
        case rejected(Int32)
        case duplicate(Int)
        case placed(Int, OrderStatus, [Trade])
        case canceled(Int)
    }

    func place(_ new: NewOrder) -> Result {
        let payload: [Int64] = [
            Int64(new.side.rawValue), Int64(new.type.rawValue), Int64(new.timeInForce.rawValue),
            new.postOnly ? 1 : 0, new.price, new.quantity,
        ]
        let account = new.account.description
        let client = new.clientOrderID.description
        if new.selfTrade != .none { return .rejected(-1130) }
        if new.type == .limit, new.price < rules.minPrice || new.price > rules.maxPrice {
            return .rejected(-1013)
        }
        if new.quantity < rules.minQuantity || new.quantity > rules.maxQuantity {
            return .rejected(-1013)
        }
        if new.type == .limit, value(new.price, new.quantity) < rules.minNotional {
            return .rejected(-1013)
        }
        if let known = orders.first(where: { $0.client == client && $0.account == account }) {
            return known.payload == payload ? .duplicate(known.id) : .rejected(-2010)
        }
        if orders.filter({ $0.isOpen && $0.account == account }).count >= rules.maxOrders {
            return .rejected(-1013)
        }
        let makers = queue(new.side == .buy ? .sell : .buy).filter {
            new.type == .market
                || (new.side == .buy
                    ? orders[$0].price <= new.price : orders[$0].price >= new.price)
        }
        var fillable: Int64 = 0
        var cost: Int64 = 0
        for i in makers {
            let take = min(orders[i].open, new.quantity - fillable)
            fillable += take
            cost += value(orders[i].price, take)
        }
        let asset = new.side == .buy ? quote : base
        let needed: Int64
        switch (new.type, new.side) {
        case (.limit, .buy): needed = value(new.price, new.quantity)
        case (.market, .buy): needed = cost
        default: needed = new.quantity * rules.lotUnits
        }
        if needed > balance(account).0[asset] { return .rejected(-2010) }
        if new.postOnly, !makers.isEmpty { return .rejected(-2010) }

        let id = orders.count + 1
        var order = Order(
            id: id, client: client, account: account, side: new.side, price: new.price,
            open: new.quantity, isOpen: false, payload: payload)
        orders.append(order)
        if new.timeInForce == .fok, fillable < new.quantity { return .placed(id, .expired, []) }
        var trades: [Trade] = []
        for i in makers where order.open > 0 {
            let lots = min(orders[i].open, order.open)
            settle(maker: i, taker: order, lots: lots, isMarket: new.type == .market)
            orders[i].open -= lots
            if orders[i].open == 0 { orders[i].isOpen = false }
            order.open -= lots
            trades.append(Trade(price: orders[i].price, lots: lots, maker: orders[i].id, taker: id))
        }
        let status: OrderStatus
        if order.open == 0 {
            status = .filled
        } else if new.type == .limit, new.timeInForce == .gtc {
            status = trades.isEmpty ? .new : .partiallyFilled
            order.isOpen = true
            let amount =
                new.side == .buy
                ? value(new.price, order.open) : order.open * rules.lotUnits
            add(account, asset, free: -amount, locked: amount)
        } else {
            status = .expired
        }
        orders[id - 1] = order
        return .placed(id, status, trades)
    }

    /// The taker pays from free funds; the maker from locked ones.
    private func settle(maker i: Int, taker: Order, lots: Int64, isMarket: Bool) {
        let maker = orders[i]
        let amount = value(maker.price, lots)
        let goods = lots * rules.lotUnits
        let buyer = taker.side == .buy ? taker.account : maker.account
        let seller = taker.side == .buy ? maker.account : taker.account
        if taker.side == .buy {
            add(buyer, quote, free: -amount)
            add(seller, base, locked: -goods)
        } else {
            add(buyer, quote, locked: -amount)
            add(seller, base, free: -goods)
        }
        let baseFee = goods * (taker.side == .buy ? rules.takerPpm : rules.makerPpm) / 1_000_000
        let quoteFee = amount * (taker.side == .buy ? rules.makerPpm : rules.takerPpm) / 1_000_000
        add(buyer, base, free: goods - baseFee)
        add("@fees", base, free: baseFee)
        add(seller, quote, free: amount - quoteFee)
        add("@fees", quote, free: quoteFee)
    }

    func cancel(account: String, client: String) -> Result {
        guard let i = orders.firstIndex(where: { $0.client == client && $0.account == account }),
            orders[i].isOpen
        else { return .rejected(-2011) }
        orders[i].isOpen = false
        let order = orders[i]
        let amount =
            order.side == .buy
            ? value(order.price, order.open) : order.open * rules.lotUnits
        add(account, order.side == .buy ? quote : base, free: amount, locked: -amount)
        return .canceled(order.id)
    }
}
