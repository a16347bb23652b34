// One thread of the null server: waits on epoll, accepts, reads what there is into one buffer,
// answers what ended in it with one send. Confined to its thread.
//
// A connection that does not take its answers is read no further until it does, so what it may
// cost is bounded: a part of a head, and a list of `NullConnection.owedMax` bytes.

import CLinux
import Glibc
import HarnessCore

final class NullLoop {
    /// What a loop begins with; made on the thread that starts it, so that failures are thrown
    /// there.
    struct Start: Sendable {
        let listener: Int32
        let waker: WakeHandle
        let answer: NullAnswer
        let epoll: Int32

        init(listener: Int32, waker: WakeHandle, answer: NullAnswer) throws(SystemError) {
            self.listener = listener
            self.waker = waker
            self.answer = answer
            epoll = try retryingInterrupts("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
            _ = spot_epoll_ctl(
                epoll, EPOLL_CTL_ADD, waker.descriptor, EPOLLIN.rawValue, NullLoop.wakeToken)
        }
    }
    private static let listenToken = UInt64.max
    private static let wakeToken = UInt64.max - 1
    private static let batch = 256
    /// Accepted in one turn.
    private static let acceptsMax = 64
    private static let bufferBytes = 64 << 10
    /// Reads of one connection in a turn.
    private static let readsMax = 8

    private let listener: Int32
    private let epoll: Int32
    private let waker: WakeHandle
    private let answer: NullAnswer
    private let events: UnsafeMutablePointer<epoll_event>
    /// A part that was left, and what is read after it.
    private let buffer: UnsafeMutableRawBufferPointer
    /// By descriptor.
    private var connections: [NullConnection?] = []
    private var serial: UInt32 = 0
    /// No descriptor was free: accepting goes on when a connection ends.
    private var isListening = false

    init(_ start: Start) {
        listener = start.listener
        epoll = start.epoll
        waker = start.waker
        answer = start.answer
        events = .allocate(capacity: Self.batch)
        buffer = .allocate(
            byteCount: Self.bufferBytes + NullRequestParser.headBytesMax, alignment: 64)
    }

    deinit {
        events.deallocate()
        buffer.deallocate()
        close(epoll)
    }

    /// Until it is woken.
    func run() {
        listen()
        while true {
            let count = Int(epoll_wait(epoll, events, Int32(Self.batch), -1))
            for i in 0..<max(0, count) {
                let token = spot_epoll_token(events + i)
                switch token {
                case Self.wakeToken:
                    closeAll()
                    return
                case Self.listenToken: accept()
                default: serve(token, spot_epoll_events(events + i))
                }
            }
        }
    }

    private func listen() {
        guard !isListening else { return }
        // One of the threads is woken, not all.
        let mask = EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue
        isListening = spot_epoll_ctl(epoll, EPOLL_CTL_ADD, listener, mask, Self.listenToken) == 0
    }

    private func closeAll() {
        for case let connection? in connections { close(connection.descriptor) }
        connections = []
    }

    // MARK: - Connections

    private func accept() {
        for _ in 0..<Self.acceptsMax {
            let descriptor = spot_accept_nonblocking(listener)
            guard descriptor >= 0 else {
                if errno == EMFILE || errno == ENFILE {
                    _ = spot_epoll_ctl(epoll, EPOLL_CTL_DEL, listener, 0, 0)
                    isListening = false
                }
                return
            }
            take(descriptor)
        }
    }

    private func take(_ descriptor: Int32) {
        var yes: Int32 = 1
        // A Unix socket has no such option, and needs none.
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes,
            socklen_t(MemoryLayout<Int32>.size))
        let place = Int(descriptor)
        while connections.count <= place { connections.append(nil) }
        serial &+= 1
        connections[place] = NullConnection(descriptor: descriptor, serial: serial)
        let token = UInt64(serial) << 32 | UInt64(place)
        if spot_epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue, token) != 0 {
            drop(place)
        }
    }

    private func drop(_ place: Int) {
        connections[place] = nil
        // What lies unread would make of the end a reset, which may overtake the last answer.
        shutdown(Int32(place), Int32(SHUT_WR))
        for _ in 0..<Self.readsMax
        where recv(Int32(place), buffer.baseAddress, buffer.count, 0) <= 0 { break }
        close(Int32(place))
        listen()
    }

    private func serve(_ token: UInt64, _ mask: UInt32) {
        let place = Int(token & 0xFFFF_FFFF)
        guard place < connections.count, let connection = connections[place],
            connection.serial == UInt32(token >> 32)
        else { return }
        if mask & EPOLLERR.rawValue != 0 || !advance(connection) { drop(place) }
    }

    /// Sends what is owed, reads what there is. False: the connection is over.
    private func advance(_ connection: NullConnection) -> Bool {
        guard send(connection) else { return false }
        var reads = 0
        // epoll does not tell again of bytes that were read already.
        while reads < Self.readsMax || connection.hasBacklog {
            if connection.isOwing { break }
            if connection.isEnding { return false }
            let reading = read(connection)
            if reading == .end { return false }
            if reading == .nothing { break }
            guard send(connection) else { return false }
            reads += 1
            if reading == .all && !connection.hasBacklog { break }
        }
        if connection.isEnding && !connection.isOwing { return false }
        watch(connection)
        return true
    }

    private enum Reading {
        case nothing, end
        /// There may be more.
        case some
        /// The socket is empty.
        case all
    }

    /// Reads once behind what was left, and parses.
    private func read(_ connection: NullConnection) -> Reading {
        let left = connection.left.count
        if left > 0 { buffer.copyBytes(from: connection.left) }
        if connection.hasBacklog {
            connection.hasBacklog = false
            connection.parse(UnsafeRawBufferPointer(rebasing: buffer[..<left]))
            return .some
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[left...])
        let count = recv(connection.descriptor, room.baseAddress, room.count, 0)
        if count < 0 { return errno == EAGAIN || errno == EINTR ? .nothing : .end }
        if count == 0 { return .end }
        connection.parse(UnsafeRawBufferPointer(rebasing: buffer[..<(left + count)]))
        return count == room.count ? .some : .all
    }

    private func watch(_ connection: NullConnection) {
        let mask = connection.isOwing ? EPOLLOUT.rawValue : EPOLLIN.rawValue
        guard mask != connection.mask else { return }
        connection.mask = mask
        let token = UInt64(connection.serial) << 32 | UInt64(connection.descriptor)
        _ = spot_epoll_ctl(epoll, EPOLL_CTL_MOD, connection.descriptor, mask, token)
    }

    /// Sends what is owed as far as it goes. False: the connection is over.
    private func send(_ connection: NullConnection) -> Bool {
        while connection.isOwing {
            let fulls = connection.leadingFulls
            let sent: Int
            if fulls > 0 {
                let copies = min(fulls, answer.fulls.count / answer.fullBytes)
                sent = send(
                    connection.descriptor, answer.fulls, from: connection.offset,
                    upTo: copies * answer.fullBytes)
                guard sent >= 0 else { return errno == EAGAIN }
                connection.noteSent(sent, each: answer.fullBytes)
            } else {
                let bytes = answer.bytes(connection.firstOwed)
                sent = send(
                    connection.descriptor, bytes, from: connection.offset, upTo: bytes.count)
                guard sent >= 0 else { return errno == EAGAIN }
                connection.noteSent(sent, each: bytes.count)
            }
        }
        return true
    }

    private func send(_ descriptor: Int32, _ bytes: [UInt8], from: Int, upTo: Int) -> Int {
        bytes.withUnsafeBytes {
            let part = UnsafeRawBufferPointer(rebasing: $0[from..<upTo])
            return Glibc.send(descriptor, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
        }
    }
}

@available(*, unavailable)
extension NullLoop: Sendable {}
