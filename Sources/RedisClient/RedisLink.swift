// A connection that comes back: after a failure the next one is tried once a random part of
// min(2 s, 50 ms * 2^k) has passed. Confined to one thread; blocks as `RedisConnection` does.

package import HarnessCore

/// When to try again. A value: time is a parameter.
package struct RedisBackoff: Sendable {
    private var failures = 0
    private var random: SplitMix64
    package private(set) var retryAt = Instant(ns: .min)

    package init(seed: UInt64) { random = SplitMix64(state: seed) }

    /// Longest pause after `failures` failures in a row.
    package static func ceiling(failures: Int) -> TimeSpan {
        .milliseconds(min(2_000, 50 << Int64(min(max(failures - 1, 0), 10))))
    }

    package mutating func failed(at now: Instant) {
        failures += 1
        let ceiling = Self.ceiling(failures: failures).ns
        retryAt = now + TimeSpan(ns: Int64(random.next() % UInt64(ceiling)))
    }

    package mutating func succeeded() { failures = 0 }
}

package final class RedisLink {
    private let endpoint: RedisEndpoint
    private let name: String
    private let limit: TimeSpan
    private var backoff: RedisBackoff
    private var connection: RedisConnection?
    /// Counts connections made; a pipeline never spans two of them.
    package private(set) var generation = 0
    /// Why there is no connection; nil where there is one.
    package private(set) var failure: RedisError?

    package init(
        _ endpoint: RedisEndpoint, name: String, limit: TimeSpan = .seconds(2), seed: UInt64
    ) {
        self.endpoint = endpoint
        self.name = name
        self.limit = limit
        backoff = RedisBackoff(seed: seed)
    }

    package var isUp: Bool { connection != nil }

    /// When the next attempt is due, where there is no connection.
    package var retryAt: Instant { backoff.retryAt }

    /// Connects if there is no connection and an attempt is due; says whether there is one.
    package func connect(at now: Instant) -> Bool {
        if connection != nil { return true }
        guard now >= backoff.retryAt else { return false }
        do throws(RedisError) {
            connection = try RedisConnection(endpoint, name: name, limit: limit)
            generation += 1
            failure = nil
            backoff.succeeded()
            return true
        } catch {
            drop(error)
            return false
        }
    }

    /// Runs an exchange; any error of it closes the connection.
    package func exchange<Result>(
        _ body: (RedisConnection) throws(RedisError) -> Result
    ) throws(RedisError) -> Result {
        guard let connection else { throw RedisError(.connect, "\(endpoint): not connected") }
        do throws(RedisError) {
            return try body(connection)
        } catch {
            drop(error)
            throw error
        }
    }

    package func pipeline(_ commands: [[[UInt8]]]) throws(RedisError) -> [RedisReply] {
        try exchange { connection throws(RedisError) in try connection.pipeline(bytes: commands) }
    }

    package func pipeline(_ commands: [[String]]) throws(RedisError) -> [RedisReply] {
        try exchange { connection throws(RedisError) in try connection.pipeline(commands) }
    }

    /// Gives the connection up, e.g. after a retryable error reply.
    package func drop(_ error: RedisError) {
        connection = nil
        failure = error
        backoff.failed(at: Instant.now())
    }
}

@available(*, unavailable)
extension RedisLink: Sendable {}
