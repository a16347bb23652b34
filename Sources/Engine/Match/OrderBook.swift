// One symbol's book: per side a contiguous array of levels, best at the end, each level a FIFO of
// orders threaded through the matcher's slab. Pure; confined to the matcher's thread.
//
//     bids  ... 99.98 | 99.99 | 100.00 <- best       asks  ... 100.03 | 100.02 | 100.01 <- best
//
// Finding a level is a binary search; a new best level is an append. O(log levels) to add and to
// cancel, O(1) per fill.

/// A price level. `total` is the sum of the open lots of its `count` orders.
struct Level {
    var price: Int64
    var total: Int64
    var head: Int32
    var tail: Int32
    var count: Int32
}

/// An order in the slab: open, or finished and retained for look-ups and repeated ids.
struct OrderRecord {
    var state: OrderState
    /// Position of the account in the ledger.
    var account: Int32
    /// Lots not yet executed nor canceled; 0 once finished.
    var open: Int64
    var next: Int32 = -1
    var previous: Int32 = -1
    /// A market order by quote amount: what was asked for, for the comparison of repeated ids.
    var requested: Int64
    var quantityIsQuote: Bool
}

struct OrderBook {
    /// Ascending: the best bid is the last.
    var bids: [Level] = []
    /// Descending: the best ask is the last.
    var asks: [Level] = []
    var lastOrderID: UInt64 = 0
    var openOrders = 0
    var lastTradeID: UInt64 = 0
    /// The last command that changed the book.
    var lastUpdateID: UInt64 = 0
    /// Slab position of each order id (index id - 1), -1 once forgotten.
    var slots: [Int32] = []

    /// First position whose price is not worse than `price`: where that level is or belongs.
    private static func position(_ levels: [Level], _ price: Int64, _ side: Side) -> Int {
        var low = 0
        var high = levels.count
        while low < high {
            let middle = (low + high) >> 1
            let isBefore =
                side == .buy ? levels[middle].price < price : levels[middle].price > price
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func levels(_ side: Side) -> [Level] { side == .buy ? bids : asks }

    /// Appends an order to the tail of its level.
    mutating func add(_ slot: Int32, side: Side, slab: inout [OrderRecord]) {
        if side == .buy {
            Self.add(slot, to: &bids, side: side, slab: &slab)
        } else {
            Self.add(slot, to: &asks, side: side, slab: &slab)
        }
    }

    private static func add(
        _ slot: Int32, to levels: inout [Level], side: Side, slab: inout [OrderRecord]
    ) {
        let price = slab[Int(slot)].state.price
        let lots = slab[Int(slot)].open
        let at = position(levels, price, side)
        if at < levels.count, levels[at].price == price {
            let tail = levels[at].tail
            slab[Int(tail)].next = slot
            slab[Int(slot)].previous = tail
            levels[at].tail = slot
            levels[at].total += lots
            levels[at].count += 1
        } else {
            levels.insert(
                Level(price: price, total: lots, head: slot, tail: slot, count: 1), at: at)
        }
    }

    /// Unlinks an order whose `open` lots are still those counted in its level.
    mutating func remove(_ slot: Int32, slab: inout [OrderRecord]) {
        if slab[Int(slot)].state.side == .buy {
            Self.remove(slot, from: &bids, side: .buy, slab: &slab)
        } else {
            Self.remove(slot, from: &asks, side: .sell, slab: &slab)
        }
    }

    private static func remove(
        _ slot: Int32, from levels: inout [Level], side: Side, slab: inout [OrderRecord]
    ) {
        let record = slab[Int(slot)]
        let at = position(levels, record.state.price, side)
        precondition(
            at < levels.count && levels[at].price == record.state.price,
            "an open order has a level")
        if record.previous >= 0 {
            slab[Int(record.previous)].next = record.next
        } else {
            levels[at].head = record.next
        }
        if record.next >= 0 {
            slab[Int(record.next)].previous = record.previous
        } else {
            levels[at].tail = record.previous
        }
        slab[Int(slot)].next = -1
        slab[Int(slot)].previous = -1
        levels[at].total -= record.open
        levels[at].count -= 1
        if levels[at].count == 0 { levels.remove(at: at) }
    }

    /// Takes lots from the head of the best level of `side`, where a maker traded but stays.
    mutating func reduceBest(_ side: Side, by lots: Int64) {
        if side == .buy {
            bids[bids.count - 1].total -= lots
        } else {
            asks[asks.count - 1].total -= lots
        }
    }

    /// Best level of a side, if there is one.
    func best(_ side: Side) -> Level? { side == .buy ? bids.last : asks.last }

    /// Whether an order of `side` at `price` reaches a level at `other` of the opposite side.
    static func crosses(_ side: Side, _ price: Int64, _ other: Int64) -> Bool {
        side == .buy ? price >= other : price <= other
    }
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
