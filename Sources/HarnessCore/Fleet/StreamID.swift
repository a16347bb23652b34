// Ids of Redis stream entries, `<major>-<minor>`. In streams of deltas they are `<epoch>-<seq>`,
// in the stream of commands `<token>-<n>`; both rise, so comparing ids decides what is newer.

package struct StreamID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var major: UInt64
    package var minor: UInt64

    package init(_ major: UInt64, _ minor: UInt64) {
        self.major = major
        self.minor = minor
    }

    /// Nil where the text is no id.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]) else {
            return nil
        }
        self.init(major, minor)
    }

    package static let zero = StreamID(0, 0)
    /// The coordinator's `init` entry of a stream of deltas.
    package static let first = StreamID(0, 1)

    package static func < (a: Self, b: Self) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
    package var description: String { "\(major)-\(minor)" }
}
