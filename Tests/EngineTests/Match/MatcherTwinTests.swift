// Seeded random flows on the matcher and on its obvious twin: outcome, trades, funds and depth
// after
// every command, invariants too.

import Engine
import Foundation
import HarnessCore
import Testing

@Suite struct MatcherTwinTests {
    private static let accounts = ["u1", "u2", "u3"]

    /// One symbol with base at index 0 and quote at 1, low limits so that they are met often.
    static func market() throws -> Market {
        try Market.load(
            yaml: """
                - { symbol: XUSDT, base: X, quote: USDT, tick: "0.01", step: "0.001", \
                maxNumOrders: 12, maxQty: "0.060", minNotional: "0.02", takerPpm: 700 }
                """)
    }

    private static func text(_ string: String) -> InlineText {
        guard let value = InlineText(string.utf8) else { preconditionFailure("too long") }
        return value
    }

    private static func randomOrder(_ rng: inout SplitMix64, _ n: Int) -> NewOrder {
        let isMarket = Draw.below(rng.next(), 8) == 0
        let tif = TimeInForce(rawValue: UInt8(max(0, Int(Draw.below(rng.next(), 6)) - 3))) ?? .gtc
        let isRepeat = Draw.below(rng.next(), 12) == 0
        let client = isRepeat ? Int(Draw.below(rng.next(), UInt64(n))) : n
        return NewOrder(
            apiID: 1, requestNumber: UInt64(n), symbol: 0,
            side: Draw.below(rng.next(), 2) == 0 ? .buy : .sell, type: isMarket ? .market : .limit,
            timeInForce: isMarket ? (tif == .fok ? .fok : .gtc) : tif,
            postOnly: !isMarket && tif == .gtc && Draw.below(rng.next(), 6) == 0,
            price: isMarket ? 0 : Int64(Draw.below(rng.next(), 7)) + 197,
            quantity: Int64(Draw.below(rng.next(), 62)),
            account: text(accounts[Int(Draw.below(rng.next(), 3))]),
            clientOrderID: text("c\(client)"))
    }

    private static func flatten(_ outcome: Outcome, _ effects: Effects) -> NaiveExchange.Result {
        switch outcome {
        case .rejected(let rejection): return .rejected(rejection.code)
        case .canceled(let state): return .canceled(Int(state.orderID))
        case .order(let state, let trades, let duplicate):
            if duplicate { return .duplicate(Int(state.orderID)) }
            return .placed(
                Int(state.orderID), state.status,
                effects.trades[trades].map {
                    .init(
                        price: $0.price, lots: $0.quantity, maker: Int($0.makerOrder),
                        taker: Int($0.takerOrder))
                })
        default: return .rejected(0)
        }
    }

    @Test(arguments: 1...40)
    func equalsTheTwin(seed: UInt64) throws {
        let market = try Self.market()
        let matcher = Matcher(market: market)
        let naive = NaiveExchange(rules: market.symbols[0])
        var rng = SplitMix64(state: seed)
        var effects = Effects()
        var seq: UInt64 = 0
        func apply(_ body: Command.Body) -> Outcome {
            seq += 1
            effects.removeAll()
            return matcher.apply(
                Command(seq: seq, receivedNs: seq, body: body), effects: &effects)
        }
        for account in Self.accounts {
            for asset in 0...1 {
                let amount: Int64 = asset == 0 ? 20_000_000 : 90_000_000
                _ = apply(
                    .deposit(
                        Deposit(
                            account: Self.text(account), asset: UInt16(asset), amount: amount,
                            depositID: Self.text("d\(asset)-\(account)"))))
                naive.add(account, asset, free: amount)
            }
        }
        let long = ProcessInfo.processInfo.environment["SPOTLOAD_LONG"] != nil
        for n in 1...(long ? 4_000 : 400) {
            let result: NaiveExchange.Result
            let expected: NaiveExchange.Result
            if Draw.below(rng.next(), 3) == 0 {
                let account = Self.accounts[Int(Draw.below(rng.next(), 3))]
                let client = "c\(Draw.below(rng.next(), UInt64(n)) + 1)"
                let outcome = apply(
                    .cancel(
                        CancelOrder(
                            symbol: 0, account: Self.text(account), orderID: 0,
                            clientOrderID: Self.text(client))))
                result = Self.flatten(outcome, effects)
                expected = naive.cancel(account: account, client: client)
            } else {
                let order = Self.randomOrder(&rng, n)
                result = Self.flatten(apply(.new(order)), effects)
                expected = naive.place(order)
            }
            try #require(result == expected, "seed \(seed), command \(n)")
            try #require(matcher.firstBrokenInvariant() == nil, "seed \(seed), command \(n)")
            let depth = matcher.depth(symbol: 0, limit: 1_000)
            try #require(depth.bids == naive.depth(.buy) && depth.asks == naive.depth(.sell))
            for account in Self.accounts + ["@fees"] {
                var funds = [BalanceState?](repeating: nil, count: 2)
                for state in matcher.balances(account: Self.text(account)) {
                    funds[Int(state.asset)] = state
                }
                let (free, locked) = naive.balance(account)
                try #require(
                    funds.map { $0?.free ?? 0 } == free && funds.map { $0?.locked ?? 0 } == locked,
                    "seed \(seed), command \(n), \(account)")
            }
        }
    }
}
