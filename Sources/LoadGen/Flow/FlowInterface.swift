// The seam between a flow (what a VU wants) and the worker (clock, sockets, records). A flow is a
// state machine without clock or socket: `next` says what to do, the worker does it and reports.
//
// All of it is confined to one worker thread.

package import HarnessCore

package enum HTTPMethod: String, Sendable, CaseIterable {
    case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE", head = "HEAD"
    case options = "OPTIONS"
}

/// What a flow wants next.
package enum FlowAction: Sendable, Equatable {
    /// Send `FlowMachine.request`, then call `complete`.
    case request
    /// Send `FlowMachine.batch[0 ..< count]`, at most `limit` at a time and in that order; call
    /// `complete(_:of:)` for each as it ends, and `next` after the last.
    case batch(count: Int, limit: Int)
    /// Wait so long after the end of the step before, then call `next`.
    case think(TimeSpan)
    /// The iteration ended by itself; `failed`: by onFail, or by an iteration error.
    case finished(failed: Bool)
}

/// The request to send. One per VU, its buffers reused from request to request; an object, so that
/// handing it on copies no references to them.
package final class PreparedRequest {
    package var method = HTTPMethod.get
    /// Absolute, no NUL.
    package var url: [UInt8] = []
    /// `Name: value` lines, each ended by NUL. Without a value a header is not sent, not even where
    /// libcurl would by itself.
    package var headers: [UInt8] = []
    package var body: [UInt8] = []
    /// Sent instead of `body`: the bytes of a file, shared by all VUs.
    package var file: BodyBytes?
    /// Name tag, a position in the worker's `NameTable`.
    package var nameID = 0
    /// Position among the requests of the workload's program: its static tags.
    package var stepID = 0
    /// Group it stands in, a position in the program's group names; -1: none.
    package var groupID = -1
    package var timeout: TimeSpan = .seconds(60)
    /// Whether checks, captures or rejects read the response's body or headers.
    package var needsBody = false
    package var needsHeaders = false
    package init() {}
}

@available(*, unavailable)
extension PreparedRequest: Sendable {}

/// How a transfer ended, as the flow sees it. Buffers are valid during `complete` only.
package struct TransferResponse {
    /// 0 after a transport error or timeout.
    package var status: Int
    /// Service time.
    package var duration: TimeSpan
    package var body: UnsafeRawBufferPointer
    /// Raw header lines of the final response.
    package var headers: UnsafeRawBufferPointer
    package init(
        status: Int, duration: TimeSpan, body: UnsafeRawBufferPointer,
        headers: UnsafeRawBufferPointer
    ) {
        self.status = status
        self.duration = duration
        self.body = body
        self.headers = headers
    }
}

/// What a completed transfer counts as.
package enum RequestVerdict: Sendable, Equatable {
    case ok
    /// A business reject (`rejects`): no failure; counted in `http_req_rejected`.
    case rejected
    case failed
}

/// One check of a finished request.
package struct CheckOutcome: Sendable, Equatable {
    /// Position among the program's check names.
    package var check: Int
    package var holds: Bool
    package init(check: Int, holds: Bool) {
        self.check = check
        self.holds = holds
    }
}

/// Interns request names, groups and checks of one worker; at most `Limits.requestNames` names that
/// come from templates, further ones become `(other)`.
package final class NameTable {
    package private(set) var names: [String] = []
    private var positions: [String: Int] = [:]
    private let templateNamesMax: Int
    private var templateNames = 0

    /// - Parameter templateNames: how many names may come from templates.
    package init(templateNames: Int = Limits.requestNames) { templateNamesMax = templateNames }

    /// Position of `name`; adds it if it is new.
    package func id(_ name: String) -> Int {
        if let known = positions[name] { return known }
        names.append(name)
        positions[name] = names.count - 1
        return names.count - 1
    }

    /// The same for a name rendered from a template.
    package func boundedID(_ name: String) -> Int {
        if let known = positions[name] { return known }
        guard templateNames < templateNamesMax else { return id("(other)") }
        templateNames += 1
        return id(name)
    }
}

@available(*, unavailable)
extension NameTable: Sendable {}
