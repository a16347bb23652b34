// When transfers time out: a binary heap by time with one entry an exchange, most of them too
// early. A transfer's end does not touch it. An entry that comes up while its exchange's present
// transfer has more time goes back in with that transfer's deadline, so a request costs nothing
// here as long as an earlier entry stands.
//
// Entries name exchanges without owning them: exchanges live as long as their worker.

import HarnessCore

struct DeadlineHeap<Owner: AnyObject>: ~Copyable {
    struct Entry {
        let due: Instant
        let owner: Unmanaged<Owner>
    }
    private var entries: UnsafeMutablePointer<Entry>
    private var capacity = 64
    private(set) var count = 0

    init() { entries = .allocate(capacity: capacity) }

    deinit { entries.deallocate() }

    /// The earliest entry's time.
    var due: Instant { count > 0 ? entries[0].due : .distantFuture }

    /// - Complexity: O(log n).
    mutating func insert(_ due: Instant, _ owner: Unmanaged<Owner>) {
        if count == capacity { grow() }
        var child = count
        count += 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard due < entries[parent].due else { break }
            (entries + child).initialize(to: entries[parent])
            child = parent
        }
        (entries + child).initialize(to: Entry(due: due, owner: owner))
    }

    /// - Precondition: the heap is not empty.
    /// - Complexity: O(log n).
    mutating func removeFirst() -> Entry {
        precondition(count > 0, "the heap is empty")
        let first = entries[0]
        count -= 1
        let last = entries[count]
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < count else { break }
            if child + 1 < count, entries[child + 1].due < entries[child].due { child += 1 }
            guard entries[child].due < last.due else { break }
            (entries + parent).initialize(to: entries[child])
            parent = child
        }
        (entries + parent).initialize(to: last)
        return first
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: 2 * capacity)
        larger.moveInitialize(from: entries, count: count)
        entries.deallocate()
        entries = larger
        capacity *= 2
    }
}
