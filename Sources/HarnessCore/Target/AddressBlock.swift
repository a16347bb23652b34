// A block of addresses, `10.20.0.0/16` or `2001:db8::/32`; a bare address is a block of one.

package struct AddressBlock: Sendable, Hashable {
    package let first: InternetAddress
    /// Leading bits that all its addresses have in common, of the 128 of the mapped form.
    let bits: Int

    /// - Parameter bits: the rest of `first` is zero.
    init(first: InternetAddress, bits: Int) {
        self.first = first
        self.bits = bits
    }

    package init(_ address: InternetAddress) { self.init(first: address, bits: 128) }

    /// - Throws: `TargetError`, which quotes the text.
    package init(_ text: some StringProtocol) throws(TargetError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = InternetAddress(parts[0]) else {
            throw TargetError(
                "\"\(text)\" is no block of addresses: 10.20.0.0/16, 2001:db8::/32 or one address")
        }
        let most = address.v4 == nil ? 128 : 32
        guard parts.count == 2 else {
            self.init(address)
            return
        }
        guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
            let length = Int(parts[1]), (0...most).contains(length)
        else { throw TargetError("\"\(text)\": the length after / is 0 to \(most)") }
        let bits = 128 - most + length
        let whole = Self.masked(address, bits)
        guard whole == address else {
            throw TargetError(
                "\"\(text)\" has bits set beyond its length: \(whole)/\(length) is the block "
                    + "around it, \(address)/\(most) that address alone")
        }
        self.init(first: address, bits: bits)
    }

    package func contains(_ address: InternetAddress) -> Bool {
        Self.masked(address, bits) == first
    }

    package func contains(_ other: AddressBlock) -> Bool {
        other.bits >= bits && contains(other.first)
    }

    package func overlaps(_ other: AddressBlock) -> Bool {
        contains(other) || other.contains(self)
    }

    /// `InternetAddress` with all but the first `bits` zero.
    private static func masked(_ address: InternetAddress, _ bits: Int) -> InternetAddress {
        InternetAddress(
            high: address.high & ones(bits), low: address.low & ones(bits - 64))
    }

    /// The first `count` of 64 bits; Swift's shift of 64 or more gives 0.
    private static func ones(_ count: Int) -> UInt64 {
        count <= 0 ? 0 : ~0 << (64 - min(count, 64))
    }
}

extension AddressBlock: CustomStringConvertible {
    package var description: String {
        if bits == 128 { return first.description }
        return "\(first)/\(first.v4 == nil ? bits : bits - 96)"
    }
}

/// What is wrong with a text that names targets or addresses, in words.
package struct TargetError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
