// A TCP connection of a test that sends and reads bytes as they are: no HTTP library between.

import Foundation
import Glibc

package final class RawConnection {
    private let descriptor: Int32
    package private(set) var received: [UInt8] = []
    /// The other side has closed.
    package private(set) var isOver = false

    /// - Parameter url: `http://127.0.0.1:PORT`.
    package init(_ url: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = (url.split(separator: ":").last.flatMap { UInt16($0) } ?? 0).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        var yes: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes,
            socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { Glibc.close(descriptor) }

    package func send(_ text: String) { send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // A server that has closed takes no more.
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Sends no more; what comes is still read.
    package func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    package var text: String { String(decoding: received, as: UTF8.self) }

    /// Reads until `isEnough`, the end, or `seconds` without a byte; whether it was enough.
    package func read(quiet seconds: Double = 20, until isEnough: (RawConnection) -> Bool) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(self) {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, Int32(seconds * 1_000)) > 0 else { return false }
            let count = buffer.withUnsafeMutableBytes {
                Glibc.recv(descriptor, $0.baseAddress, $0.count, 0)
            }
            guard count > 0 else {
                isOver = true
                return isEnough(self)
            }
            received += buffer.prefix(count)
        }
        return true
    }

    /// The answers with a Content-Length that are whole: status and body.
    package var answers: [(status: Int, body: String)] {
        var answers: [(status: Int, body: String)] = []
        var rest = text[...]
        while let end = rest.range(of: "\r\n\r\n") {
            let head = rest[..<end.lowerBound]
            let lines = head.split(separator: "\r\n")
            let length = lines.first { $0.lowercased().hasPrefix("content-length: ") }
                .flatMap { Int($0.dropFirst(16)) }
            guard let length, let first = lines.first, first.hasPrefix("HTTP/1.1 "),
                let status = Int(first.dropFirst(9).prefix(3))
            else { break }
            let body = rest[end.upperBound...].utf8.prefix(length)
            guard body.count == length else { break }
            answers.append((status, String(body) ?? ""))
            rest = rest[body.endIndex...]
        }
        return answers
    }
}
