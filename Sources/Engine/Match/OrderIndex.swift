// Order id -> position in slab or ring, by pages of 4,096 ids. Ids only rise; a page whose orders
// are all forgotten is freed, so that the index follows the orders kept, not all there ever were.
// One order that stays open for ever holds one page. Freed by the matcher.

struct OrderIndex: BitwiseCopyable {
    private struct Page: BitwiseCopyable {
        /// Nil once all its orders are forgotten.
        var slots: UnsafeMutablePointer<Int32>?
        var live: Int32
    }
    private static let pageBits = 12
    private static let pageSize = 1 << pageBits
    private var pages = RawArray<Page>()
    /// Ids given so far: 1...count.
    private(set) var count = 0

    var nextID: UInt64 { UInt64(count) + 1 }

    func free() {
        for page in pages.values { page.slots?.deallocate() }
        pages.free()
    }

    /// Pages that hold memory.
    var pageCount: Int { pages.values.count { $0.slots != nil } }

    /// Gives the next id to `slot`.
    mutating func append(_ slot: Int32) {
        let at = count & (Self.pageSize - 1)
        if at == 0 { pages.append(Page(slots: .allocate(capacity: Self.pageSize), live: 0)) }
        let page = pages.at(Int32(pages.count - 1))
        page.pointee.slots?[at] = slot
        page.pointee.live += 1
        count += 1
    }

    /// The slot of an id; -1 where it was never given or is forgotten.
    func slot(of id: UInt64) -> Int32 {
        guard id > 0, id <= UInt64(count) else { return -1 }
        let i = Int(id) - 1
        return pages[i >> Self.pageBits].slots?[i & (Self.pageSize - 1)] ?? -1
    }

    /// Where the order of an id is from now on.
    func move(_ id: UInt64, to slot: Int32) {
        let i = Int(id) - 1
        pages[i >> Self.pageBits].slots?[i & (Self.pageSize - 1)] = slot
    }

    mutating func forget(_ id: UInt64) {
        guard slot(of: id) >= 0 else { return }
        let i = Int(id) - 1
        let page = pages.at(Int32(i >> Self.pageBits))
        page.pointee.slots?[i & (Self.pageSize - 1)] = -1
        page.pointee.live -= 1
        // The last page is still being filled.
        if page.pointee.live == 0, count >= ((i >> Self.pageBits) + 1) << Self.pageBits {
            page.pointee.slots?.deallocate()
            page.pointee.slots = nil
        }
    }

    // MARK: From a snapshot

    /// `count` ids were given, all of them forgotten.
    mutating func restore(count: Int) {
        for i in 0..<(count + Self.pageSize - 1) >> Self.pageBits {
            let isFilling = (i + 1) << Self.pageBits > count
            pages.append(Page(slots: isFilling ? Self.emptyPage() : nil, live: 0))
        }
        self.count = count
    }

    /// Whether an id was given and is forgotten.
    func isFree(_ id: UInt64) -> Bool { id > 0 && id <= UInt64(count) && slot(of: id) < 0 }

    /// - Precondition: `isFree(id)`.
    mutating func restore(_ id: UInt64, _ slot: Int32) {
        let i = Int(id) - 1
        let page = pages.at(Int32(i >> Self.pageBits))
        if page.pointee.slots == nil { page.pointee.slots = Self.emptyPage() }
        page.pointee.slots?[i & (Self.pageSize - 1)] = slot
        page.pointee.live += 1
    }

    private static func emptyPage() -> UnsafeMutablePointer<Int32> {
        let slots = UnsafeMutablePointer<Int32>.allocate(capacity: pageSize)
        slots.initialize(repeating: -1, count: pageSize)
        return slots
    }
}
