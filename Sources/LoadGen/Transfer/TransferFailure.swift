// What kind of failure a transfer ended with: our error classes and k6's error codes
// (measurement.md section 1, scenarios.md 4.8). Measured failures are values: no throw, no log.

import CCurl

/// Class and code of a failed transfer.
package struct TransferFailure: Sendable, Hashable {
    /// `http_<status>`, `timeout`, `dns`, `connect`, `tls`, `reset`, `other`.
    package let errorClass: String
    /// k6's: 1050 timeout, 1101 lookup, 1211 dial timeout, 1212 refused, 1220 reset, 1300 TLS,
    /// 1000 + status, 1000 for the rest.
    package let code: Int

    package init(errorClass: String, code: Int) {
        self.errorClass = errorClass
        self.code = code
    }

    /// A status outside `expect` and `rejects`.
    package static func status(_ status: Int) -> TransferFailure {
        TransferFailure(errorClass: "http_\(status)", code: 1000 + status)
    }

    /// What has no class of its own.
    static let rest = TransferFailure(errorClass: "other", code: 1000)

    static let reset = TransferFailure(errorClass: "reset", code: 1220)
    static let timeout = TransferFailure(errorClass: "timeout", code: 1050)

    /// - Parameter wasConnected: the connection was there when it failed.
    static func transport(_ result: CURLcode, wasConnected: Bool) -> TransferFailure {
        switch result {
        case CURLE_OPERATION_TIMEDOUT:
            wasConnected ? timeout : TransferFailure(errorClass: "timeout", code: 1211)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            TransferFailure(errorClass: "dns", code: 1101)
        case CURLE_COULDNT_CONNECT: TransferFailure(errorClass: "connect", code: 1212)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_USE_SSL_FAILED:
            TransferFailure(errorClass: "tls", code: 1300)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE:
            reset
        default: rest
        }
    }
}
