// The host of a URL in the one form that hosts are compared in: lower case, without the dot that
// ends a full name, addresses as inet_ntop writes them. `2130706433`, `0x7f.1` and `127.1` all are
// 127.0.0.1 to libcurl and to the resolver, and so they are here.

package enum HostName {
    /// - Parameter host: as it stands in a URL, or an IPv6 address without brackets.
    package static func canonical(_ host: some StringProtocol) -> String {
        if let address = address(host) { return address.description }
        var bare = host[...]
        if bare.hasSuffix("."), bare.count > 1 { bare = bare.dropLast() }
        return bare.lowercased()
    }

    /// The address that `host` is by itself, in any notation; nil: a name.
    package static func address(_ host: some StringProtocol) -> InternetAddress? {
        var bare = host[...]
        if let address = InternetAddress(bare) { return address }
        if bare.hasSuffix(".") { bare = bare.dropLast() }
        return numericV4(bare).map { InternetAddress(v4: $0) }
    }

    /// inet_aton's notations: one to four numbers, decimal, 0x or 0-octal; the last fills the rest.
    private static func numericV4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        var value: UInt64 = 0
        for (i, part) in parts.enumerated() {
            guard let number = number(part) else { return nil }
            let isLast = i == parts.count - 1
            let room = isLast ? 8 * (4 - i) : 8
            guard number < 1 << UInt64(room) else { return nil }
            value = value << UInt64(room) | number
        }
        return UInt32(value)
    }

    private static func number(_ part: some StringProtocol) -> UInt64? {
        let lower = part.lowercased()
        let (digits, radix) =
            lower.hasPrefix("0x")
            ? (lower.dropFirst(2), 16)
            : lower.count > 1 && lower.hasPrefix("0") ? (lower.dropFirst(), 8) : (lower[...], 10)
        guard !digits.isEmpty, !digits.hasPrefix("+"), !digits.hasPrefix("-") else { return nil }
        return UInt64(digits, radix: radix)
    }
}
