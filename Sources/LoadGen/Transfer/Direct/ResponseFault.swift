// What can be wrong with a response, and what is said about it.

/// Why a response could not be parsed.
package enum ResponseFault: UInt8, Sendable, CaseIterable {
    case none
    /// The connection ended first.
    case headTruncated, bodyTruncated
    case notHTTP, badVersion, badStatusLine, badHeader, headTooLarge, tooManyInformational
    case badLength, badCoding, badChunk, trailersTooLarge

    package var text: String {
        switch self {
        case .none: ""
        case .headTruncated: "the connection ended within the response's headers"
        case .bodyTruncated: "the connection ended within the response's body"
        case .notHTTP: "the answer is no HTTP/1 response"
        case .badVersion: "the response is neither HTTP/1.0 nor HTTP/1.1"
        case .badStatusLine: "the response has a malformed status line"
        case .badHeader: "the response has a malformed header line"
        case .headTooLarge: "the response's headers are too large"
        case .tooManyInformational: "too many 1xx responses before the final one"
        case .badLength: "the response's Content-Length is no number, or there are two"
        case .badCoding: "the response has a transfer coding that nobody asked for"
        case .badChunk: "the response's chunks are malformed"
        case .trailersTooLarge: "the response's trailers are too large"
        }
    }
}

extension TransferFailure {
    /// Of a response that could not be parsed.
    init(_ fault: ResponseFault) {
        switch fault {
        case .headTruncated, .bodyTruncated: self = .reset
        case .headTooLarge, .tooManyInformational, .trailersTooLarge: self = .tooLarge
        case .badCoding: self = .decompression
        default: self = .malformed
        }
    }
}
