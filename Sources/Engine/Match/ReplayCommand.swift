// Commands of `engine replay` (engine.md 8): orders are named by their caller, one number space for
// all symbols, and a replace keeps the number.

/// A command as the matcher takes it from `engine replay`.
package struct ReplayCommand: Sendable, Equatable, BitwiseCopyable {
    package struct New: Sendable, Equatable, BitwiseCopyable {
        package var id: UInt64
        /// nil: nobody's; never the same as another order's.
        package var account: InlineText?
        package var symbol: UInt16
        package var side: Side
        package var type: OrderType
        package var timeInForce: TimeInForce
        package var postOnly: Bool
        package var selfTrade: SelfTradePrevention
        /// Ticks; 0 for market.
        package var price: Int64
        /// Lots.
        package var quantity: Int64

        package init(
            id: UInt64, account: InlineText?, symbol: UInt16, side: Side, type: OrderType = .limit,
            timeInForce: TimeInForce = .gtc, postOnly: Bool = false,
            selfTrade: SelfTradePrevention = .none, price: Int64, quantity: Int64
        ) {
            self.id = id
            self.account = account
            self.symbol = symbol
            self.side = side
            self.type = type
            self.timeInForce = timeInForce
            self.postOnly = postOnly
            self.selfTrade = selfTrade
            self.price = price
            self.quantity = quantity
        }
    }
    package enum Operation: Sendable, Equatable, BitwiseCopyable {
        case new(New)
        case cancel(id: UInt64)
        /// nil: as it was. The quantity is what remains open from now on, as is an amend's.
        case replace(id: UInt64, price: Int64?, quantity: Int64?)
        case amend(id: UInt64, quantity: Int64)
        /// Negative: a withdrawal.
        case deposit(account: InlineText, asset: UInt16, amount: Int64)
    }
    package var seq: UInt64
    package var operation: Operation

    package init(seq: UInt64, _ operation: Operation) {
        self.seq = seq
        self.operation = operation
    }
}
