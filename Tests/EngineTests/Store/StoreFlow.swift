// Seeded flows through the real matcher, as the effects of each command; and the tables of a store
// as text, to compare.

import Engine
import GRDB
import HarnessCore
import Testing

/// Commands of all kinds by a few accounts on two symbols.
struct StoreFlow {
    static let accounts = ["u1", "u2", "u3", "z"]
    static let market = try? Market.load(
        yaml: """
            - { symbol: XUSDT, base: X, quote: USDT, tick: "0.01", step: "0.001", \
            minNotional: "0.01" }
            - { symbol: YUSDT, base: Y, quote: USDT, tick: "0.1", step: "0.01", \
            minNotional: "0.01", makerPpm: -100 }
            """)

    let market: Market
    let matcher: Matcher
    /// By command; `parts[i]` belongs to seq i + 1.
    private(set) var parts: [Effects] = []
    private var rng: SplitMix64

    init(seed: UInt64, commands: Int) throws {
        market = try #require(Self.market)
        matcher = Matcher(market: market)
        rng = SplitMix64(state: seed)
        apply(.fund(Fund(accounts: 3, amount: 4_000)))
        for (i, asset) in market.assets.indices.enumerated() {
            apply(
                .deposit(
                    Deposit(
                        account: "z", asset: UInt16(asset), amount: 500_000_000_000,
                        depositID: Self.text("d\(i)"))))
        }
        for n in 0..<commands { apply(command(n)) }
    }

    static func text(_ string: String) -> InlineText {
        guard let value = InlineText(string.utf8) else { preconditionFailure("too long") }
        return value
    }

    private mutating func apply(_ body: Command.Body) {
        var effects = Effects()
        let seq = UInt64(parts.count + 1)
        _ = matcher.apply(
            Command(seq: seq, receivedNs: 1_000_000 * seq, body: body), effects: &effects)
        parts.append(effects)
    }

    private mutating func below(_ n: UInt64) -> Int { Int(Draw.below(rng.next(), n)) }

    private mutating func command(_ n: Int) -> Command.Body {
        let account = Self.text(Self.accounts[below(4)])
        let symbol = UInt16(below(2))
        let known = Self.text("c\(below(UInt64(n + 1)))")
        switch below(12) {
        case 0, 1:
            return .cancel(
                CancelOrder(symbol: symbol, account: account, orderID: 0, clientOrderID: known))
        case 2:
            return .amend(
                AmendOrder(
                    symbol: symbol, account: account, orderID: 0, clientOrderID: known,
                    quantity: Int64(below(40)) + 1))
        case 3:
            let cancel = CancelOrder(
                symbol: symbol, account: account, orderID: 0, clientOrderID: known)
            return .cancelReplace(
                CancelReplace(
                    cancel: cancel, new: order(n, account, symbol), stopsOnFailure: below(2) == 0))
        case 4 where below(6) == 0: return .cancelAll(symbol: symbol, account: account)
        case 5 where below(3) == 0:
            return .deposit(
                Deposit(
                    account: account, asset: UInt16(below(3)), amount: Int64(below(1_000)) - 300,
                    depositID: Self.text("d\(below(40))")))
        default: return .new(order(n, account, symbol))
        }
    }

    private mutating func order(_ n: Int, _ account: InlineText, _ symbol: UInt16) -> NewOrder {
        let isMarket = below(8) == 0
        let tif = TimeInForce(rawValue: UInt8(max(0, below(6) - 3))) ?? .gtc
        let stp = SelfTradePrevention(rawValue: UInt8(max(0, below(8) - 3))) ?? .none
        return NewOrder(
            apiID: 1, requestNumber: UInt64(n), symbol: symbol, side: below(2) == 0 ? .buy : .sell,
            type: isMarket ? .market : .limit, timeInForce: isMarket ? .gtc : tif, selfTrade: stp,
            postOnly: !isMarket && tif == .gtc && below(6) == 0,
            price: isMarket ? 0 : Int64(below(7)) + 197,
            // Now and then more than anybody has.
            quantity: Int64(below(62)) * (below(40) == 0 ? 100_000_000 : 1),
            account: account, clientOrderID: Self.text("c\(n)"))
    }

    /// Effects of the commands at `range`, as one batch.
    func batch(_ range: Range<Int>) -> Effects {
        parts[range].reduce(into: Effects()) { joined, part in
            joined.orders += part.orders
            joined.trades += part.trades
            joined.balances += part.balances
            joined.rejects += part.rejects
            joined.deposits += part.deposits
            joined.funds += part.funds
            joined.prevented += part.prevented
        }
    }
}

/// Every row of every table; without the time of the last commit.
enum StoreDump {
    static let tables = [
        "orders", "trades", "balances", "deposits", "prevented", "rejects", "symbols", "progress",
    ]

    static func text(_ path: String) throws -> [String] {
        let database = try DatabaseQueue(path: path)
        return try database.read { db in
            try tables.flatMap { table in
                try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { row in
                    let fields = row.filter { $0.0 != "updated" || table != "progress" }
                        .map { "\($0.0)=\($0.1)" }
                    return table + " " + fields.joined(separator: " ")
                }
            }
        }
    }
}
