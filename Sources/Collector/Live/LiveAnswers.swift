// What the live server answers to each path. Headers keep the page to its own origin: no script,
// style or request of another one.

import Hummingbird
import NIOCore

/// Names of header fields; their package is Hummingbird's own dependency, not ours.
private typealias FieldName = HTTPFields.Element.Name

struct LiveAnswers: Sendable {
    let feed: LiveFeed
    let gate: LiveGate

    func respond(to request: Request, channel: any Channel) -> Response {
        let path = request.uri.path
        // Hummingbird keeps HTTP/1.1's Host as the authority.
        let verdict = gate.check(
            host: request.head.authority, origin: request.headers[.origin], path: path,
            token: request.uri.queryParameters["token"].map(String.init))
        if case .forbidden(let why) = verdict { return Self.text(.forbidden, why) }
        guard request.method == .get || request.method == .head else {
            return Self.text(.methodNotAllowed, "GET only\n")
        }
        var response = answer(path, request, channel)
        if request.method == .head { response.body = .init() }
        return response
    }

    private func answer(_ path: String, _ request: Request, _ channel: any Channel) -> Response {
        switch path {
        case "/": Self.text(.ok, LivePage.html, type: "text/html; charset=utf-8")
        case "/app.css": Self.text(.ok, LivePage.style, type: "text/css; charset=utf-8")
        case "/app.js": Self.text(.ok, LivePage.script, type: "text/javascript; charset=utf-8")
        case "/icon.svg": Self.text(.ok, LivePage.icon, type: "image/svg+xml")
        case "/healthz": Self.text(.ok, "ok\n")
        case "/metrics": metrics(accept: request.headers[.accept])
        case "/events": events(request, channel)
        default: Self.text(.notFound, "no such page\n")
        }
    }

    private func metrics(accept: String?) -> Response {
        let format = PrometheusText.Format(accept: accept)
        return Self.text(
            .ok, PrometheusText.render(feed.snapshot, format), type: format.contentType)
    }

    private func events(_ request: Request, _ channel: any Channel) -> Response {
        guard request.method == .get else { return Self.text(.ok, "", type: "text/event-stream") }
        guard feed.hasRoom else {
            return Self.text(
                .serviceUnavailable,
                "\(LiveFeed.clientsMax) pages are watching already: close one\n")
        }
        let last = FieldName("Last-Event-ID").flatMap { request.headers[$0] }
            .flatMap { UInt32($0) }
        let feed = feed
        let body = ResponseBody { writer in
            let cut: @Sendable () -> Void = { channel.close(promise: nil) }
            guard let subscription = feed.subscribe(after: last, cut: cut) else {
                try await writer.finish(nil)
                return
            }
            defer { feed.unsubscribe(subscription.id) }
            LeavingClient.watch(channel) { feed.unsubscribe(subscription.id) }
            let replay = "retry: 3000\n\n" + subscription.replay.joined()
            try await writer.write(ByteBuffer(string: replay))
            for await event in subscription.queue {
                try await writer.write(ByteBuffer(string: event))
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: Self.headers("text/event-stream; charset=utf-8"), body: body)
    }

    private static func text(
        _ status: HTTPResponse.Status, _ text: String, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: headers(type),
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private static func headers(_ type: String) -> HTTPFields {
        var fields: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
        for (name, value) in [
            (
                "Content-Security-Policy",
                "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ] {
            if let name = FieldName(name) { fields[name] = value }
        }
        return fields
    }
}

/// Sees a watcher leave. The server lets a client close its half and goes on answering, so that
/// only the next write would tell; who reads a stream of events and closes is gone.
private final class LeavingClient: ChannelInboundHandler {
    typealias InboundIn = Any
    private let onLeave: @Sendable () -> Void

    private init(onLeave: @escaping @Sendable () -> Void) { self.onLeave = onLeave }

    static func watch(_ channel: any Channel, onLeave: @escaping @Sendable () -> Void) {
        channel.closeFuture.whenComplete { _ in onLeave() }
        channel.eventLoop.execute {
            // Losing the error is right: it says that the channel is closed, as does the future.
            try? channel.pipeline.syncOperations.addHandler(LeavingClient(onLeave: onLeave))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            onLeave()
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }
}
