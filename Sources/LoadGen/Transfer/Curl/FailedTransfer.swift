// From what libcurl tells of a failed transfer, or of failed connecting, to class and code. Beside
// its result there are times, which say how far it came, an errno of connect(2), and words: what
// happened to an open connection is told in these alone ("Recv failure: Connection reset by peer").
// They are English in every locale but that of the process, which is C. Pure.

import CCurl
import HarnessCore

/// What libcurl knows of a transfer that failed.
struct FailedTransfer {
    /// How far it came.
    enum Phase { case resolving, connecting, securing, moving }

    var result: CURLcode
    var phase = Phase.moving
    /// Of connect(2); 0: there was none.
    var systemError = 0
    /// OpenSSL's, of the peer's certificate; 0: it was in order.
    var verifyResult = 0
    var text = ""
    /// Load may not go to the address.
    var isBlocked = false

    var failure: TransferFailure {
        if isBlocked { return .blocked }
        return switch result {
        case CURLE_OPERATION_TIMEDOUT: timedOut
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .noSuchHost
        case CURLE_COULDNT_CONNECT: .connecting(errno: systemError)
        case CURLE_INTERFACE_FAILED:
            TransferFailure(errorClass: "connect", code: FailureCode.dial)
        case CURLE_PEER_FAILED_VERIFICATION: .tls(certificateCode)
        case CURLE_SSL_CONNECT_ERROR: handshake
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            .tls()
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR: moved
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: .reset
        case CURLE_HTTP2_STREAM: http2(FailureCode.http2Stream)
        case CURLE_HTTP2: http2(FailureCode.http2Connection)
        case CURLE_BAD_CONTENT_ENCODING: .decompression
        case CURLE_FILESIZE_EXCEEDED, Self.tooLarge: .tooLarge
        // libcurl before 8.6, of a header line beyond its limit.
        case CURLE_OUT_OF_MEMORY: phase == .moving ? .tooLarge : .rest
        case CURLE_URL_MALFORMAT: .invalidURL
        case CURLE_UNSUPPORTED_PROTOCOL: phase == .moving ? .malformed : .invalidURL
        default: .rest
        }
    }

    /// CURLE_TOO_LARGE, since 8.6.
    private static let tooLarge = CURLcode(rawValue: 100)

    private var timedOut: TransferFailure {
        switch phase {
        case .resolving: .lookupTimeout
        // libcurl 7.88 has no time of the TCP connection before it is secured.
        case .connecting: says("SSL connection timeout") ? .handshakeTimeout : .connectTimeout
        case .securing: .handshakeTimeout
        case .moving: .timeout
        }
    }

    /// X509_V_ERR_..., by OpenSSL's numbers.
    private var certificateCode: Int {
        switch verifyResult {
        // In order, or never looked at: what failed is the name. 62 says so.
        case 0, 1, 62, 64: FailureCode.otherHost
        // No issuer's certificate, self-signed, not to be verified.
        case 2, 18, 19, 20, 21: FailureCode.unknownAuthority
        default: FailureCode.tls
        }
    }

    private var handshake: TransferFailure {
        if says("Connection reset by peer") { return .reset }
        let isNoTLS = ["wrong version number", "packet length too long", "http request"]
        return .tls(isNoTLS.contains(where: says) ? FailureCode.tlsHeader : FailureCode.tls)
    }

    /// Of an open connection.
    private var moved: TransferFailure {
        // The peer ended it with a TLS alert: in TLS 1.3 that is how a server refuses a client's
        // certificate, after the client has seen the handshake succeed.
        if says("SSL"), says(" alert ") { return .tls() }
        if says("Broken pipe") { return .brokenPipe }
        if says("chunked-encoding") || says("Invalid Content-Length") { return .malformed }
        if says("Too large response headers") { return .tooLarge }
        if says("nghttp2") { return http2(FailureCode.http2Connection) }
        return .reset
    }

    /// `HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)`
    private func http2(_ family: Int) -> TransferFailure {
        var code = -1
        if let mark = text.ranges(of: "(err ").last {
            code = Int(text[mark.upperBound...].prefix { $0.isNumber }) ?? -1
        }
        let base = says("GOAWAY") ? FailureCode.http2GoAway : family
        return TransferFailure(
            errorClass: "reset", code: FailureCode.http2(base, code: code))
    }

    private func says(_ words: String) -> Bool { text.contains(words) }
}

extension FailedTransfer {
    /// What libcurl said, and what the system did where libcurl leaves that out.
    var words: String {
        guard !isBlocked, result == CURLE_COULDNT_CONNECT, systemError != 0 else { return text }
        let code = Int32(truncatingIfNeeded: systemError)
        return text + ": " + SystemError("connect", code: code).reason
    }
}
