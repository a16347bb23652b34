// What a command did, one fact after the other, in the order in which it happened (engine.md 8):
// accepted; per maker a trade, or prevented, or canceled (the maker: self-trade prevention); then
// replaced; last the order's own canceled. A refused command is `rejected` and nothing else.
//
// `engine replay` prints them; the chained hash over them tells whether two matchers agree.

/// One fact. What a kind has no use for is 0.
package struct MatchEvent: Sendable, Equatable, BitwiseCopyable {
    package enum Kind: UInt8, Sendable, BitwiseCopyable {
        case accepted = 1, trade, prevented, canceled, replaced, amended, rejected, deposited
    }
    package enum Reason: UInt8, Sendable, BitwiseCopyable {
        case none = 0
        case user
        /// The rest of an order of this time in force.
        case ioc, fok
        case selfTrade
        /// The rest of a market order.
        case market
    }
    package var kind: Kind
    package var side: Side = .buy
    package var reason: Reason = .none
    package var symbol: UInt16
    /// Of a rejection.
    package var code: Int32 = 0
    /// The order; of a trade or prevented match its own number.
    package var id: UInt64
    /// Ticks.
    package var price: Int64 = 0
    /// Lots: traded, prevented, accepted, canceled; open from now on (replaced, amended).
    package var quantity: Int64 = 0
    /// Order ids of a trade or prevented match.
    package var maker: UInt64 = 0
    package var taker: UInt64 = 0

    package init(_ kind: Kind, symbol: UInt16, id: UInt64) {
        self.kind = kind
        self.symbol = symbol
        self.id = id
    }
}
