// VUs that wait for a moment (thinking, or padding an iteration): a binary heap by due time. A VU
// is in it at most once; an entry whose ticket is no longer the VU's is stale and skipped by the
// reader.

package import HarnessCore

package struct WakeHeap: Sendable {
    package struct Entry: Sendable, Equatable {
        package let due: Instant
        package let vu: Int
        /// Of the wait it belongs to: an interrupted VU may be waiting anew.
        package let ticket: UInt64
    }
    private var entries: [Entry] = []

    package init(capacity: Int) { entries.reserveCapacity(capacity) }

    package var first: Entry? { entries.first }
    package var count: Int { entries.count }

    /// - Complexity: O(log n).
    package mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].due < entries[parent].due else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// - Precondition: the heap is not empty.
    /// - Complexity: O(log n).
    package mutating func removeFirst() -> Entry {
        precondition(!entries.isEmpty, "the heap is empty")
        entries.swapAt(0, entries.count - 1)
        let first = entries.removeLast()
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { return first }
            if child + 1 < entries.count, entries[child + 1].due < entries[child].due { child += 1 }
            guard entries[child].due < entries[parent].due else { return first }
            entries.swapAt(child, parent)
            parent = child
        }
    }

    package mutating func removeAll() { entries.removeAll(keepingCapacity: true) }
}
