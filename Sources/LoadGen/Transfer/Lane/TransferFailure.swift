// What kind of failure a transfer ended with: our error classes and k6's error codes
// (measurement.md section 1, scenarios.md 4.8). Measured failures are values: no throw, no log.

import CCurl

/// Class and code of a failed transfer.
package struct TransferFailure: Sendable, Hashable {
    /// `http_<status>`, `timeout`, `dns`, `connect`, `tls`, `reset`, `blocked`,
    /// `too_large`, `other`.
    package let errorClass: String
    /// k6's: 1050 timeout, 1101 lookup, 1211 dial timeout, 1212 refused, 1220 reset, 1300 TLS, 1310
    /// an unknown authority, 1311 a certificate of another host, 1000 + status, 1000 for the rest.
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

    private static func tls(_ code: Int) -> TransferFailure {
        TransferFailure(errorClass: "tls", code: code)
    }

    /// - Parameters:
    ///   - wasConnected: the connection was there when it failed.
    ///   - verifyResult: OpenSSL's, of the peer's certificate; 0: it was in order.
    ///   - hasAlert: the peer ended it with a TLS alert. In TLS 1.3 that is how a server refuses a
    ///     client's certificate, after the client has seen the handshake succeed.
    static func transport(
        _ result: CURLcode, wasConnected: Bool, verifyResult: Int = 0, hasAlert: Bool = false
    ) -> TransferFailure {
        switch result {
        case CURLE_OPERATION_TIMEDOUT:
            wasConnected ? timeout : TransferFailure(errorClass: "timeout", code: 1211)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            TransferFailure(errorClass: "dns", code: 1101)
        case CURLE_COULDNT_CONNECT: TransferFailure(errorClass: "connect", code: 1212)
        case CURLE_INTERFACE_FAILED: TransferFailure(errorClass: "connect", code: 1000)
        case CURLE_PEER_FAILED_VERIFICATION:
            switch verifyResult {
            // In order, or never looked at: what failed is the name.
            case 0, 1: tls(1311)
            // X509_V_ERR_...: no issuer's certificate, self-signed, not to be verified.
            case 2, 18, 19, 20, 21: tls(1310)
            default: tls(1300)
            }
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED:
            tls(1300)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR: hasAlert ? tls(1300) : reset
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM: reset
        default: rest
        }
    }
}
