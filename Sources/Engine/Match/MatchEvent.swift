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
    /// Of a deposit the asset's index.
    package var symbol: UInt16
    /// Of a rejection.
    package var code: Int32 = 0
    /// The order; of a trade or prevented match its own number; of a deposit the account's
    /// position, of a FUND the number of accounts.
    package var id: UInt64
    /// Ticks.
    package var price: Int64 = 0
    /// Lots: traded, prevented, accepted, canceled; open from now on (replaced, amended). Of a
    /// deposit units of its asset.
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

/// The chain over all commands and events: FNV-1a 64 by words instead of bytes, each step folded
/// down, since a multiplication carries differences upwards only.
///
///     h = (h xor word) x 2^40+0x1B3; h = h xor (h >> 32)        a bijection of h for each word
enum EventHash {
    static let start: UInt64 = 0xCBF2_9CE4_8422_2325

    @inline(__always)
    static func fold(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let h = (hash ^ word) &* 0x100_0000_01B3
        return h ^ h >> 32
    }

    @inline(__always)
    static func fold(_ hash: UInt64, _ event: MatchEvent) -> UInt64 {
        let head =
            UInt64(event.kind.rawValue) | UInt64(event.side.rawValue) << 4
            | UInt64(event.reason.rawValue) << 8 | UInt64(event.symbol) << 16
            | UInt64(UInt32(bitPattern: event.code)) << 32
        var h = fold(hash, head)
        h = fold(h, event.id)
        h = fold(h, UInt64(bitPattern: event.price))
        h = fold(h, UInt64(bitPattern: event.quantity))
        if event.kind == .trade || event.kind == .prevented {
            h = fold(h, event.maker)
            h = fold(h, event.taker)
        }
        return h
    }
}
