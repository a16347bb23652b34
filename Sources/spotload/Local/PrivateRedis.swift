// A redis-server of the run's own: on a Unix socket, without a port, without persistence (the
// collector's WAL is what lasts). It dies with us.

import Foundation
import HarnessCore
import RedisClient

struct PrivateRedis {
    let process: ChildProcess
    let endpoint: RedisEndpoint

    /// - Throws: `CommandFailure` 69 where redis-server is missing or does not start.
    static func start(in scratch: ScratchFolder) async throws -> PrivateRedis {
        guard let executable = Executables.find("redis-server") else {
            throw CommandFailure(
                .unavailable,
                "redis-server is not on PATH; install it with: apt-get install redis-server "
                    + "(or use a running one with --redis URL)")
        }
        let socket = scratch.path + "/redis.sock"
        let log = LineLog(limit: 20)
        let process = try await ChildProcess.start(
            name: "redis-server", executable: executable,
            arguments: [
                "--port", "0", "--unixsocket", socket, "--unixsocketperm", "600", "--save", "",
                "--appendonly", "no", "--dir", scratch.path, "--daemonize", "no",
                "--maxmemory-policy", "noeviction",
            ]
        ) { log.append($0) }
        let endpoint = RedisEndpoint(.unix(path: socket))
        for _ in 0..<200 {
            if await answers(endpoint) { return PrivateRedis(process: process, endpoint: endpoint) }
            if process.hasEnded { break }
            try await Task.sleep(for: .milliseconds(25))
        }
        await process.stop(grace: .seconds(1))
        throw CommandFailure(.unavailable, "redis-server did not start:\n\(log.text)")
    }

    private static func answers(_ endpoint: RedisEndpoint) async -> Bool {
        await Blocking.run {
            // Not there yet: asked again.
            guard let connection = try? RedisConnection(endpoint, name: "spotload-start") else {
                return false
            }
            return (try? connection.command(["PING"])) == .status("PONG")
        }
    }
}
