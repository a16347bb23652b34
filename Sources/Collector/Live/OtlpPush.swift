// Pushes the run's metrics to an OTLP/HTTP endpoint, JSON, every 10 s and once at the end. It
// reads the feed's latest snapshot on a task of its own: nothing that measures or collects ever
// waits for it. 429, 5xx and no answer within 2 s are tried three times in all; then, and after
// any other refusal at once, the push is dropped and counted. The next one carries the same sums.

package import Foundation
import FoundationNetworking
import HarnessCore
import Synchronization

package final class OtlpPush: Sendable {
    package struct Timings: Sendable {
        package var interval: Duration
        /// Of one try.
        package var timeout: Duration
        /// Before the second try; doubles.
        package var pause: Duration
        package init(
            interval: Duration = .seconds(10), timeout: Duration = .seconds(2),
            pause: Duration = .milliseconds(250)
        ) {
            self.interval = interval
            self.timeout = timeout
            self.pause = pause
        }
    }
    private struct State {
        var pushed = 0
        var dropped = 0
        var tries = 0
        var failure = ""
    }
    static let triesMax = 3

    private let endpoint: URL
    private let feed: LiveFeed
    private let timings: Timings
    private let session: URLSession
    private let startNs = WallClock.unixNs()
    private let state = Mutex(State())
    private let loop = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter base: of the endpoint; `/v1/metrics` is added.
    package init(_ base: URL, feed: LiveFeed, timings: Timings = Timings()) {
        endpoint = base.appendingPathComponent("v1/metrics")
        self.feed = feed
        self.timings = timings
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timings.timeout.seconds
        configuration.timeoutIntervalForResource = timings.timeout.seconds
        session = URLSession(configuration: configuration)
    }

    /// An absolute http or https URL with a host; nil where `text` is none.
    package static func endpoint(_ text: String) -> URL? {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = url.host, !host.isEmpty,
            url.query == nil, url.fragment == nil
        else { return nil }
        return url
    }

    package func start() {
        loop.withLock { loop in
            loop = Task {
                while !Task.isCancelled {
                    // Losing the error is right: it says that the task was cancelled.
                    try? await Task.sleep(for: timings.interval)
                    if !Task.isCancelled { await push() }
                }
            }
        }
    }

    /// Sends the final state. Takes as long as three tries, at most.
    package func finish() async {
        let task = loop.withLock { $0 }
        task?.cancel()
        await push()
        await task?.value
        session.invalidateAndCancel()
    }

    /// Ends it without a last word.
    package func cancel() {
        loop.withLock { $0 }?.cancel()
        session.invalidateAndCancel()
    }

    /// `OTLP: 2 of 5 pushes to http://.. were dropped: timed out`; nil where none was.
    package var note: String? {
        let state = state.withLock { $0 }
        guard state.dropped > 0 else { return nil }
        return "OTLP: \(state.dropped) of \(state.dropped + state.pushed) pushes to "
            + "\(Self.shown(endpoint)) were dropped: \(ReportText.escaped(state.failure))"
    }

    package var counts: (pushed: Int, dropped: Int) {
        state.withLock { ($0.pushed, $0.dropped) }
    }

    /// Requests sent.
    package var tries: Int { state.withLock { $0.tries } }

    /// Without user, password and query.
    private static func shown(_ url: URL) -> String {
        let port = url.port.map { ":\($0)" } ?? ""
        return "\(url.scheme ?? "")://\(url.host ?? "")\(port)\(url.path)"
    }

    private func push() async {
        let body = OtlpJSON.render(
            feed.snapshot, startNs: startNs, nowNs: WallClock.unixNs())
        var pause = timings.pause
        for attempt in 1...Self.triesMax {
            state.withLock { $0.tries += 1 }
            let outcome = await post(body)
            switch outcome {
            case .taken:
                state.withLock { $0.pushed += 1 }
                return
            case .again where attempt < Self.triesMax && !Task.isCancelled:
                // Losing the error is right: it says that the run is over.
                try? await Task.sleep(for: pause)
                pause *= 2
            case .again(let why), .refused(let why):
                state.withLock {
                    $0.dropped += 1
                    $0.failure = why
                }
                return
            }
        }
    }

    private enum Outcome: Sendable {
        case taken
        case again(String)
        case refused(String)
    }

    private func post(_ body: String) async -> Outcome {
        var request = URLRequest(url: endpoint)
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        return await withCheckedContinuation { continuation in
            let task = session.dataTask(with: request) { _, response, error in
                guard error == nil, let status = (response as? HTTPURLResponse)?.statusCode
                else {
                    continuation.resume(returning: .again(Self.reason(error)))
                    return
                }
                switch status {
                case 200..<300: continuation.resume(returning: .taken)
                case 429, 500...: continuation.resume(returning: .again("status \(status)"))
                default: continuation.resume(returning: .refused("status \(status)"))
                }
            }
            task.resume()
            Task {
                // URLSession's own timeout begins anew with every byte of the answer. Losing the
                // error is right: nothing cancels this sleep.
                try? await Task.sleep(for: timings.timeout)
                task.cancel()
            }
        }
    }

    private static func reason(_ error: (any Error)?) -> String {
        guard let error = error as? URLError else { return "no answer" }
        let isLate = error.code == .timedOut || error.code == .cancelled
        return isLate ? "timed out" : error.localizedDescription
    }
}

extension Duration {
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
