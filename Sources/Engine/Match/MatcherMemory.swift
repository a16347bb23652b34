// All that a command may change, behind one pointer that never changes: fields of a class would be
// checked for exclusive access at run time (measured: a tenth of a command).

struct MatcherMemory {
    struct Counter: BitwiseCopyable {
        var key: Int64
        var open: Int
    }

    let options: MatcherOptions
    var lastSeq: UInt64 = 0
    /// Of the current command.
    var nowNs: UInt64 = 0
    var eventHash = EventHash.start
    /// When `sampledInvariant` looks again.
    var nextSample: UInt64 = 0
    var openOrderCount = 0

    /// One per symbol, as are the rules.
    var books = RawArray<OrderBook>()
    var rules = RawArray<MatchRules>()
    var ledger: Ledger
    var slab = Slab(capacity: 1_024)
    var freeSlots = RawArray<Int32>()
    /// By account and client id.
    var clientIDs = SlotTable(capacity: 1_024)
    /// By the caller's number, where callers number.
    var callersIDs = SlotTable()
    /// Open orders per account and symbol, for those that ever had one.
    var counters = RawArray<Counter>()
    var counterTable = SlotTable()
    /// Finished orders that can still be looked up; none where callers number.
    var retained: OrderRing
    /// Orders changed by the current command, in the order of first change.
    var changed = RawArray<Int32>()
    /// Those that it ended: still in the slab until its end.
    var ended = RawArray<Int32>()

    init(assetCount: Int, options: MatcherOptions) {
        self.options = options
        ledger = Ledger(assetCount: assetCount)
        let expected = options.callersNumbers ? 0 : min(options.retention, 1_000_000)
        retained = OrderRing(expected: Int(expected))
    }

    func free() {
        for book in books.values { book.free() }
        books.free()
        rules.free()
        ledger.free()
        slab.free()
        freeSlots.free()
        clientIDs.free()
        callersIDs.free()
        counters.free()
        counterTable.free()
        retained.free()
        changed.free()
        ended.free()
    }
}

extension Matcher {
    package var options: MatcherOptions { memory.pointee.options }
    package internal(set) var lastSeq: UInt64 {
        get { memory.pointee.lastSeq }
        set { memory.pointee.lastSeq = newValue }
    }
    package internal(set) var openOrderCount: Int {
        get { memory.pointee.openOrderCount }
        set { memory.pointee.openOrderCount = newValue }
    }
    /// The chain over every command and event so far: matchers that agree did the same.
    package internal(set) var eventHash: UInt64 {
        get { memory.pointee.eventHash }
        set { memory.pointee.eventHash = newValue }
    }
    /// One per symbol; they move where a symbol is added.
    var books: UnsafeMutablePointer<OrderBook> { memory.pointee.books.base }
    var rules: UnsafeMutablePointer<MatchRules> { memory.pointee.rules.base }
    var symbolCount: Int { memory.pointee.books.count }

    var ledger: Ledger {
        _read { yield memory.pointee.ledger }
        _modify { yield &memory.pointee.ledger }
    }
    var slab: Slab {
        _read { yield memory.pointee.slab }
        _modify { yield &memory.pointee.slab }
    }
    var freeSlots: RawArray<Int32> {
        _read { yield memory.pointee.freeSlots }
        _modify { yield &memory.pointee.freeSlots }
    }
    var clientIDs: SlotTable {
        _read { yield memory.pointee.clientIDs }
        _modify { yield &memory.pointee.clientIDs }
    }
    var callersIDs: SlotTable {
        _read { yield memory.pointee.callersIDs }
        _modify { yield &memory.pointee.callersIDs }
    }
    var counters: RawArray<MatcherMemory.Counter> {
        _read { yield memory.pointee.counters }
        _modify { yield &memory.pointee.counters }
    }
    var counterTable: SlotTable {
        _read { yield memory.pointee.counterTable }
        _modify { yield &memory.pointee.counterTable }
    }
    var retained: OrderRing {
        _read { yield memory.pointee.retained }
        _modify { yield &memory.pointee.retained }
    }
    var changed: RawArray<Int32> {
        _read { yield memory.pointee.changed }
        _modify { yield &memory.pointee.changed }
    }
    var ended: RawArray<Int32> {
        _read { yield memory.pointee.ended }
        _modify { yield &memory.pointee.ended }
    }

    /// An order by its position in the slab or among the finished ones.
    func order(at position: Int32) -> UnsafeMutablePointer<OrderRecord> {
        OrderRing.isPosition(position)
            ? memory.pointee.retained.at(position) : memory.pointee.slab.at(position)
    }
}
