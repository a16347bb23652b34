// The server `spotload calibrate` drives load against: it answers every request with the same
// bytes and does nothing else, so that what is measured is the generator. HTTP/1.1 over loopback
// or a Unix socket, a few threads with an epoll set each; threads share the listening socket.
//
// It runs as a process of its own (`spotload null-server`), is reachable from this machine only,
// and ends with its parent.

import CLinux
import Glibc
package import HarnessCore

package struct NullServerOptions: Sendable {
    /// Of each answer.
    package var bodyBytes = NullAnswer.plainBodyBytes
    /// Path of the socket to make; nil: a free port of 127.0.0.1.
    package var unixSocket: String?
    package var threads = 1
    package init() {}
}

package final class NullServer: Sendable {
    package static let bodyBytesMax = 64 << 20
    private static let backlog: Int32 = 4_096

    /// `http://127.0.0.1:PORT`; of a Unix socket `http://localhost`.
    package let url: String
    private let listener: Int32
    private let unixSocket: String?
    private let wakers: [WakeHandle]
    private let threads: [DedicatedThread]

    /// Listens and serves until `stop`.
    /// - Throws: `SystemError` where the socket cannot be made.
    package init(_ options: NullServerOptions) throws(SystemError) {
        Self.raiseFileLimit()
        unixSocket = options.unixSocket
        if let path = options.unixSocket {
            listener = try Self.listen(path: path)
            url = "http://localhost"
        } else {
            listener = try Self.listenOnLoopback()
            url = "http://127.0.0.1:\(Self.port(of: listener))"
        }
        let answer = NullAnswer(bodyBytes: options.bodyBytes)
        var wakers: [WakeHandle] = []
        var threads: [DedicatedThread] = []
        for i in 0..<max(1, options.threads) {
            let waker = try WakeHandle()
            let loop = try NullLoop.Start(listener: listener, waker: waker, answer: answer)
            wakers.append(waker)
            threads.append(
                DedicatedThread(name: "null-\(i)") { NullLoop(loop).run() })
        }
        self.wakers = wakers
        self.threads = threads
    }

    /// Closes everything; returns when the threads have ended.
    package func stop() {
        for waker in wakers { waker.wake() }
        for thread in threads { thread.join() }
        close(listener)
        if let unixSocket { unlink(unixSocket) }
    }

    /// Returns when the server was stopped.
    package func wait() {
        for thread in threads { thread.join() }
    }

    private static func listenOnLoopback() throws(SystemError) -> Int32 {
        let descriptor = try socket(AF_INET)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        return try listening(descriptor, status, "127.0.0.1")
    }

    private static func listen(path: String) throws(SystemError) -> Int32 {
        let descriptor = try socket(AF_UNIX)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room, !bytes.isEmpty else {
            close(descriptor)
            throw SystemError("bind", code: ENAMETOOLONG, subject: path)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        return try listening(descriptor, status, path)
    }

    private static func socket(_ family: Int32) throws(SystemError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        return try retryingInterrupts("socket") { Glibc.socket(family, type, 0) }
    }

    private static func listening(
        _ descriptor: Int32, _ bound: Int32, _ subject: String
    ) throws(SystemError) -> Int32 {
        guard bound == 0, Glibc.listen(descriptor, backlog) == 0 else {
            let error = SystemError("listen", subject: subject)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// A connection per VU: the soft limit of open files goes up to the hard one.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
