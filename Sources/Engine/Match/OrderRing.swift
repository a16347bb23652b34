// Finished orders in the order in which they finished, for look-ups and repeated ids. Apart from
// the slab, so that the open orders stay close together: they are met in random places, these are
// written one after the other and seldom read.
//
//     position = bit 30, then the low bits of how many were ever kept:  it never moves

struct OrderRing: BitwiseCopyable {
    private static let flag: Int32 = 1 << 30
    private var base: UnsafeMutablePointer<OrderRecord>
    private var mask: Int
    /// How many were ever kept, and how many of them are forgotten.
    private var end = 0
    private var begin = 0

    /// - Parameter expected: records it will hold; memory is used only as they come.
    init(expected: Int) {
        var capacity = 1_024
        while capacity < expected { capacity *= 2 }
        mask = capacity - 1
        base = Self.allocate(capacity)
    }

    func free() { RawMemory.free(base) }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<OrderRecord> {
        RawMemory.allocate(capacity * MemoryLayout<OrderRecord>.stride)
            .bindMemory(to: OrderRecord.self, capacity: capacity)
    }

    static func isPosition(_ position: Int32) -> Bool { position & flag != 0 }

    var count: Int { end - begin }

    /// The oldest is 0.
    subscript(i: Int) -> UnsafeMutablePointer<OrderRecord> {
        assert(i >= 0 && i < count, "inside the ring")
        return base + ((begin + i) & mask)
    }

    var last: UnsafeMutablePointer<OrderRecord>? { count == 0 ? nil : self[count - 1] }

    func at(_ position: Int32) -> UnsafeMutablePointer<OrderRecord> {
        base + (Int(position) & mask)
    }

    /// Position of the oldest.
    var firstPosition: Int32 { Self.position(begin) }

    private static func position(_ n: Int) -> Int32 {
        Int32(truncatingIfNeeded: n & Int(flag - 1)) | flag
    }

    /// Keeps a copy; returns its position.
    mutating func append(_ record: UnsafeMutablePointer<OrderRecord>) -> Int32 {
        if count > mask { grow() }
        (base + (end & mask)).update(from: record, count: 1)
        end += 1
        return Self.position(end - 1)
    }

    mutating func removeFirst() { begin += 1 }

    @inline(never)
    private mutating func grow() {
        precondition(mask < Int(Self.flag) / 2 - 1, "positions have 30 bits")
        let larger = Self.allocate((mask + 1) * 2)
        let largerMask = mask * 2 + 1
        for n in begin..<end {
            (larger + (n & largerMask)).update(from: base + (n & mask), count: 1)
        }
        RawMemory.free(base)
        base = larger
        mask = largerMask
    }
}
