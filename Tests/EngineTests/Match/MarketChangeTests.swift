// The market changes by a command: what may change and what may not.

import Engine
import Testing

@Suite struct MarketChangeTests {
    private static let yaml = """
        - { symbol: XUSDT, base: X, quote: USDT, tick: "0.01", step: "0.001" }
        """

    private static func apply(
        _ matcher: Matcher, _ market: Market, seq: UInt64 = 1
    ) -> Outcome {
        var effects = Effects()
        return matcher.apply(
            Command(
                seq: seq, receivedNs: 1, body: .config(MarketChange(Array(market.json.utf8)))),
            effects: &effects)
    }

    @Test func textAndBack() throws {
        for market in [Market.builtIn, try Market.load(yaml: Self.yaml)] {
            #expect(try Market.load(yaml: market.json) == market)
        }
    }

    @Test func additionsStatusFiltersAndFees() throws {
        let matcher = Matcher(market: try Market.load(yaml: Self.yaml))
        var next = try Market.load(
            yaml: Self.yaml + "\n- { symbol: YX, base: Y, quote: X, tick: 1, step: 1 }")
        next.symbols[0].status = .halt
        next.symbols[0].minPrice = 7
        next.symbols[0].makerPpm = -5
        #expect(Self.apply(matcher, next) == .configured)
        #expect(matcher.market == next)
        var effects = Effects()
        let deposit = Deposit(account: "a", asset: 2, amount: 9, depositID: "d")
        _ = matcher.apply(
            Command(seq: 2, receivedNs: 2, body: .deposit(deposit)), effects: &effects)
        #expect(matcher.balances(account: "a").map(\.free) == [9])
        #expect(matcher.firstBrokenInvariant() == nil)
    }

    @Test(arguments: [
        #"- { symbol: XUSDT, base: X, quote: USDT, tick: "0.1", step: "0.001" }"#,
        #"- { symbol: XUSDT, base: X, quote: USDT, tick: "0.01", step: "0.01" }"#,
        #"- { symbol: XUSDT, base: Z, quote: USDT, tick: "0.01", step: "0.001" }"#,
        #"- { symbol: XUSDT, base: X, quote: USDT, baseScale: 7, tick: "0.01", step: "0.001" }"#,
        #"- { symbol: OTHER, base: X, quote: USDT, tick: "0.01", step: "0.001" }"#,
    ])
    func whatNumbersMeanMayNotChange(yaml: String) throws {
        let matcher = Matcher(market: try Market.load(yaml: Self.yaml))
        let (before, next) = (matcher.market, try Market.load(yaml: yaml))
        #expect(before.obstacle(to: next) != nil)
        guard case .rejected(let rejection) = Self.apply(matcher, next) else {
            Issue.record("accepted")
            return
        }
        #expect(rejection.code == -1130 && matcher.market == before)
    }

    @Test func textThatIsNoMarket() throws {
        let matcher = Matcher(market: try Market.load(yaml: Self.yaml))
        var effects = Effects()
        let change = MarketChange(Array("[{".utf8))
        let outcome = matcher.apply(
            Command(seq: 1, receivedNs: 1, body: .config(change)), effects: &effects)
        guard case .rejected = outcome else {
            Issue.record("accepted")
            return
        }
        #expect(matcher.market.symbols.count == 1)
    }
}
