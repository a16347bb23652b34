// Addresses no load ever goes to, whatever a rule allows (fleet.md section 10): those that mean no
// single host, and those at which clouds hand out credentials to whoever asks from inside.

package enum ReservedAddresses {
    private struct Entry {
        let block: AddressBlock
        let what: String
        init(_ v4: UInt32, _ length: Int, _ what: String) {
            block = AddressBlock(first: InternetAddress(v4: v4), bits: 96 + length)
            self.what = what
        }
        init(high: UInt64, low: UInt64, _ length: Int, _ what: String) {
            block = AddressBlock(first: InternetAddress(high: high, low: low), bits: length)
            self.what = what
        }
    }

    private static let entries = [
        Entry(0, 8, "means this host or none; write 127.0.0.1"),
        Entry(0xA9FE_0000, 16, "is link-local: the metadata of clouds"),
        Entry(0x6464_64C8, 32, "is the metadata of a cloud"),
        Entry(0xA83F_8110, 32, "is the metadata of a cloud"),
        Entry(0xC000_00C0, 32, "is the metadata of a cloud"),
        Entry(0xE000_0000, 4, "is multicast"),
        Entry(0xF000_0000, 4, "is reserved or broadcast"),
        Entry(high: 0, low: 0, 128, "means this host or none; write [::1]"),
        Entry(high: 0xFE80 << 48, low: 0, 10, "is link-local"),
        Entry(high: 0xFEC0 << 48, low: 0, 10, "is site-local, which is no longer in use"),
        Entry(high: 0xFF00 << 48, low: 0, 8, "is multicast"),
        Entry(high: 0xFD00_0EC2 << 32, low: 0x254, 128, "is the metadata of a cloud"),
    ]

    /// Why nothing is sent to `address`, as the end of a sentence; nil: it may be allowed.
    /// - Complexity: a dozen comparisons; allocates nothing for what may be allowed.
    package static func objection(to address: InternetAddress) -> String? {
        objection(to: AddressBlock(address))
    }

    /// Why nothing is sent to any address of `block`.
    package static func objection(to block: AddressBlock) -> String? {
        let address = block.first
        if let entry = entries.first(where: { $0.block.contains(block) }) { return entry.what }
        // Of a larger block each address is looked at when it is connected to.
        guard block.bits == 128, let inner = address.embeddedV4 else { return nil }
        // The obsolete form has no use but to get past rules.
        if address.high == 0, address.low >> 32 == 0 {
            return "is \(InternetAddress(v4: inner)) in the obsolete IPv6 form"
        }
        let embedded = InternetAddress(v4: inner)
        if embedded.isLoopback { return "holds \(embedded), a loopback address of another host" }
        return objection(to: embedded).map { "holds \(embedded), which \($0)" }
    }
}
