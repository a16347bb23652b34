// One GET of an exporter over FoundationNetworking: bounded in time and bytes, no redirect followed,
// no cookie, cache, credential or proxy. Off the data plane; many may be under way.
//
// URLSession on Linux has no timeout for a whole transfer and gives a redirect or a body of any
// size away before anybody asked, so all three are held here: a timer ends the task, the delegate
// counts bytes, and a 3xx is an answer that is none.

package import Foundation
package import FoundationNetworking
package import HarnessCore
import Synchronization

/// What came back, as it came.
package struct ScrapeAnswer: Sendable {
    package var body: [UInt8]
    package var contentType: String?
    package init(body: [UInt8], contentType: String? = nil) {
        self.body = body
        self.contentType = contentType
    }
}

/// Why nothing came, in words.
package struct ScrapeFailure: Error, Sendable, Equatable {
    package let why: String
    package init(_ why: String) { self.why = why }
}

package protocol ScrapeFetching: Sendable {
    /// - Throws: `ScrapeFailure`; also where the task was cancelled.
    func get(_ url: URL, within timeout: TimeSpan) async throws(ScrapeFailure) -> ScrapeAnswer
}

package final class ScrapeClient: NSObject, ScrapeFetching, URLSessionDataDelegate, Sendable {
    private struct Transfer {
        var body: [UInt8] = []
        /// Set by us before the task is cancelled.
        var failure: ScrapeFailure?
        var continuation: CheckedContinuation<Result<ScrapeAnswer, ScrapeFailure>, Never>
    }
    /// By task identifier.
    private let transfers = Mutex<[Int: Transfer]>([:])
    private let session = Mutex<URLSession?>(nil)

    private static let accept =
        "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

    package override init() {
        super.init()
        Self.forbidProxies
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        configuration.httpMaximumConnectionsPerHost = 8
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        let made = URLSession(configuration: configuration, delegate: self, delegateQueue: queue)
        session.withLock { $0 = made }
    }

    /// Ends what is under way; of no use afterwards. The session keeps its delegate alive until
    /// then.
    package func close() {
        let ended = session.withLock { session in
            defer { session = nil }
            return session
        }
        ended?.invalidateAndCancel()
    }

    /// libcurl, which URLSession is made of here, takes its proxies from the environment, and a
    /// proxy would be asked in place of this machine. Once, and only where there is one to forbid.
    private static let forbidProxies: Void = {
        let names = ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"]
        guard names.contains(where: { getenv($0) != nil }) else { return }
        setenv("no_proxy", "*", 1)
    }()

    package func get(
        _ url: URL, within timeout: TimeSpan
    ) async throws(ScrapeFailure) -> ScrapeAnswer {
        guard let task = makeTask(url, timeout) else { throw ScrapeFailure("the run is over") }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfers.withLock {
                    $0[task.taskIdentifier] = Transfer(continuation: continuation)
                }
                task.resume()
                end(task, "no answer within \(timeout.goText)", after: timeout)
                // A cancellation before the transfer was noted found nothing to end.
                if Task.isCancelled { end(task, "cancelled") }
            }
        } onCancel: {
            end(task, "cancelled")
        }
        return try result.get()
    }

    private func makeTask(_ url: URL, _ timeout: TimeSpan) -> URLSessionDataTask? {
        var request = URLRequest(url: url)
        request.cachePolicy = .reloadIgnoringLocalCacheData
        // Ours fires first; in whole seconds, so never less than one.
        request.timeoutInterval = (timeout.seconds + 1).rounded(.up)
        request.setValue(Self.accept, forHTTPHeaderField: "Accept")
        request.setValue("spotload/\(Limits.version)", forHTTPHeaderField: "User-Agent")
        request.setValue(
            String(timeout.seconds), forHTTPHeaderField: "X-Prometheus-Scrape-Timeout-Seconds")
        return session.withLock { $0?.dataTask(with: request) }
    }

    private func end(_ task: URLSessionDataTask, _ why: String, after delay: TimeSpan) {
        let deadline = DispatchTime.now() + .nanoseconds(Int(delay.ns))
        DispatchQueue.global().asyncAfter(deadline: deadline) { [weak self, weak task] in
            if let self, let task { end(task, why) }
        }
    }

    private func end(_ task: URLSessionDataTask, _ why: String) {
        finish(task, .failure(ScrapeFailure(why)))
        task.cancel()
    }

    /// The first outcome is the transfer's.
    private func finish(_ task: URLSessionTask, _ result: Result<ScrapeAnswer, ScrapeFailure>) {
        let transfer = transfers.withLock { $0.removeValue(forKey: task.taskIdentifier) }
        transfer?.continuation.resume(returning: result)
    }

    // MARK: - URLSessionDataDelegate

    package func urlSession(
        _ session: URLSession, task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
        finish(
            task,
            .failure(ScrapeFailure("answered \(response.statusCode), a redirect: not followed")))
        task.cancel()
    }

    package func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data
    ) {
        let isTooLong = transfers.withLock { transfers in
            guard let count = transfers[dataTask.taskIdentifier]?.body.count else { return false }
            guard count + data.count <= Limits.observedBytes else { return true }
            transfers[dataTask.taskIdentifier]?.body.append(contentsOf: data)
            return false
        }
        if isTooLong { end(dataTask, "an answer of more than \(Limits.observedBytes >> 20) MiB") }
    }

    package func urlSession(
        _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
        let body = transfers.withLock { $0[task.taskIdentifier]?.body ?? [] }
        if let error {
            finish(task, .failure(ScrapeFailure(Self.words(error))))
        } else if let response = task.response as? HTTPURLResponse {
            finish(task, Self.result(response, body))
        } else {
            finish(task, .failure(ScrapeFailure("no HTTP answer")))
        }
    }

    private static func result(
        _ response: HTTPURLResponse, _ body: [UInt8]
    ) -> Result<ScrapeAnswer, ScrapeFailure> {
        guard response.statusCode == 200 else {
            return .failure(ScrapeFailure("answered \(response.statusCode)"))
        }
        return .success(
            ScrapeAnswer(
                body: body, contentType: response.value(forHTTPHeaderField: "Content-Type")))
    }

    private static func words(_ error: any Error) -> String {
        guard let error = error as? URLError else { return "\(error)" }
        switch error.code {
        case .cannotConnectToHost: return "cannot connect"
        case .cannotFindHost, .dnsLookupFailed: return "its host is not found"
        case .timedOut: return "no answer in time"
        case .networkConnectionLost: return "the connection was lost"
        default: return "no answer: \(error.localizedDescription)"
        }
    }
}
