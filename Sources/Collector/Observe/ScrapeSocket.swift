// The connection of one scrape: non-blocking, so that every wait ends at the deadline or soon after
// the run was stopped. Confined to the scrape's thread.

import Foundation
import Glibc
import HarnessCore

final class ScrapeSocket {
    private let descriptor: Int32
    private let deadline: Instant
    private let timeout: TimeSpan
    private let cancelled: CancelFlag
    /// How often cancellation is looked for.
    private static let step = TimeSpan.milliseconds(50)

    /// Connects to the first of the host's addresses that `rule` allows and that answers.
    init(
        _ url: URL, _ timeout: TimeSpan, _ rule: TargetRule, _ cancelled: CancelFlag
    ) throws(ScrapeFailure) {
        let deadline = Instant.now() + timeout
        self.deadline = deadline
        self.timeout = timeout
        self.cancelled = cancelled
        let host = (url.host ?? "").trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(url.port ?? 80), &hints, &list) == 0 else {
            throw ScrapeFailure("its host is not found")
        }
        defer { freeaddrinfo(list) }
        var next = list
        var refusal: ScrapeFailure?
        while let address = next {
            next = address.pointee.ai_next
            if let refused = Self.refusal(rule, address.pointee, host) {
                refusal = refused
                continue
            }
            let made = socket(
                address.pointee.ai_family,
                Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            guard made >= 0 else { continue }
            if try Self.connects(
                made, address.pointee,
                waiting: { (events: Int32) throws(ScrapeFailure) in
                    try Self.wait(made, events, deadline, timeout, cancelled)
                })
            {
                descriptor = made
                return
            }
            close(made)
        }
        throw refusal ?? ScrapeFailure("cannot connect")
    }

    private static func refusal(
        _ rule: TargetRule, _ address: addrinfo, _ host: String
    ) -> ScrapeFailure? {
        guard let raw = address.ai_addr,
            let endpoint = InternetAddress.endpoint(family: address.ai_family, raw)
        else { return ScrapeFailure("its address is none of IP") }
        switch rule.verdict(endpoint, host: HostName.canonical(host)) {
        case .allowed: return nil
        case .never(let why): return ScrapeFailure("its address \(endpoint) \(why)")
        case .notAllowed: return ScrapeFailure("its address \(endpoint) is not allowed")
        }
    }

    deinit { close(descriptor) }

    private static func connects(
        _ descriptor: Int32, _ address: addrinfo,
        waiting: (Int32) throws(ScrapeFailure) -> Void
    ) throws(ScrapeFailure) -> Bool {
        if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return true }
        guard errno == EINPROGRESS else { return false }
        do throws(ScrapeFailure) {
            try waiting(Int32(POLLOUT))
        } catch {
            close(descriptor)
            throw error
        }
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0
    }

    private static func wait(
        _ descriptor: Int32, _ events: Int32, _ deadline: Instant, _ timeout: TimeSpan,
        _ cancelled: CancelFlag
    ) throws(ScrapeFailure) {
        while true {
            if cancelled.isSet { throw ScrapeFailure("cancelled") }
            let left = deadline - Instant.now()
            guard left > .zero else { throw ScrapeFailure("no answer within \(timeout.goText)") }
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            if poll(&entry, 1, min(left, step).pollMilliseconds) > 0 { return }
        }
    }

    private func wait(_ events: Int32) throws(ScrapeFailure) {
        try Self.wait(descriptor, events, deadline, timeout, cancelled)
    }

    func send(_ bytes: [UInt8]) throws(ScrapeFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try wait(Int32(POLLOUT))
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno != EAGAIN, errno != EINTR {
                throw ScrapeFailure("the connection was lost")
            }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// Everything up to the connection's end.
    func receive() throws(ScrapeFailure) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            try wait(Int32(POLLIN))
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return all }
            if count < 0 {
                if errno == EAGAIN || errno == EINTR { continue }
                throw ScrapeFailure("the connection was lost")
            }
            all.append(contentsOf: buffer[..<count])
            guard all.count <= Limits.observedBytes + Limits.responseHeaderBytes else {
                throw ScrapeFailure("an answer of more than \(Limits.observedBytes >> 20) MiB")
            }
        }
    }
}

@available(*, unavailable)
extension ScrapeSocket: Sendable {}
