// The seam between a worker and its lanes: one place of a VU, which carries one transfer at a time.
// The worker prepares it, starts it, and is told by `Transport.takeFinished` that it ended; then it
// reads the outcome. Two lanes stand behind it (DESIGN section 7):
//
//     multi     libcurl does everything                   Multi/EasyHandle
//     direct    libcurl connects, HTTP/1.1 is ours        Direct/
//
// Confined to the worker's thread.

import HarnessCore

protocol Exchange: AnyObject {
    /// Sets it up for `request`. The request's buffers are copied, but for a file's bytes.
    func prepare(_ request: PreparedRequest)

    /// Begins what was prepared. Its end comes with `Transport.takeFinished`, never in here.
    func start(now: Instant)

    /// Ends an unfinished transfer; its connection is closed, and nothing of it comes any more.
    func cut()

    // MARK: - After the end, until the next `prepare`, `follow` or `start`

    /// Status, phases, bytes, failure.
    var outcome: TransferOutcome { get }

    /// What the flow reads; its buffers belong to the exchange.
    var response: TransferResponse { get }

    /// The beginning of the response's body: an example for the error table.
    var responseText: String { get }

    /// What went wrong, in words; empty without a failure.
    var errorText: String { get }

    /// errno of the failed transfer's socket, 0 if there was none.
    var systemError: Int { get }

    // MARK: - Redirects

    /// Whether the response leads to a hop that the scenario lets us follow.
    var leadsOn: Bool { get }

    /// Sets it up for that hop, due `now`; `start` begins it.
    /// - Precondition: `leadsOn`.
    func follow(now: Instant)

    /// When the hop under way was due; nil: it is the request itself.
    var hopIntended: Instant? { get }

    /// Of the hop under way; nil: it is the request itself.
    var hopMethod: HTTPMethod? { get }

    // MARK: - Under way

    /// The service time so far; nil where the request was not sent yet.
    /// - Parameter age: since `start`.
    func serviceSoFar(_ age: TimeSpan) -> TimeSpan?
}
