// The HTTP server of `run --ui`: the page, its stream of events, /metrics, /healthz. 127.0.0.1
// only. Runs on NIO's threads; knows the run by its feed alone.
//
// It ends with the run: whoever watches gets the verdict and keeps the page, which holds all it
// has shown; nobody is waited for longer than a second.

import HarnessCore
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

package final class LiveServer: Sendable {
    package static let defaultPort = 5_665
    private let feed: LiveFeed
    private let gate: LiveGate
    package let port: Int
    private let services: ServiceGroup
    private let task: Task<Void, any Error>

    /// What to open in a browser.
    package var url: String { "http://127.0.0.1:\(port)/?token=\(gate.token)" }

    private init(
        feed: LiveFeed, gate: LiveGate, port: Int, services: ServiceGroup,
        task: Task<Void, any Error>
    ) {
        self.feed = feed
        self.gate = gate
        self.port = port
        self.services = services
        self.task = task
    }

    /// - Parameter port: 0: any free one.
    /// - Throws: `CommandFailure` 69 where the port is taken.
    package static func start(feed: LiveFeed, port: Int) async throws -> LiveServer {
        let gate = LiveGate(token: LiveGate.makeToken())
        let answers = LiveAnswers(feed: feed, gate: gate)
        let (bound, announce) = AsyncStream.makeStream(of: Int.self)
        let responder = CallbackResponder { (request: Request, context: LiveContext) in
            answers.respond(to: request, channel: context.channel)
        }
        let application = Application(
            responder: responder,
            server: .http1(configuration: .init(idleTimeout: .seconds(120))),
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in
                announce.yield(channel.localAddress?.port ?? 0)
            },
            logger: Logger(label: "spotload.live") { _ in SwiftLogNoOpLogHandler() })
        let services = ServiceGroup(services: [application], logger: application.logger)
        let task = Task {
            defer { announce.finish() }
            try await services.run()
        }
        for await port in bound {
            return LiveServer(feed: feed, gate: gate, port: port, services: services, task: task)
        }
        do {
            try await task.value
        } catch let error as IOError where error.errnoCode == 98 {
            throw CommandFailure(
                .unavailable,
                "--ui: port \(port) of 127.0.0.1 is taken; give another with --ui-port, 0 for any")
        } catch {
            throw CommandFailure(.unavailable, "--ui: 127.0.0.1:\(port): \(error)")
        }
        throw CommandFailure(.unavailable, "--ui: the server ended at once")
    }

    /// Lets the last events out, for a second at most, and closes. The server is never cancelled:
    /// a connection accepted at that moment would be dropped by NIO unfinished, which traps.
    package func stop() async {
        feed.end()
        await Self.wait { feed.clientCount == 0 }
        feed.cutAll()
        await services.triggerGracefulShutdown()
        let isOver = Mutex(false)
        Task {
            // Losing the error is right: nobody is left to whom it matters.
            _ = try? await task.value
            isOver.withLock { $0 = true }
        }
        // Who reads /metrics byte by byte does not hold up the end of the run.
        await Self.wait { isOver.withLock { $0 } }
    }

    private static func wait(_ condition: () -> Bool) async {
        for _ in 0..<100 where !condition() {
            // Losing the error is right: a cancelled wait is a short one.
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// Keeps the channel, so that a client that is too slow can be cut off.
private struct LiveContext: InitializableFromSource, RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
