// A relay before a redis-server that meddles with deltas on their way to the collector: what XREAD
// answers is taken apart, one entry of a delta stream is taken out, damaged or given twice, and the
// rest goes on unchanged.

import Glibc
import HarnessCore
import RedisClient
import Synchronization
import TestSupport

final class DeltaTamper: Sendable {
    enum Deed: String, Sendable, CaseIterable { case remove, corrupt, `repeat` }

    private let directory: TemporaryDirectory
    private let target: String
    private let listener: Int32
    private let deed: Deed
    /// Seq of the delta it is about.
    private let victim: Int
    private let done = Atomic<Int>(0)
    let path: String

    var endpoint: RedisEndpoint { RedisEndpoint(.unix(path: path)) }
    /// How often it meddled.
    var deeds: Int { done.load(ordering: .relaxed) }

    init(to target: String, _ deed: Deed, seq victim: Int) throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/tamper.sock"
        self.target = target
        self.deed = deed
        self.victim = victim
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let status = UnixAddress.with(path) { bind(listener, $0, $1) }
        guard status == 0, listen(listener, 16) == 0 else {
            throw SystemError("bind", subject: path)
        }
        _ = DedicatedThread(name: "tamper") { [self] in accept() }
    }

    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 { return }
            let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard UnixAddress.with(target, { connect(server, $0, $1) }) == 0 else {
                Glibc.close(client)
                Glibc.close(server)
                continue
            }
            let up = DedicatedThread(name: "tamper-up") { Self.pump(client, server) { $0 } }
            _ = DedicatedThread(name: "tamper-down") { [self] in
                var stream = RespStream()
                Self.pump(server, client) { stream.take($0, self.meddle) }
                up.join()
                Glibc.close(client)
                Glibc.close(server)
            }
        }
    }

    /// `[[key, [[id, fields], ..]], ..]` with the entries of a delta stream changed.
    private func meddle(_ reply: RespNode) -> RespNode {
        guard case .array(let streams?) = reply else { return reply }
        return .array(
            streams.map { stream in
                guard case .array(let pair?) = stream, pair.count == 2,
                    case .bulk(let key?) = pair[0], case .array(let entries?) = pair[1],
                    String(decoding: key, as: UTF8.self).contains(":d:")
                else { return stream }
                return .array([pair[0], .array(entries.flatMap(meddle(entry:)))])
            })
    }

    private func meddle(entry: RespNode) -> [RespNode] {
        guard case .array(let parts?) = entry, parts.count == 2, case .bulk(let id?) = parts[0],
            String(decoding: id, as: UTF8.self).hasSuffix("-\(victim)"),
            case .array(let fields?) = parts[1]
        else { return [entry] }
        done.add(1, ordering: .relaxed)
        switch deed {
        case .remove: return []
        case .repeat: return [entry, entry]
        case .corrupt:
            let damaged = fields.enumerated().map { i, field -> RespNode in
                guard i % 2 == 1, case .bulk(var bytes?) = field, !bytes.isEmpty else {
                    return field
                }
                bytes[bytes.count / 2] ^= 0x10
                return .bulk(bytes)
            }
            return [.array([parts[0], .array(damaged)])]
        }
    }

    private static func pump(
        _ from: Int32, _ to: Int32, _ change: ([UInt8]) -> [UInt8]
    ) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let n = recv(from, &buffer, buffer.count, 0)
            if n <= 0 { break }
            var rest = change(Array(buffer[..<n]))[...]
            while !rest.isEmpty {
                let m = rest.withUnsafeBytes {
                    send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if m <= 0 { break }
                rest = rest.dropFirst(m)
            }
            if !rest.isEmpty { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }
}

/// One reply of RESP 2; what is no bulk or array stays as it was sent.
indirect enum RespNode {
    case line([UInt8])
    case bulk([UInt8]?)
    case array([RespNode]?)

    var bytes: [UInt8] {
        switch self {
        case .line(let bytes): bytes
        case .bulk(nil): Array("$-1\r\n".utf8)
        case .bulk(let bytes?): Array("$\(bytes.count)\r\n".utf8) + bytes + [13, 10]
        case .array(nil): Array("*-1\r\n".utf8)
        case .array(let items?):
            items.reduce(into: Array("*\(items.count)\r\n".utf8)) { $0 += $1.bytes }
        }
    }
}

/// Bytes of replies, cut wherever the socket cut them.
struct RespStream {
    private var pending: [UInt8] = []

    /// The replies that are complete now, changed.
    mutating func take(_ bytes: [UInt8], _ change: (RespNode) -> RespNode) -> [UInt8] {
        pending += bytes
        var out: [UInt8] = []
        var start = 0
        while let (node, end) = Self.parse(pending, start) {
            out += change(node).bytes
            start = end
        }
        pending.removeFirst(start)
        return out
    }

    private static func parse(_ bytes: [UInt8], _ start: Int) -> (RespNode, Int)? {
        guard start < bytes.count,
            let feed = bytes[start...].firstIndex(of: 10)
        else { return nil }
        let line = Array(bytes[start...feed])
        let count = Int(String(decoding: line.dropFirst().dropLast(2), as: UTF8.self))
        var end = feed + 1
        switch line[0] {
        case UInt8(ascii: "$"):
            guard let count, count >= 0 else { return (.bulk(nil), end) }
            guard bytes.count >= end + count + 2 else { return nil }
            return (.bulk(Array(bytes[end..<end + count])), end + count + 2)
        case UInt8(ascii: "*"):
            guard let count, count >= 0 else { return (.array(nil), end) }
            var items: [RespNode] = []
            for _ in 0..<count {
                guard let (item, next) = parse(bytes, end) else { return nil }
                items.append(item)
                end = next
            }
            return (.array(items), end)
        default: return (.line(line), end)
        }
    }
}
