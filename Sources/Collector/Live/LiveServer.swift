// The HTTP server of `run --ui`: the page, its stream of events, /metrics, /healthz. 127.0.0.1
// only. Runs on NIO's threads; knows the run by its feed alone.
//
// It ends with the run: whoever watches gets the verdict and keeps the page, which holds all it
// has shown; nobody is waited for longer than a second.

import HarnessCore
import Hummingbird
import Logging
import NIOCore
import Synchronization

package final class LiveServer: Sendable {
    package static let defaultPort = 5_665
    private let feed: LiveFeed
    private let gate: LiveGate
    package let port: Int
    private let task: Task<Void, any Error>

    /// What to open in a browser.
    package var url: String { "http://127.0.0.1:\(port)/?token=\(gate.token)" }

    private init(feed: LiveFeed, gate: LiveGate, port: Int, task: Task<Void, any Error>) {
        self.feed = feed
        self.gate = gate
        self.port = port
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
        let task = Task {
            defer { announce.finish() }
            try await application.run()
        }
        for await port in bound {
            return LiveServer(feed: feed, gate: gate, port: port, task: task)
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

    /// Lets the last events out, for a second at most, and closes.
    package func stop() async {
        feed.end()
        for _ in 0..<50 where feed.clientCount > 0 {
            // Losing the error is right: a cancelled wait is a short one.
            try? await Task.sleep(for: .milliseconds(20))
        }
        task.cancel()
        // Losing the error is right: it says that the task was cancelled.
        _ = try? await task.value
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
