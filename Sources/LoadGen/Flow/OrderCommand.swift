// One command of the order-flow model, in integers: ticks, lots, ranks. What goes over the wire is
// made from it by `OrderText`.

/// `${order.op}`. A stale cancel is a cancel: what makes it stale is that it comes again.
enum OrderOperation: Int, Sendable, CaseIterable {
    case new, cancel, replace, query, retry, bad

    var text: StaticString {
        switch self {
        case .new: "new"
        case .cancel: "cancel"
        case .replace: "replace"
        case .query: "query"
        case .retry: "retry"
        case .bad: "bad"
        }
    }

    /// Name of the request that carries it.
    var requestName: String { "order \(text)" }
}

enum OrderType: UInt8, Sendable { case limit, limitMaker, market }

enum OrderDuration: UInt8, Sendable { case none, gtc, ioc, fok }

/// What is wrong with a bad order, in the order below(r8, 8) draws them (scenarios.md section 3).
enum OrderDefect: UInt8, Sendable, CaseIterable {
    case unknownSymbol, badPrecision, zeroQty, negativePrice, tooSmall, badSide, missingPrice
    case malformedBody

    /// `${order.defect}`
    var text: StaticString {
        switch self {
        case .unknownSymbol: "unknownSymbol"
        case .badPrecision: "badPrecision"
        case .zeroQty: "zeroQty"
        case .negativePrice: "negativePrice"
        case .tooSmall: "tooSmall"
        case .badSide: "badSide"
        case .missingPrice: "missingPrice"
        case .malformedBody: "malformedBody"
        }
    }
}

struct OrderCommand: Equatable, Sendable {
    var operation: OrderOperation
    var type: OrderType
    var duration: OrderDuration
    var isSell: Bool
    /// Position in the symbol list: rank - 1.
    var symbol: Int
    /// From 1.
    var account: Int
    /// In ticks; 0: none (market orders, a missing price). Of a cancel or query: what the meant
    /// order had.
    var priceTicks: Int64
    var lots: Int64
    var lane: UInt64
    /// k: this command's place in its lane.
    var position: UInt64
    /// Place of the order meant by a cancel, replace or query; of the one that a retry repeats.
    var reference: UInt64?
    /// Of a bad order.
    var defect: OrderDefect?
    /// How often the drawn kind was changed because the lane could not do it.
    var substitutions: Int

    /// Place that the order's id names: a retry has the id of what it repeats.
    var idPosition: UInt64 { operation == .retry ? reference ?? position : position }
}
