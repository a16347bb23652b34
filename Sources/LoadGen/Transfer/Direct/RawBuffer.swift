// Growable bytes without an owner: a struct of pointer, count and capacity, to be released by hand.
// Connections that wait for more bytes hold such buffers; they come from and go back to a small
// stock of the lane's, so that a response in several pieces allocates nothing either.

import Glibc

struct RawBuffer {
    private(set) var base: UnsafeMutablePointer<UInt8>?
    private(set) var capacity = 0
    private(set) var count = 0

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Amortised O(`length`).
    @inline(__always)
    mutating func append(_ source: UnsafePointer<UInt8>, _ length: Int) {
        guard length > 0 else { return }
        if base == nil || count + length > capacity { reserve(count + length) }
        guard let base else { return }
        (base + count).update(from: source, count: length)
        count += length
    }

    mutating func removeAll() { count = 0 }

    /// - Precondition: it holds at least `length` bytes.
    mutating func truncate(to length: Int) {
        precondition(length <= count, "what is kept is there")
        count = length
    }

    mutating func removeFirst(_ length: Int) {
        guard let base, length > 0 else { return }
        memmove(base, base + length, count - length)
        count -= length
    }

    mutating func deallocate() {
        base?.deallocate()
        self = RawBuffer()
    }

    @inline(never)
    private mutating func reserve(_ wanted: Int) {
        let size = max(wanted, 2 * capacity, 1_024)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
        if let base { larger.update(from: base, count: count) }
        base?.deallocate()
        base = larger
        capacity = size
    }
}

/// Buffers that nobody needs at the moment. Confined to its worker's thread.
struct RawBufferStock: ~Copyable {
    private var buffers: [RawBuffer] = []
    private static let buffersMax = 64
    /// Larger ones are not kept.
    private static let bytesMax = 256 << 10

    init() { buffers.reserveCapacity(Self.buffersMax) }

    deinit { for buffer in buffers { buffer.base?.deallocate() } }

    mutating func take() -> RawBuffer { buffers.popLast() ?? RawBuffer() }

    /// Leaves `buffer` without memory.
    mutating func giveBack(_ buffer: inout RawBuffer) {
        guard buffer.base != nil else { return }
        if buffer.capacity <= Self.bytesMax, buffers.count < Self.buffersMax {
            buffer.removeAll()
            buffers.append(buffer)
            buffer = RawBuffer()
        } else {
            buffer.deallocate()
        }
    }
}
