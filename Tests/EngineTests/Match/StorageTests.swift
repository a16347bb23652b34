// The matcher's own storage against the standard library's, on seeded random input.

import HarnessCore
import Testing

@testable import Engine

@Suite struct StorageTests {
    @Test(arguments: 1...5)
    func arraysEqualTheirTwin(seed: UInt64) {
        var rng = SplitMix64(state: seed)
        var array = RawArray<Int>(capacity: 1)
        defer { array.free() }
        var twin: [Int] = []
        for n in 0..<3_000 {
            let at = Int(Draw.below(rng.next(), UInt64(twin.count + 1)))
            switch Draw.below(rng.next(), 6) {
            case 0, 1:
                array.append(n)
                twin.append(n)
            case 2:
                array.insert(n, at: at)
                twin.insert(n, at: at)
            case 3 where at < twin.count:
                array.remove(at: at)
                twin.remove(at: at)
            case 4: #expect(array.popLast() == twin.popLast())
            case 5 where at < twin.count:
                array[at] += 1
                twin[at] += 1
            default: break
            }
            #expect(array.last == twin.last && array.count == twin.count)
        }
        array.removeFirst(twin.count / 2)
        twin.removeFirst(twin.count / 2)
        #expect(Array(array.values) == twin)
    }

    /// Few hashes, so that runs collide, wrap around and are shifted back.
    @Test(arguments: 1...10)
    func tablesEqualTheirTwin(seed: UInt64) {
        var rng = SplitMix64(state: seed)
        var table = SlotTable(capacity: 8)
        defer { table.free() }
        var twin: [Int32: UInt32] = [:]
        let hashes = UInt64(seed * 7)
        for n in 0..<2_000 as Range<Int32> {
            if Draw.below(rng.next(), 5) < 3 {
                let hash = UInt32(Draw.below(rng.next(), hashes)) &* 0x4000_0001
                table.insert(hash, n)
                twin[n] = hash
            } else {
                let position = Int32(Draw.below(rng.next(), UInt64(n) + 1))
                table.remove(twin[position] ?? 3, position)
                twin[position] = nil
            }
            #expect(table.count == twin.count)
        }
        for n in 0..<2_000 as Range<Int32> {
            let found = table.find(twin[n] ?? 3) { $0 == n }
            #expect(found == (twin[n] == nil ? -1 : n), "seed \(seed), \(n)")
        }
    }

    @Test func hashesDiffer() {
        var seen: Set<UInt32> = []
        for n in 0..<1_000 {
            for account in 0..<3 as Range<UInt64> {
                let id = InlineText("order-\(n)".utf8) ?? ""
                seen.insert(SlotHash.of(id, account &* 0x9E37_79B9_7F4A_7C15))
            }
        }
        #expect(seen.count > 2_990)
    }

    /// Forgotten orders give their pages back; one that stays holds one page.
    @Test func theOrderIndexFollowsWhatIsKept() {
        var index = OrderIndex()
        defer { index.free() }
        for id in 1...50_000 as ClosedRange<UInt64> {
            index.append(Int32(id) * 2)
            if id > 100, id - 100 != 7 { index.forget(id - 100) }
        }
        #expect(index.count == 50_000 && index.pageCount == 2)
        #expect(index.slot(of: 7) == 14 && index.slot(of: 8) == -1)
        #expect(index.slot(of: 0) == -1 && index.slot(of: 50_001) == -1)
        #expect(index.slot(of: .max) == -1)
        for id in 49_901...50_000 as ClosedRange<UInt64> {
            #expect(index.slot(of: id) == Int32(id) * 2)
        }
        index.forget(7)
        index.forget(7)
        #expect(index.pageCount == 1)
    }
}
