// The thread of a `TruthServer`: poll(2) over its connections and a timerfd, which keeps time to
// the nanosecond. Confined to that thread.

import CLinux
import Glibc
import HarnessCore
import Synchronization

final class TruthServerLoop {
    private struct Connection {
        let descriptor: Int32
        var input: [UInt8] = []
        var isOver = false
    }
    private struct Pending {
        let number: Int
        let sentAt: Instant
        let due: Instant
        let descriptor: Int32
    }
    private static let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".utf8)

    private let listener: Int32
    private let stop: Int32
    private let timer: Int32
    private let log: TruthLog
    private var queue: TruthQueue
    private var connections: [Connection] = []
    /// Latest first.
    private var pending: [Pending] = []
    private var buffer = [UInt8](repeating: 0, count: 16_384)
    private var control = [UInt8](repeating: 0, count: 128)

    init(listener: Int32, stop: Int32, queue: TruthQueue, log: TruthLog) {
        self.listener = listener
        self.stop = stop
        self.queue = queue
        self.log = log
        timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
        precondition(timer >= 0, "timerfd_create")
    }

    /// Until the other end of `stop` is closed.
    func run() {
        makeNonblocking(listener)
        var sockets: [pollfd] = []
        while true {
            sockets.removeAll(keepingCapacity: true)
            sockets.append(pollfd(fd: stop, events: 0, revents: 0))
            sockets.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
            sockets.append(pollfd(fd: timer, events: Int16(POLLIN), revents: 0))
            for connection in connections {
                sockets.append(
                    pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0))
            }
            arm()
            poll(&sockets, nfds_t(sockets.count), -1)
            if sockets[0].revents != 0 { break }
            answerDue()
            take(sockets)
            answerDue()
            if sockets[1].revents != 0 { acceptAll() }
        }
        for connection in connections { close(connection.descriptor) }
        close(listener)
        close(stop)
        close(timer)
    }

    /// The timer rings when the next answer is due; setting it takes back an earlier ring.
    private func arm() {
        var spec = itimerspec()
        if let next = pending.last {
            spec.it_value.tv_sec = Int(next.due.ns / 1_000_000_000)
            spec.it_value.tv_nsec = Int(next.due.ns % 1_000_000_000)
        }
        timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &spec, nil)
    }

    private func answerDue() {
        while let next = pending.last, next.due <= Instant.now() {
            pending.removeLast()
            let before = Instant.now()
            let sent = Self.answer.withUnsafeBytes {
                send(next.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent == Self.answer.count else { continue }
            // The client has it somewhere inside send(2).
            let inside = before + TimeSpan(ns: (Instant.now() - before).ns / 2)
            log.exchanges.withLock {
                $0.append(
                    .init(
                        number: next.number, sentAt: next.sentAt, due: next.due,
                        answeredAt: inside))
            }
        }
    }

    private func take(_ sockets: [pollfd]) {
        var arrived: [(number: Int, at: Instant, descriptor: Int32)] = []
        for i in connections.indices where sockets[i + 3].revents != 0 {
            while let at = receive(i) {
                if let number = takeRequest(i) {
                    arrived.append((number, at, connections[i].descriptor))
                }
            }
        }
        for (number, at, descriptor) in arrived.sorted(by: { $0.at < $1.at }) {
            let due = queue.due(number, arrival: at)
            let place = pending.firstIndex { $0.due <= due } ?? pending.count
            pending.insert(
                .init(number: number, sentAt: at, due: due, descriptor: descriptor), at: place)
        }
        for connection in connections where connection.isOver { close(connection.descriptor) }
        connections.removeAll(where: \.isOver)
    }

    /// Reads once; the kernel's time of the last byte it read, nil where there was none.
    private func receive(_ i: Int) -> Instant? {
        let (count, at) = receive(from: connections[i].descriptor)
        if count > 0 {
            connections[i].input += buffer[..<count]
            return at
        }
        if count == 0 || (errno != EAGAIN && errno != EINTR) { connections[i].isOver = true }
        return nil
    }

    private func receive(from descriptor: Int32) -> (count: Int, at: Instant) {
        let size = buffer.count
        let room = control.count
        return buffer.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: size)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = room
                    let count = recvmsg(descriptor, &message, 0)
                    let now = Instant.now()
                    guard count > 0, message.msg_controllen >= Self.stampEnd else {
                        return (count, now)
                    }
                    let unix = WallClock.unixNs()
                    let seconds = control.loadUnaligned(fromByteOffset: 16, as: Int64.self)
                    let ns = control.loadUnaligned(fromByteOffset: 24, as: Int64.self)
                    return (count, now - TimeSpan(ns: unix - (seconds * 1_000_000_000 + ns)))
                }
            }
        }
    }

    /// "cmsg(3)": a header of 16 bytes, then the timespec.
    private static let stampEnd = 32
    private static let stampOption: Int32 = 35

    /// The number of a whole request that is there.
    private func takeRequest(_ i: Int) -> Int? {
        let input = connections[i].input
        guard input.count >= 4, input.suffix(4).elementsEqual([13, 10, 13, 10]) else { return nil }
        connections[i].input.removeAll(keepingCapacity: true)
        var number = 0
        for byte in input.dropFirst("GET /n/".utf8.count) {
            guard byte >= 48, byte <= 57 else { break }
            number = number * 10 + Int(byte - 48)
        }
        return number
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            makeNonblocking(descriptor)
            var one: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
            setsockopt(descriptor, SOL_SOCKET, Self.stampOption, &one, 4)
            connections.append(Connection(descriptor: descriptor))
        }
    }

    private func makeNonblocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
}
