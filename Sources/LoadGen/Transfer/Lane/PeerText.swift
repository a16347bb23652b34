// Address, port and origin that a rule has allowed last, as libcurl and the URL write them:
// compared as bytes, so that the same question is not worked out again for each request.

import Glibc
import HarnessCore

/// Confined to the worker's thread.
final class PeerText {
    private var peer: [CChar] = [0]
    private var port: Int32 = 0
    /// The URL up to the end of its authority.
    private var origin: [UInt8] = []

    /// - Complexity: O(length of the URL's authority); allocates nothing.
    func isKnown(_ peer: UnsafePointer<CChar>, _ port: Int32, _ url: [UInt8]) -> Bool {
        let end = origin.count
        guard port == self.port, end > 0, url.count >= end, strcmp(peer, self.peer) == 0,
            memcmp(url, origin, end) == 0
        else { return false }
        return url.count == end || Self.endsAuthority(url[end])
    }

    func note(_ peer: UnsafePointer<CChar>, _ port: Int32, _ url: [UInt8]) {
        guard let authority = URLAuthority(url[...]) else { return }
        self.peer = Array(UnsafeBufferPointer(start: peer, count: strlen(peer) + 1))
        self.port = port
        let rest = url[authority.host.upperBound...]
        origin = Array(url[..<(rest.firstIndex(where: Self.endsAuthority) ?? url.endIndex)])
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }
}

@available(*, unavailable)
extension PeerText: Sendable {}
