// Event lines by hand into one buffer, which goes to its descriptor when it is full.

import Glibc
import HarnessCore

/// A cursor into memory that is known to have room; the length of a line is bounded.
struct ReplayCursor {
    var at: UnsafeMutablePointer<UInt8>

    init(_ at: UnsafeMutablePointer<UInt8>) { self.at = at }

    mutating func byte(_ byte: UInt8) {
        at.pointee = byte
        at += 1
    }

    mutating func raw(_ text: StaticString) {
        at.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        at += text.utf8CodeUnitCount
    }

    mutating func text(_ text: InlineText) {
        text.withBytes { bytes in
            for byte in bytes {
                at.pointee = byte
                at += 1
            }
        }
    }

    mutating func number(_ n: UInt64) {
        if n < 10 { return byte(48 + UInt8(truncatingIfNeeded: n)) }
        var digits = 2
        var power: UInt64 = 100
        // 10^19 is the last power of ten in 64 bits; a 20th digit ends the loop.
        while digits < 20, n >= power {
            digits += 1
            if digits < 20 { power &*= 10 }
        }
        var rest = n
        var i = digits
        while i > 0 {
            i -= 1
            at[i] = 48 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        at += digits
    }

    mutating func number(_ n: Int64) {
        if n < 0 { byte(UInt8(ascii: "-")) }
        number(n.magnitude)
    }

    /// `units` / 10^decimals in quotes.
    mutating func decimal(_ units: Int64, _ decimals: Int) {
        byte(UInt8(ascii: "\""))
        if decimals == 0 {
            number(units)
        } else {
            var scale: UInt64 = 1
            for _ in 0..<decimals { scale &*= 10 }
            if units < 0 { byte(UInt8(ascii: "-")) }
            let (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: scale)
            number(whole)
            byte(UInt8(ascii: "."))
            var rest = fraction
            var i = decimals
            while i > 0 {
                i -= 1
                at[i] = 48 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            at += decimals
        }
        byte(UInt8(ascii: "\""))
    }
}

/// Buffered bytes of a descriptor. Confined to one thread; does not own the descriptor.
final class ReplayOutput {
    /// Room for a line of any kind but a book's.
    static let longestLine = 1_024
    private static let capacity = 128 << 10

    private let descriptor: Int32
    private let base: UnsafeMutablePointer<UInt8>
    private var count = 0
    /// The reader went away: nothing more need be written.
    private(set) var isClosed = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
        base = .allocate(capacity: Self.capacity)
    }

    deinit { base.deallocate() }

    /// Where a line of at most `longestLine` bytes may be written; `end` takes it.
    func begin() throws(CommandFailure) -> ReplayCursor {
        if count + Self.longestLine > Self.capacity { try flush() }
        return ReplayCursor(base + count)
    }

    func end(_ cursor: ReplayCursor) {
        count = cursor.at - base
        assert(count <= Self.capacity, "a line is as long as was reserved at most")
    }

    /// A line of any length.
    func write(_ text: String) throws(CommandFailure) {
        try flush()
        try Array(text.utf8).withUnsafeBufferPointer { bytes throws(CommandFailure) in
            try send(bytes)
        }
    }

    func flush() throws(CommandFailure) {
        try send(UnsafeBufferPointer(start: base, count: count))
        count = 0
    }

    private func send(_ bytes: UnsafeBufferPointer<UInt8>) throws(CommandFailure) {
        var sent = 0
        while sent < bytes.count, !isClosed, let start = bytes.baseAddress {
            let written = Glibc.write(descriptor, start + sent, bytes.count - sent)
            if written >= 0 {
                sent += written
            } else if errno == EPIPE {
                isClosed = true
            } else if errno != EINTR {
                throw CommandFailure(
                    .unavailable, "cannot write events: \(String(cString: strerror(errno)))")
            }
        }
    }
}

@available(*, unavailable)
extension ReplayOutput: Sendable {}
