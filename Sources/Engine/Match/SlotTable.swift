// An open-addressing table from a hash to a position: linear probing, removal by shifting back, no
// tombstones. Keys stay where the position points to; the caller compares them. Like `RawArray` it
// is freed by the matcher. Its order shows nowhere, so its seed may differ from process to process.
//
//     hash & mask -> | h p | h p |  -  | h p |      p = -1: free; at most 5/8 full

struct SlotTable {
    private struct Entry: BitwiseCopyable {
        var hash: UInt32
        var position: Int32
    }
    private var entries: UnsafeMutablePointer<Entry>
    private var mask: Int
    private(set) var count = 0

    /// - Parameter capacity: a power of two.
    init(capacity: Int = 64) {
        precondition(capacity > 1 && capacity & (capacity - 1) == 0, "a power of two")
        entries = Self.allocate(capacity)
        mask = capacity - 1
    }

    func free() { RawMemory.free(entries) }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Entry> {
        let entries = RawMemory.allocate(capacity * MemoryLayout<Entry>.stride)
            .bindMemory(to: Entry.self, capacity: capacity)
        entries.initialize(repeating: Entry(hash: 0, position: -1), count: capacity)
        return entries
    }

    /// The position with this hash for which `isKey` holds, or -1.
    func find(_ hash: UInt32, _ isKey: (Int32) -> Bool) -> Int32 {
        var i = Int(hash) & mask
        while true {
            let entry = entries[i]
            if entry.position < 0 { return -1 }
            if entry.hash == hash, isKey(entry.position) { return entry.position }
            i = (i + 1) & mask
        }
    }

    /// Adds a key that is not there.
    mutating func insert(_ hash: UInt32, _ position: Int32) {
        if (count + 1) * 8 > (mask + 1) * 5 { grow() }
        put(Entry(hash: hash, position: position))
        count += 1
    }

    private func put(_ entry: Entry) {
        var i = Int(entry.hash) & mask
        while entries[i].position >= 0 { i = (i + 1) & mask }
        entries[i] = entry
    }

    /// Removes the entry of `position`, if it is there.
    mutating func remove(_ hash: UInt32, _ position: Int32) {
        var hole = Int(hash) & mask
        while entries[hole].position != position || entries[hole].hash != hash {
            if entries[hole].position < 0 { return }
            hole = (hole + 1) & mask
        }
        // What follows moves back unless it already is between its home and the hole.
        var i = hole
        while true {
            i = (i + 1) & mask
            let entry = entries[i]
            if entry.position < 0 { break }
            let distance = (i - Int(entry.hash) & mask) & mask
            if distance >= (i - hole) & mask {
                entries[hole] = entry
                hole = i
            }
        }
        entries[hole].position = -1
        count -= 1
    }

    /// Gives the entry of `position` another one, if it is there.
    func move(_ hash: UInt32, _ position: Int32, to other: Int32) {
        var i = Int(hash) & mask
        while entries[i].position != position || entries[i].hash != hash {
            if entries[i].position < 0 { return }
            i = (i + 1) & mask
        }
        entries[i].position = other
    }

    @inline(never)
    private mutating func grow() {
        let old = entries
        let capacity = mask + 1
        entries = Self.allocate(capacity * 2)
        mask = capacity * 2 - 1
        for i in 0..<capacity where old[i].position >= 0 { put(old[i]) }
        RawMemory.free(old)
    }
}

@available(*, unavailable)
extension SlotTable: Sendable {}

/// Hashes for `SlotTable`: multiply and fold, seeded per process.
enum SlotHash {
    private static let seed = UInt64.random(in: .min ... .max)

    static func of(_ text: InlineText, _ extra: UInt64 = 0) -> UInt32 {
        var h = seed ^ extra
        h = fold(h ^ text.words.0, 0x9E37_79B9_7F4A_7C15)
        h = fold(h ^ text.words.1, 0xD6E8_FEB8_6659_FD93)
        h = fold(h ^ text.words.2, 0xA076_1D64_78BD_642F)
        h = fold(h ^ text.words.3, 0xE703_7ED1_A0B4_28DB)
        h = fold(h ^ text.words.4, 0x8EBC_6AF0_9C88_C6E3)
        return UInt32(truncatingIfNeeded: h ^ h >> 32)
    }

    static func of(_ key: Int64) -> UInt32 {
        let h = fold(seed ^ UInt64(bitPattern: key), 0x9E37_79B9_7F4A_7C15)
        return UInt32(truncatingIfNeeded: h ^ h >> 32)
    }

    private static func fold(_ value: UInt64, _ factor: UInt64) -> UInt64 {
        let (high, low) = value.multipliedFullWidth(by: factor)
        return high ^ low
    }
}
