// One symbol's book: per side a contiguous array of levels, best at the end, each level a FIFO of
// orders threaded through the matcher's slab. Pure; confined to the matcher's thread.
//
//     bids  ... 99.98 | 99.99 | 100.00 <- best       asks  ... 100.03 | 100.02 | 100.01 <- best
//
// Finding a level is a binary search; a new best level is an append. O(log levels) to add and to
// cancel, O(1) per fill. Its memory belongs to the matcher, which frees it.

/// A price level with `count` orders.
struct Level: BitwiseCopyable {
    let price: Int64
    private var low: UInt64
    var head: Int32
    var tail: Int32
    var count: Int32
    private var high: Int32 = 0

    init(price: Int64, lots: Int64, slot: Int32) {
        self.price = price
        low = UInt64(bitPattern: lots)
        head = slot
        tail = slot
        count = 1
    }

    /// The sum of the open lots: 96 bits, for with unlimited funds 64 may be too few.
    var total: Int128 { Int128(high) << 64 | Int128(low) }

    mutating func add(_ lots: Int64) {
        let (sum, carry) = low.addingReportingOverflow(UInt64(bitPattern: lots))
        low = sum
        if carry { high += 1 }
    }

    mutating func subtract(_ lots: Int64) {
        let (rest, borrow) = low.subtractingReportingOverflow(UInt64(bitPattern: lots))
        low = rest
        if borrow { high -= 1 }
    }
}

/// An order in the slab: open, or finished and retained for look-ups and repeated ids.
struct OrderRecord: BitwiseCopyable {
    var state: OrderState
    /// Lots not yet executed, prevented nor canceled; 0 once finished.
    var open: Int64
    /// What was asked for, in lots or by quote amount, for the comparison of repeated ids.
    var requested: Int64
    /// Position of the account in the ledger; -1 where there is no ledger and callers number.
    var account: Int32
    /// Position of the account's count of open orders on the symbol; -1 as for the account.
    var counter: Int32
    var next: Int32 = -1
    var previous: Int32 = -1
    /// Of account and client id, or of the caller's number.
    var hash: UInt32
    var quantityIsQuote: Bool
}

typealias Slab = RawArray<OrderRecord>

/// One side's levels, ascending in how good they are: the best is the last. A handle: copies show
/// the same levels.
struct BookSide: BitwiseCopyable {
    private let memory: UnsafeMutablePointer<RawArray<Level>>
    private let isBids: Bool

    init(_ side: Side) {
        isBids = side == .buy
        memory = .allocate(capacity: 1)
        memory.initialize(to: RawArray())
    }

    func free() {
        memory.pointee.free()
        memory.deallocate()
    }

    var levels: RawArray<Level> { memory.pointee }

    /// First position whose price is not worse than `price`: where that level is or belongs.
    private func position(_ price: Int64) -> Int {
        let levels = memory.pointee
        var low = 0
        var high = levels.count
        // Most orders are near the best: look there first.
        if high > 8 {
            let near = levels[high - 8].price
            if isBids ? near < price : near > price { low = high - 7 }
        }
        while low < high {
            let middle = (low + high) >> 1
            let other = levels[middle].price
            let isBefore = isBids ? other < price : other > price
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Appends an order to the tail of its level.
    func add(_ slot: Int32, _ slab: Slab) {
        let order = slab.at(slot)
        let price = order.pointee.state.price
        let lots = order.pointee.open
        order.pointee.next = -1
        let at = position(price)
        if at < memory.pointee.count, memory.pointee[at].price == price {
            let level = memory.pointee.at(Int32(at))
            slab.at(level.pointee.tail).pointee.next = slot
            order.pointee.previous = level.pointee.tail
            level.pointee.tail = slot
            level.pointee.add(lots)
            level.pointee.count += 1
        } else {
            order.pointee.previous = -1
            memory.pointee.insert(Level(price: price, lots: lots, slot: slot), at: at)
        }
    }

    /// Unlinks an order whose `open` lots are still those counted in its level.
    func remove(_ slot: Int32, _ slab: Slab) {
        let order = slab.at(slot)
        let at = position(of: order.pointee.state.price)
        let level = memory.pointee.at(Int32(at))
        let (previous, next) = (order.pointee.previous, order.pointee.next)
        if previous >= 0 {
            slab.at(previous).pointee.next = next
        } else {
            level.pointee.head = next
        }
        if next >= 0 {
            slab.at(next).pointee.previous = previous
        } else {
            level.pointee.tail = previous
        }
        level.pointee.subtract(order.pointee.open)
        level.pointee.count -= 1
        if level.pointee.count == 0 { memory.pointee.remove(at: at) }
    }

    /// Unlinks the first order of the best level, of whose lots `open` are still counted there.
    func removeHead(_ open: Int64, _ slab: Slab) {
        let level = memory.pointee.at(Int32(memory.pointee.count - 1))
        let next = slab.at(level.pointee.head).pointee.next
        if next < 0 {
            _ = memory.pointee.popLast()
            return
        }
        level.pointee.head = next
        slab.at(next).pointee.previous = -1
        level.pointee.subtract(open)
        level.pointee.count -= 1
    }

    /// Takes lots from the head of the best level, where a maker became smaller but stays.
    func reduceBest(by lots: Int64) {
        memory.pointee.at(Int32(memory.pointee.count - 1)).pointee.subtract(lots)
    }

    /// Takes lots from the level at `price`, where an order became smaller but stays.
    func reduce(at price: Int64, by lots: Int64) {
        memory.pointee.at(Int32(position(of: price))).pointee.subtract(lots)
    }

    /// Where the level of an open order is.
    private func position(of price: Int64) -> Int {
        let at = position(price)
        precondition(
            at < memory.pointee.count && memory.pointee[at].price == price,
            "an open order has a level")
        return at
    }

    var best: Level? { memory.pointee.last }

    /// Whether an order of the other side with this limit reaches a level at `price`.
    func isReached(_ price: Int64, by limit: Int64) -> Bool {
        isBids ? limit <= price : limit >= price
    }
}

struct OrderBook: BitwiseCopyable {
    let bids = BookSide(.buy)
    let asks = BookSide(.sell)
    var openOrders = 0
    var lastTradeID: UInt64 = 0
    var lastPreventedID: UInt64 = 0
    /// The last command that changed the book.
    var lastUpdateID: UInt64 = 0
    var index = OrderIndex()
    /// Part of the final book and of the state's hash: false for a symbol that came by name until
    /// an order of it is accepted, so that rejected commands leave no trace.
    var isListed: Bool

    init(isListed: Bool) { self.isListed = isListed }

    func free() {
        bids.free()
        asks.free()
        index.free()
    }

    func side(_ side: Side) -> BookSide { side == .buy ? bids : asks }
}

package struct DepthLevel: Sendable, Equatable {
    /// Ticks.
    package var price: Int64
    /// Lots.
    package var quantity: Int64

    package init(price: Int64, quantity: Int64) {
        self.price = price
        self.quantity = quantity
    }
}

/// A level as `engine replay --book` shows it.
package struct BookLevel: Sendable, Equatable {
    /// Ticks.
    package var price: Int64
    /// Lots; more than 64 bits where funds are unlimited.
    package var total: Int128
    package var count: Int

    package init(price: Int64, total: Int128, count: Int) {
        self.price = price
        self.total = total
        self.count = count
    }
}

/// The book as `GET /depth` shows it: best first.
package struct Depth: Sendable, Equatable {
    package var lastUpdateID: UInt64
    package var bids: [DepthLevel]
    package var asks: [DepthLevel]
}
