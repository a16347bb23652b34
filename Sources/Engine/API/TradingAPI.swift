// The routes: parameters in, a shard's answer out. Called on an event loop; `answer` may be called
// from any thread, once.

import HarnessCore
import Synchronization

/// The HTTP API without HTTP.
final class TradingAPI: Sendable {
    typealias Answer = @Sendable (APIAnswer) -> Void

    let market: Market
    let positions: [String: UInt16]
    let shard: Shard
    let store: StoreDatabase?
    let storeWriter: StoreWriter?
    let statistics: EngineStatistics
    let reads: BlockingQueue
    private let requestNumber = Atomic<UInt64>(0)

    init(
        market: Market, shard: Shard, store: StoreDatabase?, storeWriter: StoreWriter?,
        statistics: EngineStatistics
    ) {
        self.market = market
        self.shard = shard
        self.store = store
        self.storeWriter = storeWriter
        self.statistics = statistics
        reads = BlockingQueue(name: "store-reads")
        positions = Dictionary(
            uniqueKeysWithValues: market.symbols.enumerated().map { ($1.symbol, UInt16($0)) })
    }

    /// Routes by path; each knows its methods.
    func handle(_ request: APIRequest, answer: @escaping Answer) {
        do throws(Rejection) {
            try route(request, answer)
        } catch {
            answer(.rejection(error))
        }
    }

    private func route(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        switch (request.path, request.method) {
        case ("/api/v3/order", "POST"): try postOrder(request, answer)
        case ("/api/v3/order", "DELETE"): try deleteOrder(request, answer)
        case ("/api/v3/order", "GET"): try getOrder(request, answer)
        case ("/api/v3/openOrders", "GET"): try getOpenOrders(request, answer)
        case ("/api/v3/openOrders", "DELETE"): try deleteOpenOrders(request, answer)
        case ("/api/v3/depth", "GET"): try getDepth(request, answer)
        case ("/api/v3/account", "GET"): try getAccount(request, answer)
        case ("/api/v3/myTrades", "GET"): try getTrades(request, answer)
        case ("/api/v3/exchangeInfo", "GET"):
            answer(.json(market.exchangeInfo(at: WallClock.unixNs())))
        case ("/api/v3/ping", "GET"): answer(.json("{}"))
        case ("/api/v3/time", "GET"):
            answer(.json("{\"serverTime\":\(WallClock.unixNs() / 1_000_000)}"))
        case ("/admin/v1/deposit", "POST"): try postDeposit(request, answer)
        case ("/healthz", "GET"): answer(.json("{\"ok\":true}"))
        case ("/readyz", "GET"): answer(readiness())
        case ("/metrics", "GET"): answer(.text(metrics()))
        default:
            let isKnown = Self.paths.contains(request.path)
            answer(
                isKnown
                    ? .error(405, -1000, "Method \(request.method) is not allowed here.")
                    : .error(404, -1000, "No such endpoint."))
        }
    }

    static let paths: Set<String> = [
        "/api/v3/order", "/api/v3/openOrders", "/api/v3/depth", "/api/v3/account",
        "/api/v3/myTrades", "/api/v3/exchangeInfo", "/api/v3/ping", "/api/v3/time",
        "/admin/v1/deposit", "/healthz", "/readyz", "/metrics",
    ]

    // MARK: Parameters

    private func parameters(_ request: APIRequest) throws(Rejection) -> Parameters {
        try Parameters(query: request.query[...], body: request.body, isJSON: request.isJSON)
    }

    /// The caller: `X-MBX-APIKEY`, or the parameter `account`.
    private func account(
        _ request: APIRequest, _ parameters: Parameters
    ) throws(Rejection) -> InlineText {
        let text = request.apiKey.map { Array($0.utf8) } ?? parameters["account"]
        guard let text, !text.isEmpty else {
            throw Rejection(-1002, "You are not authorized to execute this request.")
        }
        guard let name = InlineText(text),
            text.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 34 && $0 != 92 })
        else {
            throw Rejection(-2014, "API-key format invalid.")
        }
        return name
    }

    private func rules(_ position: UInt16) -> SymbolRules { market.symbols[Int(position)] }

    // MARK: Commands

    private func postOrder(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let number = requestNumber.add(1, ordering: .relaxed).newValue
        let order = try OrderRequest.newOrder(
            p, account: account, market: market, positions: positions, requestNumber: number)
        let kind = p["newOrderRespType"].map { String(decoding: $0, as: UTF8.self) } ?? "FULL"
        guard ["ACK", "RESULT", "FULL"].contains(kind) else {
            throw Rejection(-1130, "Data sent for parameter 'newOrderRespType' is not valid.")
        }
        shard.submit(.new(order), answersWhenDurable: kind == "ACK") { [market] reply in
            switch reply {
            case .refused(let refusal): answer(.refused(refusal))
            case .durable(let seq, let receivedNs):
                let symbol = market.symbols[Int(order.symbol)].symbol
                answer(
                    .json(
                        """
                        {"symbol":"\(symbol)","orderId":-1,"orderListId":-1,\
                        "clientOrderId":"\(order.clientOrderID)",\
                        "transactTime":\(receivedNs / 1_000_000)}
                        """, seq: seq))
            case .applied(.rejected(let rejection), _, let seq, _):
                answer(.rejection(rejection, seq: seq))
            case .applied(.order(let state, _, let duplicate), let trades, let seq, _):
                var json = OrderJSON(market: market)
                json.newOrder(
                    state, trades: trades, withFills: kind == "FULL", duplicate: duplicate)
                answer(APIAnswer(status: 200, body: json.bytes, seq: seq))
            case .applied: answer(.error(500, -1000, "An unknown error occurred."))
            }
        }
    }

    private func deleteOrder(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        let (orderID, clientID) = try OrderRequest.ids(p)
        let cancel = CancelOrder(
            symbol: symbol, account: account, orderID: orderID, clientOrderID: clientID)
        submit(.cancel(cancel), answer) { json, outcome in
            guard case .canceled(let state) = outcome else { return false }
            json.order(state)
            return true
        }
    }

    private func deleteOpenOrders(
        _ request: APIRequest, _ answer: @escaping Answer
    ) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        submit(.cancelAll(symbol: symbol, account: account), answer) { json, outcome in
            guard case .canceledAll(let states) = outcome else { return false }
            json.raw("[")
            for (i, state) in states.enumerated() {
                if i > 0 { json.raw(",") }
                json.order(state)
            }
            json.raw("]")
            return true
        }
    }

    private func postDeposit(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        guard let name = p["account"], let account = InlineText(name), !account.isEmpty else {
            throw OrderRequest.missing("account")
        }
        guard let assetText = p["asset"] else { throw OrderRequest.missing("asset") }
        let assetName = String(decoding: assetText, as: UTF8.self)
        guard let asset = market.assets.firstIndex(where: { $0.name == assetName }) else {
            throw Rejection(-1130, "Data sent for parameter 'asset' is not valid.")
        }
        guard let text = p["amount"] else { throw OrderRequest.missing("amount") }
        let isWithdrawal = text.first == UInt8(ascii: "-")
        let units = try DecimalText.parse(
            isWithdrawal ? text.dropFirst() : text[...], decimals: market.assets[asset].scale
        ).get()
        guard let idText = p["depositId"] else { throw OrderRequest.missing("depositId") }
        let deposit = Deposit(
            account: account, asset: UInt16(asset), amount: isWithdrawal ? -units : units,
            depositID: try OrderRequest.clientOrderID(idText))
        submit(.deposit(deposit), answer) { json, outcome in
            guard case .deposited(let balance, let duplicate) = outcome else { return false }
            json.raw(duplicate ? "{\"duplicate\":true,\"balance\":" : "{\"balance\":")
            json.account(balance.account, [balance])
            json.raw("}")
            return true
        }
    }

    /// Submits and answers with what `render` makes of the outcome.
    private func submit(
        _ body: Command.Body, _ answer: @escaping Answer,
        render: @escaping @Sendable (inout OrderJSON, Outcome) -> Bool
    ) {
        shard.submit(body) { [market] reply in
            switch reply {
            case .refused(let refusal): answer(.refused(refusal))
            case .durable: answer(.error(500, -1000, "An unknown error occurred."))
            case .applied(.rejected(let rejection), _, let seq, _):
                answer(.rejection(rejection, seq: seq))
            case .applied(let outcome, _, let seq, _):
                var json = OrderJSON(market: market)
                let isRendered = render(&json, outcome)
                answer(
                    isRendered
                        ? APIAnswer(status: 200, body: json.bytes, seq: seq)
                        : .error(500, -1000, "An unknown error occurred."))
            }
        }
    }

    // MARK: Queries

    private func getOrder(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
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

    private func getOpenOrders(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection)
    {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = p["symbol"] == nil ? nil : try OrderRequest.symbol(p, positions)
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

    private func getDepth(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
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

    private func getAccount(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let account = try account(request, try parameters(request))
        shard.query { [market] matcher in
            var json = OrderJSON(market: market)
            json.account(account, matcher.balances(account: account))
            answer(APIAnswer(status: 200, body: json.bytes, seq: matcher.lastSeq))
        }
    }

    private func getTrades(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        let limit = try OrderRequest.limit(p, standard: 500, most: 1_000)
        func number(_ name: String) throws(Rejection) -> Int64? {
            guard let text = p[name] else { return nil }
            guard let value = Int64(String(decoding: text, as: UTF8.self)), value >= 0 else {
                throw Rejection(-1100, "Illegal characters found in a parameter.")
            }
            return value
        }
        let fromID = try number("fromId")
        let orderID = try number("orderId")
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

    private func readiness() -> APIAnswer {
        let reasons = shard.unreadiness
        if reasons.isEmpty { return .json("{\"ready\":true,\"reasons\":[]}") }
        let list = reasons.map { "\"\($0)\"" }.joined(separator: ",")
        return .json("{\"ready\":false,\"reasons\":[\(list)]}", status: 503)
    }
}

/// One thread for reads that block (the store).
final class BlockingQueue: Sendable {
    private let waiting = Mutex<[@Sendable () -> Void]>([])
    private let wake = Semaphore()
    private let thread = Mutex<DedicatedThread?>(nil)

    init(name: String) {
        let worker = DedicatedThread(name: name) { [wake, waiting = Reference(self)] in
            while let queue = waiting.value {
                _ = wake.wait(upTo: .seconds(1))
                queue.drain()
            }
        }
        thread.withLock { $0 = worker }
    }

    func run(_ body: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.append(body) }
        wake.signal()
    }

    private func drain() {
        let bodies = waiting.withLock { queue in
            defer { queue.removeAll() }
            return queue
        }
        for body in bodies { body() }
    }

    /// Weak, so that the thread ends within a second of its queue.
    private struct Reference: Sendable {
        weak let value: BlockingQueue?
        init(_ value: BlockingQueue) { self.value = value }
    }
}
