// Reads on rows made by hand: filters, pages, both sides of a trade, and the export.

import GRDB
import HarnessCore
import TestSupport
import Testing

@testable import Engine

@Suite struct StoreQueryTests {
    private static func trade(
        _ id: UInt64, _ maker: String, _ taker: String, takerSide: Side = .buy
    ) -> TradeEvent {
        TradeEvent(
            symbol: 0, tradeID: id, price: 100, quantity: Int64(id), quote: 10, makerOrder: id * 10,
            takerOrder: id * 10 + 1, maker: StoreFlow.text(maker), taker: StoreFlow.text(taker),
            takerSide: takerSide, makerFee: 1, takerFee: 2, timeNs: id * 1_000_000, seq: id)
    }

    private static func order(_ id: UInt64, _ account: String, _ client: String) -> OrderState {
        OrderState(
            symbol: 0, orderID: id, account: StoreFlow.text(account),
            clientOrderID: StoreFlow.text(client), side: .sell, type: .limit, timeInForce: .gtc,
            postOnly: id % 2 == 0, status: .filled, price: 5, quantity: 6, executed: 6, canceled: 0,
            quoteExecuted: 30, createdNs: 1, updatedNs: 2, seq: id)
    }

    private static func store(_ effects: Effects) throws -> (TemporaryDirectory, StoreDatabase) {
        let directory = try TemporaryDirectory()
        let store = try StoreDatabase(path: directory.path + "/store.sqlite3")
        try store.write(symbolsOf: .builtIn)
        try store.apply(effects, upTo: 100, market: .builtIn)
        return (directory, store)
    }

    @Test func tradesOfAnAccount() throws {
        var effects = Effects()
        effects.trades = [
            Self.trade(1, "a", "b"), Self.trade(2, "b", "a", takerSide: .sell),
            Self.trade(3, "a", "a"), Self.trade(4, "b", "c"), Self.trade(5, "c", "a"),
        ]
        let (directory, store) = try Self.store(effects)
        // account, fromID, orderID, limit -> ids, `m` for the maker's side, `t` for the taker's
        let table: [(String, Int64?, Int64?, Int, [String])] = [
            ("a", nil, nil, 500, ["1m", "2t", "3m", "3t", "5t"]),
            ("a", 2, nil, 1, ["2t"]),
            ("a", 3, nil, 1, ["3m", "3t"]),
            ("a", nil, nil, 1, ["5t"]),
            ("a", nil, nil, 2, ["3m", "3t", "5t"]),
            ("a", nil, 31, 500, ["3t"]),
            ("a", 6, nil, 500, []),
            ("b", 0, nil, 500, ["1t", "2m", "4m"]),
            ("b", nil, 40, 500, ["4m"]),
            ("b", nil, 41, 500, []),
            ("nobody", nil, nil, 500, []),
        ]
        for (account, from, order, limit, expected) in table {
            let found = try store.read {
                try StoreQueries.trades(
                    $0, account: account, symbol: "BTCUSDT", fromID: from, orderID: order,
                    limit: limit)
            }.0
            let sorted = found.map { "\($0.tradeID)\($0.isMaker ? "m" : "t")" }.sorted()
            #expect(sorted == expected, "\(account) \(from ?? -1) \(order ?? -1) \(limit)")
            #expect(found.map(\.tradeID) == found.map(\.tradeID).sorted(), "ascending")
            for trade in found {
                #expect(trade.fee == (trade.isMaker ? 1 : 2))
                let takerBuys = trade.tradeID != 2
                #expect(trade.isBuyer == (takerBuys != trade.isMaker))
            }
        }
        let recent = try store.read {
            try StoreQueries.recentTrades($0, symbol: "BTCUSDT", limit: 2)
        }.0
        #expect(recent.map(\.tradeID) == [4, 5])
        #expect(recent.map(\.isBuyerMaker) == [false, false])
        withExtendedLifetime(directory) {}
    }

    @Test func orders() throws {
        var effects = Effects()
        effects.orders = [
            Self.order(1, "a", "x"), Self.order(2, "b", "x"), Self.order(3, "a", "y"),
            Self.order(4, "a", "x"),
        ]
        effects.orders[3].status = .expiredInMatch
        effects.orders[3].prevented = 4
        effects.orders[3].selfTrade = .expireMaker
        effects.orders[3].preventedMatchID = 8
        for (id, maker, taker) in [(7, 4, 3), (8, 9, 4)] as [(UInt64, UInt64, UInt64)] {
            effects.prevented.append(
                PreventedMatch(
                    symbol: 0, preventedID: id, price: 5, quantity: 3, mode: .expireMaker,
                    makerOrder: maker, takerOrder: taker, account: "a", timeNs: 9, seq: 4))
        }
        effects.orders[2].preventedMatchID = 7
        effects.rejects = [
            .init(seq: 5, account: "a", clientOrderID: "r", symbol: 0, code: -2010),
            .init(seq: 6, account: "a", clientOrderID: "r", symbol: 0, code: -1013),
            .init(seq: 7, account: "a", clientOrderID: "r", symbol: 1, code: -1111),
        ]
        let (directory, store) = try Self.store(effects)
        func find(_ account: InlineText, _ id: UInt64, _ client: InlineText) throws -> UInt64? {
            try store.read {
                try StoreQueries.order(
                    $0, account: account, symbol: (0, "BTCUSDT"), orderID: id,
                    clientOrderID: client)
            }.0?.orderID
        }
        #expect(try find("a", 1, "") == 1)
        #expect(try find("b", 1, "") == nil, "another's")
        #expect(try find("a", 1, "x") == 1)
        #expect(try find("a", 1, "y") == nil, "both must match")
        #expect(try find("a", 0, "x") == 4, "the newest")
        #expect(try find("a", UInt64.max, "") == nil)
        func list(_ from: Int64?, _ limit: Int) throws -> [OrderState] {
            try store.read {
                try StoreQueries.orders(
                    $0, account: "a", symbol: (0, "BTCUSDT"), from: from, limit: limit)
            }.0
        }
        #expect(try list(nil, 10) == [effects.orders[0], effects.orders[2], effects.orders[3]])
        #expect(try list(nil, 2).map(\.orderID) == [3, 4])
        #expect(try list(0, 2).map(\.orderID) == [1, 3])
        #expect(try list(2, 10).map(\.orderID) == [3, 4])
        let reject = try store.read {
            try StoreQueries.reject($0, account: "a", symbol: "BTCUSDT", clientOrderID: "r")
        }.0
        #expect(reject == StoredReject(clientOrderID: "r", code: -1013, seq: 6))
        withExtendedLifetime(directory) {}
    }

    @Test func preventedMatches() throws {
        var effects = Effects()
        for id in 1...5 as ClosedRange<UInt64> {
            effects.prevented.append(
                PreventedMatch(
                    symbol: 0, preventedID: id, price: 7, quantity: Int64(id), mode: .decrement,
                    makerOrder: id, takerOrder: id < 4 ? 90 : 91, account: id == 2 ? "b" : "a",
                    timeNs: 5, seq: 3))
        }
        let (directory, store) = try Self.store(effects)
        // id, orderID, fromID, limit -> ids
        let table: [(Int64?, Int64?, Int64?, Int, [Int64])] = [
            (nil, nil, nil, 500, [1, 3, 4, 5]), (nil, nil, nil, 2, [4, 5]),
            (3, nil, nil, 500, [3]), (2, nil, nil, 500, []), (nil, 90, nil, 500, [1, 3]),
            (nil, 90, 2, 500, [3]), (nil, 90, 1, 1, [1]), (nil, 5, nil, 500, [5]),
            (nil, nil, 4, 500, [4, 5]),
        ]
        for (id, order, from, limit, expected) in table {
            let found = try store.read {
                try StoreQueries.prevented(
                    $0, account: "a", symbol: "BTCUSDT", id: id, orderID: order, fromID: from,
                    limit: limit)
            }.0
            #expect(found.map(\.preventedID) == expected)
            #expect(found.allSatisfy { $0.mode == .decrement && $0.price == 7 })
        }
        withExtendedLifetime(directory) {}
    }

    @Test func exportPages() throws {
        var effects = Effects()
        effects.orders = [Self.order(1, "a", "x"), Self.order(2, "b", "y")]
        for name in ["a", "a,b", "c"] {
            effects.balances.append(
                BalanceState(
                    account: StoreFlow.text(name), asset: 0, free: 7, locked: 0, seq: 3))
        }
        let (directory, store) = try Self.store(effects)
        func page(_ table: String, _ after: String?, _ limit: Int) throws -> [String] {
            let export = try #require(StoreExport(table: table))
            let key = try after.map { try #require(export.key($0)) }
            let bytes = try store.read { try export.lines($0, after: key, limit: limit) }.0
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        let orders = try page("orders", nil, 500)
        #expect(
            orders == [
                #"{"symbol":"BTCUSDT","order_id":1,"#
                    + #""account":"a","client_id":"x","side":1,"type":0,"#
                    + #""tif":0,"stp":0,"status":2,"expiry":0,"price":5,"qty":6,"executed":6,"#
                    + #""canceled":0,"prevented":0,"quote":30,"created":1,"updated":2,"seq":1}"#,
                #"{"symbol":"BTCUSDT","order_id":2,"#
                    + #""account":"b","client_id":"y","side":1,"type":2,"#
                    + #""tif":0,"stp":0,"status":2,"expiry":0,"price":5,"qty":6,"executed":6,"#
                    + #""canceled":0,"prevented":0,"quote":30,"created":1,"updated":2,"seq":2}"#,
            ])
        #expect(try page("orders", "BTCUSDT,1", 500) == [orders[1]])
        #expect(try page("orders", "BTCUSDT,2", 500).isEmpty)
        let balances = try page("balances", nil, 2)
        #expect(balances.count == 2 && balances[1].contains(#""account":"a,b""#))
        #expect(try page("balances", "0,a,b,BTC", 2).first?.contains(#""account":"c""#) == true)
        #expect(try page("symbols", "ETHBTC", 1).first?.contains("ETHUSDT") == true)
        #expect(try page("progress", nil, 1).first?.contains(#""seq":100,"log_pos":100"#) == true)
        for (table, key) in [("orders", "BTCUSDT"), ("orders", "BTCUSDT,x"), ("rejects", "0")] {
            #expect(try #require(StoreExport(table: table)).key(key) == nil)
        }
        #expect(StoreExport(table: "sqlite_master") == nil)
        // Every table of the file can be exported.
        let names = try store.read(sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
        for row in names { _ = try page(row["name"], nil, 1) }
        withExtendedLifetime(directory) {}
    }
}
