// One command of the order-flow model, in integers: ticks, lots, ranks. What goes over the wire is
// made from it by `OrderText`.

/// `${order.op}`. Retries and malformed orders come with their profiles.
enum OrderOperation: Int, Sendable, CaseIterable {
    case new, cancel, replace, query

    var text: StaticString {
        switch self {
        case .new: "new"
        case .cancel: "cancel"
        case .replace: "replace"
        case .query: "query"
        }
    }

    /// Name of the request that carries it.
    var requestName: String { "order \(text)" }
}

enum OrderType: UInt8, Sendable { case limit, limitMaker, market }

enum OrderDuration: UInt8, Sendable { case none, gtc, ioc, fok }

struct OrderCommand: Equatable, Sendable {
    var operation: OrderOperation
    var type: OrderType
    var duration: OrderDuration
    var isSell: Bool
    /// Position in the symbol list: rank - 1.
    var symbol: Int
    /// From 1.
    var account: Int
    /// In ticks; 0 for market orders. Of a cancel or query: what the meant order had.
    var priceTicks: Int64
    var lots: Int64
    var lane: UInt64
    /// k: this command's place in its lane.
    var position: UInt64
    /// Place of the order meant by a cancel, replace or query.
    var reference: UInt64?
    /// How often the drawn kind was changed because the lane could not do it.
    var substitutions: Int
}
