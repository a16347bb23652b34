// The matcher's own storage: plain values in one block of memory, without reference counts,
// copy-on-write or exclusivity checks (measured: they cost half of a command). A `RawArray` is not
// an owner: the one final class that made it, `Matcher`, frees it in its deinit.

import Glibc

/// Memory of a matcher: from malloc, so that it grows where it is; large blocks on huge pages where
/// there are, as orders are met in random places.
enum RawMemory {
    private static let hugePage = 2 << 20

    static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        resize(nil, bytes)
    }

    /// - Precondition: `block` is of `allocate` or `resize`, or nil.
    static func resize(
        _ block: UnsafeMutableRawPointer?, _ bytes: Int
    ) -> UnsafeMutableRawPointer {
        guard let memory = realloc(block, bytes) else {
            preconditionFailure("no memory for \(bytes) bytes")
        }
        if bytes >= 2 * hugePage {
            let begin = (Int(bitPattern: memory) + hugePage - 1) & -hugePage
            let end = (Int(bitPattern: memory) + bytes) & -hugePage
            // A hint: without huge pages it is only slower.
            _ = madvise(UnsafeMutableRawPointer(bitPattern: begin), end - begin, MADV_HUGEPAGE)
        }
        return memory
    }

    static func free(_ block: UnsafeMutableRawPointer) { Glibc.free(block) }
}

struct RawArray<Element: BitwiseCopyable>: BitwiseCopyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 16) {
        self.capacity = capacity
        base = RawMemory.allocate(capacity * MemoryLayout<Element>.stride)
            .bindMemory(to: Element.self, capacity: capacity)
    }

    func free() { RawMemory.free(base) }

    var isEmpty: Bool { count == 0 }
    var last: Element? { count == 0 ? nil : base[count - 1] }
    var indices: Range<Int> { 0..<count }
    var values: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }

    /// Bounds are checked in debug builds: positions come from the matcher itself.
    subscript(i: Int) -> Element {
        get {
            assert(i >= 0 && i < count, "inside the array")
            return base[i]
        }
        nonmutating _modify {
            assert(i >= 0 && i < count, "inside the array")
            yield &base[i]
        }
    }

    /// The element in place; dangles after the array has grown.
    func at(_ i: Int32) -> UnsafeMutablePointer<Element> {
        assert(i >= 0 && Int(i) < count, "inside the array")
        return base + Int(i)
    }

    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        base[count] = element
        count += 1
    }

    /// Room for one more, for the caller to initialize.
    mutating func appendUninitialized() {
        if count == capacity { grow() }
        count += 1
    }

    /// - Complexity: O(count - i).
    mutating func insert(_ element: Element, at i: Int) {
        assert(i >= 0 && i <= count, "inside the array")
        if count == capacity { grow() }
        (base + i + 1).update(from: base + i, count: count - i)
        base[i] = element
        count += 1
    }

    /// - Complexity: O(count - i).
    mutating func remove(at i: Int) {
        assert(i >= 0 && i < count, "inside the array")
        (base + i).update(from: base + i + 1, count: count - i - 1)
        count -= 1
    }

    mutating func popLast() -> Element? {
        guard count > 0 else { return nil }
        count -= 1
        return base[count]
    }

    mutating func removeFirst(_ n: Int) {
        base.update(from: base + n, count: count - n)
        count -= n
    }

    /// Keeps the memory.
    mutating func removeAll() { count = 0 }

    @inline(never)
    private mutating func grow() {
        base = RawMemory.resize(base, capacity * 2 * MemoryLayout<Element>.stride)
            .bindMemory(to: Element.self, capacity: capacity * 2)
        capacity *= 2
    }
}

@available(*, unavailable)
extension RawArray: Sendable {}
