// Host and port of an http(s) URL, read from its bytes without a copy, the way libcurl reads it:
//
//     http://user:password@host:8080/path    what is before the last @ is no part of the host
//     https://[2001:db8::1]/                 443 where no port stands
//
// Only what follows the rules here can be allowed; libcurl may refuse more.

package struct URLAuthority: Sendable, Equatable {
    package let isTLS: Bool
    /// Where the host stands in the URL's bytes, brackets included.
    package let host: Range<Int>
    package let port: UInt16

    /// Nil where `url` is no http(s) URL with a host, or its port is none.
    /// - Complexity: O(length of the authority); allocates nothing.
    package init?(_ url: ArraySlice<UInt8>) {
        let first = url.startIndex
        let start: Int
        if Self.begins(url, "https://") {
            (isTLS, start) = (true, first + 8)
        } else if Self.begins(url, "http://") {
            (isTLS, start) = (false, first + 7)
        } else {
            return nil
        }
        let rest = url[start...]
        let end = rest.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? url.endIndex
        var authority = url[start..<end]
        if let at = authority.lastIndex(of: 0x40) { authority = authority[(at + 1)...] }
        let hostEnd: Int
        if authority.first == 0x5B {
            guard let bracket = authority.firstIndex(of: 0x5D) else { return nil }
            hostEnd = bracket + 1
        } else {
            hostEnd = authority.firstIndex(of: 0x3A) ?? authority.endIndex
        }
        guard hostEnd > authority.startIndex else { return nil }
        host = authority.startIndex..<hostEnd
        guard hostEnd < authority.endIndex else {
            port = isTLS ? 443 : 80
            return
        }
        guard authority[hostEnd] == 0x3A, let port = Self.port(authority[(hostEnd + 1)...], isTLS)
        else { return nil }
        self.port = port
    }

    private static func begins(
        _ url: ArraySlice<UInt8>, _ scheme: StaticString
    ) -> Bool {
        guard url.count > scheme.utf8CodeUnitCount else { return false }
        for i in 0..<scheme.utf8CodeUnitCount {
            let byte = url[url.startIndex + i]
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            if lower != scheme.utf8Start[i] { return false }
        }
        return true
    }

    /// `host:` alone has the scheme's port.
    private static func port(
        _ digits: ArraySlice<UInt8>, _ isTLS: Bool
    ) -> UInt16? {
        if digits.isEmpty { return isTLS ? 443 : 80 }
        var value = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 48)
            guard value <= 65_535 else { return nil }
        }
        return value == 0 ? nil : UInt16(value)
    }
}

extension URLAuthority {
    /// Host as written, and the rest.
    package static func of(_ url: String) -> (host: String, port: UInt16, isTLS: Bool)? {
        let bytes = Array(url.utf8)
        guard let authority = URLAuthority(bytes[...]) else { return nil }
        let host = String(decoding: bytes[authority.host], as: UTF8.self)
        return (host, authority.port, authority.isTLS)
    }
}
