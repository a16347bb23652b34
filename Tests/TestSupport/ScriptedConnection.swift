// One connection of a `ScriptedServer`: bytes in to requests, one at a time, and replies to bytes.
// Confined to the server's thread, which also closes the descriptor.

import Glibc
import HarnessCore

final class ScriptedConnection {
    let descriptor: Int32
    private let number: Int
    private let peer: String
    private var requests = 0
    private var input: [UInt8] = []
    private var output: ArraySlice<UInt8> = []
    private var pending: ScriptedServer.Reply?
    /// When the pending reply is to be sent; nil if there is none.
    private(set) var due: Instant?
    private var closesAfterOutput = false
    private(set) var isOver = false

    init(descriptor: Int32, number: Int) {
        self.descriptor = descriptor
        self.number = number
        peer = LoopbackSocket.peer(of: descriptor)
    }

    var hasOutput: Bool { !output.isEmpty }

    /// Reads and writes what can be read and written now.
    func transfer() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                input.append(contentsOf: buffer.prefix(count))
                continue
            }
            if count == 0 || (errno != EAGAIN && errno != EINTR) { isOver = true }
            break
        }
        flush()
    }

    /// The next complete request, unless one is being answered.
    func takeRequest() -> ScriptedServer.Request? {
        guard pending == nil, !hasOutput, !isOver, let end = headerEnd else { return nil }
        let head = String(decoding: input[..<end], as: UTF8.self).split(separator: "\r\n")
        let line = head[0].split(separator: " ").map(String.init)
        var request = ScriptedServer.Request()
        for header in head.dropFirst() {
            guard let colon = header.firstIndex(of: ":") else { continue }
            let value = header[header.index(after: colon)...].drop { $0 == " " }
            request.headers[header[..<colon].lowercased()] = String(value)
        }
        let length = request.headers["content-length"].flatMap(Int.init) ?? 0
        guard input.count >= end + 4 + length else { return nil }
        request.method = line[0]
        request.path = line.count > 1 ? line[1] : ""
        request.body = Array(input[(end + 4)..<(end + 4 + length)])
        request.bytes = end + 4 + length
        request.peer = peer
        request.connection = number
        request.onConnection = requests
        requests += 1
        input.removeFirst(end + 4 + length)
        return request
    }

    /// Where the empty line begins that ends the headers.
    private var headerEnd: Int? {
        guard input.count >= 4 else { return nil }
        return (0...(input.count - 4)).first {
            input[$0] == 13 && input[$0 + 1] == 10 && input[$0 + 2] == 13 && input[$0 + 3] == 10
        }
    }

    func answer(_ reply: ScriptedServer.Reply, at due: Instant) {
        pending = reply
        self.due = reply.ending == .silence ? nil : due
    }

    func sendIfDue(_ now: Instant) {
        guard let reply = pending, let due, due <= now else { return }
        self.due = nil
        pending = nil
        switch reply.ending {
        case .silence, .hangUp: isOver = true
        case .reset:
            var hard = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
            isOver = true
        case .keepAlive, .close, .cutShort:
            closesAfterOutput = reply.ending != .keepAlive
            output = Self.bytes(reply)[...]
            if reply.ending == .cutShort { output = output.prefix(output.count / 2) }
            flush()
        }
    }

    private func flush() {
        while !output.isEmpty, !isOver {
            let sent = output.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0 {
                if errno == EAGAIN || errno == EINTR { return }
                isOver = true
                return
            }
            output = output.dropFirst(sent)
        }
        if closesAfterOutput { isOver = true }
    }

    private static func bytes(_ reply: ScriptedServer.Reply) -> [UInt8] {
        if let raw = reply.raw { return raw }
        var head = "HTTP/1.1 \(reply.status) Scripted\r\n"
        for line in reply.headers { head += line + "\r\n" }
        guard reply.chunkBytes > 0 else {
            return Array((head + "Content-Length: \(reply.body.count)\r\n\r\n").utf8) + reply.body
        }
        var all = Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8)
        var rest = reply.body[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(reply.chunkBytes)
            all += Array((String(chunk.count, radix: 16) + "\r\n").utf8) + chunk
            all += [13, 10]
            rest = rest.dropFirst(chunk.count)
        }
        return all + Array("0\r\n\r\n".utf8)
    }
}
