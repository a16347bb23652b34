// A name other than localhost for 127.0.0.1, where the machine has one (its own, in /etc/hosts):
// libcurl knows localhost by itself, any other name it has resolved by a thread.

import Glibc

package enum LoopbackName {
    package static let value: String? = {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return nil }
        let name = String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard name != "localhost", getaddrinfo(name, nil, &hints, &found) == 0 else { return nil }
        defer { freeaddrinfo(found) }
        var addresses: [UInt32] = []
        var next = found
        while let entry = next {
            next = entry.pointee.ai_next
            guard entry.pointee.ai_family == AF_INET, let address = entry.pointee.ai_addr
            else { return nil }
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                addresses.append(UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
            }
        }
        return addresses.allSatisfy { $0 == 0x7F00_0001 } && !addresses.isEmpty ? name : nil
    }()
}
