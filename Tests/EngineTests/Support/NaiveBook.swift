// The obvious twin of the matcher: arrays and linear search, none of its code but the values that
// go in and out. Slow on purpose. `NaiveBook+Sweep.swift` matches, `NaiveBook+Replay.swift` is
// engine.md 8, `NaiveBook+Engine.swift` what the API's commands mean.

import Engine

struct NaiveOrder {
    /// The caller's in replay; counted per symbol otherwise.
    var id: UInt64
    var client = ""
    /// nil: nobody's.
    var account: String?
    var symbol: Int
    var side: Side
    var type: OrderType
    var timeInForce: TimeInForce
    var postOnly: Bool
    var selfTrade: SelfTradePrevention
    var price: Int64
    /// Lots, or an amount of the quote asset (`isQuote`), as first asked for.
    var asked: Int64
    var isQuote = false
    var original: Int64
    var open: Int64
    var executed: Int64 = 0
    /// Canceled, expired, taken away by self-trade prevention.
    var gone: Int64 = 0
    var status = OrderStatus.new
    /// The place in the queue of its price.
    var arrival = 0
    /// In the book.
    var isResting = false
    /// Stopped by self-trade prevention.
    var isStopped = false
}

/// What `engine replay` prints of a command.
enum NaiveEvent: Equatable {
    case accepted(UInt64, Side, price: Int64, Int64)
    case trade(UInt64, price: Int64, Int64, maker: UInt64, taker: UInt64)
    case prevented(UInt64, Int64, maker: UInt64, taker: UInt64)
    case canceled(UInt64, Side, price: Int64, Int64, MatchEvent.Reason)
    case replaced(UInt64, Side, price: Int64, Int64)
    case amended(UInt64, Side, price: Int64, Int64)
    case rejected(UInt64, Int32)
    case deposited
}

final class NaiveBook {
    let symbols: [SymbolRules]
    let assets: [String]
    let hasLedger: Bool
    /// Open orders; the engine's also the finished ones.
    var orders: [NaiveOrder] = []
    var free: [String: [Int64]] = [:]
    var locked: [String: [Int64]] = [:]
    var lastTrade: [UInt64]
    var lastPrevented: [UInt64]
    var lastOrder: [UInt64]
    var arrivals = 0
    var events: [NaiveEvent] = []

    init(_ market: Market, hasLedger: Bool) {
        symbols = market.symbols
        assets = market.assets.map(\.name)
        self.hasLedger = hasLedger
        lastTrade = symbols.map { _ in 0 }
        lastPrevented = lastTrade
        lastOrder = lastTrade
    }

    // MARK: Funds

    func funds(_ account: String, _ asset: Int) -> (free: Int64, locked: Int64) {
        (free[account]?[asset] ?? 0, locked[account]?[asset] ?? 0)
    }

    func add(_ account: String?, _ asset: Int, free f: Int64 = 0, locked l: Int64 = 0) {
        guard hasLedger, let account else { return }
        free[account, default: assets.map { _ in 0 }][asset] += f
        locked[account, default: assets.map { _ in 0 }][asset] += l
    }

    func asset(_ symbol: Int, _ side: Side) -> Int {
        Int(side == .buy ? symbols[symbol].quoteAsset : symbols[symbol].baseAsset)
    }

    func value(_ symbol: Int, _ price: Int64, _ lots: Int64) -> Int64 {
        price * lots * symbols[symbol].notionalFactor
    }

    /// What so many lots of an order hold.
    func hold(_ order: NaiveOrder, _ lots: Int64) -> Int64 {
        order.side == .buy
            ? value(order.symbol, order.price, lots) : lots * symbols[order.symbol].lotUnits
    }

    func setAside(_ order: NaiveOrder, _ lots: Int64) {
        let amount = hold(order, lots)
        add(order.account, asset(order.symbol, order.side), free: -amount, locked: amount)
    }

    // MARK: Books

    /// Resting orders of a side, best first, then as they came.
    func queue(_ symbol: Int, _ side: Side) -> [Int] {
        orders.indices.filter {
            orders[$0].isResting && orders[$0].symbol == symbol && orders[$0].side == side
        }.sorted {
            let (a, b) = (orders[$0], orders[$1])
            if a.price != b.price { return side == .buy ? a.price > b.price : a.price < b.price }
            return a.arrival < b.arrival
        }
    }

    func depth(_ symbol: Int, _ side: Side) -> [DepthLevel] {
        var levels: [DepthLevel] = []
        for i in queue(symbol, side) {
            if levels.last?.price == orders[i].price {
                levels[levels.count - 1].quantity += orders[i].open
            } else {
                levels.append(DepthLevel(price: orders[i].price, quantity: orders[i].open))
            }
        }
        return levels
    }

    /// The lines whose SHA-256 is the state hash (engine.md 8).
    func stateLines() -> String {
        var text = ""
        for s in symbols.indices.sorted(by: { symbols[$0].symbol < symbols[$1].symbol }) {
            text += "S \(symbols[s].symbol) \(lastTrade[s])\n"
            for (side, letter) in [(Side.buy, "B"), (.sell, "A")] {
                for i in queue(s, side) {
                    text += "\(letter) \(orders[i].price) \(orders[i].id) \(orders[i].open)\n"
                }
            }
        }
        var lines: [String] = []
        for account in free.keys {
            for (a, name) in assets.enumerated() {
                let (f, l) = funds(account, a)
                if f != 0 || l != 0 { lines.append("$ \(account) \(name) \(f) \(l)\n") }
            }
        }
        return text + lines.sorted().joined()
    }

    // MARK: Checks that both kinds of command share

    /// HALT, combinations, then filters; a code, or nil.
    func refusal(_ order: NaiveOrder) -> Int32? {
        let rules = symbols[order.symbol]
        if rules.status == .halt { return -2010 }
        if order.account?.hasPrefix("@") == true { return -2015 }
        if order.postOnly, order.type == .market || order.timeInForce != .gtc { return -1115 }
        if order.isQuote, order.timeInForce == .fok { return -1115 }
        return filter(order)
    }

    func filter(_ order: NaiveOrder) -> Int32? {
        let rules = symbols[order.symbol]
        if order.type == .limit, order.price < rules.minPrice || order.price > rules.maxPrice {
            return -1013
        }
        if order.isQuote { return order.asked < 1 ? -1013 : nil }
        if order.open < rules.minQuantity || order.open > rules.maxQuantity { return -1013 }
        if order.type == .limit, value(order.symbol, order.price, order.open) < rules.minNotional {
            return -1013
        }
        return nil
    }

    func isFull(_ account: String?, _ symbol: Int) -> Bool {
        guard hasLedger, let account else { return false }
        let count = orders.count {
            $0.isResting && $0.account == account && $0.symbol == symbol
        }
        return count >= symbols[symbol].maxOrders
    }

    /// Funds, then post-only; a code, or nil.
    func obstacle(_ order: NaiveOrder) -> Int32? {
        if hasLedger {
            let needed =
                order.type == .limit || order.side == .sell
                ? hold(order, order.open) : forecast(order).cost
            let account = order.account ?? ""
            if needed > funds(account, asset(order.symbol, order.side)).free { return -2010 }
        }
        return order.postOnly && !makers(order).isEmpty ? -2010 : nil
    }
}
