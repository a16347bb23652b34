// Seeded flows of every command of the engine, few prices and accounts: invariants after each
// command, the same commands give the same hashes, batches do not matter.

import Engine
import HarnessCore
import Testing

@Suite struct MatcherFlowTests {
    static func flow(_ seed: UInt64, _ count: Int) throws -> (Market, [Command]) {
        let market = try Market.load(
            yaml: """
                - { symbol: XUSDT, base: X, quote: USDT, tick: "0.01", step: "0.001", \
                maxNumOrders: 20, minNotional: "0.02", takerPpm: 700, makerPpm: -100 }
                - { symbol: YX, base: Y, quote: X, tick: "0.01", step: "0.001" }
                """)
        var rng = SplitMix64(state: seed)
        func below(_ n: UInt64) -> Int { Int(Draw.below(rng.next(), n)) }
        var bodies: [Command.Body] = (1...3).flatMap { n in
            (0..<3).map { asset in
                .deposit(
                    Deposit(
                        account: InlineText("u\(n)".utf8) ?? "", asset: UInt16(asset),
                        amount: 90_000_000, depositID: InlineText("\(n)-\(asset)".utf8) ?? ""))
            }
        }
        func account() -> InlineText { InlineText("u\(below(3) + 1)".utf8) ?? "" }
        func new(_ n: Int) -> NewOrder {
            let isMarket = below(6) == 0
            let isByQuote = isMarket && below(3) == 0
            let tif = isByQuote ? TimeInForce.gtc : [.gtc, .gtc, .gtc, .ioc, .fok][below(5)]
            return NewOrder(
                apiID: 1, requestNumber: UInt64(n), symbol: UInt16(below(8) / 7),
                side: below(2) == 0 ? .buy : .sell, type: isMarket ? .market : .limit,
                timeInForce: tif,
                selfTrade: SelfTradePrevention(rawValue: UInt8(below(5))) ?? .none,
                postOnly: !isMarket && tif == .gtc && below(6) == 0, quantityIsQuote: isByQuote,
                price: isMarket ? 0 : Int64(below(7)) + 197,
                quantity: isByQuote ? Int64(below(9_000_000)) : Int64(below(62)),
                account: account(), clientOrderID: InlineText("c\(n)".utf8) ?? "")
        }
        func target(_ n: Int) -> InlineText { InlineText("c\(below(UInt64(n)))".utf8) ?? "" }
        for n in 1...count {
            let name = account()
            let cancel = CancelOrder(
                symbol: 0, account: name, orderID: UInt64(below(UInt64(n))), clientOrderID: "")
            switch below(10) {
            case 0, 1: bodies.append(.cancel(cancel))
            case 2:
                var order = new(n)
                order.account = name
                order.symbol = 0
                bodies.append(
                    .cancelReplace(
                        CancelReplace(cancel: cancel, new: order, stopsOnFailure: n % 2 == 0)))
            case 3:
                bodies.append(
                    .amend(
                        AmendOrder(
                            symbol: 0, account: name, orderID: 0, clientOrderID: target(n),
                            quantity: Int64(below(40)))))
            case 4 where below(9) == 0: bodies.append(.cancelAll(symbol: 0, account: name))
            default: bodies.append(.new(new(n)))
            }
        }
        let commands = bodies.enumerated().map {
            Command(seq: UInt64($0 + 1), receivedNs: UInt64($0), body: $1)
        }
        return (market, commands)
    }

    /// The outcomes were as varied as the test needs them.
    @Test(arguments: 1...12)
    func invariantsHoldAfterEveryCommand(seed: UInt64) throws {
        let (market, commands) = try Self.flow(seed, 1_500)
        let matcher = Matcher(market: market)
        var effects = Effects()
        for command in commands {
            _ = matcher.apply(command, effects: &effects)
            let broken = matcher.firstBrokenInvariant()
            try #require(broken == nil, "seed \(seed), command \(command.seq)")
        }
        #expect(effects.trades.count > 50 && effects.prevented.count > 20)
        for symbol in 0..<2 as Range<UInt16> {
            let trades = effects.trades.filter { $0.symbol == symbol }.map(\.tradeID)
            #expect(trades == Array(1..<UInt64(trades.count + 1)))
            let prevented = effects.prevented.filter { $0.symbol == symbol }.map(\.preventedID)
            #expect(prevented == Array(1..<UInt64(prevented.count + 1)))
        }
        for order in effects.orders where order.status != .new && order.status != .partiallyFilled {
            #expect(order.executed + order.canceled + order.prevented == order.quantity)
            #expect((order.status == .expired) == (order.expiry != .none))
        }
    }

    @Test(arguments: 1...4)
    func theSameCommandsDoTheSame(seed: UInt64) throws {
        let (market, commands) = try Self.flow(seed, 2_000)
        var silent = MatcherOptions()
        silent.keepsEvents = false
        let (one, two) = (Matcher(market: market), Matcher(market: market, options: silent))
        var whole = Effects()
        for command in commands {
            var single = Effects()
            let outcome = one.apply(command, effects: &single)
            let other = two.apply(command, effects: &whole)
            if case .rejected = outcome { #expect(outcome == other) }
            #expect(one.eventHash == two.eventHash)
        }
        #expect(whole.events.isEmpty && one.stateHash() == two.stateHash())
        // Another order of the first two deposits is another history.
        let third = Matcher(market: market)
        _ = third.apply(
            Command(seq: 1, receivedNs: 0, body: commands[1].body), effects: &whole)
        let fourth = Matcher(market: market)
        _ = fourth.apply(commands[0], effects: &whole)
        #expect(third.eventHash != fourth.eventHash)
    }

    @Test func oneOrderThroughFiveThousandMakers() throws {
        let d = ReplayDesk()
        var effects = Effects()
        var seq: UInt64 = 0
        func place(_ id: UInt64, _ side: Side, _ lots: Int64, _ price: Int64, _ tif: TimeInForce) {
            seq += 1
            effects.removeAll()
            let order = ReplayCommand.New(
                id: id, account: nil, symbol: 0, side: side, timeInForce: tif, price: price,
                quantity: lots)
            #expect(
                d.matcher.replay(ReplayCommand(seq: seq, .new(order)), effects: &effects) == nil)
        }
        for id in 0..<5_000 as Range<UInt64> { place(id, .sell, 2, Int64(100 + id % 70), .gtc) }
        place(9_999, .buy, 10_001, 169, .ioc)
        #expect(effects.events.count { $0.kind == .trade } == 5_000)
        #expect(effects.events.last?.quantity == 1 && d.matcher.openOrderCount == 0)
        #expect(d.matcher.firstBrokenInvariant() == nil)
    }

    @Test func idsAreFreeOnceTheOrderEnds() throws {
        var options = MatcherOptions()
        options.freesClientIDs = true
        let market = try Market.load(
            yaml: #"- { symbol: X, base: B, quote: Q, tick: 1, step: 1, minNotional: 0 }"#)
        for frees in [true, false] {
            options.freesClientIDs = frees
            let matcher = Matcher(market: market, options: options)
            var effects = Effects()
            let order = NewOrder(
                apiID: 1, requestNumber: 1, symbol: 0, side: .buy, type: .limit,
                timeInForce: .ioc, price: 1, quantity: 1, account: "u1", clientOrderID: "c")
            _ = matcher.apply(
                Command(seq: 1, receivedNs: 1, body: .fund(Fund(accounts: 1, amount: 9))),
                effects: &effects)
            var ids: [UInt64] = []
            for seq in 2...3 as ClosedRange<UInt64> {
                let outcome = matcher.apply(
                    Command(seq: seq, receivedNs: seq, body: .new(order)), effects: &effects)
                if case .order(let state, _, _) = outcome { ids.append(state.orderID) }
            }
            #expect(ids == (frees ? [1, 2] : [1, 1]))
        }
    }
}
