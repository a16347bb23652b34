// Whether a name is this machine and nothing else: what `Host` must say where there are no API keys
// (a web page the user visits can make a browser send requests to 127.0.0.1, but not under that
// name unless it came from there), and what `--bind` may say.

import Glibc

enum LoopbackHost {
    /// `localhost`, an IPv4 address 127.x.y.z, or ::1.
    static func isLoopback(name: String) -> Bool {
        // inet_pton reads up to the first NUL.
        guard !name.utf8.contains(0) else { return false }
        if name.utf8.count == 9, name.lowercased() == "localhost" { return true }
        var v4 = in_addr()
        if inet_pton(AF_INET, name, &v4) == 1 { return UInt32(bigEndian: v4.s_addr) >> 24 == 127 }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, name, &v6) == 1 else { return false }
        return withUnsafeBytes(of: &v6) { raw in
            raw.dropLast().allSatisfy { $0 == 0 } && raw[15] == 1
        }
    }

    /// A `Host` header: a name as above, an IPv6 address in brackets, a port or none.
    static func isLoopback(header: UnsafeRawBufferPointer) -> Bool {
        // What nearly every client says, at each request: without a String.
        let end = header.firstIndex(of: UInt8(ascii: ":"), in: 0..<header.count) ?? header.count
        let host = header.slice(0..<end)
        if host.equals("127.0.0.1") || host.equals("localhost") {
            return isPort(header.slice(end..<header.count))
        }
        let text = String(decoding: header, as: UTF8.self)
        var name = text[...]
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]"),
                isPort(text[text.index(after: close)...].utf8)
            else { return false }
            name = text[text.index(after: text.startIndex)..<close]
            return name.contains(":") && isLoopback(name: String(name))
        }
        if let colon = text.firstIndex(of: ":") {
            guard isPort(text[colon...].utf8) else { return false }
            name = text[..<colon]
        }
        return isLoopback(name: String(name))
    }

    /// Nothing, or a colon and up to five digits.
    private static func isPort(_ text: some Collection<UInt8>) -> Bool {
        guard let first = text.first else { return true }
        let digits = text.dropFirst()
        return first == UInt8(ascii: ":") && digits.count <= 5
            && digits.allSatisfy { $0 >= 48 && $0 <= 57 }
    }
}
