// A port on loopback whose queue of connections is full: further ones get no answer to their SYN,
// as from a host behind a firewall that drops packets. "listen(2): If a connection request arrives
// when the queue is full, [...] the request may be ignored so that a later reattempt at connection
// succeeds."

import Glibc
import HarnessCore

package final class FullBacklog: Sendable {
    package let port: UInt16
    private let descriptors: [Int32]

    package init() throws {
        let (listener, port) = try LoopbackSocket.bound()
        try retryingInterrupts("listen") { listen(listener, 0) }
        self.port = port
        // One more than the backlog fits; the rest waits for an answer that does not come.
        descriptors =
            [listener]
            + (0..<8).map { _ in
                let descriptor = socket(
                    AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
                _ = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                return descriptor
            }
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
