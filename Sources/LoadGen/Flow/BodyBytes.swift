// The bytes of a `bodyFile`: one copy for all VUs of all workers, at an address that never changes,
// so that a transfer may send them from where they are.

/// Immutable bytes that a request borrows.
package final class BodyBytes: Sendable {
    // nonisolated(unsafe): written in `init` only, read until `deinit`.
    private nonisolated(unsafe) let start: UnsafeMutableRawPointer
    package let count: Int

    package init(_ bytes: [UInt8]) {
        count = bytes.count
        start = .allocate(byteCount: max(1, bytes.count), alignment: 16)
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { start.copyMemory(from: base, byteCount: count) }
        }
    }

    deinit { start.deallocate() }

    /// Valid as long as this object is.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
}
