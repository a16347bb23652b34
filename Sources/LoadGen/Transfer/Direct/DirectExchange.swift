// One place of a VU in the direct lane: a request that is written, sent, and answered.
//
//     free -- prepare, start --> connecting --> sending --> receiving --> ended -- conclude --.
//       ^         '-- kept connection ------------^                                           |
//       '-------------------------------------------------------------------------------------'
//
// A request is sent once: where its connection ends without an answer it is a `reset`, whether the
// connection was new or kept. Memory is taken for what the kernel does not take at once, and for
// responses that come in pieces; between transfers an exchange has none. Sending is in `+Send`,
// the answer in `+Receive`. Confined to the worker's thread.

import CCurl
import Glibc
import HarnessCore

final class DirectExchange {
    enum Phase: UInt8 { case free, connecting, sending, receiving, ended }

    let tag: TransferTag
    let lane: DirectLane
    let user: DirectUser
    var phase = Phase.free

    // The request
    var origin: Origin?
    private var problem = ""
    private var timeout = TimeSpan.zero
    private var isHead = false
    private var bodyMax = 0
    var keepsHead = false
    /// Bytes that are still to be sent, and how many of them were.
    var unsent = RawBuffer()
    var unsentStart = 0
    /// Sent after them, from where it is.
    var file: BodyBytes?
    var fileStart = 0
    /// What follows the file.
    var endsChunk = false

    var connection: UnsafeMutablePointer<DirectConnection>?
    private var connecting: ConnectHandle?

    // The answer
    var parser = ResponseParser()
    var head = UnsafeRawBufferPointer(start: nil, count: 0)
    var body = UnsafeRawBufferPointer(start: nil, count: 0)
    var ownHead = RawBuffer()
    var ownBody = RawBuffer()
    /// The beginning of a line.
    var tail = RawBuffer()

    // How it went. Zero: not yet.
    private var startedAt = Instant(ns: 0)
    var sentFrom = Instant(ns: 0)
    var sentTo = Instant(ns: 0)
    private var firstByteAt = Instant(ns: 0)
    private var endedAt = Instant(ns: 0)
    private var connectingTime = TimeSpan.zero
    private var handshakingTime = TimeSpan.zero
    private var tls: TLSVersion?
    var bytesSent = 0
    var bytesReceived = 0
    private var failure: TransferFailure?
    private(set) var errorText = ""
    private(set) var systemError = 0

    // The lane's
    private(set) var deadline = Instant.distantFuture
    /// When the lane looks whether the deadline is over.
    var nextLook = Instant.distantFuture
    var isQueued = false
    var nextFinished: Unmanaged<DirectExchange>?

    init(tag: TransferTag, user: DirectUser) {
        self.tag = tag
        self.user = user
        lane = user.lane
    }

    deinit {
        if phase != .free { cut() }
        releaseRequest()
        releaseResponse()
    }

    /// Kept of every body, as an example should the request fail.
    private static let exampleBytes = 256

    // MARK: - Connecting

    private func connect(_ origin: Origin) {
        phase = .connecting
        keepUnsent(lane.writer.bytes, lane.writer.count)
        do throws(SystemError) {
            let handle = try user.takeHandle(isTLS: origin.isTLS)
            connecting = handle
            handle.connect(origin, timeout: timeout, for: self)
        } catch {
            fail(.rest, error.description)
        }
    }

    /// `handle` has a connection for us.
    func connected(_ handle: ConnectHandle) {
        connecting = nil
        takeTimes(of: handle)
        tls = handle.tlsVersion
        let opened = lane.open(handle, origin?.key ?? -1, for: user)
        if !handle.isTLS || opened == nil {
            handle.leaveMulti()
            user.giveBack(handle)
        }
        guard let opened else { return fail(.reset, "the connection ended at once") }
        attach(opened)
        sentFrom = Instant.now()
        flush()
    }

    func couldNotConnect(_ handle: ConnectHandle, _ result: CURLcode) {
        connecting = nil
        takeTimes(of: handle)
        systemError = handle.systemError
        let failed = handle.failed(result, wasConnected: false)
        handle.leaveMulti()
        user.giveBack(handle)
        fail(failed.failure, failed.words)
    }

    private func takeTimes(of handle: ConnectHandle) {
        connectingTime = handle.connecting
        handshakingTime = handle.tlsHandshaking
    }

    private func attach(_ connection: UnsafeMutablePointer<DirectConnection>) {
        connection.pointee.exchange = .passUnretained(self)
        self.connection = connection
        phase = .sending
        parser.begin(isHead: isHead, bodyMax: bodyMax)
        lane.watch(self)
    }

    // MARK: - The end

    /// Whether the lane's deadlines are for it; libcurl looks after connecting itself.
    var isTimed: Bool { phase == .sending || phase == .receiving }

    func timeOut() {
        fail(.timeout, "no complete response within \(Int(timeout.milliseconds.rounded())) ms")
    }

    /// The response is complete.
    func complete(isClean: Bool) {
        guard let connection else { return }
        self.connection = nil
        let isReusable = isClean && parser.isReusable && lane.options.reuse && phase == .receiving
        lane.watch(connection, alsoOut: false)
        if isReusable { user.keep(connection) } else { lane.close(connection) }
        end()
    }

    func fail(_ why: TransferFailure, _ text: String) {
        failure = why
        errorText = text
        if let connection { lane.close(connection) }
        connection = nil
        end()
    }

    private func end() {
        releaseRequest()
        phase = .ended
        if ownHead.base != nil || ownBody.base != nil || tail.base != nil { lane.holds(self) }
        lane.finished(self)
    }

    /// It ended `now`.
    /// - Returns: whether anybody is to know: it may have been cut since.
    func conclude(_ now: Instant) -> Bool {
        guard phase == .ended else { return false }
        phase = .free
        endedAt = now
        began(now)
        return true
    }

    /// The clock of the turn in which the first bytes came.
    func began(_ now: Instant) {
        if firstByteAt.ns == 0, bytesReceived > 0 { firstByteAt = now }
    }

    func releaseRequest() {
        lane.stock.giveBack(&unsent)
        unsentStart = 0
    }

    /// The response's buffers end.
    func releaseResponse() {
        head = UnsafeRawBufferPointer(start: nil, count: 0)
        body = UnsafeRawBufferPointer(start: nil, count: 0)
        lane.stock.giveBack(&ownHead)
        lane.stock.giveBack(&ownBody)
        lane.stock.giveBack(&tail)
    }
}

// MARK: - The exchange

extension DirectExchange: Exchange {
    func prepare(_ request: PreparedRequest) {
        timeout = request.timeout
        isHead = request.method == .head
        bodyMax = request.needsBody ? lane.options.maxBody : Self.exampleBytes
        keepsHead = request.needsHeaders
        lane.writer.write(request, to: &origin)
        if origin == nil { problem = lane.writer.problem }
        if request.file != nil || file != nil { file = isHead ? nil : request.file }
        fileStart = 0
        endsChunk = file != nil && lane.writer.isChunked
    }

    /// - Precondition: nothing was prepared since `prepare`.
    func start(now: Instant) {
        startedAt = now
        sentFrom = Instant(ns: 0)
        sentTo = Instant(ns: 0)
        firstByteAt = Instant(ns: 0)
        connectingTime = .zero
        handshakingTime = .zero
        bytesSent = 0
        bytesReceived = 0
        if failure != nil {
            failure = nil
            errorText = ""
            systemError = 0
        }
        releaseResponse()
        deadline = now + timeout
        guard let origin else { return fail(.invalidURL, problem) }
        guard let kept = user.takeConnection(origin.key) else { return connect(origin) }
        attach(kept)
        sendWritten()
    }

    func cut() {
        if let connecting {
            connecting.cancel()
            user.giveBack(connecting)
        }
        connecting = nil
        if let connection { lane.close(connection) }
        connection = nil
        phase = .free
        releaseRequest()
        releaseResponse()
    }

    var outcome: TransferOutcome {
        var outcome = TransferOutcome()
        let isOK = failure == nil
        let total = endedAt - startedAt
        outcome.status = isOK ? parser.status : 0
        outcome.wasSent = sentFrom.ns > 0
        outcome.connecting = connectingTime
        outcome.tlsHandshaking = handshakingTime
        outcome.blocked = total
        if outcome.wasSent {
            outcome.blocked = sentFrom - startedAt
            outcome.service = endedAt - sentFrom
            // An answer may begin before the request is out, and may never begin.
            let answered = firstByteAt.ns > 0 ? firstByteAt : endedAt
            let sent = sentTo.ns > 0 ? min(sentTo, answered) : answered
            outcome.sending = sent - sentFrom
            outcome.waiting = answered - sent
            outcome.receiving = endedAt - answered
        }
        outcome.bytesSent = UInt64(bytesSent)
        outcome.bytesReceived = UInt64(bytesReceived)
        outcome.http = isOK ? (parser.isHTTP10 ? .http10 : .http11) : nil
        outcome.tls = outcome.wasSent ? tls : nil
        outcome.failure = failure
        return outcome
    }

    var response: TransferResponse {
        TransferResponse(
            status: failure == nil ? parser.status : 0,
            duration: sentFrom.ns > 0 ? endedAt - sentFrom : .zero, body: body, headers: head)
    }

    var responseText: String {
        String(decoding: body.prefix(Self.exampleBytes), as: UTF8.self)
    }

    var leadsOn: Bool { false }

    func follow(now: Instant) { preconditionFailure("the direct lane follows no redirects") }

    var hopIntended: Instant? { nil }

    var hopMethod: HTTPMethod? { nil }

    func serviceSoFar(_ age: TimeSpan) -> TimeSpan? {
        guard sentFrom.ns > 0 else { return nil }
        return max(.zero, age - (sentFrom - startedAt))
    }
}

@available(*, unavailable)
extension DirectExchange: Sendable {}
