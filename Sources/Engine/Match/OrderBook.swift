// One symbol's book: per side a contiguous array of levels, best at the end, each level a FIFO of
// orders threaded through the matcher's slab. Pure; confined to the matcher's thread.
//
//     bids  ... 99.98 | 99.99 | 100.00 <- best       asks  ... 100.03 | 100.02 | 100.01 <- best
//
// Finding a level is a binary search; a new best level is an append. O(log levels) to add and to
// cancel, O(1) per fill. Its memory belongs to the matcher, which frees it.

/// A price level. `total` is the sum of the open lots of its `count` orders.
struct Level: BitwiseCopyable {
    var price: Int64
    var total: Int64
    var head: Int32
    var tail: Int32
    var count: Int32
}

/// An order in the slab: open, or finished and retained for look-ups and repeated ids.
struct OrderRecord: BitwiseCopyable {
    var state: OrderState
    /// Lots not yet executed nor canceled; 0 once finished.
    var open: Int64
    /// A market order by quote amount: what was asked for, for the comparison of repeated ids.
    var requested: Int64
    /// Position of the account in the ledger.
    var account: Int32
    /// Position of the account's count of open orders on the symbol.
    var counter: Int32
    var next: Int32 = -1
    var previous: Int32 = -1
    /// Of account and client id.
    var hash: UInt32
    var quantityIsQuote: Bool
}

typealias Slab = RawArray<OrderRecord>

/// One side's levels, ascending in how good they are: the best is the last.
struct BookSide {
    private(set) var levels = RawArray<Level>()
    private let side: Side

    init(_ side: Side) { self.side = side }

    func free() { levels.free() }

    /// First position whose price is not worse than `price`: where that level is or belongs.
    private func position(_ price: Int64) -> Int {
        var low = 0
        var high = levels.count
        // Most orders are near the best: look there first.
        if high > 8 {
            let near = levels[high - 8].price
            if side == .buy ? near < price : near > price { low = high - 7 }
        }
        while low < high {
            let middle = (low + high) >> 1
            let other = levels[middle].price
            let isBefore = side == .buy ? other < price : other > price
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Appends an order to the tail of its level.
    mutating func add(_ slot: Int32, _ slab: Slab) {
        let order = slab.at(slot)
        let price = order.pointee.state.price
        let lots = order.pointee.open
        let at = position(price)
        if at < levels.count, levels[at].price == price {
            let level = levels.at(Int32(at))
            slab.at(level.pointee.tail).pointee.next = slot
            order.pointee.previous = level.pointee.tail
            level.pointee.tail = slot
            level.pointee.total += lots
            level.pointee.count += 1
        } else {
            levels.insert(
                Level(price: price, total: lots, head: slot, tail: slot, count: 1), at: at)
        }
    }

    /// Unlinks an order whose `open` lots are still those counted in its level.
    mutating func remove(_ slot: Int32, _ slab: Slab) {
        let order = slab.at(slot)
        let price = order.pointee.state.price
        let at = position(price)
        precondition(
            at < levels.count && levels[at].price == price, "an open order has a level")
        let level = levels.at(Int32(at))
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
        order.pointee.next = -1
        order.pointee.previous = -1
        level.pointee.total -= order.pointee.open
        level.pointee.count -= 1
        if level.pointee.count == 0 { levels.remove(at: at) }
    }

    /// Takes lots from the head of the best level, where a maker traded but stays.
    func reduceBest(by lots: Int64) { levels[levels.count - 1].total -= lots }

    /// Takes lots from the level at `price`, where an order became smaller but stays.
    func reduce(at price: Int64, by lots: Int64) { levels[position(price)].total -= lots }

    var best: Level? { levels.last }

    /// Whether an order of the other side with this limit reaches a level at `price`.
    func isReached(_ price: Int64, by limit: Int64) -> Bool {
        side == .buy ? limit <= price : limit >= price
    }
}

struct OrderBook {
    var bids = BookSide(.buy)
    var asks = BookSide(.sell)
    var openOrders = 0
    var lastTradeID: UInt64 = 0
    /// The last command that changed the book.
    var lastUpdateID: UInt64 = 0
    var index = OrderIndex()

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

/// The book as `GET /depth` shows it: best first.
package struct Depth: Sendable, Equatable {
    package var lastUpdateID: UInt64
    package var bids: [DepthLevel]
    package var asks: [DepthLevel]
}
