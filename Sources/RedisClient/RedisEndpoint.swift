// Where a Redis server is: `redis://host:port[/db]` or `redis+unix:///path`.

package import HarnessCore

package struct RedisEndpoint: Sendable, Hashable, CustomStringConvertible {
    package enum Address: Sendable, Hashable {
        case tcp(host: String, port: UInt16)
        case unix(path: String)
    }
    package let address: Address
    package let database: Int

    package init(_ address: Address, database: Int = 0) {
        self.address = address
        self.database = database
    }

    /// - Throws: `CommandFailure` 64 with what a URL looks like.
    package init(url: String) throws(CommandFailure) {
        if url.hasPrefix("rediss://") {
            throw CommandFailure(.usage, "rediss:// (TLS) is not supported by this version")
        }
        if let path = Self.rest(of: url, after: "redis+unix://") {
            guard path.hasPrefix("/"), path.utf8.count < 108 else {
                throw CommandFailure(
                    .usage, "\(url): a socket's path is absolute and shorter than 108 bytes")
            }
            self.init(.unix(path: path))
            return
        }
        guard let rest = Self.rest(of: url, after: "redis://") else {
            throw CommandFailure(
                .usage, "\"\(url)\" is no Redis URL: use redis://HOST:PORT or redis+unix:///PATH")
        }
        guard !rest.contains("@") else {
            throw CommandFailure(.usage, "a password does not belong in the Redis URL")
        }
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let authority = parts[0]
        var database = 0
        if parts.count == 2, !parts[1].isEmpty {
            guard let number = Int(parts[1]), (0...15).contains(number) else {
                throw CommandFailure(.usage, "\(url): \"\(parts[1])\" is no database number")
            }
            database = number
        }
        let colon = authority.lastIndex(of: ":")
        let host = colon.map { authority[..<$0] } ?? authority
        let portText = colon.map { authority[authority.index(after: $0)...] } ?? "6379"
        guard !host.isEmpty, let port = UInt16(portText), port > 0 else {
            throw CommandFailure(.usage, "\(url): expected redis://HOST:PORT")
        }
        self.init(.tcp(host: String(host), port: port), database: database)
    }

    private static func rest(of url: String, after scheme: String) -> String? {
        url.hasPrefix(scheme) ? String(url.dropFirst(scheme.count)) : nil
    }

    package var description: String {
        switch address {
        case .tcp(let host, let port):
            "redis://\(host):\(port)" + (database == 0 ? "" : "/\(database)")
        case .unix(let path): "redis+unix://\(path)"
        }
    }
}

extension RedisEndpoint {
    /// The addresses it has here; empty for a Unix socket, and where nobody knows.
    package var socketEndpoints: [SocketEndpoint] {
        guard case .tcp(let host, let port) = address else { return [] }
        // Losing the error is right: what cannot be resolved is not connected to either.
        return ((try? HostResolver.resolve(host)) ?? []).map { SocketEndpoint($0, port) }
    }
}
