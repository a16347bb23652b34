// A server for twins: its n-th request is answered by the n-th entry of a script, whatever was
// asked, byte for byte and piece by piece. Blocking, on a thread for each connection: a client
// keeps one for each origin.

import Glibc
import HarnessCore
import Synchronization

final class PieceServer: Sendable {
    struct Entry: Sendable {
        /// What is sent, with a pause of a millisecond between.
        var pieces: [[UInt8]]
        /// The connection ends after them.
        var closes = false
        var bytes: Int { pieces.reduce(0) { $0 + $1.count } }
    }
    /// A request as it came, and where.
    struct Seen: Sendable, Equatable {
        var line = ""
        /// Sorted.
        var headers: [String] = []
        var body: [UInt8] = []
        /// First on its connection.
        var isFirst = false
        var bytes = 0
    }

    let port: UInt16
    private let listener: Int32
    private let thread: DedicatedThread

    init(_ script: [Entry]) throws {
        let descriptor = try retryingInterrupts("socket") {
            socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                try retryingInterrupts("bind") { bind(descriptor, raw, length) }
                try retryingInterrupts("getsockname") { getsockname(descriptor, raw, &length) }
            }
        }
        try retryingInterrupts("listen") { listen(descriptor, 64) }
        port = UInt16(bigEndian: address.sin_port)
        listener = descriptor
        let inbox = Inbox(script)
        thread = DedicatedThread(name: "pieces") {
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                _ = DedicatedThread(name: "piece-one") {
                    Service(connection, inbox: inbox).run()
                }
            }
        }
        self.inbox = inbox
    }

    /// What thread and tests share.
    final class Inbox: Sendable {
        let seen = Mutex<[Seen]>([])
        let script: Mutex<ArraySlice<Entry>>
        let closed = Atomic<Int>(0)

        init(_ script: [Entry]) { self.script = Mutex(script[...]) }
    }
    private let inbox: Inbox

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }

    var seen: [Seen] { inbox.seen.withLock { $0 } }
    /// Connections that it ended.
    var closed: Int { inbox.closed.load(ordering: .acquiring) }
}

/// A connection's thread.
private final class Service {
    private let descriptor: Int32
    private let inbox: PieceServer.Inbox
    private var input: [UInt8] = []

    init(_ descriptor: Int32, inbox: PieceServer.Inbox) {
        self.descriptor = descriptor
        self.inbox = inbox
    }

    func run() {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        serve()
        close(descriptor)
    }

    private func serve() {
        var isFirst = true
        while var request = next(),
            let entry = inbox.script.withLock({ $0.popFirst() })
        {
            request.isFirst = isFirst
            isFirst = false
            inbox.seen.withLock { $0.append(request) }
            for (i, piece) in entry.pieces.enumerated() {
                if i > 0 { poll(nil, 0, 1) }
                _ = send(descriptor, piece, piece.count, Int32(MSG_NOSIGNAL))
            }
            if entry.closes {
                shutdown(descriptor, Int32(SHUT_WR))
                inbox.closed.add(1, ordering: .releasing)
                // Until the client has closed, too: no reset takes what it has not read yet.
                while more() {}
                return
            }
        }
    }

    private func next() -> PieceServer.Seen? {
        while true {
            if let request = take() { return request }
            guard more() else { return nil }
        }
    }

    private func more() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        input += buffer.prefix(count)
        return true
    }

    private func take() -> PieceServer.Seen? {
        let end = Array("\r\n\r\n".utf8)
        guard input.count >= 4,
            let head = (0...(input.count - 4)).first(where: {
                input[$0..<$0 + 4].elementsEqual(end)
            })
        else { return nil }
        let lines = String(decoding: input[..<head], as: UTF8.self)
            .split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
        var request = PieceServer.Seen(line: lines[0], headers: lines.dropFirst().sorted())
        let start = head + 4
        var size = 0
        for line in lines.dropFirst() {
            let lower = line.lowercased()
            if lower.hasPrefix("content-length:") {
                size = Int(line.split(separator: ":")[1].drop { $0 == " " }) ?? 0
            } else if lower == "transfer-encoding: chunked" {
                guard let length = chunkedLength(start) else { return nil }
                size = length
            }
        }
        guard input.count >= start + size else { return nil }
        request.body = Array(input[start..<start + size])
        request.bytes = start + size
        input.removeFirst(start + size)
        return request
    }

    private func chunkedLength(_ start: Int) -> Int? {
        let end = Array("0\r\n\r\n".utf8)
        guard input.count >= start + end.count, input.suffix(end.count).elementsEqual(end) else {
            return nil
        }
        return input.count - start
    }
}
