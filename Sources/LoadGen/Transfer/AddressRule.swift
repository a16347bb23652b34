// Which addresses a connection may go to: loopback, and those the run's spec names. Checked on the
// resolved address when the socket is opened, so that neither a name nor a redirect leads
// elsewhere.

import Glibc
import HarnessCore

/// Confined to its worker; a C callback reads it.
final class AddressRule {
    /// Numeric addresses, as inet_ntop writes them.
    private let allowed: Set<String>
    /// Connections refused so far.
    private(set) var refused: UInt64 = 0

    /// - Parameter targets: `host:port=address` entries of the spec.
    init(targets: [String]) {
        allowed = Set(
            targets.compactMap { entry in
                entry.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init)
            })
    }

    /// Whether a connection to `address` may be made.
    func allows(family: Int32, address: UnsafePointer<sockaddr>) -> Bool {
        let isAllowed = isLoopback(family, address) || allowed.contains(text(family, address))
        if !isAllowed { refused += 1 }
        return isAllowed
    }

    private func isLoopback(_ family: Int32, _ address: UnsafePointer<sockaddr>) -> Bool {
        switch family {
        case AF_UNIX: return true
        case AF_INET:
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr) >> 24 == 127
            }
        case AF_INET6:
            return address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { v6 in
                withUnsafeBytes(of: v6.pointee.sin6_addr) { bytes in
                    let isMapped = bytes[0..<10].allSatisfy { $0 == 0 }
                    if isMapped && bytes[10] == 0xFF && bytes[11] == 0xFF {
                        return bytes[12] == 127
                    }
                    return bytes[0..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
                }
            }
        default: return false
        }
    }

    private func text(_ family: Int32, _ address: UnsafePointer<sockaddr>) -> String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isWritten: Bool
        switch family {
        case AF_INET:
            isWritten = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                var inner = $0.pointee.sin_addr
                return inet_ntop(family, &inner, &buffer, socklen_t(buffer.count)) != nil
            }
        case AF_INET6:
            isWritten = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                var inner = $0.pointee.sin6_addr
                return inet_ntop(family, &inner, &buffer, socklen_t(buffer.count)) != nil
            }
        default: isWritten = false
        }
        guard isWritten else { return "" }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

@available(*, unavailable)
extension AddressRule: Sendable {}
