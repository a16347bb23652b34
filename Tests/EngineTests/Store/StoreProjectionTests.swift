// The projection does not depend on how commands were batched, nor on how often a batch is applied;
// and at seq N it is the engine at seq N (I10).

import GRDB
import HarnessCore
import TestSupport
import Testing

@testable import Engine

@Suite struct StoreProjectionTests {
    private static let commands = 300

    /// A store made of the batches, in this order.
    private static func tables(
        _ flow: StoreFlow, _ batches: [Range<Int>], times: Int = 1
    ) throws -> [String] {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store.sqlite3"
        let store = try StoreDatabase(path: path)
        try store.write(symbolsOf: flow.market)
        for batch in batches {
            for _ in 0..<times {
                try store.apply(
                    flow.batch(batch), upTo: UInt64(batch.upperBound), market: flow.market)
            }
        }
        return try StoreDump.text(path)
    }

    private static func pieces(_ count: Int, size: () -> Int) -> [Range<Int>] {
        var result: [Range<Int>] = []
        while let begin = result.last?.upperBound ?? 0 as Int?, begin < count {
            result.append(begin..<min(count, begin + size()))
        }
        return result
    }

    @Test(arguments: 1...6)
    func batchingChangesNothing(seed: UInt64) throws {
        let flow = try StoreFlow(seed: seed, commands: Self.commands)
        let count = flow.parts.count
        let whole = try Self.tables(flow, [0..<count])
        for table in ["orders", "trades", "balances", "deposits", "rejects", "symbols"] {
            try #require(
                whole.contains { $0.hasPrefix(table + " ") }, "\(table): nothing to compare")
        }
        var rng = SplitMix64(state: seed)
        let random = Self.pieces(count) { Int(Draw.below(rng.next(), 40)) + 1 }
        #expect(try Self.tables(flow, random) == whole)
        #expect(try Self.tables(flow, random, times: 2) == whole, "each batch twice")
        #expect(try Self.tables(flow, random + random) == whole, "all batches again")
        let overlapping = random.flatMap { batch in
            [batch, max(0, batch.lowerBound - 25)..<batch.upperBound]
        }
        #expect(try Self.tables(flow, overlapping) == whole)
        if seed == 1 {
            #expect(try Self.tables(flow, (0..<count).map { $0..<$0 + 1 }) == whole, "one by one")
        }
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func storeIsTheEngine(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store.sqlite3"
        let store = try StoreDatabase(path: path)
        let flow = try StoreFlow(seed: seed, commands: 2_000)
        for batch in Self.pieces(flow.parts.count, size: { 97 }) {
            try store.apply(flow.batch(batch), upTo: UInt64(batch.upperBound), market: flow.market)
        }
        #expect(try store.progress() == flow.matcher.lastSeq)
        for (i, rules) in flow.market.symbols.enumerated() {
            let symbol = (UInt16(i), rules.symbol)
            try Self.compareOrders(store, flow, symbol)
            try Self.compareMatches(store, flow, symbol)
        }
        try Self.compareBalances(store, flow)
    }

    private static func compareOrders(
        _ store: StoreDatabase, _ flow: StoreFlow, _ symbol: (UInt16, String)
    ) throws {
        let matcher = flow.matcher
        var ids: [UInt64] = []
        for name in StoreFlow.accounts {
            let account = StoreFlow.text(name)
            let stored = try store.read {
                try StoreQueries.orders(
                    $0, account: account, symbol: symbol, from: 0, limit: 10_000)
            }.0
            for state in stored {
                let live = matcher.order(
                    symbol: symbol.0, account: account, orderID: state.orderID, clientOrderID: "")
                try #require(state == live)
            }
            let open = matcher.openOrders(account: account, symbol: symbol.0)
            let isOpen = stored.filter { $0.status == .new || $0.status == .partiallyFilled }
            #expect(isOpen == open)
            ids += stored.map(\.orderID)
        }
        #expect(ids.sorted() == Array(1...UInt64(matcher.books[Int(symbol.0)].index.count)))
    }

    private static func compareMatches(
        _ store: StoreDatabase, _ flow: StoreFlow, _ symbol: (UInt16, String)
    ) throws {
        let trades = flow.parts.flatMap(\.trades).filter { $0.symbol == symbol.0 }
        let stored = try store.read {
            try StoreQueries.recentTrades($0, symbol: symbol.1, limit: 100_000)
        }.0
        #expect(UInt64(stored.count) == flow.matcher.tradeCount(on: symbol.0))
        #expect(!stored.isEmpty)
        let expected = trades.map {
            PublicTrade(
                tradeID: Int64($0.tradeID), price: $0.price, quantity: $0.quantity,
                quote: $0.quote, timeNs: Int64($0.timeNs), isBuyerMaker: $0.takerSide == .sell)
        }
        #expect(stored == expected)
        let prevented = flow.parts.flatMap(\.prevented).filter { $0.symbol == symbol.0 }
        let count = try store.read(
            sql: "SELECT count(*) AS n FROM prevented WHERE symbol = ?", arguments: [symbol.1])
        #expect(count.first.map { $0["n"] as Int } == prevented.count)
    }

    /// An account of the FUND without a row has what it was funded with.
    private static func compareBalances(_ store: StoreDatabase, _ flow: StoreFlow) throws {
        let rows = try store.read(sql: "SELECT * FROM balances")
        var stored: [String: [Int64]] = [:]
        for row in rows {
            let key = "\(row["account"] as String) \(row["asset"] as String)"
            stored[key] = [row["free"], row["locked"]]
        }
        let accounts = try #require(flow.matcher.accounts(after: nil, limit: 100))
        var live: Set<String> = []
        for account in accounts {
            for balance in flow.matcher.balances(account: account) {
                let asset = flow.market.assets[Int(balance.asset)]
                let key = "\(account) \(asset.name)"
                live.insert(key)
                let funded = account.description.hasPrefix("u") ? 4_000 * 100_000_000 as Int64 : 0
                #expect((stored[key] ?? [funded, 0]) == [balance.free, balance.locked], "\(key)")
            }
        }
        #expect(Set(stored.keys).isSubset(of: live))
    }

    @Test func aFundIsOneRow() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store.sqlite3"
        let store = try StoreDatabase(path: path)
        let flow = try StoreFlow(seed: 1, commands: 0)
        try store.apply(flow.batch(0..<1), upTo: 1, market: flow.market)
        #expect(try store.read(sql: "SELECT * FROM balances").isEmpty)
        let row = try #require(try store.read(sql: "SELECT * FROM deposits").first)
        #expect(row["account"] as String == "u1..u3" && row["asset"] as String == "*")
        #expect(row["amount"] as Int64 == 4_000)
        try store.apply(flow.batch(1..<2), upTo: 2, market: flow.market)
        #expect(try store.read(sql: "SELECT * FROM balances").count == 1)
    }

    /// `--store-min` and all that: pieces of a backlog are the whole, cut between commands.
    @Test(arguments: [1, 2, 7, 64, 1_000])
    func backlogIsCutBetweenCommands(most: Int) throws {
        let flow = try StoreFlow(seed: 21, commands: 200)
        let count = flow.parts.count
        var rng = SplitMix64(state: UInt64(most))
        var backlog = StoreBacklog()
        for piece in Self.pieces(count, size: { Int(Draw.below(rng.next(), 50)) + 1 }) {
            backlog.append(
                StoreBatch(
                    effects: flow.batch(piece), commands: piece.count,
                    lastSeq: UInt64(piece.upperBound), at: Instant(ns: Int64(piece.lowerBound))))
        }
        #expect(backlog.commands == count && backlog.oldest == Instant(ns: 0))
        var seq = 0
        while let batch = backlog.next(most: most) {
            #expect(batch.commands == min(most, count - seq))
            let expected = flow.batch(seq..<seq + batch.commands)
            seq += batch.commands
            #expect(batch.lastSeq == UInt64(seq))
            #expect(batch.effects.orders == expected.orders)
            #expect(batch.effects.trades == expected.trades)
            #expect(batch.effects.balances == expected.balances)
            #expect(batch.effects.rejects == expected.rejects)
            #expect(batch.effects.deposits == expected.deposits)
            #expect(batch.effects.funds == expected.funds)
            #expect(batch.effects.prevented == expected.prevented)
        }
        #expect(seq == count && backlog.isEmpty && backlog.oldest == nil)
    }
}
