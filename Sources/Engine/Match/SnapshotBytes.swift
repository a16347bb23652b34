// The bytes of a snapshot's sections: little-endian integers and short texts, out and in.

/// Bytes that are no whole snapshot of this version: the reason.
package struct SnapshotError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// A part of a snapshot. Valid as long as the bytes it was read from.
package struct SnapshotSection {
    /// Raw values are those of the file.
    package enum Kind: UInt32, Sendable {
        /// The symbols file in force, as JSON.
        case market = 1
        /// Last seq, event hash, deposits less withdrawals per asset.
        case state
        /// Last ids of each symbol.
        case books
        /// Accounts in the order they came to be, with their funds. May come in several pieces.
        case accounts
        /// Deposits by id. May come in several pieces.
        case deposits
        /// Open orders in book order, then finished ones in the order they finished. May come in
        /// several pieces.
        case orders
    }
    package var kind: Kind
    package var payload: UnsafeRawBufferPointer
}

@available(*, unavailable)
extension SnapshotSection: Sendable {}

/// A section being written.
struct SnapshotBytes {
    var bytes: [UInt8] = []

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ text: InlineText) {
        bytes.append(UInt8(text.count))
        text.withBytes { bytes.append(contentsOf: $0) }
    }
}

/// A section being read; running out, or what cannot be, is an error.
struct SnapshotCursor {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ section: SnapshotSection) { bytes = section.payload }

    var isAtEnd: Bool { position == bytes.count }

    mutating func get<T: FixedWidthInteger>() throws(SnapshotError) -> T {
        let size = MemoryLayout<T>.size
        guard position + size <= bytes.count else { throw Self.short }
        defer { position += size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
    }

    mutating func text() throws(SnapshotError) -> InlineText {
        let length = Int(try get() as UInt8)
        guard position + length <= bytes.count,
            let text = InlineText(bytes[position..<position + length])
        else { throw Self.short }
        position += length
        return text
    }

    mutating func flag() throws(SnapshotError) -> Bool { try get() as UInt8 != 0 }

    /// A number that is not negative.
    mutating func natural() throws(SnapshotError) -> Int64 {
        let value: Int64 = try get()
        guard value >= 0 else { throw SnapshotError("a count is negative") }
        return value
    }

    mutating func value<T: RawRepresentable<UInt8>>() throws(SnapshotError) -> T {
        guard let value = T(rawValue: try get()) else {
            throw SnapshotError("a value is not known here")
        }
        return value
    }

    func finish() throws(SnapshotError) {
        guard isAtEnd else { throw SnapshotError("a section is longer than what is in it") }
    }

    private static let short = SnapshotError("a section is cut off")
}
