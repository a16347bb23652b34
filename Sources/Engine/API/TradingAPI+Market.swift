// Market data: depth, best prices, symbols and the stream of a symbol's depth.

import HarnessCore

extension TradingAPI {
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

    func getBookTicker(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let symbol = try OrderRequest.symbol(p, positions)
        shard.query { [market] matcher in
            let depth = matcher.depth(symbol: symbol, limit: 1)
            guard depth.bids.first != nil || depth.asks.first != nil else {
                return answer(.rejection(.emptyBook, seq: matcher.lastSeq))
            }
            var json = OrderJSON(market: market)
            json.bookTicker(depth, market.symbols[Int(symbol)])
            answer(APIAnswer(status: 200, body: json.bytes, seq: matcher.lastSeq))
        }
    }

    func getExchangeInfo(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let only = p[.symbol] == nil ? nil : try OrderRequest.symbol(p, positions)
        answer(.json(market.exchangeInfo(at: WallClock.unixNs(), only: only)))
    }

    func getStream(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let symbol = try OrderRequest.symbol(try parameters(request), positions)
        answer(APIAnswer(status: 200, body: [], contentType: .depthEvents(symbol: symbol)))
    }
}
