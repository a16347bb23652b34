// Reads: the live state on the matcher's thread between batches, trades from the store.

import HarnessCore

extension TradingAPI {
    func getOrder(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        let (orderID, clientID) = try OrderRequest.ids(p)
        shard.query { [market] matcher in
            let state: OrderState
            switch matcher.order(
                symbol: symbol, account: account, orderID: orderID, clientOrderID: clientID)
            {
            case .success(let found): state = found
            case .failure(let rejection): return answer(.rejection(rejection))
            }
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
        let fromID = try OrderRequest.number(p, .fromId).map { Int64(clamping: $0) }
        let orderID = try OrderRequest.number(p, .orderId).map { Int64(clamping: $0) }
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
