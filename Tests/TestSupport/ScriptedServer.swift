// A small HTTP/1.1 server on loopback for tests, with a thread of its own: a script says for each
// request what is answered and when, or that the connection ends instead.
//
//     let server = try ScriptedServer { request in
//         var reply = ScriptedServer.Reply()
//         if request.number == 3 { reply.delay = .milliseconds(300) }
//         return reply
//     }

import Glibc
package import HarnessCore
import Synchronization

package final class ScriptedServer: Sendable {
    /// What a client sent.
    package struct Request: Sendable {
        /// Among all requests, in order of arrival, from 0.
        package var number = 0
        /// Which connection, from 0, and which request on it, from 0.
        package var connection = 0
        package var onConnection = 0
        package var method = ""
        package var path = ""
        /// Names in lower case.
        package var headers: [String: String] = [:]
        package var body: [UInt8] = []
        /// Address it came from; empty on a Unix socket.
        package var peer = ""
        /// Everything it consisted of.
        package var bytes = 0
        /// When the whole of it was there.
        package var receivedAt = Instant(ns: 0)
    }

    /// What the server does about it.
    package struct Reply: Sendable {
        package enum Ending: Sendable {
            case keepAlive
            /// Answers, then closes without having said so.
            case close
            /// Sends half of the answer and closes.
            case cutShort
            /// No answer: the connection is closed, reset, or nothing ever happens.
            case hangUp, reset, silence
        }
        package var status = 200
        package var body = Array("{}".utf8)
        /// Sent in chunks of so many bytes; 0: with a Content-Length.
        package var chunkBytes = 0
        package var headers: [String] = []
        /// Sent as it is, in place of all that.
        package var raw: [UInt8]?
        /// Before this answer; other requests are served meanwhile.
        package var delay = TimeSpan.zero
        /// The whole server stands still for so long before it answers.
        package var freeze = TimeSpan.zero
        package var ending = Ending.keepAlive
        package init() {}
    }

    package let port: UInt16
    private let address: String
    private let log: ScriptedLog
    private let thread: DedicatedThread
    /// Closed when the thread is to end.
    private let stopper: Int32

    /// - Parameter script: called on the server's thread, once a request.
    /// - Parameter unixSocket: a path to listen on in place of a port.
    /// - Parameter address: IPv4, of this machine or of the thread's network namespace.
    /// - Parameter port: 0: a free one.
    package init(
        unixSocket: String? = nil, address: String = "127.0.0.1", port wanted: UInt16 = 0,
        _ script: @escaping @Sendable (Request) -> Reply = { _ in Reply() }
    ) throws {
        let (listener, port) =
            if let unixSocket {
                (try LoopbackSocket.bound(path: unixSocket), UInt16(0))
            } else {
                try LoopbackSocket.bound(address: address, port: wanted)
            }
        self.address = address
        try retryingInterrupts("listen") { listen(listener, 4_096) }
        var ends: [Int32] = [0, 0]
        try retryingInterrupts("pipe") { pipe(&ends) }
        let stop = ends[0]
        let log = ScriptedLog()
        self.port = port
        self.log = log
        stopper = ends[1]
        thread = DedicatedThread(name: "scripted") {
            ScriptedServerLoop(listener: listener, stop: stop, log: log, script: script).run()
        }
    }

    deinit {
        close(stopper)
        thread.join()
    }

    package var url: String { "http://\(address):\(port)" }
    package var requests: [Request] { log.requests.withLock { $0 } }
    /// Connections accepted so far.
    package var connections: Int { log.connections.withLock { $0 } }
    /// Of these the ones that are still open.
    package var openConnections: Int { log.open.withLock { $0 } }
}

/// What the server saw; written by its thread, read by tests.
final class ScriptedLog: Sendable {
    let requests = Mutex<[ScriptedServer.Request]>([])
    let connections = Mutex(0)
    let open = Mutex(0)
}

/// A port of loopback at which every connection is refused.
package final class RefusingPort: Sendable {
    package let port: UInt16
    private let descriptor: Int32

    package init() throws { (descriptor, port) = try LoopbackSocket.bound() }
    deinit { close(descriptor) }

    package var url: String { "http://127.0.0.1:\(port)" }
}

enum LoopbackSocket {
    /// A Unix socket bound to a path, not listening.
    static func bound(path: String) throws -> Int32 {
        let descriptor = try retryingInterrupts("socket") {
            socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            precondition(path.utf8.count < bytes.count, "the path of a socket is short")
            bytes.copyBytes(from: path.utf8)
        }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                _ = try retryingInterrupts("bind") { bind(descriptor, raw, length) }
            }
        }
        return descriptor
    }

    /// A connection to a port of 127.0.0.1.
    static func connected(to port: UInt16) throws -> Int32 {
        let descriptor = try retryingInterrupts("socket") {
            socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        do {
            try withUnsafePointer(to: &address) { pointer in
                _ = try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                    try retryingInterrupts("connect") {
                        connect(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
            }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The address of an accepted socket's other end; empty where that is no IPv4 one.
    static func peer(of descriptor: Int32) -> String {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getpeername(descriptor, $0, &length) == 0
            }
        }
        guard isKnown, address.sin_family == sa_family_t(AF_INET) else { return "" }
        let value = UInt32(bigEndian: address.sin_addr.s_addr)
        return [24, 16, 8, 0].map { String(value >> $0 & 255) }.joined(separator: ".")
    }

    /// A TCP socket bound to a port of an address, not listening.
    static func bound(
        address text: String = "127.0.0.1", port: UInt16 = 0
    ) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = try retryingInterrupts("socket") {
            socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        precondition(inet_pton(AF_INET, text, &address.sin_addr) == 1, "an IPv4 address")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                try retryingInterrupts("bind") { bind(descriptor, raw, length) }
                try retryingInterrupts("getsockname") { getsockname(descriptor, raw, &length) }
            }
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
