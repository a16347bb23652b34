// POST /api/v3/order/cancelReplace: parameters to one command, its two legs to Binance's answer
// (engine.md 2). 200: both legs; 409 -2021: one of them; 400 -2022: none.

import HarnessCore
import Synchronization

extension TradingAPI {
    func postCancelReplace(
        _ request: APIRequest, _ answer: @escaping Answer
    ) throws(Rejection) {
        let p = try parameters(request)
        let account = try account(request, p)
        let stops = try Self.stopsOnFailure(p)
        let (orderID, clientID) = try OrderRequest.ids(
            p, order: .cancelOrderId, client: .cancelOrigClientOrderId)
        let new = try OrderRequest.newOrder(
            p, account: account, market: market, positions: positions,
            requestNumber: requestNumber.add(1, ordering: .relaxed).newValue)
        let kind = try ResponseKind(p[.newOrderRespType])
        let restriction = try OrderRequest.restriction(p)
        let pair = CancelReplace(
            cancel: CancelOrder(
                symbol: new.symbol, account: account, orderID: orderID, clientOrderID: clientID,
                restriction: restriction),
            new: new, stopsOnFailure: stops)
        shard.submit(.cancelReplace(pair)) { [market] reply in
            switch reply {
            case .refused(let refusal): answer(.refused(refusal))
            case .applied(.rejected(let rejection), _, let seq, _):
                answer(.rejection(rejection, seq: seq))
            case .applied(.replaced(let result, _), let trades, let seq, _):
                var json = OrderJSON(market: market)
                json.replacement(result, trades: trades, withFills: kind == .full)
                answer(APIAnswer(status: result.status, body: json.bytes, seq: seq))
            case .unconfirmed: answer(.unconfirmed)
            case .applied, .durable: answer(.unknown)
            }
        }
    }

    private static func stopsOnFailure(_ p: Parameters) throws(Rejection) -> Bool {
        let text = try OrderRequest.text(p, .cancelReplaceMode)
        if text.elementsEqual("STOP_ON_FAILURE".utf8) { return true }
        if text.elementsEqual("ALLOW_FAILURE".utf8) { return false }
        throw .notValid(.cancelReplaceMode)
    }
}

extension Replacement {
    var status: Int {
        switch (cancel, new) {
        case (.done, .done): 200
        case (.done, _), (_, .done): 409
        default: 400
        }
    }
}

extension OrderJSON {
    /// The legs; on failure under `data`, with code and message around them.
    mutating func replacement(_ result: Replacement, trades: [TradeEvent], withFills: Bool) {
        switch result.status {
        case 200: legs(result, trades, withFills)
        case 409:
            raw("{\"code\":-2021,\"msg\":\"Order cancel-replace partially failed.\",\"data\":")
            legs(result, trades, withFills)
            raw("}")
        default:
            raw("{\"code\":-2022,\"msg\":\"Order cancel-replace failed.\",\"data\":")
            legs(result, trades, withFills)
            raw("}")
        }
    }

    private mutating func legs(_ result: Replacement, _ trades: [TradeEvent], _ withFills: Bool) {
        raw("{\"cancelResult\":\"\(result.cancel.word)\",")
        raw("\"newOrderResult\":\"\(result.new.word)\",\"cancelResponse\":")
        switch result.cancel {
        case .done(let state): canceled(state, by: state.clientOrderID)
        case .failed(let rejection): error(rejection)
        case .notAttempted: raw("null")
        }
        raw(",\"newOrderResponse\":")
        switch result.new {
        case .done(let state):
            newOrder(state, trades: trades, withFills: withFills, duplicate: result.duplicate)
        case .failed(let rejection): error(rejection)
        case .notAttempted: raw("null")
        }
        raw("}")
    }

    private mutating func error(_ rejection: Rejection) {
        raw("{\"code\":\(rejection.code),\"msg\":\"\(rejection.text)\"}")
    }
}

extension Replacement.Leg {
    fileprivate var word: String {
        switch self {
        case .done: "SUCCESS"
        case .failed: "FAILURE"
        case .notAttempted: "NOT_ATTEMPTED"
        }
    }
}
