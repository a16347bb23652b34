// Reads: the live state on the matcher's thread between batches, trades from the store.

import HarnessCore

extension TradingAPI {
    func getOrder(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        let (orderID, clientID) = try OrderRequest.ids(p)
        shard.query { [market] matcher in
            guard
                let state = matcher.order(
                    symbol: symbol, account: account, orderID: orderID, clientOrderID: clientID)
            else { return answer(.error(400, -2013, "Order does not exist.")) }
            var json = OrderJSON(market: market)
            json.order(state)
            answer(APIAnswer(status: 200, body: json.bytes, seq: matcher.lastSeq))
        }
    }

    func getOpenOrders(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = p[.symbol] == nil ? nil : try OrderRequest.symbol(p, positions)
        shard.query { [market] matcher in
            var json = OrderJSON(market: market)
            json.raw("[")
            for (i, state) in matcher.openOrders(account: account, symbol: symbol).enumerated() {
                if i > 0 { json.raw(",") }
                json.order(state)
            }
            json.raw("]")
            answer(APIAnswer(status: 200, body: json.bytes, seq: matcher.lastSeq))
        }
    }

    func getDepth(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let symbol = try OrderRequest.symbol(p, positions)
        let limit = try OrderRequest.limit(p, standard: 100, most: 5_000)
        shard.query { [market] matcher in
            var json = OrderJSON(market: market)
            json.depth(
                matcher.depth(symbol: symbol, limit: limit), market.symbols[Int(symbol)])
            answer(APIAnswer(status: 200, body: json.bytes, seq: matcher.lastSeq))
        }
    }

    func getAccount(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let account = try account(request, try parameters(request))
        shard.query { [market] matcher in
            var json = OrderJSON(market: market)
            json.account(account, matcher.balances(account: account))
            answer(APIAnswer(status: 200, body: json.bytes, seq: matcher.lastSeq))
        }
    }

    func getTrades(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        let limit = try OrderRequest.limit(p, standard: 500, most: 1_000)
        func number(_ name: ParameterName) throws(Rejection) -> Int64? {
            guard let text = p[name] else { return nil }
            guard let value = Int64(String(decoding: text, as: UTF8.self)), value >= 0 else {
                throw Rejection(-1100, "Illegal characters found in a parameter.")
            }
            return value
        }
        let fromID = try number(.fromId)
        let orderID = try number(.orderId)
        guard let store else {
            return answer(.error(400, -1000, "This engine has no store: --store none."))
        }
        reads.run { [market] in
            let rules = market.symbols[Int(symbol)]
            do {
                let trades = try store.trades(
                    account: account.description, symbol: rules.symbol, fromID: fromID,
                    orderID: orderID, limit: limit)
                var json = OrderJSON(market: market)
                json.raw("[")
                for (i, trade) in trades.enumerated() {
                    if i > 0 { json.raw(",") }
                    json.trade(trade, rules)
                }
                json.raw("]")
                answer(APIAnswer(status: 200, body: json.bytes))
            } catch {
                answer(.error(503, -1000, "The store does not answer."))
            }
        }
    }
}
