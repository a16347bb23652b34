// All that a command may change besides the books, behind one pointer that never changes: fields of
// a class would be checked for exclusive access at run time (measured: a tenth of a command).

struct MatcherMemory {
    struct Counter: BitwiseCopyable {
        var key: Int64
        var open: Int
    }
    struct Retained: BitwiseCopyable {
        var slot: Int32
        var seq: UInt64
    }

    var ledger: Ledger
    var slab = Slab(capacity: 1_024)
    var freeSlots = RawArray<Int32>()
    /// By account and client id.
    var clientIDs = SlotTable(capacity: 1_024)
    /// Open orders per account and symbol, for those that ever had one.
    var counters = RawArray<Counter>()
    var counterTable = SlotTable()
    /// Finished orders in the order they finished, for forgetting.
    var retained = RawArray<Retained>()
    /// Orders changed by the current command, in the order of first change.
    var changed = RawArray<Int32>()

    init(assetCount: Int) { ledger = Ledger(assetCount: assetCount) }

    func free() {
        ledger.free()
        slab.free()
        freeSlots.free()
        clientIDs.free()
        counters.free()
        counterTable.free()
        retained.free()
        changed.free()
    }
}

extension Matcher {
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
