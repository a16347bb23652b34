// Address, port and host that a rule has allowed last, as libcurl and the URL write them: compared
// byte by byte, so that the same question is not worked out again for each request.

import Glibc
import HarnessCore

/// Confined to the worker's thread.
final class PeerText {
    private var peer: [CChar] = [0]
    private var port: Int32 = 0
    private var host: [UInt8] = []

    /// - Complexity: O(length of the URL's authority); allocates nothing.
    func isKnown(_ peer: UnsafePointer<CChar>, _ port: Int32, _ url: [UInt8]) -> Bool {
        guard port == self.port, strcmp(peer, self.peer) == 0,
            let authority = URLAuthority(url[...])
        else { return false }
        return url[authority.host].elementsEqual(host)
    }

    func note(_ peer: UnsafePointer<CChar>, _ port: Int32, _ url: [UInt8]) {
        guard let authority = URLAuthority(url[...]) else { return }
        self.peer = Array(UnsafeBufferPointer(start: peer, count: strlen(peer) + 1))
        self.port = port
        host = Array(url[authority.host])
    }
}

@available(*, unavailable)
extension PeerText: Sendable {}
