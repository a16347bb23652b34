// epoll, with a timerfd where the next deadline is far and an eventfd for other threads to wake the
// worker.
//
// Confined to the worker's thread, but for `WakeHandle`. A registration's token carries the
// descriptor and a number of its own: the kernel and libcurl reuse descriptors at once, so an event
// that was queued for the descriptor's former life is told from one of its present (STYLE habit
// 32).

import CLinux
import Glibc
package import HarnessCore

/// Wakes a `Poller` from any thread.
package final class WakeHandle: Sendable {
    let descriptor: Int32

    package init() throws(SystemError) {
        descriptor = try retryingInterrupts("eventfd") {
            eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        }
    }

    package func wake() {
        var one: UInt64 = 1
        // It can only fail where the counter is full, and then the poller is awake already.
        _ = write(descriptor, &one, 8)
    }

    func clear() {
        var count: UInt64 = 0
        // EAGAIN: somebody else's wake was read with ours.
        _ = read(descriptor, &count, 8)
    }

    deinit { close(descriptor) }
}

final class Poller {
    /// A socket that became ready.
    struct Ready {
        let descriptor: Int32
        let events: UInt32
    }
    /// A connection in its descriptor's present life.
    struct Connection: Equatable {
        fileprivate let descriptor: Int32
        fileprivate let serial: UInt64
    }
    private struct Registration {
        var mask: UInt32 = 0
        var generation: UInt32 = 0
        var isInKernel = false
        /// libcurl waits for it; else it idles, kept registered so that its next transfer is free.
        var isWanted = false
        /// A connection, from `opened` to `forget`. libcurl has other descriptors (its resolver's),
        /// whose end nobody tells us.
        var isConnection = false
        /// Its peer has nothing to say while no request is under way.
        var isSilent = false
        /// Of the connection.
        var serial: UInt64 = 0
    }

    private let epoll: Int32
    private let timer: Int32
    private let waker: WakeHandle
    private var armed = Instant.distantFuture
    /// Until the kernel says that it has no epoll_pwait2.
    private var takesNanoseconds = true
    private var registrations: [Registration] = []
    private var connections: UInt64 = 0
    private let events: UnsafeMutablePointer<epoll_event>
    static let batch = 64
    /// Tokens that have it are of the direct lane's sockets; the rest of them is the lane's.
    static let directBit: UInt64 = 1 << 63
    private static let timerToken = UInt64.max
    private static let wakeToken = UInt64.max - 1

    init(waker: WakeHandle) throws(SystemError) {
        self.waker = waker
        epoll = try retryingInterrupts("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
        do throws(SystemError) {
            timer = try retryingInterrupts("timerfd_create") {
                timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
            }
        } catch {
            // Half built: deinit does not run, so what is open is closed here.
            close(epoll)
            throw error
        }
        events = .allocate(capacity: Self.batch)
        _ = spot_epoll_ctl(epoll, EPOLL_CTL_ADD, timer, EPOLLIN.rawValue, Self.timerToken)
        _ = spot_epoll_ctl(
            epoll, EPOLL_CTL_ADD, waker.descriptor, EPOLLIN.rawValue, Self.wakeToken)
    }

    deinit {
        events.deallocate()
        close(timer)
        close(epoll)
    }

    // MARK: - Sockets

    /// A connection's socket was opened; `forget` will be called before it is closed.
    /// - Parameter isSilent: while it idles its peer has nothing to say: plain HTTP/1.
    @discardableResult
    func opened(_ descriptor: Int32, isSilent: Bool = false) -> Connection {
        let i = place(descriptor)
        connections += 1
        registrations[i].isInKernel = false
        registrations[i].isConnection = true
        registrations[i].isSilent = isSilent
        registrations[i].serial = connections
        return Connection(descriptor: descriptor, serial: connections)
    }

    /// Whether the connection is open and its peer has not spoken since its last transfer.
    func isIdle(_ connection: Connection) -> Bool {
        let registration = registrations[Int(connection.descriptor)]
        return registration.serial == connection.serial && registration.isConnection
            && registration.isInKernel
    }

    /// libcurl waits for `mask` on this socket.
    func want(_ descriptor: Int32, mask: UInt32) {
        let i = place(descriptor)
        registrations[i].isWanted = true
        guard !registrations[i].isInKernel || registrations[i].mask != mask else { return }
        if registrations[i].isInKernel {
            registrations[i].mask = mask
            _ = spot_epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, mask, token(i))
        } else {
            registrations[i].generation &+= 1
            registrations[i].mask = mask
            registrations[i].isInKernel = true
            if spot_epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, mask, token(i)) != 0 {
                _ = spot_epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, mask, token(i))
            }
        }
    }

    /// libcurl no longer waits for it. A connection stays in the kernel's set until it is closed or
    /// speaks; any other descriptor may be closed behind our back and is taken out.
    func unwant(_ descriptor: Int32) {
        let i = Int(descriptor)
        guard i < registrations.count else { return }
        registrations[i].isWanted = false
        guard registrations[i].isInKernel else { return }
        if registrations[i].isConnection {
            listen(i)
            return
        }
        _ = spot_epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
        registrations[i].isInKernel = false
    }

    /// What an idle connection says must be heard: one whose first answer came before libcurl had
    /// to wait for it is still watched for room to send.
    private func listen(_ i: Int) {
        guard registrations[i].isSilent, registrations[i].mask != EPOLLIN.rawValue else { return }
        registrations[i].mask = EPOLLIN.rawValue
        _ = spot_epoll_ctl(epoll, EPOLL_CTL_MOD, Int32(i), EPOLLIN.rawValue, token(i))
    }

    /// The socket is being closed: the kernel forgets it by itself.
    func forget(_ descriptor: Int32) {
        guard Int(descriptor) < registrations.count else { return }
        registrations[Int(descriptor)].isInKernel = false
        registrations[Int(descriptor)].isWanted = false
        registrations[Int(descriptor)].isConnection = false
        registrations[Int(descriptor)].generation &+= 1
    }

    /// The direct lane watches a connected socket by itself from now on, all its life.
    func adopt(_ descriptor: Int32, token: UInt64) {
        let i = place(descriptor)
        registrations[i].isInKernel = false
        registrations[i].isWanted = false
        registrations[i].generation &+= 1
        let mask = EPOLLIN.rawValue
        // In the kernel's set since it began to connect, unless it connected at once.
        if spot_epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, mask, token | Self.directBit) != 0 {
            _ = spot_epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, mask, token | Self.directBit)
        }
    }

    /// Whether an adopted socket is also watched for room to send.
    func watch(_ descriptor: Int32, token: UInt64, alsoOut: Bool) {
        let mask = EPOLLIN.rawValue | (alsoOut ? EPOLLOUT.rawValue : 0)
        _ = spot_epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, mask, token | Self.directBit)
    }

    private func place(_ descriptor: Int32) -> Int {
        let i = Int(descriptor)
        if i >= registrations.count {
            registrations.append(
                contentsOf: repeatElement(Registration(), count: i + 64 - registrations.count))
        }
        return i
    }

    private func token(_ i: Int) -> UInt64 {
        UInt64(registrations[i].generation & 0x7FFF_FFFF) << 32 | UInt64(i)
    }

    // MARK: - Waiting

    /// Waits until `deadline` at most for sockets, a wake or the time; not at all if `isDue`.
    /// Returns how many events there are for `deliver`, at most `batch`.
    func wait(until deadline: Instant, isDue: Bool, now: Instant = Instant.now()) -> Int {
        if isDue { return Int(max(0, epoll_wait(epoll, events, Int32(Self.batch), 0))) }
        let left = deadline - now
        if left < Self.shortWait, takesNanoseconds {
            let count = spot_epoll_wait_ns(epoll, events, Int32(Self.batch), max(0, left.ns))
            if count >= 0 || errno != ENOSYS { return Int(max(0, count)) }
            takesNanoseconds = false
        }
        arm(deadline)
        return Int(max(0, epoll_wait(epoll, events, Int32(Self.batch), -1)))
    }

    /// The kernel may end a wait by epoll's own clock a thousandth of its length too late: right
    /// for short ones, which it spares setting the timer and reading it.
    private static let shortWait = TimeSpan.milliseconds(10)

    /// Passes the ready sockets among the first `count` events to `body`, those of the direct lane
    /// to `direct`, by their tokens.
    func deliver(
        _ count: Int, direct: (_ token: UInt64, _ events: UInt32) -> Void = { _, _ in },
        _ body: (Ready) -> Void
    ) {
        for i in 0..<count {
            let token = spot_epoll_token(events + i)
            switch token {
            case Self.timerToken: clearTimer()
            case Self.wakeToken: waker.clear()
            case Self.directBit...: direct(token & ~Self.directBit, spot_epoll_events(events + i))
            default: deliver(token, spot_epoll_events(events + i), body)
            }
        }
    }

    private func deliver(_ token: UInt64, _ mask: UInt32, _ body: (Ready) -> Void) {
        let i = Int(token & 0xFFFF_FFFF)
        guard registrations[i].generation & 0x7FFF_FFFF == UInt32(token >> 32),
            registrations[i].isInKernel
        else { return }
        guard registrations[i].isWanted else {
            // An idle connection spoke: the peer closed it. libcurl finds out when it reuses it.
            _ = spot_epoll_ctl(epoll, EPOLL_CTL_DEL, Int32(i), 0, 0)
            registrations[i].isInKernel = false
            if registrations[i].isSilent { StrayBytes.refuse(Int32(i)) }
            return
        }
        body(Ready(descriptor: Int32(i), events: mask))
    }

    private func arm(_ deadline: Instant) {
        guard deadline != armed else { return }
        armed = deadline
        var spec = itimerspec()
        if deadline != .distantFuture {
            let ns = max(1, deadline.ns)
            spec.it_value.tv_sec = Int(ns / 1_000_000_000)
            spec.it_value.tv_nsec = Int(ns % 1_000_000_000)
        }
        timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &spec, nil)
    }

    private func clearTimer() {
        var expirations: UInt64 = 0
        // EAGAIN: re-armed since the event was queued.
        _ = read(timer, &expirations, 8)
        armed = .distantFuture
    }
}

@available(*, unavailable)
extension Poller: Sendable {}
