// cancelReplace: hand cases, and that one command does what a cancel and an order in turn do.

import Engine
import HarnessCore
import Testing

@Suite struct CancelReplaceTests {
    private static func desk() throws -> MatcherTests.Desk {
        MatcherTests.Desk(
            try Market.load(
                yaml: """
                    - { symbol: X, base: B, quote: Q, baseScale: 0, quoteScale: 0, tick: "1", \
                    step: "1", maxQty: "5000", minNotional: "0", makerPpm: 0, takerPpm: 0 }
                    """))
    }

    private static func pair(
        _ old: InlineText, _ id: InlineText, lots: Int64 = 10, at price: Int64 = 100,
        side: Side = .buy, by account: InlineText = "u1", stops: Bool = true
    ) -> CancelReplace {
        CancelReplace(
            cancel: CancelOrder(symbol: 0, account: account, orderID: 0, clientOrderID: old),
            new: NewOrder(
                apiID: 1, requestNumber: 1, symbol: 0, side: side, type: .limit,
                timeInForce: .gtc, price: price, quantity: lots, account: account,
                clientOrderID: id), stopsOnFailure: stops)
    }

    /// `done`, a code, or `-` for a leg; nil where the command itself was rejected.
    private static func legs(_ outcome: Outcome) -> [String]? {
        guard case .replaced(let result, _) = outcome else { return nil }
        return [result.cancel, result.new].map { leg in
            switch leg {
            case .done: "done"
            case .failed(let rejection): String(rejection.code)
            case .notAttempted: "-"
            }
        }
    }

    @Test func replacesAnOrder() throws {
        let desk = try Self.desk()
        desk.limit(.buy, 10, at: 100, id: "a")
        #expect(
            Self.legs(desk.apply(.cancelReplace(Self.pair("a", "b", at: 101)))) == ["done", "done"])
        #expect(desk.depth.bids.map(\.price) == [101])
        #expect(desk.matcher.firstBrokenInvariant() == nil)
    }

    @Test func withoutTheCancelThereIsNoOrder() throws {
        let desk = try Self.desk()
        #expect(Self.legs(desk.apply(.cancelReplace(Self.pair("gone", "b")))) == ["-2011", "-"])
        #expect(desk.depth.bids.isEmpty)
    }

    @Test func allowFailureGoesOn() throws {
        let desk = try Self.desk()
        let outcome = desk.apply(.cancelReplace(Self.pair("gone", "b", stops: false)))
        #expect(Self.legs(outcome) == ["-2011", "done"])
        #expect(desk.depth.bids.map(\.price) == [100])
    }

    @Test func aHopelessReplacementCostsNothing() throws {
        let desk = try Self.desk()
        desk.limit(.buy, 10, at: 100, id: "a")
        let outcome = desk.apply(.cancelReplace(Self.pair("a", "b", lots: 5_001)))
        guard case .rejected(let rejection) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(rejection.code == -1013)
        #expect(desk.depth.bids.map(\.price) == [100])
    }

    @Test func theCanceledFundsPayForTheNewOrder() throws {
        let desk = try Self.desk()
        desk.limit(.buy, 5_000, at: 200, id: "a")
        #expect(
            Self.legs(desk.apply(.cancelReplace(Self.pair("a", "b", lots: 5_000, at: 199))))
                == ["done", "done"])
    }

    @Test func theOldOrderGoesEvenIfTheNewOneFails() throws {
        let desk = try Self.desk()
        desk.limit(.buy, 10, at: 100, id: "a")
        let outcome = desk.apply(.cancelReplace(Self.pair("a", "b", lots: 5_000, at: 1_000)))
        #expect(Self.legs(outcome) == ["done", "-2010"])
        #expect(desk.depth.bids.isEmpty)
    }

    @Test func theIDOfTheOrderToCancelIsNoIDForANewOne() throws {
        let desk = try Self.desk()
        desk.limit(.buy, 10, at: 100, id: "a")
        guard
            case .rejected(let rejection) = desk.apply(.cancelReplace(Self.pair("a", "a", at: 99)))
        else {
            Issue.record("not rejected")
            return
        }
        #expect(rejection.code == -2010)
        #expect(desk.depth.bids.map(\.price) == [100])
    }

    @Test func sentAgainItAnswersTheSame() throws {
        let desk = try Self.desk()
        desk.limit(.buy, 10, at: 100, id: "a")
        let pair = Self.pair("a", "b", at: 101)
        _ = desk.apply(.cancelReplace(pair))
        guard case .replaced(let again, _) = desk.apply(.cancelReplace(pair)) else {
            Issue.record("rejected")
            return
        }
        #expect(again.duplicate)
        #expect(desk.depth.bids.map(\.quantity) == [10])
    }

    /// The twin sends the two legs as two commands; books and funds must agree after each step.
    @Test(arguments: 1...20)
    func equalsCancelThenPlace(seed: UInt64) throws {
        let one = try Self.desk()
        let two = try Self.desk()
        var rng = SplitMix64(state: seed)
        func draw(_ n: UInt64) -> Int64 { Int64(Draw.below(rng.next(), n)) }
        for n in 1...300 {
            let account = InlineText("u\(draw(3) + 1)".utf8) ?? "u1"
            let id = InlineText("n\(n)".utf8) ?? "n"
            let side: Side = draw(2) == 0 ? .buy : .sell
            let (lots, price) = (draw(50) + 1, draw(9) + 96)
            if draw(2) == 0 {
                _ = one.limit(side, lots, at: price, by: account, id: id)
                _ = two.limit(side, lots, at: price, by: account, id: id)
            } else {
                let old = InlineText("n\(draw(UInt64(n)) + 1)".utf8) ?? "n"
                let stops = draw(2) == 0
                let pair = Self.pair(
                    old, id, lots: lots, at: price, side: side, by: account, stops: stops)
                let legs = Self.legs(one.apply(.cancelReplace(pair)))
                let canceled = two.cancel(old, by: account)
                var isCanceled = false
                if case .canceled = canceled { isCanceled = true }
                try #require(legs?.first == (isCanceled ? "done" : "-2011"), "seed \(seed), \(n)")
                if isCanceled || !stops { _ = two.apply(.new(pair.new)) }
            }
            try #require(one.depth.bids == two.depth.bids, "seed \(seed), step \(n)")
            try #require(one.depth.asks == two.depth.asks, "seed \(seed), step \(n)")
            try #require(one.matcher.firstBrokenInvariant() == nil, "seed \(seed), step \(n)")
            for who in ["u1", "u2", "u3"] as [InlineText] {
                let funds = [one, two].map { desk in
                    desk.matcher.balances(account: who).map { [$0.free, $0.locked] }
                }
                try #require(funds[0] == funds[1], "seed \(seed), step \(n), \(who)")
            }
        }
    }
}
