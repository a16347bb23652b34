// A client on one connection, as bare as can be: what a killed server had sent before it died must
// be told apart from what it had not, and hundreds of requests must be cheap in a debug build.

import Foundation
import Glibc

/// A keep-alive HTTP/1.1 connection. Used by one thread.
final class EngineWire {
    struct Answer {
        var status: Int
        var body: [UInt8]
        var json: [String: Any] {
            // An answer that is no JSON has no fields, and the test that looks for them fails.
            let object = try? JSONSerialization.jsonObject(with: Data(body))
            return object as? [String: Any] ?? [:]
        }
        var text: String { String(decoding: body, as: UTF8.self) }
    }
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// - Parameter address: `127.0.0.1:PORT`. Nil where nobody listens.
    init?(_ address: String) {
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            return nil
        }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var wait = timeval(tv_sec: 15, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        var to = sockaddr_in()
        to.sin_family = sa_family_t(AF_INET)
        to.sin_port = port.bigEndian
        to.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &to) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if connected != 0 {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// Nil: no whole answer came.
    func send(_ method: String, _ path: String, account: String) -> Answer? {
        let request =
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nX-MBX-APIKEY: \(account)\r\n"
            + "Content-Length: 0\r\n\r\n"
        let bytes = Array(request.utf8)
        var sent = 0
        while sent < bytes.count {
            let n = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if n <= 0 { return nil }
            sent += n
        }
        return receive()
    }

    private func receive() -> Answer? {
        while true {
            if let answer = taken() { return answer }
            var chunk = [UInt8](repeating: 0, count: 16_384)
            let n = recv(descriptor, &chunk, chunk.count, 0)
            if n < 0, errno == EINTR { continue }
            if n <= 0 { return nil }
            buffer += chunk[..<n]
        }
    }

    /// A whole answer at the front of the buffer.
    private func taken() -> Answer? {
        guard let end = Self.headEnd(buffer) else { return nil }
        let lines = String(decoding: buffer[..<end], as: UTF8.self)
            .split(separator: "\r\n").map(String.init)
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces)) }
        let bodyEnd = end + 4 + (length ?? 0)
        guard buffer.count >= bodyEnd else { return nil }
        defer { buffer.removeFirst(bodyEnd) }
        return Answer(status: status, body: Array(buffer[(end + 4)..<bodyEnd]))
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for i in 0...(bytes.count - 4)
        where bytes[i] == 13 && bytes[i + 1] == 10 && bytes[i + 2] == 13 && bytes[i + 3] == 10 {
            return i
        }
        return nil
    }
}
