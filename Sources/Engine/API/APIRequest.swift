// A request as the routes see it, and the answer they give.

import HarnessCore

/// Valid within the call it is given to: the bytes are the connection's buffer.
struct APIRequest {
    var method: HTTPMethod
    var route: Route
    var query: UnsafeRawBufferPointer
    var apiKey: UnsafeRawBufferPointer?
    var isJSON: Bool
    var body: UnsafeRawBufferPointer
}

@available(*, unavailable)
extension APIRequest: Sendable {}

struct APIAnswer: Sendable {
    enum ContentType: Sendable { case json, text }

    var status: Int
    var body: [UInt8]
    var contentType = ContentType.json
    /// `X-Engine-Seq`: `<shard>:<seq>`.
    var seq: UInt64?
    var retryAfter = false

    static func json(_ text: String, status: Int = 200, seq: UInt64? = nil) -> APIAnswer {
        APIAnswer(status: status, body: Array(text.utf8), seq: seq)
    }

    static func text(_ text: String, status: Int = 200) -> APIAnswer {
        APIAnswer(status: status, body: Array(text.utf8), contentType: .text)
    }

    static func error(_ status: Int, _ code: Int32, _ message: String) -> APIAnswer {
        json("{\"code\":\(code),\"msg\":\"\(message)\"}", status: status)
    }

    static func rejection(_ rejection: Rejection, seq: UInt64? = nil) -> APIAnswer {
        let status = [-1002, -2014, -2015].contains(rejection.code) ? 401 : 400
        var answer = error(status, rejection.code, "\(rejection.message)")
        answer.seq = seq
        return answer
    }

    static func refused(_ refusal: Refusal) -> APIAnswer {
        let isOverload = refusal == .inflight || refusal == .storeLag
        var answer = error(
            isOverload ? 429 : 503, -1008,
            isOverload
                ? "Server is currently overloaded with other requests. "
                    + "Please try again in a few minutes."
                : "The engine takes no orders now (\(refusal.rawValue)).")
        answer.retryAfter = true
        return answer
    }

    static let timeout = error(
        504, -1007, "Timeout waiting for response from backend server. Send status unknown.")
}
