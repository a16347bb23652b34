// Who watches a run from outside: the live page and the OTLP push, or nobody. Started before the
// agents, fed from the collector's thread, gone before the process ends.

import Collector
import Foundation
import HarnessCore
import Synchronization

final class LiveWatch: Sendable {
    private struct Parts {
        var feed: LiveFeed?
        var server: LiveServer?
        var push: OtlpPush?
        /// The last push goes on while children are stopped.
        var lastPush: Task<Void, Never>?
    }
    private let parts = Mutex(Parts())

    /// Says on stderr where the page is.
    /// - Returns: the page's port; nil without one.
    /// - Throws: `CommandFailure` 69 where the port is taken.
    func start(_ run: LiveRun, uiPort: Int?, otlp: URL?) async throws -> Int? {
        guard uiPort != nil || otlp != nil else { return nil }
        let feed = LiveFeed(run)
        var port: Int?
        if let uiPort {
            let server = try await LiveServer.start(feed: feed, port: uiPort)
            Terminal.error("live page: \(server.url)")
            port = server.port
            parts.withLock { $0.server = server }
        }
        if let otlp {
            let push = OtlpPush(otlp, feed: feed)
            push.start()
            parts.withLock { $0.push = push }
        }
        parts.withLock { $0.feed = feed }
        return port
    }

    func note(_ text: String) { parts.withLock { $0.feed }?.note(text) }

    /// Called on the collector's thread.
    func push(_ aggregate: RunAggregate, _ judge: Judge, runTime: TimeSpan) {
        parts.withLock { $0.feed }?.push(aggregate, judge, runTime: runTime)
    }

    func finish(_ finished: FinishedRun) {
        parts.withLock { $0.feed }?.finish(finished)
        parts.withLock { parts in
            guard let push = parts.push else { return }
            parts.lastPush = Task { await push.finish() }
        }
    }

    /// Ends the page, waits for the last push; a run that failed pushes nothing more.
    func stop() async {
        let (server, push, lastPush) = parts.withLock { ($0.server, $0.push, $0.lastPush) }
        await server?.stop()
        await lastPush?.value
        if lastPush == nil { push?.cancel() }
        if let note = push?.note { Terminal.error(note) }
    }
}
