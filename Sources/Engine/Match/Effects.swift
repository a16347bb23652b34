// What leaves the matcher: an outcome for whoever asked, and effects for the projection. Effects
// carry absolute values (an order's state, a balance), so applying them twice changes nothing.

package enum OrderStatus: UInt8, Sendable, BitwiseCopyable {
    case new = 0, partiallyFilled, filled, canceled, rejected, expired, expiredInMatch
}

/// expiryReason: why the rest of an order expired.
package enum ExpiryReason: UInt8, Sendable, BitwiseCopyable {
    case none = 0
    /// UNFILLED_IOC_QUANTITY_EXPIRED, UNFILLED_FOK_ORDER_EXPIRED, INSUFFICIENT_LIQUIDITY
    case ioc, fok, liquidity
}

/// An order as it stands after a command.
package struct OrderState: Sendable, Equatable, BitwiseCopyable {
    package var symbol: UInt16
    /// Per symbol, contiguous from 1.
    package var orderID: UInt64
    package var account: InlineText
    package var clientOrderID: InlineText
    package var side: Side
    package var type: OrderType
    package var timeInForce: TimeInForce
    package var postOnly: Bool
    package var selfTrade = SelfTradePrevention.none
    package var status: OrderStatus
    package var expiry = ExpiryReason.none
    /// Ticks.
    package var price: Int64
    /// Lots, as are executed and canceled.
    package var quantity: Int64
    package var executed: Int64
    package var canceled: Int64
    /// Lots taken away by self-trade prevention.
    package var prevented: Int64 = 0
    /// The last prevented match it was part of; 0: none.
    package var preventedMatchID: UInt64 = 0
    /// Quote amount traded, in units of the quote asset.
    package var quoteExecuted: Int64
    package var createdNs: UInt64
    package var updatedNs: UInt64
    /// The command that changed it last.
    package var seq: UInt64

    package init(
        symbol: UInt16, orderID: UInt64, account: InlineText, clientOrderID: InlineText, side: Side,
        type: OrderType, timeInForce: TimeInForce, postOnly: Bool, status: OrderStatus,
        price: Int64, quantity: Int64, executed: Int64, canceled: Int64, quoteExecuted: Int64,
        createdNs: UInt64, updatedNs: UInt64, seq: UInt64
    ) {
        self.symbol = symbol
        self.orderID = orderID
        self.account = account
        self.clientOrderID = clientOrderID
        self.side = side
        self.type = type
        self.timeInForce = timeInForce
        self.postOnly = postOnly
        self.status = status
        self.price = price
        self.quantity = quantity
        self.executed = executed
        self.canceled = canceled
        self.quoteExecuted = quoteExecuted
        self.createdNs = createdNs
        self.updatedNs = updatedNs
        self.seq = seq
    }
}

/// A trade at the maker's price.
package struct TradeEvent: Sendable, Equatable {
    package var symbol: UInt16
    /// Per symbol, contiguous from 1.
    package var tradeID: UInt64
    package var price: Int64
    package var quantity: Int64
    package var quote: Int64
    package var makerOrder: UInt64
    package var takerOrder: UInt64
    package var maker: InlineText
    package var taker: InlineText
    package var takerSide: Side
    /// In the asset each side received.
    package var makerFee: Int64
    package var takerFee: Int64
    package var timeNs: UInt64
    package var seq: UInt64

    package init(
        symbol: UInt16, tradeID: UInt64, price: Int64, quantity: Int64, quote: Int64,
        makerOrder: UInt64, takerOrder: UInt64, maker: InlineText, taker: InlineText,
        takerSide: Side, makerFee: Int64, takerFee: Int64, timeNs: UInt64, seq: UInt64
    ) {
        self.symbol = symbol
        self.tradeID = tradeID
        self.price = price
        self.quantity = quantity
        self.quote = quote
        self.makerOrder = makerOrder
        self.takerOrder = takerOrder
        self.maker = maker
        self.taker = taker
        self.takerSide = takerSide
        self.makerFee = makerFee
        self.takerFee = takerFee
        self.timeNs = timeNs
        self.seq = seq
    }
}

/// Two orders of one account that met and did not trade.
package struct PreventedMatch: Sendable, Equatable {
    package var symbol: UInt16
    /// Per symbol, contiguous from 1.
    package var preventedID: UInt64
    /// Ticks, the maker's.
    package var price: Int64
    /// Lots that would have traded.
    package var quantity: Int64
    /// The taker's.
    package var mode: SelfTradePrevention
    package var makerOrder: UInt64
    package var takerOrder: UInt64
    package var account: InlineText
    package var timeNs: UInt64
    package var seq: UInt64

    package init(
        symbol: UInt16, preventedID: UInt64, price: Int64, quantity: Int64,
        mode: SelfTradePrevention, makerOrder: UInt64, takerOrder: UInt64, account: InlineText,
        timeNs: UInt64, seq: UInt64
    ) {
        self.symbol = symbol
        self.preventedID = preventedID
        self.price = price
        self.quantity = quantity
        self.mode = mode
        self.makerOrder = makerOrder
        self.takerOrder = takerOrder
        self.account = account
        self.timeNs = timeNs
        self.seq = seq
    }
}

/// An account's funds in one asset after a command.
package struct BalanceState: Sendable, Equatable {
    package var account: InlineText
    package var asset: UInt16
    package var free: Int64
    package var locked: Int64
    package var seq: UInt64

    package init(account: InlineText, asset: UInt16, free: Int64, locked: Int64, seq: UInt64) {
        self.account = account
        self.asset = asset
        self.free = free
        self.locked = locked
        self.seq = seq
    }
}

/// A refused command: Binance's code and text.
package struct Rejection: Sendable, Equatable, Error {
    package var code: Int32
    /// `%s` stands for the subject.
    package var message: StaticString
    /// The parameter it is about, where there is one.
    package var subject: StaticString

    package init(_ code: Int32, _ message: StaticString, subject: StaticString = "") {
        self.code = code
        self.message = message
        self.subject = subject
    }

    /// The message with its subject.
    package var text: String {
        guard subject.utf8CodeUnitCount > 0 else { return "\(message)" }
        let halves = "\(message)".split(
            separator: "%s", maxSplits: 1, omittingEmptySubsequences: false)
        return halves.joined(separator: "\(subject)")
    }

    package static func == (a: Self, b: Self) -> Bool { a.code == b.code && a.text == b.text }
}

/// What became of the two legs of a cancelReplace.
package struct Replacement: Sendable, Equatable {
    package enum Leg: Sendable, Equatable {
        case done(OrderState)
        case failed(Rejection)
        case notAttempted
    }
    package var cancel: Leg
    package var new: Leg
    /// The new leg had been accepted before.
    package var duplicate: Bool

    package init(cancel: Leg, new: Leg, duplicate: Bool) {
        self.cancel = cancel
        self.new = new
        self.duplicate = duplicate
    }
}

/// What a command came to, for the reply. `trades` is a range into `Effects.trades`.
package enum Outcome: Sendable, Equatable {
    /// `duplicate`: the same id and payload had been accepted before; its state now.
    case order(OrderState, trades: Range<Int>, duplicate: Bool)
    case canceled(OrderState)
    case canceledAll([OrderState])
    /// `trades` are those of the new order.
    case replaced(Replacement, trades: Range<Int>)
    case amended(OrderState)
    case deposited(BalanceState, duplicate: Bool)
    case funded
    /// The symbols are others from here on.
    case configured
    case rejected(Rejection)
}

/// Effects of a batch of commands, appended to by the matcher and drained by the projection.
package struct Effects: Sendable {
    package struct Rejected: Sendable, Equatable {
        package var seq: UInt64
        package var account: InlineText
        package var clientOrderID: InlineText
        package var symbol: UInt16
        package var code: Int32
        package init(
            seq: UInt64, account: InlineText, clientOrderID: InlineText, symbol: UInt16, code: Int32
        ) {
            self.seq = seq
            self.account = account
            self.clientOrderID = clientOrderID
            self.symbol = symbol
            self.code = code
        }
    }
    package struct DepositRow: Sendable, Equatable {
        package var seq: UInt64
        package var account: InlineText
        package var asset: UInt16
        package var amount: Int64
        package var depositID: InlineText
        package init(
            seq: UInt64, account: InlineText, asset: UInt16, amount: Int64, depositID: InlineText
        ) {
            self.seq = seq
            self.account = account
            self.asset = asset
            self.amount = amount
            self.depositID = depositID
        }
    }
    package struct FundRow: Sendable, Equatable {
        package var seq: UInt64
        package var fund: Fund
        package init(seq: UInt64, fund: Fund) {
            self.seq = seq
            self.fund = fund
        }
    }
    /// Every order a command changed, as it stood after that command.
    package var orders: [OrderState] = []
    package var trades: [TradeEvent] = []
    package var balances: [BalanceState] = []
    package var rejects: [Rejected] = []
    package var deposits: [DepositRow] = []
    package var funds: [FundRow] = []
    package var prevented: [PreventedMatch] = []
    /// In the order in which they happened; for replay and the chained hash, not for the store.
    package var events: [MatchEvent] = []

    package init() {}

    /// Keeps the capacity.
    package mutating func removeAll() {
        orders.removeAll(keepingCapacity: true)
        trades.removeAll(keepingCapacity: true)
        balances.removeAll(keepingCapacity: true)
        rejects.removeAll(keepingCapacity: true)
        deposits.removeAll(keepingCapacity: true)
        funds.removeAll(keepingCapacity: true)
        prevented.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
    }
}
