// Reads of the live state, on the matcher's thread between batches. `StoreRoutes.swift` has those
// of the store.

import HarnessCore

extension TradingAPI {
    func getOrder(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        let (orderID, clientID) = try OrderRequest.ids(p)
        shard.query { [self] matcher in
            let state: OrderState
            switch matcher.lookup(
                symbol: symbol, account: account, orderID: orderID, clientOrderID: clientID)
            {
            case .success(let found): state = found
            case .failure(let rejection):
                guard rejection == .noSuchOrder else {
                    return answer(.rejection(rejection, seq: matcher.lastSeq))
                }
                return answerStoredOrder(
                    symbol, account, orderID, clientID, from: matcher.lastSeq, answer)
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
}
