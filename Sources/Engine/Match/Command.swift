// What enters the matcher: numbered, durable commands. Plain values without references, so that
// the log can encode them and the matcher read them without ARC or String.
//
// Prices are ticks, quantities are lots, amounts are units of 10^-scale of their asset (engine.md
// 3).

/// A short ASCII text held inline: account names and client order ids. At most 39 bytes.
package struct InlineText: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    /// 39 bytes of text, zero-padded, and the length in the last byte.
    @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    package static let capacity = 39

    /// Nil where the text is longer than `capacity`.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count <= Self.capacity else { return nil }
        withUnsafeMutableBytes(of: &words) { raw in
            var i = 0
            for byte in bytes {
                raw[i] = byte
                i += 1
            }
            raw[39] = UInt8(truncatingIfNeeded: bytes.count)
        }
    }

    package init(stringLiteral text: String) {
        guard let value = InlineText(text.utf8) else {
            preconditionFailure("over 39 bytes: \(text)")
        }
        self = value
    }

    package var count: Int { withUnsafeBytes(of: words) { Int($0[39]) } }
    package var isEmpty: Bool { count == 0 }
    /// Names such as `@fees` are the engine's own: nobody orders or deposits under them.
    package var isReserved: Bool { withUnsafeBytes(of: words) { $0[0] == UInt8(ascii: "@") } }
    package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0.prefix(Int($0[39]))) } }
    package var description: String { String(decoding: bytes, as: UTF8.self) }

    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        withUnsafeBytes(of: words) {
            body(UnsafeRawBufferPointer(rebasing: $0.prefix(Int($0[39]))))
        }
    }

    @inlinable package static func == (a: Self, b: Self) -> Bool {
        a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2
            && a.words.3 == b.words.3 && a.words.4 == b.words.4
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
        hasher.combine(words.4)
    }
}

package enum Side: UInt8, Sendable, BitwiseCopyable { case buy = 0, sell = 1 }
package enum OrderType: UInt8, Sendable, BitwiseCopyable { case limit = 0, market = 1 }
package enum TimeInForce: UInt8, Sendable, BitwiseCopyable { case gtc = 0, ioc = 1, fok = 2 }

/// Raw values are those of the journal (engine.md 4).
package enum SelfTradePrevention: UInt8, Sendable, BitwiseCopyable {
    case none = 0, expireTaker, expireMaker, expireBoth, decrement
}

package struct NewOrder: Sendable, Equatable {
    package var apiID: UInt64
    package var requestNumber: UInt64
    /// Position in the symbols file.
    package var symbol: UInt16
    package var side: Side
    package var type: OrderType
    package var timeInForce: TimeInForce
    package var selfTrade: SelfTradePrevention
    /// LIMIT_MAKER.
    package var postOnly: Bool
    /// Market: `quantity` is an amount of the quote asset.
    package var quantityIsQuote: Bool
    /// Ticks; 0 for market.
    package var price: Int64
    /// Lots.
    package var quantity: Int64
    package var account: InlineText
    package var clientOrderID: InlineText

    package init(
        apiID: UInt64, requestNumber: UInt64, symbol: UInt16, side: Side, type: OrderType,
        timeInForce: TimeInForce, selfTrade: SelfTradePrevention = .none, postOnly: Bool = false,
        quantityIsQuote: Bool = false, price: Int64, quantity: Int64, account: InlineText,
        clientOrderID: InlineText
    ) {
        self.apiID = apiID
        self.requestNumber = requestNumber
        self.symbol = symbol
        self.side = side
        self.type = type
        self.timeInForce = timeInForce
        self.selfTrade = selfTrade
        self.postOnly = postOnly
        self.quantityIsQuote = quantityIsQuote
        self.price = price
        self.quantity = quantity
        self.account = account
        self.clientOrderID = clientOrderID
    }
}

package struct CancelOrder: Sendable, Equatable {
    package var symbol: UInt16
    package var account: InlineText
    /// 0: none given.
    package var orderID: UInt64
    /// Empty: none given. With both, both must match (-2039, engine.md 2).
    package var clientOrderID: InlineText
    package var restriction: CancelRestriction

    package init(
        symbol: UInt16, account: InlineText, orderID: UInt64, clientOrderID: InlineText,
        restriction: CancelRestriction = .none
    ) {
        self.symbol = symbol
        self.account = account
        self.orderID = orderID
        self.clientOrderID = clientOrderID
        self.restriction = restriction
    }
}

/// cancelRestrictions: in which state the order must be to be canceled.
package enum CancelRestriction: UInt8, Sendable, BitwiseCopyable {
    case none = 0, onlyNew, onlyPartiallyFilled
}

/// Makes an open order smaller; it keeps its place in the queue (order/amend/keepPriority).
package struct AmendOrder: Sendable, Equatable {
    package var symbol: UInt16
    package var account: InlineText
    /// 0: none given.
    package var orderID: UInt64
    /// Empty: none given.
    package var clientOrderID: InlineText
    /// The new total, in lots.
    package var quantity: Int64

    package init(
        symbol: UInt16, account: InlineText, orderID: UInt64, clientOrderID: InlineText,
        quantity: Int64
    ) {
        self.symbol = symbol
        self.account = account
        self.orderID = orderID
        self.clientOrderID = clientOrderID
        self.quantity = quantity
    }
}

/// The symbols from here on, as JSON: a symbols file in the journal. Its text is kept for the life
/// of the process, so that commands stay plain values; there are a handful at most.
package struct MarketChange: Sendable, Equatable, BitwiseCopyable {
    private let address: UInt
    private let count: Int

    /// Copies `text` to where it stays.
    package init(_ text: some Collection<UInt8>) {
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, text.count), alignment: 1)
        copy.copyBytes(from: text)
        address = UInt(bitPattern: copy.baseAddress)
        count = text.count
    }

    package var text: [UInt8] {
        UnsafeRawPointer(bitPattern: address).map {
            Array(UnsafeRawBufferPointer(start: $0, count: count))
        } ?? []
    }

    package static func == (a: Self, b: Self) -> Bool { a.text == b.text }
}

/// A cancel and a new order of the same account and symbol, in one step.
package struct CancelReplace: Sendable, Equatable {
    package var cancel: CancelOrder
    package var new: NewOrder
    /// STOP_ON_FAILURE: without the cancel there is no new order; else ALLOW_FAILURE.
    package var stopsOnFailure: Bool

    package init(cancel: CancelOrder, new: NewOrder, stopsOnFailure: Bool) {
        self.cancel = cancel
        self.new = new
        self.stopsOnFailure = stopsOnFailure
    }
}

/// Idempotent by `depositID`; a negative amount withdraws.
package struct Deposit: Sendable, Equatable {
    package var account: InlineText
    package var asset: UInt16
    /// Units of 10^-scale of the asset.
    package var amount: Int64
    package var depositID: InlineText

    package init(account: InlineText, asset: UInt16, amount: Int64, depositID: InlineText) {
        self.account = account
        self.asset = asset
        self.amount = amount
        self.depositID = depositID
    }
}

/// First start: accounts `u1`...`u<count>` get `amount` whole units of every asset.
package struct Fund: Sendable, Equatable {
    package var accounts: UInt32
    /// Whole units of each asset (times 10^scale inside).
    package var amount: Int64

    package init(accounts: UInt32, amount: Int64) {
        self.accounts = accounts
        self.amount = amount
    }
}

/// A numbered command. `seq` is contiguous from 1 per shard; `receivedNs` is the only time there
/// is.
package struct Command: Sendable, Equatable {
    /// Kinds carry the journal's numbers (engine.md 4).
    package enum Body: Sendable, Equatable {
        /// 1
        case new(NewOrder)
        /// 2
        case cancel(CancelOrder)
        /// 3: every open order of the account on the symbol
        case cancelAll(symbol: UInt16, account: InlineText)
        /// 4
        case cancelReplace(CancelReplace)
        /// 5
        case amend(AmendOrder)
        /// 6
        case deposit(Deposit)
        /// 11
        case config(MarketChange)
        /// 13
        case fund(Fund)
    }
    package var seq: UInt64
    /// Unix ns.
    package var receivedNs: UInt64
    package var body: Body

    package init(seq: UInt64, receivedNs: UInt64, body: Body) {
        self.seq = seq
        self.receivedNs = receivedNs
        self.body = body
    }
}
