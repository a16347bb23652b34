// Seeded commands of every kind for tests of journal and snapshots: two symbols, four accounts, few
// prices and client ids, so that fills, repeats, rejects and empty books are common.

import Engine
import HarnessCore

struct LogFlow {
    static let accounts: [InlineText] = ["u1", "u2", "u3", "poor"]
    var rng: SplitMix64
    var seq: UInt64 = 0
    private var clients = 0

    init(seed: UInt64) { rng = SplitMix64(state: seed) }

    static func market() throws -> Market {
        try Market.load(
            yaml: """
                - { symbol: XUSDT, base: X, quote: USDT, tick: "0.01", step: "0.001", \
                maxNumOrders: 12, minNotional: "0.02", takerPpm: 700, makerPpm: -100 }
                - { symbol: YUSDT, base: Y, quote: USDT, tick: "0.5", step: "0.1", \
                quoteScale: 8, status: TRADING }
                """)
    }

    private mutating func below(_ n: Int) -> Int { Int(Draw.below(rng.next(), UInt64(n))) }
    private mutating func account() -> InlineText { Self.accounts[below(Self.accounts.count)] }

    /// A client id of this flow: mostly one that has not been used.
    private mutating func client(new: Bool) -> InlineText {
        if new, below(10) > 0 {
            clients += 1
            return InlineText("c\(clients)".utf8) ?? "c"
        }
        return InlineText("c\(below(max(1, clients)) + 1)".utf8) ?? "c"
    }

    mutating func next() -> Command {
        seq += 1
        return Command(seq: seq, receivedNs: 1_000 + seq * 10, body: body())
    }

    mutating func commands(_ count: Int) -> [Command] { (0..<count).map { _ in next() } }

    private mutating func body() -> Command.Body {
        if seq == 1 { return .fund(Fund(accounts: 3, amount: 5_000)) }
        switch below(20) {
        case 0:
            let n = below(12)
            return .deposit(
                Deposit(
                    account: account(), asset: UInt16(below(4)),
                    amount: Int64(below(2_000)) - 500, depositID: InlineText("d\(n)".utf8) ?? "d"))
        case 1:
            return .cancelAll(symbol: UInt16(below(3)), account: account())
        case 2, 3:
            return .amend(
                AmendOrder(
                    symbol: UInt16(below(2)), account: account(), orderID: UInt64(below(40)),
                    clientOrderID: below(2) == 0 ? client(new: false) : "",
                    quantity: Int64(below(60))))
        case 4, 5, 6:
            return .cancelReplace(
                CancelReplace(cancel: cancel(), new: order(), stopsOnFailure: below(2) == 0))
        case 7, 8, 9: return .cancel(cancel())
        default: return .new(order())
        }
    }

    private mutating func cancel() -> CancelOrder {
        CancelOrder(
            symbol: UInt16(below(2)), account: account(),
            orderID: below(3) == 0 ? UInt64(below(60)) : 0, clientOrderID: client(new: false),
            restriction: CancelRestriction(rawValue: UInt8(max(0, below(8) - 5))) ?? .none)
    }

    private mutating func order() -> NewOrder {
        let isMarket = below(6) == 0
        let tif = TimeInForce(rawValue: UInt8(max(0, below(6) - 3))) ?? .gtc
        let stp = SelfTradePrevention(rawValue: UInt8(max(0, below(9) - 4))) ?? .none
        let isByQuote = isMarket && below(3) == 0
        return NewOrder(
            apiID: 1, requestNumber: seq, symbol: UInt16(below(2)),
            side: below(2) == 0 ? .buy : .sell, type: isMarket ? .market : .limit,
            timeInForce: isMarket ? .gtc : tif, selfTrade: stp,
            postOnly: !isMarket && tif == .gtc && below(6) == 0, quantityIsQuote: isByQuote,
            price: isMarket ? 0 : Int64(below(7)) + 197,
            quantity: isByQuote ? Int64(below(900_000_000)) : Int64(below(62)),
            account: account(), clientOrderID: client(new: true))
    }
}

extension Effects {
    /// Equal in everything that the store gets.
    func isSame(as other: Effects) -> Bool {
        orders == other.orders && trades == other.trades && balances == other.balances
            && rejects == other.rejects && deposits == other.deposits && funds == other.funds
            && prevented == other.prevented && events == other.events
    }
}
