// The direct lane of one worker: what its exchanges share. A turn:
//
//     begin -> ready, for each socket the poller names: at most one read each, parsed in place
//           -> expire -> (clock) -> setClock -> takeFinished, while there is one
//
// What is read in a turn lies in one arena until the next turn begins, so a response that came in
// one piece is never copied. Exchanges and connections are named without reference counts: they end
// before the lane, which their users own. Confined to the worker's thread.

import CCurl
import Glibc
import HarnessCore

final class DirectLane {
    let options: EasyOptions
    let writer: RequestWriter
    private let multi: CurlMulti
    private let poller: Poller
    private let rule: AddressRule
    /// Counts turns.
    private(set) var turn: UInt64 = 1

    var stock = RawBufferStock()
    private var connections = DirectConnectionTable()
    private var deadlines = DeadlineHeap<DirectExchange>()
    /// Handles for plain connections that nobody uses.
    private var handles: [ConnectHandle] = []
    private static let handlesMax = 64

    let arena: UnsafeMutablePointer<UInt8>
    /// Bytes of it that this turn's responses use.
    var arenaUsed = 0
    static let arenaBytes = 1 << 20
    /// Read at once: one TLS record, and more.
    static let readBytes = 64 << 10
    /// Beyond it a response is moved to memory of its own: the rest is room for the next read.
    static let arenaFull = arenaBytes - readBytes - Limits.responseHeaderBytes

    // A queue through the exchanges themselves
    private var firstFinished: Unmanaged<DirectExchange>?
    private var lastFinished: Unmanaged<DirectExchange>?
    /// Whose response began in this turn and goes on.
    private var begun: [Unmanaged<DirectExchange>] = []
    /// Whose response lies in memory of its own until the turn is over.
    private var holding: [Unmanaged<DirectExchange>] = []

    init(options: EasyOptions, multi: CurlMulti, poller: Poller, rule: AddressRule) {
        self.options = options
        self.multi = multi
        self.poller = poller
        self.rule = rule
        writer = RequestWriter(fixedHeaders: options.fixedHeaders)
        arena = .allocate(capacity: Self.arenaBytes)
        begun.reserveCapacity(Poller.batch)
        holding.reserveCapacity(Poller.batch)
    }

    deinit { arena.deallocate() }

    // MARK: - The turn

    func begin() {
        turn &+= 1
        arenaUsed = 0
        guard !holding.isEmpty else { return }
        for exchange in holding { exchange.takeUnretainedValue().releaseResponse() }
        holding.removeAll(keepingCapacity: true)
    }

    func ready(_ token: UInt64, _ events: UInt32) {
        guard let connection = connections.find(token) else { return }
        if let exchange = connection.pointee.exchange {
            exchange._withUnsafeGuaranteedRef { $0.ready(connection, events) }
        } else {
            connection.pointee.user.takeUnretainedValue().spoke(connection)
        }
    }

    /// When the next transfer may time out.
    var deadline: Instant { deadlines.due }

    func expire(_ now: Instant) {
        while deadlines.due <= now {
            let entry = deadlines.removeFirst()
            let exchange = entry.owner.takeUnretainedValue()
            // Another entry was made since, for an earlier time.
            guard exchange.nextLook == entry.due else { continue }
            exchange.nextLook = .distantFuture
            guard exchange.isTimed else { continue }
            if exchange.deadline <= now { exchange.timeOut() } else { watch(exchange) }
        }
    }

    /// `exchange` times out at its deadline: somebody looks at it by then.
    func watch(_ exchange: DirectExchange) {
        guard exchange.deadline < exchange.nextLook else { return }
        exchange.nextLook = exchange.deadline
        deadlines.insert(exchange.deadline, .passUnretained(exchange))
    }

    func setClock(_ now: Instant) {
        guard !begun.isEmpty else { return }
        for exchange in begun { exchange.takeUnretainedValue().began(now) }
        begun.removeAll(keepingCapacity: true)
    }

    func hasBegun(_ exchange: DirectExchange) { begun.append(.passUnretained(exchange)) }

    func holds(_ exchange: DirectExchange) { holding.append(.passUnretained(exchange)) }

    // MARK: - What ended

    var hasFinished: Bool { firstFinished != nil }

    func finished(_ exchange: DirectExchange) {
        guard !exchange.isQueued else { return }
        let me = Unmanaged.passUnretained(exchange)
        exchange.isQueued = true
        exchange.nextFinished = nil
        if let last = lastFinished {
            last._withUnsafeGuaranteedRef { $0.nextFinished = me }
        } else {
            firstFinished = me
        }
        lastFinished = me
    }

    /// The next transfer that ended, told to have ended `now`; nil: there is none.
    func takeFinished(_ now: Instant) -> TransferTag? {
        while let first = firstFinished {
            let tag: TransferTag? = first._withUnsafeGuaranteedRef { exchange in
                firstFinished = exchange.nextFinished
                if firstFinished == nil { lastFinished = nil }
                exchange.isQueued = false
                return exchange.conclude(now) ? exchange.tag : nil
            }
            if let tag { return tag }
        }
        return nil
    }

    // MARK: - Connections

    /// Takes over what `handle` has connected; nil: there is nothing to be had.
    func open(
        _ handle: ConnectHandle, _ originKey: Int, for user: DirectUser
    ) -> UnsafeMutablePointer<DirectConnection>? {
        let descriptor = handle.isTLS ? handle.socketDescriptor : handle.takeSocket()
        guard descriptor >= 0 else { return nil }
        let connection = connections.add(
            descriptor: descriptor, originKey: originKey, user: user,
            handle: handle.isTLS ? handle : nil)
        poller.adopt(descriptor, token: connection.pointee.token)
        return connection
    }

    func close(_ connection: UnsafeMutablePointer<DirectConnection>) {
        if let handle = connection.pointee.handle {
            let handle = handle.takeRetainedValue()
            handle.leaveMulti()
            connection.pointee.user.takeUnretainedValue().giveBack(handle)
        } else {
            Glibc.close(connection.pointee.descriptor)
        }
        connections.remove(connection)
    }

    func watch(_ connection: UnsafeMutablePointer<DirectConnection>, alsoOut: Bool) {
        guard connection.pointee.alsoOut != alsoOut else { return }
        connection.pointee.alsoOut = alsoOut
        poller.watch(
            connection.pointee.descriptor, token: connection.pointee.token, alsoOut: alsoOut)
    }

    // MARK: - Handles

    func makeHandle(isTLS: Bool) throws(SystemError) -> ConnectHandle {
        try ConnectHandle(
            isTLS: isTLS, options: options, multi: multi, poller: poller, rule: rule)
    }

    /// For a plain connection.
    func takeHandle() throws(SystemError) -> ConnectHandle {
        if let known = handles.popLast() { return known }
        return try makeHandle(isTLS: false)
    }

    func giveBack(_ handle: ConnectHandle) {
        if handles.count < Self.handlesMax { handles.append(handle) }
    }
}

@available(*, unavailable)
extension DirectLane: Sendable {}
