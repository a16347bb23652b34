// A reply of Redis as a value, and what can go wrong on the way to it.

package enum RedisReply: Sendable, Equatable {
    case null
    case integer(Int64)
    case status(String)
    case bytes([UInt8])
    case array([RedisReply])
    /// The server's error text, e.g. `WRONGTYPE Operation against ...`.
    case error(String)

    /// Bytes of a bulk or status reply as text; nil for anything else.
    package var text: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        default: nil
        }
    }
    package var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    package var integer: Int64? { if case .integer(let n) = self { n } else { nil } }
    package var elements: [RedisReply]? { if case .array(let all) = self { all } else { nil } }
    package var isOK: Bool { self == .status("OK") }
    package var errorText: String? { if case .error(let text) = self { text } else { nil } }
}

/// A failed exchange. After one the connection is closed and never used again.
package struct RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// No connection: refused, no such socket, unresolvable.
        case connect
        /// The deadline passed without progress.
        case timeout
        /// The peer closed or reset.
        case closed
        /// Bytes that are not RESP, or a reply over the cap.
        case malformed
    }
    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "redis: \(detail)" }
}

/// What an error reply means for a client (fleet.md section 2).
package enum RedisErrorKind: Sendable, Equatable {
    /// LOADING READONLY MISCONF OOM BUSY MASTERDOWN: reconnect, replay.
    case retryable
    /// The id of an XADD is not above the stream's last: stored already, or fenced.
    case notAboveTop
    case denied
    case wrongLogin
    case moved
    case fatal

    package init(text: String) {
        let word = text.prefix { $0 != " " }
        switch word {
        case "LOADING", "READONLY", "MISCONF", "OOM", "BUSY", "MASTERDOWN", "TRYAGAIN":
            self = .retryable
        case "NOPERM": self = .denied
        case "WRONGPASS", "NOAUTH": self = .wrongLogin
        case "MOVED", "ASK", "CLUSTERDOWN": self = .moved
        default:
            self =
                text.contains("equal or smaller than the target stream top item")
                ? .notAboveTop : .fatal
        }
    }
}
