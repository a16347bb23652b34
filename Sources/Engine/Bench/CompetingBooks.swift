// What the plan compares: a binary heap of orders, and an array that is sorted again after every
// insert. Both as one would write them, on plain values; prices and ids as ours has them.
//
//     key = price for asks, -price for bids: the smallest (key, arrival) is the best
//
// The heap cannot take an order out of its middle: a cancel marks it, and it is thrown away when it
// comes up (lazy deletion); so it cannot tell the depth of a level either.

/// An order waiting in a competing book.
struct WaitingOrder: BitwiseCopyable {
    var key: Int32
    /// Its turn among equal prices; tells an entry from the entry of the same order before a
    /// replace.
    var arrival: UInt32
    var id: UInt32

    @inline(__always)
    static func isBetter(_ a: Self, _ b: Self) -> Bool {
        a.key != b.key ? a.key < b.key : a.arrival < b.arrival
    }
}

/// A min-heap of (key, arrival).
struct OrderHeap {
    private(set) var entries: [WaitingOrder] = []

    var first: WaitingOrder? { entries.first }

    mutating func insert(_ order: WaitingOrder) {
        entries.append(order)
        var i = entries.count - 1
        while i > 0 {
            let parent = (i - 1) / 2
            guard WaitingOrder.isBetter(entries[i], entries[parent]) else { return }
            entries.swapAt(i, parent)
            i = parent
        }
    }

    mutating func removeFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        entries[0] = last
        var i = 0
        while true {
            let left = 2 * i + 1
            guard left < entries.count else { return }
            let right = left + 1
            var best = left
            if right < entries.count, WaitingOrder.isBetter(entries[right], entries[left]) {
                best = right
            }
            guard WaitingOrder.isBetter(entries[best], entries[i]) else { return }
            entries.swapAt(i, best)
            i = best
        }
    }
}

/// Price, then arrival, over two heaps.
struct HeapBook {
    /// What fills change, apart from the heaps.
    private struct Orders {
        /// By id: open lots, and the arrival of the entry that counts; 0: none does.
        var open: [Int32]
        var current: [UInt32]
        var tally = BenchTally()
    }
    private var bids = OrderHeap()
    private var asks = OrderHeap()
    private var orders: Orders
    private var arrivals: UInt32 = 0

    var tally: BenchTally { orders.tally }

    init(largestID: Int) {
        orders = Orders(
            open: Array(repeating: 0, count: largestID + 1),
            current: Array(repeating: 0, count: largestID + 1))
    }

    mutating func limit(id: UInt32, isBuy: Bool, price: Int32, quantity: Int32, rests: Bool) {
        let rest =
            isBuy
            ? Self.take(&asks, &orders, limit: price, quantity)
            : Self.take(&bids, &orders, limit: -price, quantity)
        guard rest > 0, rests else { return }
        arrivals += 1
        orders.open[Int(id)] = rest
        orders.current[Int(id)] = arrivals
        orders.tally.openOrders += 1
        let entry = WaitingOrder(key: isBuy ? -price : price, arrival: arrivals, id: id)
        if isBuy { bids.insert(entry) } else { asks.insert(entry) }
    }

    private static func take(
        _ side: inout OrderHeap, _ orders: inout Orders, limit: Int32, _ wanted: Int32
    ) -> Int32 {
        var rest = wanted
        while rest > 0, let best = side.first {
            let id = Int(best.id)
            guard orders.current[id] == best.arrival else {
                side.removeFirst()
                continue
            }
            if best.key > limit { return rest }
            let lots = min(rest, orders.open[id])
            rest -= lots
            orders.open[id] -= lots
            orders.tally.trades += 1
            orders.tally.volume += Int(lots)
            if orders.open[id] == 0 {
                orders.current[id] = 0
                orders.tally.openOrders -= 1
                side.removeFirst()
            }
        }
        return rest
    }

    mutating func cancel(id: UInt32) {
        orders.current[Int(id)] = 0
        orders.tally.openOrders -= 1
    }

    mutating func apply(_ operation: BenchOperation) {
        let isBuy = operation.side == .buy
        switch operation.kind {
        case .limit, .immediate:
            limit(
                id: operation.id, isBuy: isBuy, price: operation.price,
                quantity: operation.quantity, rests: operation.kind == .limit)
        case .cancel: cancel(id: operation.id)
        case .replace:
            let quantity = orders.open[Int(operation.id)]
            cancel(id: operation.id)
            limit(
                id: operation.id, isBuy: isBuy, price: operation.price, quantity: quantity,
                rests: true)
        case .amend: orders.open[Int(operation.id)] = operation.quantity
        }
    }
}

/// The array way: appended and sorted again, best at the end. Limits only.
struct SortedArrayBook {
    private struct Entry: BitwiseCopyable {
        var order: WaitingOrder
        var open: Int32
    }
    private var bids: [Entry] = []
    private var asks: [Entry] = []
    private var arrivals: UInt32 = 0
    private(set) var tally = BenchTally()

    mutating func limit(id: UInt32, isBuy: Bool, price: Int32, quantity: Int32) {
        let rest =
            isBuy
            ? Self.take(&asks, &tally, limit: price, quantity)
            : Self.take(&bids, &tally, limit: -price, quantity)
        guard rest > 0 else { return }
        arrivals += 1
        tally.openOrders += 1
        let entry = Entry(
            order: WaitingOrder(key: isBuy ? -price : price, arrival: arrivals, id: id), open: rest)
        if isBuy { Self.insert(entry, &bids) } else { Self.insert(entry, &asks) }
    }

    private static func insert(_ entry: Entry, _ side: inout [Entry]) {
        side.append(entry)
        side.sort { WaitingOrder.isBetter($1.order, $0.order) }
    }

    private static func take(
        _ side: inout [Entry], _ tally: inout BenchTally, limit: Int32, _ wanted: Int32
    ) -> Int32 {
        var rest = wanted
        while rest > 0, let best = side.last, best.order.key <= limit {
            let lots = min(rest, best.open)
            rest -= lots
            tally.trades += 1
            tally.volume += Int(lots)
            if lots == best.open {
                side.removeLast()
                tally.openOrders -= 1
            } else {
                side[side.count - 1].open -= lots
            }
        }
        return rest
    }
}
