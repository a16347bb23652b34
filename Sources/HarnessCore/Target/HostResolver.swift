// The addresses a host has now, by the system's resolver. Blocks; never on a thread that loads.

import Glibc

package enum HostResolver {
    /// - Throws: `TargetError` with the resolver's words where it has none.
    package static func resolve(_ host: String) throws(TargetError) -> [InternetAddress] {
        if let address = HostName.address(host) { return [address] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0, let first = list else {
            throw TargetError(String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(first) }
        var addresses: [InternetAddress] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            next = entry.pointee.ai_next
            guard let raw = entry.pointee.ai_addr,
                let found = InternetAddress.endpoint(family: entry.pointee.ai_family, raw)?.address,
                !addresses.contains(found)
            else { continue }
            addresses.append(found)
        }
        return addresses
    }
}
