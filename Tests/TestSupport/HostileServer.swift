// A server on loopback that answers what no honest one would: bytes without an end, slowly or as
// fast as they are taken, before it was asked, or after it has answered. A thread a connection.
//
// It counts what it could get rid of, so that a test can tell that the fault has happened.

import Glibc
package import HarnessCore
import Synchronization

/// What is sent for a request.
package struct HostileAnswer: Sendable {
    package var head: [UInt8]
    /// Sent again and again until `bytesMax` are, or the client is gone.
    package let unit: [UInt8]
    /// Many units, which go out together where there is no pause. Made once: a debug build takes
    /// longer to make it than a request may take.
    fileprivate let block: [UInt8]
    /// Before each unit.
    package var pause = TimeSpan.zero
    package var bytesMax = 0
    /// What comes then; else the connection is closed.
    package var keepsOpen = false
    package var tail: [UInt8] = []

    package init(_ head: String, endless unit: String = "", bytesMax: Int = 0) {
        self.head = Array(head.utf8)
        self.unit = Array(unit.utf8)
        var block = self.unit
        while !block.isEmpty, block.count < 65_536 { block += block }
        self.block = block
        self.bytesMax = bytesMax
    }
}

package final class HostileServer: Sendable {
    package let port: UInt16
    private let listener: Int32
    private let state = Mutex(Counts())
    private let isOver = Atomic<Bool>(false)

    private struct Counts {
        var sent = 0
        var requests = 0
        var connections = 0
    }

    /// - Parameters:
    ///   - speaksFirst: answers each connection once before it has read anything.
    ///   - answer: by path and number of the request on its connection.
    package init(
        speaksFirst: Bool = false,
        _ answer: @escaping @Sendable (_ path: String, _ number: Int) -> HostileAnswer
    ) throws {
        let (descriptor, port) = try LoopbackSocket.bound()
        try retryingInterrupts("listen") { listen(descriptor, 128) }
        self.port = port
        listener = descriptor
        _ = DedicatedThread(name: "hostile") { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0, let self, !self.isOver.load(ordering: .relaxed) else {
                    if connection >= 0 { close(connection) }
                    break
                }
                self.state.withLock { $0.connections += 1 }
                // Else what comes after an answer waits for its acknowledgement, which comes with
                // the next request: then nobody can tell that it answers none.
                var one: Int32 = 1
                setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
                _ = DedicatedThread(name: "hostile-one") { [weak self] in
                    self?.serve(connection, speaksFirst, answer)
                    close(connection)
                }
            }
            close(descriptor)
        }
    }

    deinit {
        isOver.store(true, ordering: .relaxed)
        shutdown(listener, Int32(SHUT_RDWR))
    }

    package var url: String { "http://127.0.0.1:\(port)" }
    /// Bytes that the kernel has taken.
    package var sent: Int { state.withLock { $0.sent } }
    package var requests: Int { state.withLock { $0.requests } }
    package var connections: Int { state.withLock { $0.connections } }

    private func serve(
        _ connection: Int32, _ speaksFirst: Bool, _ answer: (String, Int) -> HostileAnswer
    ) {
        var number = 0
        if speaksFirst {
            guard give(answer("", 0), to: connection) else { return }
            number = 1
        }
        while let path = Self.readRequest(connection) {
            state.withLock { $0.requests += 1 }
            let given = answer(path, number)
            number += 1
            guard give(given, to: connection), given.keepsOpen else { return }
        }
    }

    /// The path of the next request; nil: the client is gone.
    private static func readRequest(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
            guard bytes.count < 65_536, recv(connection, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
        }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? String(words[1]) : ""
    }

    /// - Returns: false where the client is gone.
    private func give(_ answer: HostileAnswer, to connection: Int32) -> Bool {
        guard write(answer.head, to: connection) else { return false }
        // At once: what comes late could be the answer to a request that was sent meanwhile.
        guard !answer.unit.isEmpty else { return write(answer.tail, to: connection) }
        var left = answer.bytesMax
        let unit = answer.pause > .zero ? answer.unit : answer.block
        while left > 0, !isOver.load(ordering: .relaxed) {
            if answer.pause > .zero { poll(nil, 0, answer.pause.pollMilliseconds) }
            guard write(unit, to: connection) else { return false }
            left -= unit.count
        }
        return write(answer.tail, to: connection)
    }

    private func write(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            state.withLock { $0.sent += count }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
