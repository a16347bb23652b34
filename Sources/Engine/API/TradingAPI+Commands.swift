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
            throw Rejection(-1130, "Data sent for parameter 'newOrderRespType' is not valid.")
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
            case .applied: answer(.error(500, -1000, "An unknown error occurred."))
            }
        }
    }

    func deleteOrder(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
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

    func deleteOpenOrders(
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

    func postDeposit(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        guard let name = p[.account], let account = InlineText(name), !account.isEmpty else {
            throw OrderRequest.missing
        }
        guard name.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 34 && $0 != 92 }) else {
            throw Rejection(-1100, "Illegal characters found in parameter 'account'.")
        }
        guard let assetText = p[.asset] else { throw OrderRequest.missing }
        let assetName = String(decoding: assetText, as: UTF8.self)
        guard let asset = market.assets.firstIndex(where: { $0.name == assetName }) else {
            throw Rejection(-1130, "Data sent for parameter 'asset' is not valid.")
        }
        guard let text = p[.amount] else { throw OrderRequest.missing }
        let isWithdrawal = text.first == UInt8(ascii: "-")
        let units = try DecimalText.parse(
            isWithdrawal ? text.dropFirst() : text[...], decimals: market.assets[asset].scale
        ).get()
        guard let idText = p[.depositId] else { throw OrderRequest.missing }
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
    func submit(
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
}
