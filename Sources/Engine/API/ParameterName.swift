// The names of parameters that some endpoint knows, and what each endpoint takes (engine.md 2).

enum ParameterName: UInt8, CaseIterable, Sendable {
    case symbol, side, type, timeInForce, quantity, quoteOrderQty, price, newClientOrderId
    case newOrderRespType, selfTradePreventionMode, account, timestamp, recvWindow, signature
    case orderId, origClientOrderId, limit, fromId, asset, amount, depositId
    case cancelReplaceMode, cancelOrderId, cancelOrigClientOrderId, cancelRestrictions
    case newQty, transferId, fromShard, toShard, shard
    case preventedMatchId, fromPreventedMatchId, table, after

    var text: StaticString {
        switch self {
        case .symbol: "symbol"
        case .side: "side"
        case .type: "type"
        case .timeInForce: "timeInForce"
        case .quantity: "quantity"
        case .quoteOrderQty: "quoteOrderQty"
        case .price: "price"
        case .newClientOrderId: "newClientOrderId"
        case .newOrderRespType: "newOrderRespType"
        case .selfTradePreventionMode: "selfTradePreventionMode"
        case .account: "account"
        case .timestamp: "timestamp"
        case .recvWindow: "recvWindow"
        case .signature: "signature"
        case .orderId: "orderId"
        case .origClientOrderId: "origClientOrderId"
        case .limit: "limit"
        case .fromId: "fromId"
        case .asset: "asset"
        case .amount: "amount"
        case .depositId: "depositId"
        case .cancelReplaceMode: "cancelReplaceMode"
        case .cancelOrderId: "cancelOrderId"
        case .cancelOrigClientOrderId: "cancelOrigClientOrderId"
        case .cancelRestrictions: "cancelRestrictions"
        case .newQty: "newQty"
        case .transferId: "transferId"
        case .fromShard: "fromShard"
        case .toShard: "toShard"
        case .shard: "shard"
        case .preventedMatchId: "preventedMatchId"
        case .fromPreventedMatchId: "fromPreventedMatchId"
        case .table: "table"
        case .after: "after"
        }
    }

    /// By length: the names of that many bytes.
    private static let byLength: [[(text: [UInt8], name: ParameterName)]] = {
        var table = [[(text: [UInt8], name: ParameterName)]](repeating: [], count: 24)
        for name in allCases {
            let text = Array("\(name.text)".utf8)
            table[text.count].append((text, name))
        }
        return table
    }()

    init?(_ text: some Collection<UInt8>) {
        guard text.count < Self.byLength.count,
            let found = Self.byLength[text.count].first(where: { text.elementsEqual($0.text) })
        else { return nil }
        self = found.name
    }

    var bit: UInt64 { 1 << UInt64(rawValue) }
}

/// A set of names, a bit each.
struct ParameterSet: Sendable, ExpressibleByArrayLiteral {
    let bits: UInt64

    init(bits: UInt64) { self.bits = bits }
    init(arrayLiteral names: ParameterName...) {
        bits = names.reduce(0) { $0 | $1.bit }
    }

    static func + (a: Self, b: Self) -> Self { Self(bits: a.bits | b.bits) }

    /// What every request may have; without keys, `account` says who asks.
    static let common: Self = [.account, .timestamp, .recvWindow, .signature]

    static let newOrder: Self =
        common + [
            .symbol, .side, .type, .timeInForce, .quantity, .quoteOrderQty, .price,
            .newClientOrderId,
            .newOrderRespType, .selfTradePreventionMode,
        ]
    static let cancelReplace: Self =
        newOrder + [
            .cancelReplaceMode, .cancelOrderId, .cancelOrigClientOrderId, .cancelRestrictions,
        ]

    /// What the endpoint takes; every name where it looks for itself.
    static func of(_ route: Route, _ method: HTTPMethod) -> Self {
        switch (route, method) {
        case (.order, .post): newOrder
        case (.cancelReplace, _): cancelReplace
        case (.order, .delete):
            common + [
                .symbol, .orderId, .origClientOrderId, .newClientOrderId, .cancelRestrictions,
            ]
        case (.amend, _): common + [.symbol, .orderId, .origClientOrderId, .newQty]
        case (.order, _): common + [.symbol, .orderId, .origClientOrderId]
        case (.openOrders, _), (.bookTicker, _), (.exchangeInfo, _), (.stream, _):
            common + [.symbol]
        case (.depth, _): common + [.symbol, .limit]
        case (.myTrades, _): common + [.symbol, .orderId, .fromId, .limit]
        case (.allOrders, _): common + [.symbol, .orderId, .limit]
        case (.myPreventedMatches, _):
            common + [
                .symbol, .orderId, .preventedMatchId, .fromPreventedMatchId, .fromId, .limit,
            ]
        case (.trades, _): common + [.symbol, .limit]
        case (.export, _): common + [.table, .after, .limit]
        case (.accounts, _): common + [.limit, .after]
        case (.deposit, _): common + [.asset, .amount, .depositId, .shard]
        case (.transfer, .get): common + [.transferId]
        case (.transfer, _): common + [.transferId, .asset, .amount, .fromShard, .toShard]
        default: common
        }
    }
}
