// All that a command may change, behind one pointer that never changes: fields of a class would be
// checked for exclusive access at run time (measured: a tenth of a command).

struct MatcherMemory {
    struct Counter: BitwiseCopyable {
        var key: Int64
        var open: Int
    }
    struct Retained: BitwiseCopyable {
        var slot: Int32
        var seq: UInt64
    }

    let options: MatcherOptions
    var lastSeq: UInt64 = 0
    /// Of the current command.
    var nowNs: UInt64 = 0
    var eventHash = EventHash.start
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
    /// Finished orders in the order they finished, for forgetting; those before the head are
    /// forgotten.
    var retained = RawArray<Retained>()
    var retainedHead = 0
    /// Orders changed by the current command, in the order of first change.
    var changed = RawArray<Int32>()

    init(assetCount: Int, options: MatcherOptions) {
        self.options = options
        ledger = Ledger(assetCount: assetCount)
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
    var retainedHead: Int {
        get { memory.pointee.retainedHead }
        set { memory.pointee.retainedHead = newValue }
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
    var retained: RawArray<MatcherMemory.Retained> {
        _read { yield memory.pointee.retained }
        _modify { yield &memory.pointee.retained }
    }
    var changed: RawArray<Int32> {
        _read { yield memory.pointee.changed }
        _modify { yield &memory.pointee.changed }
    }
}
