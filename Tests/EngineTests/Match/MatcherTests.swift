// Hand cases with full outcomes, and a test for each classic bug of an order book.

import Engine
import HarnessCore
import Testing

@Suite struct MatcherTests {
    /// A market with funded accounts, driven by short calls.
    final class Desk {
        let matcher: Matcher
        var effects = Effects()
        var seq: UInt64 = 0
        var n = 0

        init(_ market: Market, accounts: Int = 3) {
            matcher = Matcher(market: market)
            _ = apply(.fund(Fund(accounts: UInt32(accounts), amount: 1_000_000)))
        }

        func apply(_ body: Command.Body) -> Outcome {
            seq += 1
            effects.removeAll()
            return matcher.apply(Command(seq: seq, receivedNs: seq, body: body), effects: &effects)
        }

        @discardableResult
        func limit(
            _ side: Side, _ lots: Int64, at price: Int64, _ tif: TimeInForce = .gtc,
            by account: InlineText = "u1", id: InlineText? = nil, postOnly: Bool = false
        ) -> Outcome {
            n += 1
            return apply(
                .new(
                    NewOrder(
                        apiID: 1, requestNumber: UInt64(n), symbol: 0, side: side, type: .limit,
                        timeInForce: tif, postOnly: postOnly, price: price, quantity: lots,
                        account: account, clientOrderID: id ?? InlineText("c\(n)".utf8) ?? "c")))
        }

        func market(
            _ side: Side, _ quantity: Int64, isQuote: Bool = false, by account: InlineText = "u2"
        ) -> Outcome {
            n += 1
            return apply(
                .new(
                    NewOrder(
                        apiID: 1, requestNumber: UInt64(n), symbol: 0, side: side, type: .market,
                        timeInForce: .gtc, quantityIsQuote: isQuote, price: 0, quantity: quantity,
                        account: account, clientOrderID: InlineText("m\(n)".utf8) ?? "m")))
        }

        func cancel(_ id: InlineText, by account: InlineText = "u1") -> Outcome {
            apply(.cancel(CancelOrder(symbol: 0, account: account, orderID: 0, clientOrderID: id)))
        }

        /// `lots@price maker/taker` of the last command.
        var trades: [String] {
            effects.trades.map { "\($0.quantity)@\($0.price) \($0.makerOrder)/\($0.takerOrder)" }
        }
        var depth: Depth { matcher.depth(symbol: 0, limit: 100) }
    }

    private static func desk() throws -> Desk {
        Desk(
            try Market.load(
                yaml: """
                    - { symbol: X, base: B, quote: Q, baseScale: 0, quoteScale: 0, tick: "1", \
                    step: "1", minNotional: "0", makerPpm: 0, takerPpm: 0 }
                    """))
    }

    private static func status(_ outcome: Outcome) -> OrderStatus? {
        if case .order(let state, _, false) = outcome { state.status } else { nil }
    }

    private static func code(_ outcome: Outcome) -> Int32? {
        if case .rejected(let rejection) = outcome { rejection.code } else { nil }
    }

    @Test func fifo() throws {
        let d = try Self.desk()
        for _ in 1...3 { d.limit(.buy, 10, at: 100) }
        d.limit(.sell, 15, at: 100, .ioc, by: "u2")
        #expect(d.trades == ["10@100 1/4", "5@100 2/4"])
        d.limit(.sell, 10, at: 100, by: "u2")
        #expect(d.trades == ["5@100 2/5", "5@100 3/5"])
        #expect(d.depth.bids == [DepthLevel(price: 100, quantity: 5)])
        #expect(d.depth.asks.isEmpty)
    }

    @Test func tradesAreAtTheMakersPrice() throws {
        let d = try Self.desk()
        d.limit(.sell, 10, at: 100)
        d.limit(.buy, 10, at: 105, .ioc, by: "u2")
        #expect(d.trades == ["10@100 1/2"])
        d.limit(.buy, 10, at: 200)
        d.limit(.sell, 10, at: 195, .ioc, by: "u2")
        #expect(d.trades == ["10@200 3/4"])
    }

    @Test func deadIDs() throws {
        let d = try Self.desk()
        d.limit(.buy, 10, at: 100, id: "a")
        guard case .canceled(let state) = d.cancel("a") else {
            Issue.record("not canceled")
            return
        }
        #expect(state.canceled == 10)
        #expect(Self.code(d.cancel("a")) == -2011)
        #expect(Self.code(d.cancel("never")) == -2011)
        #expect(Self.code(d.cancel("a", by: "u2")) == -2011)
    }

    @Test func repeatedClientIDs() throws {
        let d = try Self.desk()
        d.limit(.buy, 10, at: 100, id: "a")
        guard case .order(let state, _, true) = d.limit(.buy, 10, at: 100, id: "a") else {
            Issue.record("the same payload answers the original")
            return
        }
        #expect(state.orderID == 1)
        #expect(Self.code(d.limit(.buy, 11, at: 100, id: "a")) == -2010)
        #expect(d.depth.bids == [DepthLevel(price: 100, quantity: 10)])
    }

    @Test func immediateOrCancelNeverRests() throws {
        let d = try Self.desk()
        d.limit(.sell, 4, at: 100)
        #expect(Self.status(d.limit(.buy, 10, at: 100, .ioc, by: "u2")) == .expired)
        #expect(d.trades == ["4@100 1/2"])
        #expect(d.depth.bids.isEmpty && d.depth.asks.isEmpty)
    }

    @Test func fillOrKillLooksAtAllLevels() throws {
        let d = try Self.desk()
        d.limit(.sell, 5, at: 100)
        d.limit(.sell, 5, at: 101)
        #expect(Self.status(d.limit(.buy, 11, at: 101, .fok, by: "u2")) == .expired)
        #expect(d.trades.isEmpty)
        #expect(d.depth.asks.count == 2)
        #expect(Self.status(d.limit(.buy, 10, at: 101, .fok, by: "u2")) == .filled)
        #expect(d.trades == ["5@100 1/4", "5@101 2/4"])
    }

    @Test func postOnlyNeverTakes() throws {
        let d = try Self.desk()
        d.limit(.sell, 5, at: 100)
        #expect(Self.code(d.limit(.buy, 5, at: 100, postOnly: true)) == -2010)
        #expect(Self.status(d.limit(.buy, 5, at: 99, postOnly: true)) == .new)
    }

    @Test func sweepsStopAtTheLimit() throws {
        let d = try Self.desk()
        for price in 100...105 { d.limit(.sell, 1, at: Int64(price)) }
        d.limit(.buy, 10, at: 102, by: "u2")
        #expect(d.trades.count == 3)
        #expect(d.depth.bids == [DepthLevel(price: 102, quantity: 7)])
        #expect(d.depth.asks.first?.price == 103)
    }

    @Test func aPartialFillKeepsItsPlace() throws {
        let d = try Self.desk()
        d.limit(.buy, 10, at: 100)
        d.limit(.buy, 10, at: 100)
        d.limit(.sell, 4, at: 100, .ioc, by: "u2")
        d.limit(.sell, 8, at: 100, .ioc, by: "u2")
        #expect(d.trades == ["6@100 1/4", "2@100 2/4"])
    }

    @Test func marketOrders() throws {
        let d = try Self.desk()
        #expect(Self.status(d.market(.buy, 5)) == .expired)
        d.limit(.sell, 3, at: 100)
        d.limit(.sell, 3, at: 110)
        #expect(Self.status(d.market(.buy, 5)) == .filled)
        #expect(d.trades == ["3@100 2/4", "2@110 3/4"])
        #expect(Self.status(d.market(.buy, 5)) == .expired)
        #expect(d.depth.asks.isEmpty)
        #expect(d.matcher.firstBrokenInvariant() == nil)
    }

    @Test func marketOrdersByQuoteAmount() throws {
        let d = try Self.desk()
        d.limit(.sell, 3, at: 100)
        d.limit(.sell, 3, at: 110)
        #expect(Self.code(d.market(.buy, 99, isQuote: true)) == -1013)
        #expect(Self.status(d.market(.buy, 420, isQuote: true)) == .filled)
        #expect(d.trades == ["3@100 1/3", "1@110 2/3"])
        #expect(Self.status(d.market(.buy, 10_000, isQuote: true)) == .expired)
        #expect(d.matcher.firstBrokenInvariant() == nil)
    }

    @Test func fundsAreNeededAndHeld() throws {
        let d = try Self.desk()
        #expect(Self.code(d.limit(.buy, 10_001, at: 100)) == -2010)
        #expect(Self.status(d.limit(.buy, 10_000, at: 100)) == .new)
        #expect(Self.code(d.limit(.buy, 1, at: 1)) == -2010)
        #expect(Self.code(d.limit(.sell, 1, at: 200, by: "nobody")) == -2010)
    }

    @Test func depositsAreIdempotent() throws {
        let d = try Self.desk()
        let deposit = Deposit(account: "z", asset: 0, amount: 5, depositID: "d1")
        #expect(d.apply(.deposit(deposit)) != d.apply(.deposit(deposit)))
        for other in [
            Deposit(account: "y", asset: 0, amount: 5, depositID: "d1"),
            Deposit(account: "z", asset: 1, amount: 5, depositID: "d1"),
            Deposit(account: "z", asset: 0, amount: 6, depositID: "d1"),
        ] {
            #expect(Self.code(d.apply(.deposit(other))) == -2010)
        }
        #expect(d.matcher.balances(account: "y").isEmpty)
        #expect(d.matcher.balances(account: "z")[0].free == 5)
        let withdraw = Deposit(account: "z", asset: 0, amount: -6, depositID: "d2")
        #expect(Self.code(d.apply(.deposit(withdraw))) == -2010)
    }

    @Test func unknownIndexesAreRefused() throws {
        let d = try Self.desk()
        let hash = d.matcher.stateHash()
        var order = NewOrder(
            apiID: 1, requestNumber: 1, symbol: 1, side: .buy, type: .limit, timeInForce: .gtc,
            price: 1, quantity: 1, account: "u1", clientOrderID: "c")
        #expect(Self.code(d.apply(.new(order))) == -1121)
        #expect(d.effects.rejects.count == 1)
        order.symbol = .max
        #expect(Self.code(d.apply(.new(order))) == -1121)
        let cancel = CancelOrder(symbol: 9, account: "u1", orderID: 1, clientOrderID: "")
        #expect(Self.code(d.apply(.cancel(cancel))) == -1121)
        #expect(Self.code(d.apply(.cancelAll(symbol: 9, account: "u1"))) == -1121)
        let deposit = Deposit(account: "u1", asset: 2, amount: 1, depositID: "d")
        #expect(Self.code(d.apply(.deposit(deposit))) == -1130)
        #expect(d.matcher.stateHash() == hash)
    }

    @Test(arguments: [
        Fund(accounts: 3, amount: .max), Fund(accounts: .max, amount: 1),
        Fund(accounts: 4, amount: .max / 4), Fund(accounts: 1, amount: -1),
    ])
    func fundingThatDoesNotFitChangesNothing(fund: Fund) throws {
        let d = try Self.desk()
        let hash = d.matcher.stateHash()
        #expect(Self.code(d.apply(.fund(fund))) == -1013)
        #expect(d.matcher.stateHash() == hash && d.effects.balances.isEmpty)
        let wide = Matcher(market: .builtIn)
        var effects = Effects()
        let scaled = Fund(accounts: 1, amount: 92_233_720_369)
        let outcome = wide.apply(
            Command(seq: 1, receivedNs: 1, body: .fund(scaled)), effects: &effects)
        #expect(Self.code(outcome) == -1013)
    }

    /// HALT, self-trade, filters, client id, number of orders, balance, post-only.
    @Test func theFirstFailureWins() throws {
        let d = try Self.desk()
        d.limit(.buy, 10, at: 100, id: "a")
        #expect(Self.code(d.limit(.buy, 0, at: 100, id: "a")) == -1013)
        #expect(Self.code(d.limit(.buy, 10, at: 0, id: "a")) == -1013)
        #expect(Self.code(d.limit(.buy, 20_000, at: 100, id: "a")) == -2010)
        #expect(Self.code(d.limit(.buy, 1, at: 1, .ioc, postOnly: true)) == -1115)
        var market = d.matcher.market
        market.symbols[0].status = .halt
        let closed = Desk(market)
        #expect(Self.code(closed.limit(.buy, 0, at: 0)) == -2010)
        var order = NewOrder(
            apiID: 1, requestNumber: 1, symbol: 0, side: .buy, type: .limit, timeInForce: .gtc,
            price: 0, quantity: 0, account: "u1", clientOrderID: "a")
        #expect(Self.code(d.apply(.new(order))) == -1013)
        order.account = "@fees"
        #expect(Self.code(d.apply(.new(order))) == -2015)
    }

    @Test func rejectsMakeNoAccounts() throws {
        let d = try Self.desk()
        #expect(Self.code(d.limit(.buy, 1, at: 100, by: "stranger")) == -2010)
        #expect(Self.code(d.limit(.buy, 0, at: 100, by: "stranger")) == -1013)
        let withdraw = Deposit(account: "stranger", asset: 0, amount: -1, depositID: "w")
        #expect(Self.code(d.apply(.deposit(withdraw))) == -2010)
        #expect(d.matcher.accountCount == 4)
        #expect(d.matcher.balances(account: "stranger").isEmpty)
        _ = d.apply(.deposit(Deposit(account: "s", asset: 1, amount: 7, depositID: "s")))
        #expect(d.matcher.balances(account: "s").map(\.asset) == [1])
    }

    /// The worked example of engine.md 3, 1000 ppm both sides.
    @Test func workedBalances() throws {
        let market = Market.builtIn
        let matcher = Matcher(market: market)
        var effects = Effects()
        var seq: UInt64 = 0
        func apply(_ body: Command.Body) {
            seq += 1
            _ = matcher.apply(Command(seq: seq, receivedNs: 0, body: body), effects: &effects)
        }
        let usdt = market.symbols[0].quoteAsset
        let btc = market.symbols[0].baseAsset
        apply(
            .deposit(Deposit(account: "u1", asset: usdt, amount: 100_000_000_000, depositID: "1")))
        apply(.deposit(Deposit(account: "u2", asset: btc, amount: 1_000_000, depositID: "2")))
        func order(_ side: Side, _ lots: Int64, _ ticks: Int64, _ who: InlineText) {
            apply(
                .new(
                    NewOrder(
                        apiID: 1, requestNumber: seq, symbol: 0, side: side, type: .limit,
                        timeInForce: .gtc, price: ticks, quantity: lots, account: who,
                        clientOrderID: who)))
        }
        order(.sell, 400, 4_990_000, "u2")
        order(.buy, 1_000, 5_000_000, "u1")
        func funds(_ account: InlineText, _ asset: UInt16) -> [Int64] {
            let state = matcher.balances(account: account)[Int(asset)]
            return [state.free, state.locked]
        }
        #expect(funds("u1", usdt) == [50_040_000_000, 30_000_000_000])
        #expect(funds("u1", btc) == [399_600, 0])
        #expect(funds("u2", usdt) == [19_940_040_000, 0])
        #expect(funds("u2", btc) == [600_000, 0])
        #expect(funds("@fees", usdt) == [19_960_000, 0])
        #expect(funds("@fees", btc) == [400, 0])
        #expect(matcher.firstBrokenInvariant() == nil)
    }

    /// Rebates of all that is received, again and again, and a seller who buys his own: however near
    /// to 64 bits, nothing overflows, and no unit is lost or made but what `@fees` owes.
    @Test func rebatesEndWhere64BitsEnd() throws {
        let most: Int64 = 9_000_000_000_000_000_000
        let d = Desk(
            try Market.load(
                yaml: """
                    - { symbol: X, base: B, quote: Q, baseScale: 0, quoteScale: 0, tick: "1", \
                    step: "1", minNotional: "0", maxQty: "9000000000000000000", makerPpm: -1000000, \
                    takerPpm: -1000000 }
                    """), accounts: 0)
        func deposit(_ account: InlineText, _ asset: UInt16, _ amount: Int64, _ id: InlineText)
            -> Int32?
        {
            Self.code(
                d.apply(
                    .deposit(
                        Deposit(account: account, asset: asset, amount: amount, depositID: id))))
        }
        #expect(deposit("u1", 0, most, "1") == nil && deposit("u2", 1, most, "2") == nil)
        for _ in 1...3 {
            d.limit(.sell, most / 2, at: 1, by: "u1")
            #expect(Self.status(d.limit(.buy, most / 2, at: 1, .ioc, by: "u2")) == .filled)
            #expect(d.matcher.firstBrokenInvariant() == nil)
            d.limit(.buy, most / 2, at: 1, by: "u1")
            #expect(Self.status(d.market(.sell, most / 2, by: "u2")) == .filled)
            #expect(d.matcher.firstBrokenInvariant() == nil)
        }
        // All that 64 bits hold is with the two; the rest of the rebates was not paid.
        for asset in 0...1 as ClosedRange<UInt16> {
            let held = ["u1", "u2"].flatMap { d.matcher.balances(account: $0) }
                .filter { $0.asset == asset }
            #expect(held.reduce(Int64(0)) { $0 + $1.free + $1.locked } == .max)
            #expect(deposit("u3", asset, 1, asset == 0 ? "3" : "4") == -1013)
        }
    }

    /// Who is his own counterpart with nearly all there is has it once, not twice, in between.
    @Test func ownTradesOfAllThereIs() throws {
        let most: Int64 = 9_000_000_000_000_000_000
        let d = Desk(
            try Market.load(
                yaml: """
                    - { symbol: X, base: B, quote: Q, baseScale: 0, quoteScale: 0, tick: "1", \
                    step: "1", minNotional: "0", maxQty: "9000000000000000000", makerPpm: 0, \
                    takerPpm: 0 }
                    """), accounts: 0)
        for asset in 0...1 as ClosedRange<UInt16> {
            _ = d.apply(
                .deposit(
                    Deposit(
                        account: "u1", asset: asset, amount: most,
                        depositID: asset == 0 ? "1" : "2")))
        }
        d.limit(.buy, most, at: 1)
        #expect(Self.status(d.market(.sell, most, by: "u1")) == .filled)
        d.limit(.sell, most, at: 1)
        #expect(Self.status(d.market(.buy, most, by: "u1")) == .filled)
        #expect(d.matcher.balances(account: "u1").map(\.free) == [most, most])
        #expect(d.matcher.firstBrokenInvariant() == nil)
    }

    @Test func oneOrderThroughManyMakers() throws {
        let d = try Self.desk()
        for i in 0..<900 { d.limit(.sell, 1, at: 100 + Int64(i % 50)) }
        #expect(Self.status(d.limit(.buy, 900, at: 149, .ioc, by: "u2")) == .filled)
        #expect(d.trades.count == 900)
        #expect(d.matcher.openOrderCount == 0)
    }

    @Test func stateHashDependsOnTheState() throws {
        let one = try Self.desk()
        let two = try Self.desk()
        #expect(one.matcher.stateHash() == two.matcher.stateHash())
        one.limit(.buy, 1, at: 5)
        #expect(one.matcher.stateHash() != two.matcher.stateHash())
    }
}
