// From HTTP/1.1 to `TradingAPI` and back. One handler per connection, on its event loop.

import HarnessCore
import NIOCore
import NIOHTTP1
import Synchronization

/// Collects a request, hands it to the API, writes the answer.
final class HTTPHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private struct Pending {
        var head: HTTPRequestHead?
        var body: [UInt8] = []
        var isTooLarge = false
    }
    private let api: TradingAPI
    private let replyTimeout: TimeSpan
    private let pending: NIOLoopBound<Box>

    /// Touched on the event loop alone.
    private final class Box {
        var value = Pending()
    }

    init(api: TradingAPI, replyTimeout: TimeSpan, eventLoop: any EventLoop) {
        self.api = api
        self.replyTimeout = replyTimeout
        pending = NIOLoopBound(Box(), eventLoop: eventLoop)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            pending.value.value = Pending(head: head)
        case .body(let buffer):
            let state = pending.value
            if state.value.body.count + buffer.readableBytes > Limits.requestBodyBytes {
                state.value.isTooLarge = true
            } else {
                state.value.body.append(contentsOf: buffer.readableBytesView)
            }
        case .end:
            let state = pending.value.value
            pending.value.value = Pending()
            if let head = state.head { respond(to: head, state, context) }
        }
    }

    private func respond(
        to head: HTTPRequestHead, _ state: Pending, _ context: ChannelHandlerContext
    ) {
        let begin = Instant.now()
        let request = Self.request(head, body: state.body)
        let channel = context.channel
        let isKeepAlive = head.isKeepAlive
        let method = head.method.rawValue
        let statistics = api.statistics
        statistics.requested(agent: request.agent)
        let once = Once()
        let loop = context.eventLoop
        let answer: TradingAPI.Answer = { result in
            guard once.claim() else { return }
            let route = TradingAPI.paths.contains(request.path) ? request.path : "other"
            statistics.answered(
                route: route, method: method, status: result.status, agent: request.agent,
                took: Instant.now() - begin)
            if loop.inEventLoop {
                Self.write(result, to: channel, isKeepAlive: isKeepAlive)
            } else {
                loop.execute { Self.write(result, to: channel, isKeepAlive: isKeepAlive) }
            }
        }
        if state.isTooLarge {
            return answer(.error(413, -1000, "The body is over \(Limits.requestBodyBytes) bytes."))
        }
        guard Self.isLoopback(request.host) else {
            return answer(.error(403, -1000, "Host must name loopback."))
        }
        if request.path.hasPrefix("/api/v3/order") {
            loop.scheduleTask(in: .nanoseconds(replyTimeout.ns)) {
                answer(
                    .error(
                        504, -1007,
                        "Timeout waiting for response from backend server. Send status unknown."))
            }.futureResult.whenFailure { _ in }
        }
        api.handle(request, answer: answer)
    }

    private static func request(_ head: HTTPRequestHead, body: [UInt8]) -> APIRequest {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let type = head.headers.first(name: "content-type") ?? ""
        return APIRequest(
            method: head.method.rawValue, path: String(parts[0]),
            query: parts.count > 1 ? String(parts[1]) : "", host: head.headers.first(name: "host"),
            apiKey: head.headers.first(name: "x-mbx-apikey"),
            agent: head.headers.first(name: "x-spotload-agent"),
            isJSON: type.hasPrefix("application/json"), body: body)
    }

    private static func isLoopback(_ host: String?) -> Bool {
        guard let host else { return false }
        let name =
            host.hasPrefix("[")
            ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" }
        return name == "localhost" || name == "::1" || name.hasPrefix("127.")
    }

    private static func write(_ answer: APIAnswer, to channel: any Channel, isKeepAlive: Bool) {
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: answer.contentType)
        headers.add(name: "content-length", value: String(answer.body.count))
        if let seq = answer.seq { headers.add(name: "x-engine-seq", value: "0:\(seq)") }
        if answer.retryAfter { headers.add(name: "retry-after", value: "1") }
        if !isKeepAlive { headers.add(name: "connection", value: "close") }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status),
            headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        var buffer = channel.allocator.buffer(capacity: answer.body.count)
        buffer.writeBytes(answer.body)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(buffer)), promise: nil)
        let done = channel.eventLoop.makePromise(of: Void.self)
        if !isKeepAlive { done.futureResult.whenComplete { _ in channel.close(promise: nil) } }
        channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: done)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// The first caller wins: the answer or the timeout.
    private final class Once: Sendable {
        private let isClaimed = Atomic<Bool>(false)
        func claim() -> Bool { !isClaimed.exchange(true, ordering: .relaxed) }
    }
}
