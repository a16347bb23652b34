// Seeded flows of the engine's commands through `Matcher.apply` and through its obvious twin:
// outcome, trades, books, funds and invariants after every command. SPOTLOAD_FLOWS (`make
// test-long`) makes more of them.

import Engine
import Foundation
import HarnessCore
import Testing

@Suite struct MatcherTwinTests {
    @Test func equalsTheTwin() throws {
        let wanted = ProcessInfo.processInfo.environment["SPOTLOAD_FLOWS"].flatMap { Int($0) }
        for seed in 1...(wanted ?? 40) {
            var flow = EngineFlow(seed: UInt64(seed))
            let bodies = flow.bodies(wanted == nil ? 400 : 1_000)
            let trial = EngineTrial(market: try ReplayFlow.market())
            let fault = trial.fault(bodies)
            #expect(fault == nil, "seed \(seed): \(Self.story(of: bodies, in: trial))")
            if fault != nil { return }
        }
    }

    /// The flow cut down to what still fails.
    private static func story(of bodies: [Command.Body], in trial: EngineTrial) -> String {
        let short = shrunk(bodies) { trial.fault($0) != nil }
        let lines = short.map { "\($0)" }.joined(separator: "\n")
        return "shrunk to \(short.count) commands: \(trial.fault(short) ?? "")\n\(lines)"
    }
}

/// Few client ids, so that repeats, with the same payload and with others, are common.
struct EngineFlow {
    private var rng: SplitMix64
    private var made = 0
    /// What was sent before: repeated now and then, as a client does that got no answer.
    private var sent: [Command.Body] = []

    init(seed: UInt64) { rng = SplitMix64(state: SplitMix64.fold(seed, 3)) }

    private mutating func below(_ n: Int) -> Int { Int(Draw.below(rng.next(), UInt64(n))) }
    private mutating func isOne(in n: Int) -> Bool { below(n) == 0 }

    mutating func bodies(_ count: Int) -> [Command.Body] {
        for (i, account) in ReplayFlow.accounts.enumerated() {
            for (asset, amount): (UInt16, Int64) in [
                (0, 60_000_000), (1, 90_000_000), (2, 300_000_000),
            ] {
                sent.append(
                    .deposit(
                        Deposit(
                            account: account, asset: asset, amount: amount,
                            depositID: Self.text("f\(i).\(asset)"))))
            }
        }
        while sent.count < count {
            let body = isOne(in: 15) ? sent[below(sent.count)] : body()
            sent.append(body)
        }
        return sent
    }

    private mutating func body() -> Command.Body {
        switch below(24) {
        case 0..<13: return .new(new())
        case 13..<16: return .cancel(cancel())
        case 16..<18:
            return .amend(
                AmendOrder(
                    symbol: symbol(), account: account(), orderID: isOne(in: 3) ? orderID() : 0,
                    clientOrderID: isOne(in: 4) ? "" : oldClient(), quantity: Int64(below(25))))
        case 18..<22:
            var (cancel, new) = (cancel(), new())
            if !isOne(in: 30) {
                new.symbol = cancel.symbol
                new.account = cancel.account
            }
            if isOne(in: 3) { cancel.restriction = .none }
            return .cancelReplace(
                CancelReplace(cancel: cancel, new: new, stopsOnFailure: isOne(in: 2)))
        case 22: return .cancelAll(symbol: symbol(), account: account())
        default:
            return .deposit(
                Deposit(
                    account: isOne(in: 20) ? "@fees" : account(),
                    asset: UInt16(below(isOne(in: 20) ? 9 : 4)),
                    amount: Int64(below(12_000_000)) - 6_000_000,
                    depositID: Self.text("d\(below(60))")))
        }
    }

    private static func text(_ string: String) -> InlineText {
        guard let value = InlineText(string.utf8) else { preconditionFailure("too long") }
        return value
    }

    private mutating func account() -> InlineText { ReplayFlow.accounts[below(3)] }
    private mutating func symbol() -> UInt16 {
        isOne(in: 80) ? UInt16(below(2)) + 2 : UInt16(below(2))
    }
    private mutating func orderID() -> UInt64 { UInt64(max(0, made - below(30))) }
    private mutating func oldClient() -> InlineText { Self.text("c\(max(0, made - below(25)))") }

    private mutating func cancel() -> CancelOrder {
        CancelOrder(
            symbol: symbol(), account: account(), orderID: isOne(in: 4) ? orderID() : 0,
            clientOrderID: oldClient(),
            restriction: CancelRestriction(rawValue: UInt8(max(0, below(8) - 5))) ?? .none)
    }

    private mutating func new() -> NewOrder {
        made += 1
        let type: OrderType = isOne(in: 5) ? .market : .limit
        let timeInForce: TimeInForce = isOne(in: 5) ? .ioc : isOne(in: 5) ? .fok : .gtc
        let isQuote = type == .market && isOne(in: 2)
        // Half of them come out even: a lot at a tick is 1,000 or 100 units of the quote asset.
        let amount =
            isOne(in: 2)
            ? (197 + Int64(below(7))) * 1_000 * Int64(below(25))
            : Int64(below(isOne(in: 6) ? 40_000_000 : 4_000_000))
        return NewOrder(
            apiID: 1, requestNumber: UInt64(made), symbol: symbol(),
            side: isOne(in: 2) ? .buy : .sell, type: type,
            timeInForce: isQuote && !isOne(in: 20) ? .gtc : timeInForce,
            selfTrade: SelfTradePrevention(rawValue: UInt8(max(0, below(8) - 3))) ?? .none,
            postOnly: isOne(in: 12), quantityIsQuote: isQuote,
            price: type == .market ? 0 : isOne(in: 60) ? 0 : 197 + Int64(below(7)),
            quantity: isQuote ? amount : Int64(below(isOne(in: 8) ? 32 : 12)),
            account: isOne(in: 80) ? "@fees" : account(),
            clientOrderID: isOne(in: 12) ? oldClient() : Self.text("c\(made)"))
    }
}

/// One flow, on both.
struct EngineTrial {
    let market: Market

    /// The first difference or broken invariant, in words.
    func fault(_ bodies: [Command.Body]) -> String? {
        let matcher = Matcher(market: market)
        let naive = NaiveEngine(market)
        var effects = Effects()
        for (n, body) in bodies.enumerated() {
            effects.removeAll()
            let seq = UInt64(n + 1)
            let outcome = Self.flat(
                matcher.apply(
                    Command(seq: seq, receivedNs: seq, body: body), effects: &effects))
            let expected = naive.apply(body)
            let place = "command \(n) (\(body))"
            if outcome != expected { return "\(place): \(outcome), twin \(expected)" }
            let trades = effects.trades.map {
                NaiveEvent.trade(
                    $0.tradeID, price: $0.price, $0.quantity, maker: $0.makerOrder,
                    taker: $0.takerOrder)
            }
            let expectedTrades = naive.book.events.filter {
                if case .trade = $0 { true } else { false }
            }
            if trades != expectedTrades {
                return "\(place): trades \(trades), twin \(expectedTrades)"
            }
            if let broken = matcher.firstBrokenInvariant() { return "\(place): \(broken)" }
            if let uneven = Self.uneven(effects) { return "\(place): \(uneven)" }
            for symbol in market.symbols.indices {
                let depth = matcher.depth(symbol: UInt16(symbol), limit: 1_000)
                let twin = (naive.book.depth(symbol, .buy), naive.book.depth(symbol, .sell))
                guard depth.bids == twin.0, depth.asks == twin.1 else {
                    return "\(place): book \(symbol): \(depth), twin \(twin)"
                }
            }
            if let difference = fundsDifference(
                matcher, naive.book, assets: market.assets.count)
            {
                return "\(place): \(difference)"
            }
        }
        return nil
    }

    /// I6 of orders that have ended, which no book holds any more.
    private static func uneven(_ effects: Effects) -> String? {
        for order in effects.orders {
            let isOver = order.status != .new && order.status != .partiallyFilled
            let known = order.executed + order.canceled + order.prevented
            if isOver ? known != order.quantity : known >= order.quantity {
                return "I6: \(order)"
            }
        }
        return nil
    }

    private static func flat(_ outcome: Outcome) -> NaiveOutcome {
        switch outcome {
        case .rejected(let rejection): return .rejected(rejection.code)
        case .order(let state, _, let isDuplicate):
            return isDuplicate ? .duplicate(state.orderID) : placed(state)
        case .canceled(let state): return .canceled([state.orderID])
        case .canceledAll(let states): return .canceled(states.map(\.orderID))
        case .amended(let state): return .amended(state.orderID, total: state.quantity)
        case .deposited(let balance, let isDuplicate):
            return .deposited(free: balance.free, duplicate: isDuplicate)
        case .replaced(let pair, _):
            return .replaced(
                cancel: leg(pair.cancel) { .canceled([$0.orderID]) } ?? .rejected(0),
                new: leg(pair.new) { pair.duplicate ? .duplicate($0.orderID) : placed($0) },
                duplicate: pair.duplicate)
        case .funded, .configured: return .rejected(0)
        }
    }

    /// The size of a market order that self-trade prevention ended is nobody's business but I6's.
    private static func placed(_ state: OrderState) -> NaiveOutcome {
        let isCut = state.type == .market && state.status == .expiredInMatch
        return .placed(
            state.orderID, state.status, total: isCut ? -1 : state.quantity,
            executed: state.executed)
    }

    private static func leg(
        _ leg: Replacement.Leg, _ done: (OrderState) -> NaiveOutcome
    ) -> NaiveOutcome? {
        switch leg {
        case .done(let state): done(state)
        case .failed(let rejection): .rejected(rejection.code)
        case .notAttempted: nil
        }
    }
}
