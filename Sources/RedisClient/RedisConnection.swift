// One connection to Redis: hiredis formats commands and parses replies, the socket is ours.
//
// Confined to the thread that made it, which must not be one of the cooperative pool: every call
// blocks until its replies are there or the deadline has passed. After an error it is dead.

import CHiredis
import Glibc
package import HarnessCore

package final class RedisConnection {
    private let socket: RedisSocket
    private let reader: UnsafeMutablePointer<redisReader>
    private let limit: TimeSpan
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    private var failure: RedisError?

    /// Connects, selects the database, sets the client name.
    ///
    /// - Parameter limit: longest time without progress, for connecting and for each exchange.
    package init(
        _ endpoint: RedisEndpoint, name: String, limit: TimeSpan = .seconds(2)
    ) throws(RedisError) {
        socket = try RedisSocket(endpoint.address, limit: limit)
        self.limit = limit
        guard let reader = redisReaderCreate() else {
            throw RedisError(.connect, "hiredis is out of memory")
        }
        self.reader = reader
        var greeting = [["CLIENT", "SETNAME", name]]
        if endpoint.database != 0 { greeting.append(["SELECT", String(endpoint.database)]) }
        for reply in try pipeline(greeting) {
            if let text = reply.errorText {
                throw RedisError(.connect, "\(endpoint): \(text)")
            }
        }
    }

    deinit { redisReaderFree(reader) }

    /// One command of text arguments.
    package func command(_ arguments: [String]) throws(RedisError) -> RedisReply {
        try command(bytes: arguments.map { Array($0.utf8) })
    }

    /// One command. Error replies are values, never thrown.
    package func command(
        bytes arguments: [[UInt8]], extraWait: TimeSpan = .zero
    ) throws(RedisError) -> RedisReply {
        try pipeline(bytes: [arguments], extraWait: extraWait)[0]
    }

    package func pipeline(_ commands: [[String]]) throws(RedisError) -> [RedisReply] {
        try pipeline(bytes: commands.map { $0.map { Array($0.utf8) } })
    }

    /// Sends all commands in one write and reads one reply for each, in order.
    ///
    /// - Parameter extraWait: added to the limit, for commands that block on the server.
    package func pipeline(
        bytes commands: [[[UInt8]]], extraWait: TimeSpan = .zero
    ) throws(RedisError) -> [RedisReply] {
        if let failure { throw failure }
        do throws(RedisError) {
            let request = Self.format(commands)
            try socket.send(request, limit: limit)
            var replies: [RedisReply] = []
            replies.reserveCapacity(commands.count)
            var received = 0
            while replies.count < commands.count {
                if let reply = try parse() {
                    replies.append(reply)
                    received = 0
                    continue
                }
                received += try fill(limit: limit + extraWait)
                guard received <= Limits.redisReplyBytes else {
                    throw RedisError(.malformed, "a reply is over \(Limits.redisReplyBytes) bytes")
                }
            }
            return replies
        } catch {
            failure = error
            throw error
        }
    }

    private func fill(limit: TimeSpan) throws(RedisError) -> Int {
        let n = try socket.receive(into: &buffer, limit: limit)
        let status = buffer.withUnsafeBytes { redisReaderFeed(reader, $0.baseAddress, n) }
        guard status == REDIS_OK else { throw RedisError(.malformed, readerError) }
        return n
    }

    /// The next whole reply, nil where more bytes are needed.
    private func parse() throws(RedisError) -> RedisReply? {
        var raw: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &raw) == REDIS_OK else {
            throw RedisError(.malformed, readerError)
        }
        guard let raw else { return nil }
        defer { freeReplyObject(raw) }
        return Self.value(raw.assumingMemoryBound(to: redisReply.self))
    }

    private var readerError: String {
        withUnsafeBytes(of: reader.pointee.errstr) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static func value(_ reply: UnsafeMutablePointer<redisReply>) -> RedisReply {
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
        case REDIS_REPLY_STATUS: return .status(String(decoding: bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(String(decoding: bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_STRING: return .bytes(bytes(of: reply))
        case REDIS_REPLY_ARRAY:
            return .array(
                (0..<reply.pointee.elements).compactMap { i in
                    reply.pointee.element[i].map(value)
                })
        default: return .null
        }
    }

    private static func bytes(of reply: UnsafeMutablePointer<redisReply>) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len))
    }

    /// RESP of all commands, by hiredis.
    private static func format(_ commands: [[[UInt8]]]) -> [UInt8] {
        var out: [UInt8] = []
        for arguments in commands {
            var flat: [UInt8] = []
            var lengths: [Int] = []
            for argument in arguments {
                flat.append(contentsOf: argument)
                lengths.append(argument.count)
            }
            // An empty buffer has no address; one spare byte gives it one.
            flat.append(0)
            flat.withUnsafeBufferPointer { bytes in
                bytes.baseAddress!.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    base in
                    var offset = 0
                    var pointers: [UnsafePointer<CChar>?] = lengths.map { length in
                        defer { offset += length }
                        return base + offset
                    }
                    var target: UnsafeMutablePointer<CChar>?
                    let size = redisFormatCommandArgv(
                        &target, Int32(lengths.count), &pointers, &lengths)
                    precondition(size >= 0, "hiredis is out of memory")
                    if let target {
                        out.append(
                            contentsOf: UnsafeRawBufferPointer(start: target, count: Int(size)))
                        redisFreeCommand(target)
                    }
                }
            }
        }
        return out
    }
}

@available(*, unavailable)
extension RedisConnection: Sendable {}
