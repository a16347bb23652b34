// What changes the books: orders, cancels, deposits. Parameters to a command, its outcome to an
// answer.

import HarnessCore
import Synchronization

/// newOrderRespType.
enum ResponseKind {
    case ack, result, full

    init(_ text: ArraySlice<UInt8>?) throws(Rejection) {
        guard let text, !text.elementsEqual("FULL".utf8) else {
            self = .full
            return
        }
        if text.elementsEqual("RESULT".utf8) {
            self = .result
        } else if text.elementsEqual("ACK".utf8) {
            self = .ack
        } else {
            throw .notValid(.newOrderRespType)
        }
    }
}

extension TradingAPI {
    func postOrder(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let number = requestNumber.add(1, ordering: .relaxed).newValue
        let order = try OrderRequest.newOrder(
            p, account: account, market: market, positions: positions, requestNumber: number)
        let kind = try ResponseKind(p[.newOrderRespType])
        shard.submit(.new(order), answersWhenDurable: kind == .ack) { [market] reply in
            switch reply {
            case .refused(let refusal): answer(.refused(refusal))
            case .durable(let seq, let receivedNs):
                answer(
                    APIAnswer(
                        status: 200,
                        body: Acknowledgement.json(
                            symbol: market.symbols[Int(order.symbol)].symbol,
                            clientOrderID: order.clientOrderID, receivedNs: receivedNs),
                        seq: seq))
            case .applied(.rejected(let rejection), _, let seq, _):
                answer(.rejection(rejection, seq: seq))
            case .applied(.order(let state, _, let duplicate), let trades, let seq, _):
                var json = OrderJSON(market: market)
                json.newOrder(
                    state, trades: trades, withFills: kind == .full, duplicate: duplicate)
                answer(APIAnswer(status: 200, body: json.bytes, seq: seq))
            case .unconfirmed: answer(.unconfirmed)
            case .applied: answer(.unknown)
            }
        }
    }

    func deleteOrder(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        let (orderID, clientID) = try OrderRequest.ids(p)
        let cancel = CancelOrder(
            symbol: symbol, account: account, orderID: orderID, clientOrderID: clientID,
            restriction: try OrderRequest.restriction(p))
        let cancelID = try OrderRequest.newClientOrderID(p)
        submit(.cancel(cancel), answer) { json, outcome, _ in
            guard case .canceled(let state) = outcome else { return false }
            json.canceled(state, by: cancelID)
            return true
        }
    }

    func putAmend(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        let (orderID, clientID) = try OrderRequest.ids(p)
        let amend = AmendOrder(
            symbol: symbol, account: account, orderID: orderID, clientOrderID: clientID,
            quantity: try OrderRequest.newQuantity(p, market.symbols[Int(symbol)]))
        submit(.amend(amend), answer) { json, outcome, seq in
            guard case .amended(let state) = outcome else { return false }
            json.amended(state, executionID: seq)
            return true
        }
    }

    func deleteOpenOrders(
        _ request: APIRequest, _ answer: @escaping Answer
    ) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let symbol = try OrderRequest.symbol(p, positions)
        submit(.cancelAll(symbol: symbol, account: account), answer) { json, outcome, _ in
            guard case .canceledAll(let states) = outcome else { return false }
            json.raw("[")
            for (i, state) in states.enumerated() {
                if i > 0 { json.raw(",") }
                json.canceled(state, by: state.clientOrderID)
            }
            json.raw("]")
            return true
        }
    }

    func postDeposit(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        let name = try OrderRequest.text(p, .account)
        guard let account = InlineText(name), account.isReserved || account.isAccountName else {
            throw .notValid(.account)
        }
        if let shard = try OrderRequest.number(p, .shard), shard != 0 { throw .notValid(.shard) }
        let (asset, units) = try amount(p)
        let deposit = Deposit(
            account: account, asset: asset, amount: units,
            depositID: try OrderRequest.identifier(p, .depositId))
        submit(.deposit(deposit), answer) { json, outcome, _ in
            guard case .deposited(let balance, let duplicate) = outcome else { return false }
            json.raw(duplicate ? "{\"duplicate\":true,\"balance\":" : "{\"balance\":")
            json.balances(of: balance.account, [balance])
            json.raw("}")
            return true
        }
    }

    /// asset and amount, the latter with a minus or without.
    func amount(_ p: Parameters) throws(Rejection) -> (asset: UInt16, units: Int64) {
        let name = String(decoding: try OrderRequest.text(p, .asset), as: UTF8.self)
        guard let asset = market.assets.firstIndex(where: { $0.name == name }) else {
            throw .notValid(.asset)
        }
        let text = try OrderRequest.text(p, .amount)
        let isNegative = text.first == UInt8(ascii: "-")
        do throws(Rejection) {
            let units = try DecimalText.parse(
                isNegative ? text.dropFirst() : text, decimals: market.assets[asset].scale
            ).get()
            return (UInt16(asset), isNegative ? -units : units)
        } catch {
            throw error.about(.amount)
        }
    }

    /// Submits and answers with what `render` makes of the outcome.
    func submit(
        _ body: Command.Body, _ answer: @escaping Answer,
        render: @escaping @Sendable (inout OrderJSON, Outcome, UInt64) -> Bool
    ) {
        shard.submit(body) { [market] reply in
            switch reply {
            case .refused(let refusal): answer(.refused(refusal))
            case .unconfirmed: answer(.unconfirmed)
            case .durable: answer(.unknown)
            case .applied(.rejected(let rejection), _, let seq, _):
                answer(.rejection(rejection, seq: seq))
            case .applied(let outcome, _, let seq, _):
                var json = OrderJSON(market: market)
                let isRendered = render(&json, outcome, seq)
                answer(
                    isRendered
                        ? APIAnswer(status: 200, body: json.bytes, seq: seq)
                        : .unknown)
            }
        }
    }
}
