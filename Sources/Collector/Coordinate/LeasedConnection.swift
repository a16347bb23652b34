// The coordinator's writes: each one under the lease (fleet.md section 2), by WATCH, GET, MULTI,
// EXEC on one connection. Whoever holds a higher token has taken the run over; then nothing of ours
// is written. Confined to the collector's thread.

import HarnessCore
import RedisClient

enum FleetFault: Error {
    /// The connection is gone; try again later.
    case redis(RedisError)
    /// The lease, and so all state of the run, is missing.
    case stateLost
    /// Another process collects the run.
    case superseded(LeaseRecord)
}

final class LeasedConnection {
    static let lifeUs: Int64 = 10_000_000
    private static let attempts = 5

    let link: RedisLink
    private let key: String
    private let holder: String
    private(set) var token: UInt64 = 0
    private var renewals: UInt64 = 0

    init(link: RedisLink, key: String, holder: String) {
        self.link = link
        self.key = key
        self.holder = holder
    }

    /// Takes the lease: if there is none, or it has run out.
    ///
    /// - Parameter nowUs: Redis TIME.
    func acquire(nowUs: Int64) throws(FleetFault) {
        for _ in 0..<Self.attempts {
            let current = try watch()
            if let current, current.holder != holder, nowUs <= current.expires {
                try unwatch()
                throw .superseded(current)
            }
            token = max(token, current?.token ?? 0) + 1
            if try execute([set(nowUs: nowUs)]) != nil { return }
        }
        throw .redis(RedisError(.closed, "the lease changes all the time"))
    }

    /// After a loss of all state: a new token, and everything else in the same transaction.
    func reacquire(nowUs: Int64, with commands: [[[UInt8]]]) throws(FleetFault) {
        let current = try watch()
        if let current, current.holder != holder || current.token > token {
            try unwatch()
            throw .superseded(current)
        }
        token += 1
        guard try execute([set(nowUs: nowUs)] + commands) != nil else {
            throw .redis(RedisError(.closed, "the lease changed meanwhile"))
        }
    }

    func renewal(nowUs: Int64) -> [[UInt8]] { set(nowUs: nowUs) }

    /// Runs `commands` in one transaction if the lease is ours.
    @discardableResult
    func write(_ commands: [[[UInt8]]]) throws(FleetFault) -> [RedisReply] {
        for _ in 0..<Self.attempts {
            guard let current = try watch() else {
                try unwatch()
                throw .stateLost
            }
            guard current.holder == holder, current.token <= token else {
                try unwatch()
                throw .superseded(current)
            }
            if let replies = try execute(commands) { return replies }
        }
        throw .redis(RedisError(.closed, "the lease changes all the time"))
    }

    private func set(nowUs: Int64) -> [[UInt8]] {
        renewals += 1
        let record = LeaseRecord(
            holder: holder, token: token, n: renewals, expires: nowUs + Self.lifeUs)
        return [Array("SET".utf8), Array(key.utf8), record.json()]
    }

    private func watch() throws(FleetFault) -> LeaseRecord? {
        let replies = try pipeline([["WATCH", key], ["GET", key]])
        guard let bytes = replies[1].bytes else { return nil }
        do throws(FleetRecordError) {
            return try LeaseRecord.decode(bytes)
        } catch {
            throw .redis(RedisError(.malformed, "the lease: \(error)"))
        }
    }

    private func unwatch() throws(FleetFault) { _ = try pipeline([["UNWATCH"]]) }

    /// Nil: the lease changed meanwhile.
    private func execute(_ commands: [[[UInt8]]]) throws(FleetFault) -> [RedisReply]? {
        let replies = try mapped { () throws(RedisError) in
            try link.pipeline([[Array("MULTI".utf8)]] + commands + [[Array("EXEC".utf8)]])
        }
        switch replies.last {
        case .array(let results): return results
        case .null: return nil
        case .error(let text):
            let why = replies.compactMap(\.errorText).first ?? text
            throw refused(why)
        default: throw refused("EXEC gave no array")
        }
    }

    /// OOM, MISCONF and their like: nothing was written; a new connection tries again.
    private func refused(_ why: String) -> FleetFault {
        let error = RedisError(.closed, why)
        link.drop(error)
        return .redis(error)
    }

    func pipeline(_ commands: [[String]]) throws(FleetFault) -> [RedisReply] {
        let replies = try mapped { () throws(RedisError) in try link.pipeline(commands) }
        for reply in replies {
            guard let text = reply.errorText,
                [.retryable, .wrongLogin].contains(RedisErrorKind(text: text))
            else { continue }
            throw refused(text)
        }
        return replies
    }

    private func mapped<Result>(
        _ body: () throws(RedisError) -> Result
    ) throws(FleetFault) -> Result {
        do throws(RedisError) {
            return try body()
        } catch {
            throw .redis(error)
        }
    }
}

@available(*, unavailable)
extension LeasedConnection: Sendable {}
