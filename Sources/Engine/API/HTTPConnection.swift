// One HTTP/1.1 connection: bytes in, one request at a time to `TradingAPI`, its answer out.
// Confined to its event loop; answers come through the loop's `Outbox`.
//
//     bytes -> head, body -> handle -> [busy] -> answer or timeout -> bytes -> next (keep-alive)
//
// Pipelined requests wait in the buffer, as they do while the client does not read its answers.
// There is one timer per connection, armed while something is waited for (an outcome, the rest of
// a request, a client that reads) and left to fire once: not one per request.

import HarnessCore
import NIOCore

final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What a request was, for its answer and the counters.
    struct Open {
        var serial: UInt64
        var begin: Instant
        var route: Route
        var method: HTTPMethod
        var isKeepAlive: Bool
        var isHead: Bool
    }

    private let api: TradingAPI
    private let outbox: Outbox
    private let replyTimeout: TimeSpan
    /// How long a request may take to arrive, and an answer to be read.
    private let stallLimit: TimeSpan
    /// Unread bytes more than this wait in the socket while a request is open.
    private static let bufferedMax = 256 << 10

    private var context: ChannelHandlerContext?
    private var me: NIOLoopBound<HTTPConnection>?
    private var buffer = ByteBuffer()
    /// The last answer's memory, for the next one.
    private var outgoing = ByteBuffer()
    /// More than this is not kept.
    private static let outgoingMax = 4 << 10
    private var open: Open?
    private var serial: UInt64 = 0
    private var timer: Scheduled<Void>?
    private var isProcessing = false
    private var isEnding = false
    private var isStreaming = false
    private var isReadHeld = false
    private var saidContinue = false
    /// False while more is written than the client has read.
    private var isWritable = true
    private var unwritableSince: Instant?
    /// Since when the buffer holds the beginning of a request.
    private var partialSince: Instant?
    /// The client sends no more: what it has sent is answered, then the connection ends.
    private var isInputClosed = false
    /// Bytes of a body too large that are still to be passed over.
    private var skip = 0
    private var agent: EngineStatistics.Agent?
    private var agentText: [UInt8] = []

    init(
        api: TradingAPI, outbox: Outbox, replyTimeout: TimeSpan,
        stallLimit: TimeSpan
    ) {
        self.api = api
        self.outbox = outbox
        self.replyTimeout = replyTimeout
        self.stallLimit = stallLimit
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        me = NIOLoopBound(self, eventLoop: context.eventLoop)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        open = nil
        self.context = nil
        me = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if api.statistics.connected() > Limits.httpConnections { context.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        api.statistics.disconnected()
        isEnding = true
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset or a broken pipe: the client has left.
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            isInputClosed = true
            // Of a stream nobody can say any more that it is wanted.
            if isStreaming { context.close(promise: nil) } else { process() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // `DepthStreams` looks after its own.
        guard !isStreaming else { return context.fireChannelWritabilityChanged() }
        isWritable = context.channel.isWritable
        unwritableSince = isWritable ? nil : Instant.now()
        if isWritable {
            process()
        } else {
            armTimer()
        }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if open != nil || !isWritable, buffer.readableBytes > Self.bufferedMax {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Nothing is read of who is sent a stream, or has got its last answer.
        guard !isEnding else { return }
        var incoming = unwrapInboundIn(data)
        if buffer.readableBytes == 0 {
            buffer = incoming
        } else {
            buffer.writeBuffer(&incoming)
        }
        process()
    }

    // MARK: Requests

    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        while open == nil, isWritable, !isEnding, buffer.readableBytes > 0 {
            if skip > 0 {
                let count = min(skip, buffer.readableBytes)
                buffer.moveReaderIndex(forwardBy: count)
                skip -= count
                continue
            }
            let taken = buffer.withUnsafeReadableBytes { take($0) }
            if taken == 0 { break }
            buffer.moveReaderIndex(forwardBy: taken)
        }
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        isProcessing = false
        if isReadHeld, buffer.readableBytes <= Self.bufferedMax {
            isReadHeld = false
            context?.read()
        }
        if open == nil, isWritable, !isEnding { wait() }
    }

    /// Every whole request has its answer.
    private func wait() {
        if isInputClosed {
            // Of what is left, no more comes.
            guard let context else { return }
            isEnding = true
            let channel = context.channel
            // An empty write: `close` waits for none of those before it.
            context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
                channel.close(promise: nil)
            }
        } else if buffer.readableBytes == 0 {
            partialSince = nil
        } else if partialSince == nil {
            partialSince = Instant.now()
            armTimer()
        }
    }

    /// Takes one request; returns its bytes, 0 where it is not whole.
    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch HTTPHead.parse(bytes) {
        case .incomplete: return 0
        case .malformed(let status):
            refuse(status, "Malformed HTTP request.")
            return bytes.count
        case .head(let head):
            switch head.body {
            case .length(let length): return take(head, length, bytes)
            case .chunked: return takeChunks(head, bytes)
            }
        }
    }

    private func take(_ head: HTTPHead, _ length: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
        guard length <= Limits.requestBodyBytes else {
            // A body of some size is passed over so that the answer is read; no more than that.
            begin(head, bytes)
            if length > 1 << 20 { open?.isKeepAlive = false } else { skip = length }
            answer(Self.tooLarge)
            return head.end
        }
        guard head.end + length <= bytes.count else {
            sayContinue(head)
            return 0
        }
        handle(head, bytes, body: bytes.slice(head.end..<head.end + length))
        return head.end + length
    }

    private func takeChunks(_ head: HTTPHead, _ bytes: UnsafeRawBufferPointer) -> Int {
        switch HTTPChunks.decode(bytes, from: head.end, bytesMax: Limits.requestBodyBytes) {
        case .incomplete:
            sayContinue(head)
            return 0
        case .malformed:
            refuse(400, "Malformed chunk.")
            return bytes.count
        case .tooLarge:
            begin(head, bytes)
            open?.isKeepAlive = false
            answer(Self.tooLarge)
            return bytes.count
        case .whole(let body, let end):
            body.withUnsafeBytes { handle(head, bytes, body: $0) }
            return end
        }
    }

    private static let tooLarge = APIAnswer.error(
        413, -1000, "The body is over \(Limits.requestBodyBytes) bytes.")

    private func sayContinue(_ head: HTTPHead) {
        guard head.expectsContinue, !saidContinue, let context else { return }
        saidContinue = true
        var out = context.channel.allocator.buffer(capacity: 32)
        out.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
    }

    /// Answers what is no request and closes.
    private func refuse(_ status: Int, _ text: String) {
        begin(HTTPHead(), UnsafeRawBufferPointer(start: nil, count: 0))
        open?.isKeepAlive = false
        answer(.error(status, -1000, text))
    }

    private func begin(_ head: HTTPHead, _ bytes: UnsafeRawBufferPointer) {
        serial += 1
        saidContinue = false
        partialSince = nil
        open = Open(
            serial: serial, begin: Instant.now(), route: Route(path: bytes.slice(head.path)),
            method: head.method, isKeepAlive: head.isKeepAlive, isHead: head.isHead)
        if let range = head.agent {
            let text = bytes.slice(range)
            if !text.elementsEqual(agentText) {
                agentText = Array(text)
                agent = api.statistics.agent(text)
            }
            agent?.requested()
        } else if agent != nil {
            agent = nil
            agentText = []
        }
    }

    private func handle(
        _ head: HTTPHead, _ bytes: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer
    ) {
        begin(head, bytes)
        guard let open, let me else { return }
        if api.keys == nil {
            guard let host = head.host, LoopbackHost.isLoopback(header: bytes.slice(host)) else {
                return answer(.error(403, -1000, "Host must name loopback."))
            }
        }
        armTimer()
        let serial = open.serial
        let request = APIRequest(
            method: head.method, route: open.route, query: bytes.slice(head.query),
            apiKey: head.apiKey.map { bytes.slice($0) }, isJSON: head.isJSON, body: body)
        api.handle(request) { [outbox] result in
            outbox.send(result, serial: serial, to: me)
        }
    }

    // MARK: Answers

    /// An answer that is late, after the timeout or the end of the connection, is dropped.
    func deliver(_ result: APIAnswer, serial: UInt64) {
        guard let open, open.serial == serial else { return }
        answer(result)
        process()
    }

    private func answer(_ result: APIAnswer) {
        guard let done = open, let context else { return }
        if case .depthEvents(let symbol) = result.contentType {
            return stream(symbol, context)
        }
        open = nil
        api.statistics.answered(
            route: done.route, method: done.method, status: result.status,
            took: Instant.now() - done.begin)
        agent?.answered()
        // Fresh memory only where the last answer is still waiting in the channel.
        outgoing.clear(minimumCapacity: 192 + result.body.count)
        HTTPResponse.write(
            result, isKeepAlive: done.isKeepAlive, withBody: !done.isHead, to: &outgoing)
        if done.isKeepAlive {
            context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
        } else {
            isEnding = true
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(outgoing)).whenComplete { _ in
                channel.close(promise: nil)
            }
        }
        if outgoing.capacity > Self.outgoingMax { outgoing = ByteBuffer() }
    }

    /// Writes the head of a stream of events; `DepthStreams` writes the rest, until either side
    /// closes.
    private func stream(_ symbol: UInt16, _ context: ChannelHandlerContext) {
        guard let done = open else { return }
        guard api.streams.reserve() else { return answer(.tooManyStreams) }
        open = nil
        isEnding = true
        isStreaming = true
        api.statistics.answered(
            route: done.route, method: done.method, status: 200,
            took: Instant.now() - done.begin)
        agent?.answered()
        var out = context.channel.allocator.buffer(capacity: 192)
        HTTPResponse.writeStreamHead(to: &out)
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
        api.streams.begin(ChannelSink(channel: context.channel), symbol: symbol)
    }

    // MARK: The timer

    /// Fires no later than a reply timeout from now, so that it is never late for the next request.
    private func armTimer() {
        guard timer == nil, let context, let me else { return }
        let now = Instant.now()
        var due = now + replyTimeout
        if let open { due = min(due, open.begin + replyTimeout) }
        for since in [partialSince, unwritableSince] {
            if let since { due = min(due, since + stallLimit) }
        }
        timer = context.eventLoop.scheduleTask(in: .nanoseconds(max(0, (due - now).ns))) {
            me.value.timerFired()
        }
    }

    private func timerFired() {
        timer = nil
        let now = Instant.now()
        if let unwritableSince, now - unwritableSince >= stallLimit {
            context?.close(promise: nil)
        } else if let partialSince, now - partialSince >= stallLimit {
            refuse(408, "The request did not arrive within \(stallLimit).")
        } else if let open, now - open.begin >= replyTimeout {
            answer(.timeout)
            process()
        }
        if open != nil || partialSince != nil || unwritableSince != nil { armTimer() }
    }
}

@available(*, unavailable)
extension HTTPConnection: Sendable {}
