// What kind of failure a transfer ended with: our error class, which says what happened, and k6's
// error code, which says more (measurement.md section 1, scenarios.md 4.8; docs/transport.md has
// the table). Both lanes end with these. Measured failures are values: no throw, no log.

import Glibc
import HarnessCore

/// Class and code of a failed transfer.
package struct TransferFailure: Sendable, Hashable {
    /// `http_<status>`, `timeout`, `dns`, `connect`, `tls`, `reset`, `blocked`,
    /// `too_large`, `other`.
    package let errorClass: String
    /// `FailureCode`
    package let code: Int

    package init(errorClass: String, code: Int) {
        self.errorClass = errorClass
        self.code = code
    }

    /// A status outside `expect` and `rejects`.
    package static func status(_ status: Int) -> TransferFailure {
        TransferFailure(errorClass: "http_\(status)", code: FailureCode.status(status))
    }

    /// What has no class of its own.
    static let rest = TransferFailure(errorClass: "other", code: FailureCode.unclassified)

    /// What came is no HTTP, or not what its headers promised.
    static let malformed = rest

    /// The body does not decompress, or has a coding that nobody knows.
    static let decompression = TransferFailure(
        errorClass: "other", code: FailureCode.decompression)

    static let invalidURL = TransferFailure(errorClass: "other", code: FailureCode.invalidURL)

    /// Headers, or a body when it is inflated, beyond any honest measure.
    static let tooLarge = TransferFailure(
        errorClass: "too_large", code: FailureCode.unclassified)

    /// The request's time was over: on an open connection, ...
    static let timeout = TransferFailure(errorClass: "timeout", code: FailureCode.timeout)
    /// ... before there was an address, ...
    static let lookupTimeout = TransferFailure(errorClass: "timeout", code: FailureCode.lookup)
    /// ... before there was a connection, ...
    static let connectTimeout = TransferFailure(
        errorClass: "timeout", code: FailureCode.dialTimeout)
    /// ... or before it was secured.
    static let handshakeTimeout = TransferFailure(errorClass: "timeout", code: FailureCode.tls)

    static let noSuchHost = TransferFailure(errorClass: "dns", code: FailureCode.noSuchHost)

    /// The peer reset the connection, or closed it before the response was complete.
    static let reset = TransferFailure(errorClass: "reset", code: FailureCode.reset)
    static let brokenPipe = TransferFailure(errorClass: "reset", code: FailureCode.brokenPipe)

    static func tls(_ code: Int = FailureCode.tls) -> TransferFailure {
        TransferFailure(errorClass: "tls", code: code)
    }

    /// connect(2) failed.
    /// - Parameter error: its errno; 0: not known.
    static func connecting(errno error: Int) -> TransferFailure {
        switch Int32(truncatingIfNeeded: error) {
        case ECONNREFUSED:
            TransferFailure(errorClass: "connect", code: FailureCode.dialRefused)
        case ETIMEDOUT: connectTimeout
        case ECONNRESET: reset
        case 0: TransferFailure(errorClass: "connect", code: FailureCode.dial)
        default: TransferFailure(errorClass: "connect", code: FailureCode.dialErrno)
        }
    }

    /// send(2) or recv(2) failed on an open connection.
    static func moving(errno error: Int) -> TransferFailure {
        switch Int32(truncatingIfNeeded: error) {
        case ECONNRESET, 0: reset
        case EPIPE: brokenPipe
        default: TransferFailure(errorClass: "reset", code: FailureCode.unknownErrno)
        }
    }
}
