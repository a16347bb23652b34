// The addresses a run may connect to, resolved once at `opening` and written into the spec
// (fleet.md section 10): `host:port=address`.

import Foundation
import Glibc
import HarnessCore

enum TargetAddresses {
    /// - Throws: 69 where the host has no address, 104 where the URL is none.
    static func resolve(_ url: String) throws(CommandFailure) -> [String] {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty else {
            throw CommandFailure(.badConfiguration, "target \"\(url)\" is no URL with a host")
        }
        let port = parts.port ?? (parts.scheme == "https" ? 443 : 80)
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(bare, String(port), &hints, &list)
        guard status == 0, let first = list else {
            throw CommandFailure(
                .unavailable, "target host \(host): \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(first) }
        var addresses: [String] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            if let text = numeric(entry.pointee) {
                let line = "\(host):\(port)=\(text)"
                if !addresses.contains(line) { addresses.append(line) }
            }
            next = entry.pointee.ai_next
        }
        return addresses
    }

    private static func numeric(_ entry: addrinfo) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(NI_MAXHOST))
        let size = socklen_t(buffer.count)
        let status = buffer.withUnsafeMutableBytes { raw in
            raw.withMemoryRebound(to: CChar.self) {
                getnameinfo(
                    entry.ai_addr, entry.ai_addrlen, $0.baseAddress, size, nil, 0, NI_NUMERICHOST)
            }
        }
        return status == 0 ? String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self) : nil
    }
}
