// Reads of what the matcher does not keep: histories from the store, and the lists for an
// administrator. What was acknowledged with its outcome is in every later answer: see `StoreReads`.

import GRDB
import HarnessCore

extension APIAnswer {
    static let noSuchOrder = error(400, -2013, "Order does not exist.")
    static let noStore = error(404, -1000, "This engine keeps no history: it has --store none.")
}

extension TradingAPI {
    typealias StoreRead = @Sendable (Database) throws -> APIAnswer

    /// Answers with what `body` reads, once the store has all that the matcher has applied by now.
    private func readStore(_ answer: @escaping Answer, _ body: @escaping StoreRead) {
        guard store != nil else { return answer(.noStore) }
        shard.query { [self] in readStore(from: $0.lastSeq, answer, body) }
    }

    private func readStore(
        from seq: UInt64, _ answer: @escaping Answer, _ body: @escaping StoreRead
    ) {
        guard let store, let reads else { return answer(.noStore) }
        reads.run(from: seq) { since in
            guard let since else { return answer(.refused(.storeLag)) }
            do {
                var (result, shown) = try store.read(since: since, body)
                result.seq = shown
                answer(result)
            } catch {
                answer(.error(503, -1000, "The store cannot be read."))
            }
        }
    }

    /// An order that the matcher does not know any more, or a command refused after its ACK.
    func answerStoredOrder(
        _ symbol: UInt16, _ account: InlineText, _ orderID: UInt64, _ clientID: InlineText,
        from seq: UInt64, _ answer: @escaping Answer
    ) {
        guard store != nil else { return answer(.noSuchOrder) }
        let name = market.symbols[Int(symbol)].symbol
        readStore(from: seq, answer) { [market] db in
            var json = OrderJSON(market: market)
            if let state = try StoreQueries.order(
                db, account: account, symbol: (symbol, name), orderID: orderID,
                clientOrderID: clientID)
            {
                json.order(state)
            } else if orderID == 0,
                let reject = try StoreQueries.reject(
                    db, account: account, symbol: name, clientOrderID: clientID)
            {
                json.rejected(reject, symbol: name)
            } else {
                return .noSuchOrder
            }
            return APIAnswer(status: 200, body: json.bytes)
        }
    }

    func getAllOrders(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        let name = market.symbols[Int(symbol)].symbol
        let limit = try OrderRequest.limit(p, standard: 500, most: 1_000)
        let from = try Self.number(p, .orderId)
        readStore(answer) { [market] db in
            let orders = try StoreQueries.orders(
                db, account: account, symbol: (symbol, name), from: from, limit: limit)
            return .list(market, orders) { $0.order($1) }
        }
    }

    func getTrades(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p).description
        let rules = market.symbols[Int(try OrderRequest.symbol(p, positions))]
        let limit = try OrderRequest.limit(p, standard: 500, most: 1_000)
        let fromID = try Self.number(p, .fromId)
        let orderID = try Self.number(p, .orderId)
        readStore(answer) { [market] db in
            let trades = try StoreQueries.trades(
                db, account: account, symbol: rules.symbol, fromID: fromID, orderID: orderID,
                limit: limit)
            return .list(market, trades) { $0.trade($1, rules) }
        }
    }

    func getRecentTrades(
        _ request: APIRequest, _ answer: @escaping Answer
    ) throws(Rejection) {
        let p = try parameters(request)
        let rules = market.symbols[Int(try OrderRequest.symbol(p, positions))]
        let limit = try OrderRequest.limit(p, standard: 500, most: 1_000)
        readStore(answer) { [market] db in
            let trades = try StoreQueries.recentTrades(db, symbol: rules.symbol, limit: limit)
            return .list(market, trades) { $0.publicTrade($1, rules) }
        }
    }

    /// Binance's parameters, and `fromId` for `fromPreventedMatchId` as the other lists have it.
    func getPreventedMatches(
        _ request: APIRequest, _ answer: @escaping Answer
    ) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p).description
        let rules = market.symbols[Int(try OrderRequest.symbol(p, positions))]
        let limit = try OrderRequest.limit(p, standard: 500, most: 1_000)
        let id = try Self.number(p, .preventedMatchId)
        let orderID = try Self.number(p, .orderId)
        let name: ParameterName = p[.fromPreventedMatchId] == nil ? .fromId : .fromPreventedMatchId
        let fromID = try Self.number(p, name)
        readStore(answer) { [market] db in
            let matches = try StoreQueries.prevented(
                db, account: account, symbol: rules.symbol, id: id, orderID: orderID,
                fromID: fromID, limit: limit)
            return .list(market, matches) { $0.preventedMatch($1, rules) }
        }
    }

    // MARK: Admin

    /// A page of a table as JSON Lines; the next begins `after` the key of its last row.
    func getExport(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        guard let table = p[.table] else { throw .missing(.table) }
        guard let export = StoreExport(table: String(decoding: table, as: UTF8.self)) else {
            throw .notValid(.table)
        }
        let limit = try OrderRequest.limit(p, standard: 500, most: 1_000)
        var after: [DatabaseValue]?
        if let text = p[.after] {
            after = export.key(String(decoding: text, as: UTF8.self))
            if after == nil {
                throw .notValid(.after)
            }
        }
        readStore(answer) { [after] db in
            var result = APIAnswer(
                status: 200, body: try export.lines(db, after: after, limit: limit))
            result.contentType = .text
            return result
        }
    }

    /// A page of the accounts with their funds, in the order in which they first appeared, `@fees`
    /// first; the next begins `after` the last one's name.
    func getAccounts(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let limit = try OrderRequest.limit(p, standard: 500, most: 1_000)
        let after = p[.after].flatMap { InlineText($0) }
        if p[.after] != nil, after == nil {
            throw .notValid(.after)
        }
        shard.query { [market] matcher in
            guard let names = matcher.accounts(after: after, limit: limit) else {
                return answer(.rejection(.notValid(.after)))
            }
            var page = APIAnswer.list(market, names) {
                $0.account($1, matcher.balances(account: $1))
            }
            page.seq = matcher.lastSeq
            answer(page)
        }
    }

    /// An id, 0 or more.
    private static func number(
        _ p: Parameters, _ name: ParameterName
    ) throws(Rejection) -> Int64? {
        guard let number = try OrderRequest.number(p, name) else { return nil }
        // No id is greater than that: there is nothing from there on.
        return Int64(clamping: number)
    }
}

extension APIAnswer {
    /// A JSON array.
    fileprivate static func list<Element>(
        _ market: Market, _ elements: [Element],
        _ append: (inout OrderJSON, Element) -> Void
    ) -> APIAnswer {
        var json = OrderJSON(market: market)
        json.raw("[")
        for (i, element) in elements.enumerated() {
            if i > 0 { json.raw(",") }
            append(&json, element)
        }
        json.raw("]")
        return APIAnswer(status: 200, body: json.bytes)
    }
}
