// A non-blocking stream socket with deadlines, driven by poll(2): connect, send all, receive some.
// Blocking from the caller's view; used on dedicated threads only.

import Glibc
import HarnessCore

/// Owner of one descriptor.
struct RedisSocket: ~Copyable {
    private let descriptor: Int32

    /// Connects within `limit`.
    init(_ address: RedisEndpoint.Address, limit: TimeSpan) throws(RedisError) {
        let deadline = Instant.now() + limit
        switch address {
        case .unix(let path): descriptor = try Self.connectUnix(path, deadline: deadline)
        case .tcp(let host, let port):
            descriptor = try Self.connectTCP(host, port, deadline: deadline)
        }
    }

    deinit { close(descriptor) }

    /// Sends all of `bytes`; `limit` is the longest pause without progress.
    borrowing func send(_ bytes: [UInt8], limit: TimeSpan) throws(RedisError) {
        var sent = 0
        while sent < bytes.count {
            let n = bytes.withUnsafeBytes { raw in
                Glibc.send(
                    descriptor, raw.baseAddress! + sent, raw.count - sent, Int32(MSG_NOSIGNAL))
            }
            if n > 0 {
                sent += n
            } else if errno == EAGAIN || errno == EINTR {
                try Self.wait(descriptor, Int16(POLLOUT), until: Instant.now() + limit)
            } else {
                throw RedisError(.closed, "send: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Receives at least one byte into `buffer`; returns how many.
    borrowing func receive(
        into buffer: inout [UInt8], limit: TimeSpan
    ) throws(RedisError) -> Int {
        while true {
            let n = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress!, $0.count, 0) }
            if n > 0 { return n }
            if n == 0 { throw RedisError(.closed, "the server closed the connection") }
            guard errno == EAGAIN || errno == EINTR else {
                throw RedisError(.closed, "receive: \(String(cString: strerror(errno)))")
            }
            try Self.wait(descriptor, Int16(POLLIN), until: Instant.now() + limit)
        }
    }

    private static func wait(
        _ descriptor: Int32, _ events: Int16, until deadline: Instant
    ) throws(RedisError) {
        while true {
            let left = deadline - Instant.now()
            guard left > .zero else { throw RedisError(.timeout, "no progress in time") }
            var item = pollfd(fd: descriptor, events: events, revents: 0)
            let n = poll(&item, 1, left.pollMilliseconds)
            if n > 0 { return }
            if n < 0 && errno != EINTR {
                throw RedisError(.closed, "poll: \(String(cString: strerror(errno)))")
            }
        }
    }

    private static func connectUnix(_ path: String, deadline: Instant) throws(RedisError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < capacity else { throw RedisError(.connect, "\(path): path too long") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return try withUnsafePointer(to: &address) { pointer throws(RedisError) in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                generic throws(RedisError) in
                try open(
                    AF_UNIX, generic, socklen_t(MemoryLayout<sockaddr_un>.size), what: path,
                    deadline: deadline)
            }
        }
    }

    private static func connectTCP(
        _ host: String, _ port: UInt16, deadline: Instant
    ) throws(RedisError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let first = list else {
            throw RedisError(.connect, "\(host): \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(first) }
        var failure = RedisError(.connect, "\(host): no address")
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            do throws(RedisError) {
                let descriptor = try open(
                    entry.pointee.ai_family, entry.pointee.ai_addr, entry.pointee.ai_addrlen,
                    what: "\(host):\(port)", deadline: deadline)
                var yes: Int32 = 1
                setsockopt(
                    descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes,
                    socklen_t(MemoryLayout<Int32>.size))
                return descriptor
            } catch {
                failure = error
            }
            next = entry.pointee.ai_next
        }
        throw failure
    }

    private static func open(
        _ family: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t, what: String,
        deadline: Instant
    ) throws(RedisError) -> Int32 {
        let kind =
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else {
            throw RedisError(.connect, "socket: \(String(cString: strerror(errno)))")
        }
        do throws(RedisError) {
            if connect(descriptor, address, length) != 0 {
                guard errno == EINPROGRESS || errno == EAGAIN || errno == EINTR else {
                    throw RedisError(.connect, "\(what): \(String(cString: strerror(errno)))")
                }
                try wait(descriptor, Int16(POLLOUT), until: deadline)
                var code: Int32 = 0
                var size = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
                guard code == 0 else {
                    throw RedisError(.connect, "\(what): \(String(cString: strerror(code)))")
                }
            }
            return descriptor
        } catch {
            // A half-failed connect: nobody owns the descriptor yet.
            close(descriptor)
            throw error
        }
    }
}
