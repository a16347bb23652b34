// A private redis-server of a test: on a Unix socket, optionally on TCP too, without persistence
// unless asked for. Killed when the test lets go of it.

import Foundation
import Glibc
package import RedisClient
import Synchronization

package final class RedisServer: Sendable {
    private let directory: TemporaryDirectory
    private let appendOnly: Bool
    private let port: UInt16
    private let arguments: [String]
    private let program: Mutex<RunningProgram?> = Mutex(nil)

    package let socketPath: String
    package var endpoint: RedisEndpoint { RedisEndpoint(.unix(path: socketPath)) }
    package var tcpEndpoint: RedisEndpoint { RedisEndpoint(.tcp(host: "127.0.0.1", port: port)) }
    package var pid: Int32? { program.withLock { $0?.pid } }

    /// - Parameters:
    ///   - appendOnly: keeps what is written across `killHard` and `start`.
    ///   - port: of TCP on loopback; 0: none.
    package init(
        appendOnly: Bool = false, port: UInt16 = 0, arguments: [String] = []
    ) throws {
        directory = try TemporaryDirectory()
        socketPath = directory.path + "/redis.sock"
        self.appendOnly = appendOnly
        self.port = port
        self.arguments = arguments
        try start()
    }

    /// Starts the server (again) and waits until it answers.
    package func start() throws {
        let started = try RunningProgram(
            URL(fileURLWithPath: "/usr/bin/env"),
            [
                "redis-server", "--port", String(port), "--bind", "127.0.0.1", "--unixsocket",
                socketPath, "--save", "", "--appendonly", appendOnly ? "yes" : "no",
                "--appendfsync", "always", "--dir", directory.path,
            ] + arguments)
        let isUp = started.waits(upTo: 20) {
            // Losing the error is right: it is not up yet.
            let connection = try? RedisConnection(endpoint, name: "test")
            return (try? connection?.command(["PING"])) == .status("PONG")
        }
        guard isUp else { throw RedisServerError(output: started.output) }
        program.withLock { $0 = started }
    }

    /// SIGKILL, and waits until it is gone.
    package func killHard() {
        program.withLock { running in
            guard let running else { return }
            running.kill(SIGKILL)
            _ = running.waits(upTo: 10) { running.status != nil }
        }
        program.withLock { $0 = nil }
    }

    /// A TCP port that was free a moment ago.
    package static func freePort() -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, size)
                getsockname(descriptor, $0, &size)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
    }
}

package struct RedisServerError: Error, CustomStringConvertible {
    package let output: String
    package var description: String { "redis-server did not start:\n\(output)" }
}
