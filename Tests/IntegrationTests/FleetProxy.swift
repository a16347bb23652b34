// A relay between a client and a Unix socket that can be cut and healed: how a test makes one
// agent lose Redis while all others keep it.

import Glibc
import HarnessCore
import Synchronization
import TestSupport

final class FleetProxy: Sendable {
    private struct State {
        var connections: [(Int32, Int32)] = []
        var isCut = false
        var isClosed = false
    }
    private let directory: TemporaryDirectory
    private let target: String
    private let listener: Int32
    private let state = Mutex(State())
    private let accepted = Atomic<Int>(0)
    let path: String

    init(to target: String) throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/proxy.sock"
        self.target = target
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let status = UnixAddress.with(path) { bind(listener, $0, $1) }
        guard status == 0, listen(listener, 16) == 0 else {
            throw SystemError("bind", subject: path)
        }
        _ = DedicatedThread(name: "proxy") { [self] in accept() }
    }

    /// Connections made through it so far.
    var connections: Int { accepted.load(ordering: .relaxed) }

    /// Resets every connection and refuses new ones until `heal`.
    func cut() {
        state.withLock { state in
            state.isCut = true
            for (a, b) in state.connections {
                shutdown(a, Int32(SHUT_RDWR))
                shutdown(b, Int32(SHUT_RDWR))
            }
            state.connections = []
        }
    }

    /// Resets every connection; new ones are welcome.
    func reset() {
        cut()
        heal()
    }

    func heal() { state.withLock { $0.isCut = false } }

    func close() {
        cut()
        state.withLock { $0.isClosed = true }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 { return }
            let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            let isOpen = state.withLock { state in
                guard !state.isCut, !state.isClosed,
                    UnixAddress.with(target, { connect(server, $0, $1) }) == 0
                else { return false }
                state.connections.append((client, server))
                return true
            }
            guard isOpen else {
                Glibc.close(client)
                Glibc.close(server)
                continue
            }
            accepted.add(1, ordering: .relaxed)
            // The descriptors are closed once both directions have ended.
            let open = DirectionsOpen()
            for (from, to) in [(client, server), (server, client)] {
                _ = DedicatedThread(name: "proxy-pump") {
                    Self.pump(from, to)
                    if open.end() {
                        Glibc.close(client)
                        Glibc.close(server)
                    }
                }
            }
        }
    }

    private final class DirectionsOpen: Sendable {
        private let count = Atomic<Int>(2)
        func end() -> Bool { count.subtract(1, ordering: .relaxed).newValue == 0 }
    }

    private static func pump(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let n = recv(from, &buffer, buffer.count, 0)
            if n <= 0 { break }
            var sent = 0
            while sent < n {
                let m = buffer.withUnsafeBytes {
                    send(to, $0.baseAddress! + sent, n - sent, Int32(MSG_NOSIGNAL))
                }
                if m <= 0 { break }
                sent += m
            }
            if sent < n { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }
}
