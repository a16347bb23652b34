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
    /// Whose key signed it, where there are API keys.
    var caller: InlineText?
}

@available(*, unavailable)
extension APIRequest: Sendable {}

struct APIAnswer: Sendable {
    enum ContentType: Sendable, Equatable {
        case json, text
        /// No body: depth of the symbol as server-sent events from here on.
        case depthEvents(symbol: UInt16)
    }

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
        // Messages are ours; two of them quote a regular expression.
        let text = message.contains("\\") ? message.replacing("\\", with: "\\\\") : message
        return json("{\"code\":\(code),\"msg\":\"\(text)\"}", status: status)
    }

    static func rejection(_ rejection: Rejection, seq: UInt64? = nil) -> APIAnswer {
        let status =
            switch rejection.code {
            case -1002, -2014, -2015: 401
            case -1003: 429
            default: 400
            }
        var answer = error(status, rejection.code, rejection.text)
        answer.seq = seq
        answer.retryAfter = status == 429
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

    static let unknown = error(
        500, -1000, "An unknown error occurred while processing the request.")

    static let tooManyStreams: APIAnswer = {
        var answer = error(
            429, -1003, "Too many streams; \(Limits.depthStreams) clients have one already.")
        answer.retryAfter = true
        return answer
    }()

    static let unconfirmed = error(
        504, -1006,
        "An unexpected response was received from the message bus. Execution status unknown.")

    static let timeout = error(
        504, -1007,
        "Timeout waiting for response from backend server. "
            + "Send status unknown; execution status unknown.")
}
