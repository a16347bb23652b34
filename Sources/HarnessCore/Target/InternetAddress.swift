// An IP address as a value. IPv4 is kept as the mapped IPv6 address it also is (::ffff:a.b.c.d), so
// that an address has one form however it came: what a rule says of one it says of both.

package import Glibc

package struct InternetAddress: Sendable, Hashable {
    /// The 128 bits, first to last.
    let high: UInt64
    let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package init(v4: UInt32) {
        self.init(high: 0, low: 0xFFFF << 32 | UInt64(v4))
    }

    /// The IPv4 address it is; nil: IPv6.
    package var v4: UInt32? {
        high == 0 && low >> 32 == 0xFFFF ? UInt32(truncatingIfNeeded: low) : nil
    }

    /// Of this machine alone: 127.0.0.0/8, ::1.
    package var isLoopback: Bool {
        if let v4 { return v4 >> 24 == 127 }
        return high == 0 && low == 1
    }

    /// The IPv4 address a packet to this IPv6 one ends at, by a translator or a tunnel on the way:
    /// NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), the IPv4-compatible form (RFC 4291, obsolete).
    package var embeddedV4: UInt32? {
        let last = UInt32(truncatingIfNeeded: low)
        if high == 0x0064_FF9B << 32, low >> 32 == 0 { return last }
        if high >> 16 == 0x0064_FF9B_0001 { return last }
        if high >> 48 == 0x2002 { return UInt32(truncatingIfNeeded: high >> 16) }
        if high == 0, low >> 32 == 0, low > 1 { return last }
        return nil
    }
}

extension InternetAddress {
    /// Strictly an address: `10.0.0.1`, `2001:db8::1`, in brackets or not, without a scope.
    package init?(_ text: some StringProtocol) {
        var bare = text[...]
        if bare.hasPrefix("["), bare.hasSuffix("]") { bare = bare.dropFirst().dropLast() }
        if bare.contains(":") {
            var address = in6_addr()
            guard inet_pton(AF_INET6, String(bare), &address) == 1 else { return nil }
            self.init(address)
        } else {
            var address = in_addr()
            guard inet_pton(AF_INET, String(bare), &address) == 1 else { return nil }
            self.init(v4: UInt32(bigEndian: address.s_addr))
        }
    }

    private init(_ address: in6_addr) {
        self = withUnsafeBytes(of: address) { bytes in
            InternetAddress(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    /// Of a socket address with its port; nil where it is no IP one.
    /// - Parameter address: as long as its family says.
    package static func endpoint(
        family: Int32, _ address: UnsafePointer<sockaddr>
    ) -> SocketEndpoint? {
        switch family {
        case AF_INET:
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { v4 in
                SocketEndpoint(
                    InternetAddress(v4: UInt32(bigEndian: v4.pointee.sin_addr.s_addr)),
                    UInt16(bigEndian: v4.pointee.sin_port))
            }
        case AF_INET6:
            address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { v6 in
                SocketEndpoint(
                    InternetAddress(v6.pointee.sin6_addr), UInt16(bigEndian: v6.pointee.sin6_port))
            }
        default: nil
        }
    }
}

extension InternetAddress: CustomStringConvertible {
    /// As inet_ntop writes it; `10.0.0.1` for a mapped one too.
    package var description: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let size = socklen_t(buffer.count)
        if let v4 {
            var address = in_addr(s_addr: v4.bigEndian)
            inet_ntop(AF_INET, &address, &buffer, size)
        } else {
            var words = (high.bigEndian, low.bigEndian)
            inet_ntop(AF_INET6, &words, &buffer, size)
        }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// As it stands in a URL: IPv6 in brackets.
    package var inURL: String { v4 == nil ? "[\(self)]" : description }
}

/// Where a connection goes.
package struct SocketEndpoint: Sendable, Hashable, CustomStringConvertible {
    package var address: InternetAddress
    package var port: UInt16

    package init(_ address: InternetAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    /// `10.0.0.1:80`, `[::1]:80`.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let address = InternetAddress(text[..<colon]),
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        self.init(address, port)
    }

    package var description: String { "\(address.inURL):\(port)" }
}
