// The ring of waiting arrivals and the heap of waiting VUs, against arrays that do the same slowly.

import HarnessCore
import Testing

@testable import LoadGen

@Suite struct ScheduleQueueTests {
    @Test(arguments: 1...30)
    func ringAgainstItsTwin(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let capacity = 1 + Int(Draw.below(random.next(), 9))
        var ring = WaitingRing(capacity: capacity)
        var twin: [WaitingRing.Entry] = []
        for i in 0..<2_000 {
            let entry = WaitingRing.Entry(number: UInt64(i), intended: Instant(ns: Int64(i) * 7))
            if Draw.chance(random.next(), 0.55) {
                #expect(ring.isFull == (twin.count == capacity))
                guard !ring.isFull else { continue }
                ring.append(entry)
                twin.append(entry)
            } else if !twin.isEmpty {
                #expect(ring.removeFirst() == twin.removeFirst(), "seed \(seed), step \(i)")
            }
            #expect(ring.count == twin.count && ring.first == twin.first, "seed \(seed), \(i)")
        }
    }

    @Test(arguments: [
        (200.0, TimeSpan.seconds(10), 2_001), (0.5, .seconds(1), 2), (100, .zero, 1),
        (1e9, .seconds(60), Limits.ringPlaces), (3, .milliseconds(500), 3),
    ])
    func ringPlaces(rate: Double, maxWait: TimeSpan, places: Int) {
        #expect(WaitingRing.capacity(ratePerSecond: rate, maxWait: maxWait) == places)
    }

    @Test(arguments: 1...30)
    func heapAgainstItsTwin(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var heap = WakeHeap(capacity: 4)
        var twin: [WakeHeap.Entry] = []
        for i in 0..<2_000 {
            if Draw.chance(random.next(), 0.52) {
                // Few distinct times: ties are the rule.
                let due = Instant(ns: Int64(Draw.below(random.next(), 50)))
                let entry = WakeHeap.Entry(due: due, vu: i, ticket: UInt64(i))
                heap.insert(entry)
                twin.append(entry)
            } else if !twin.isEmpty {
                let first = heap.removeFirst()
                #expect(first.due == twin.map(\.due).min(), "seed \(seed), step \(i)")
                let position = twin.firstIndex(of: first)
                #expect(position != nil, "an entry that was never in it")
                if let position { twin.remove(at: position) }
            }
            #expect(heap.count == twin.count && heap.first?.due == twin.map(\.due).min())
        }
        heap.removeAll()
        #expect(heap.first == nil && heap.count == 0)
    }
}
