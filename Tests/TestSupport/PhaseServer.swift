// A server of tests that takes its time in one phase of a request and in no other. One connection
// after the other, on a thread of its own.

import Foundation
import Glibc
package import HarnessCore

package final class PhaseServer: Sendable {
    package enum Phase: Sendable, CaseIterable {
        /// Its queue of connections is full, so that the kernel drops the client's SYN until it is
        /// sent again.
        case connect
        /// The answer to the client's TLS greeting is late; the rest is `upstream`'s.
        case tls
        /// The body of a request is not read.
        case send
        case wait
        /// The second half of the answer is late.
        case receive
    }
    package let port: UInt16
    private let listener: Int32
    /// Takes the one place there is until the server accepts.
    private let filler: Int32
    private let begin = Semaphore()
    private let thread: DedicatedThread

    /// - Parameters:
    ///   - delay: from `begins()` for `.connect`, else from the moment the phase begins.
    ///   - upstream: port of a TLS server, for `.tls`.
    package init(_ slow: Phase, by delay: TimeSpan, upstream: UInt16 = 0) throws {
        let (listener, port) = try LoopbackSocket.bound()
        if slow == .send {
            // What is accepted inherits it: little fits into the kernel's buffers.
            var size: Int32 = 32_768
            setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        try retryingInterrupts("listen") { listen(listener, slow == .connect ? 0 : 16) }
        filler = slow == .connect ? try LoopbackSocket.connected(to: port) : -1
        // It wants nothing: whoever accepts it is done with it at once.
        if filler >= 0 { shutdown(filler, Int32(SHUT_WR)) }
        self.listener = listener
        self.port = port
        let begin = begin
        thread = DedicatedThread(name: "phases") {
            if slow == .connect {
                begin.wait()
                Self.sleep(delay)
            }
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { break }
                PhaseConnection(descriptor: descriptor, slow: slow, delay: delay)
                    .serve(upstream: upstream)
                close(descriptor)
            }
            close(listener)
        }
    }

    deinit {
        begin.signal()
        if filler >= 0 { close(filler) }
        // Wakes accept(2).
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
    }

    /// The client is about to connect.
    package func begins() { begin.signal() }

    static func sleep(_ span: TimeSpan) { poll(nil, 0, span.pollMilliseconds) }
}

struct PhaseConnection {
    let descriptor: Int32
    let slow: PhaseServer.Phase
    let delay: TimeSpan

    func serve(upstream: UInt16) {
        if slow == .tls {
            relay(upstream)
        } else {
            while answerOne() {}
        }
    }

    /// Reads a request and answers it; false: the client is gone.
    private func answerOne() -> Bool {
        var input: [UInt8] = []
        var isBodyAwaited = slow == .send
        while true {
            let count = read(into: &input)
            guard count > 0 else { return false }
            let text = String(decoding: input.prefix(2_000), as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            if isBodyAwaited {
                isBodyAwaited = false
                PhaseServer.sleep(delay)
            }
            let head = text[..<end.lowerBound]
            let length =
                head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) } ?? 0
            if input.count >= head.utf8.count + 4 + length { break }
        }
        if slow == .wait { PhaseServer.sleep(delay) }
        write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
        if slow == .receive { PhaseServer.sleep(delay) }
        write("half")
        return true
    }

    private func read(into input: inout [UInt8]) -> Int {
        var buffer = [UInt8](repeating: 0, count: 262_144)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 { input += buffer[..<count] }
        return count
    }

    private func write(_ text: String) {
        var bytes = Array(text.utf8)
        send(descriptor, &bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Passes bytes on in both directions, the first of them late.
    private func relay(_ port: UInt16) {
        // Losing the error is right: a test whose upstream is gone fails by its transfers.
        guard let other = try? LoopbackSocket.connected(to: port) else { return }
        defer { close(other) }
        var first = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&first, 1, -1)
        PhaseServer.sleep(delay)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var both = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: other, events: Int16(POLLIN), revents: 0),
            ]
            poll(&both, 2, -1)
            for (i, target) in [other, descriptor].enumerated() where both[i].revents != 0 {
                let count = recv(both[i].fd, &buffer, buffer.count, 0)
                guard count > 0, send(target, &buffer, count, Int32(MSG_NOSIGNAL)) == count
                else { return }
            }
        }
    }
}
