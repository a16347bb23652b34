// The bytes of an answer: one buffer, head and body.

import NIOCore

enum HTTPResponse {
    /// - Parameter withBody: false for the answer to a HEAD, which has the length only.
    static func write(
        _ answer: APIAnswer, isKeepAlive: Bool, withBody: Bool = true, to out: inout ByteBuffer
    ) {
        if answer.status == 200 {
            out.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            out.writeString("HTTP/1.1 \(answer.status) \(reason(answer.status))\r\n")
        }
        switch answer.contentType {
        case .json, .depthEvents:
            out.writeStaticString("content-type: application/json\r\ncontent-length: ")
        case .text:
            out.writeStaticString("content-type: text/plain; version=0.0.4\r\ncontent-length: ")
        }
        write(UInt64(answer.body.count), to: &out)
        if let seq = answer.seq {
            out.writeStaticString("\r\nx-engine-seq: 0:")
            write(seq, to: &out)
        }
        if answer.retryAfter { out.writeStaticString("\r\nretry-after: 1") }
        if !isKeepAlive { out.writeStaticString("\r\nconnection: close") }
        out.writeStaticString("\r\n\r\n")
        if withBody { out.writeBytes(answer.body) }
    }

    /// The head of a stream that ends when the connection does.
    static func writeStreamHead(to out: inout ByteBuffer) {
        out.writeStaticString(
            """
            HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
            cache-control: no-store\r\nconnection: close\r\n\r\n
            """)
    }

    private static func write(_ number: UInt64, to out: inout ByteBuffer) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var i = 20
            var rest = number
            repeat {
                i -= 1
                digits[i] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            out.writeBytes(digits[i...])
        }
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 417: "Expectation Failed"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}
