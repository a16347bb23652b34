import CCurl
import Glibc
import HarnessCore
import Testing

@testable import LoadGen

/// A failed transfer as libcurl tells it, and what it is called.
struct FailureCase: Sendable, CustomTestStringConvertible {
    var result: CURLcode
    var phase = FailedTransfer.Phase.moving
    var errno: Int32 = 0
    var verify = 0
    var text = ""
    var errorClass: String
    var code: Int

    var testDescription: String { "\(result.rawValue) \(phase) \(errno) \(text)" }

    init(
        _ result: CURLcode, _ phase: FailedTransfer.Phase = .moving, errno: Int32 = 0,
        verify: Int = 0, says text: String = "", is errorClass: String, _ code: Int
    ) {
        self.result = result
        self.phase = phase
        self.errno = errno
        self.verify = verify
        self.text = text
        self.errorClass = errorClass
        self.code = code
    }
}

@Suite struct TransferFailureTests {
    /// Words are those of libcurl 7.88 to 8.11 with OpenSSL 3.
    static let cases: [FailureCase] = [
        // Time
        .init(CURLE_OPERATION_TIMEDOUT, .moving, is: "timeout", 1050),
        .init(CURLE_OPERATION_TIMEDOUT, .connecting, is: "timeout", 1211),
        .init(CURLE_OPERATION_TIMEDOUT, .securing, is: "timeout", 1300),
        .init(
            CURLE_OPERATION_TIMEDOUT, .connecting, says: "SSL connection timeout", is: "timeout",
            1300),
        .init(CURLE_OPERATION_TIMEDOUT, .resolving, is: "timeout", 1100),
        // Names and addresses
        .init(CURLE_COULDNT_RESOLVE_HOST, .resolving, is: "dns", 1101),
        .init(CURLE_COULDNT_CONNECT, .connecting, errno: ECONNREFUSED, is: "connect", 1212),
        .init(CURLE_COULDNT_CONNECT, .connecting, errno: EHOSTUNREACH, is: "connect", 1213),
        .init(CURLE_COULDNT_CONNECT, .connecting, errno: ENETUNREACH, is: "connect", 1213),
        .init(CURLE_COULDNT_CONNECT, .connecting, errno: EADDRNOTAVAIL, is: "connect", 1213),
        .init(CURLE_COULDNT_CONNECT, .connecting, errno: EMFILE, is: "connect", 1213),
        .init(CURLE_COULDNT_CONNECT, .connecting, errno: ENOENT, is: "connect", 1213),
        .init(CURLE_COULDNT_CONNECT, .connecting, errno: ETIMEDOUT, is: "timeout", 1211),
        .init(CURLE_COULDNT_CONNECT, .connecting, errno: ECONNRESET, is: "reset", 1220),
        .init(CURLE_COULDNT_CONNECT, .connecting, is: "connect", 1210),
        .init(CURLE_INTERFACE_FAILED, .connecting, is: "connect", 1210),
        .init(CURLE_URL_MALFORMAT, .resolving, is: "other", 1020),
        .init(CURLE_UNSUPPORTED_PROTOCOL, .resolving, is: "other", 1020),
        // TLS
        .init(CURLE_SSL_CONNECT_ERROR, .securing, is: "tls", 1300),
        .init(
            CURLE_SSL_CONNECT_ERROR, .securing,
            says: "error:0A00010B:SSL routines::wrong version number", is: "tls", 1301),
        .init(
            CURLE_SSL_CONNECT_ERROR, .securing,
            says: "OpenSSL SSL_connect: Connection reset by peer in connection to 127.0.0.1:1 ",
            is: "reset", 1220),
        .init(CURLE_SSL_CERTPROBLEM, .securing, is: "tls", 1300),
        .init(CURLE_PEER_FAILED_VERIFICATION, .securing, verify: 0, is: "tls", 1311),
        .init(CURLE_PEER_FAILED_VERIFICATION, .securing, verify: 1, is: "tls", 1311),
        .init(CURLE_PEER_FAILED_VERIFICATION, .securing, verify: 62, is: "tls", 1311),
        .init(CURLE_PEER_FAILED_VERIFICATION, .securing, verify: 18, is: "tls", 1310),
        .init(CURLE_PEER_FAILED_VERIFICATION, .securing, verify: 19, is: "tls", 1310),
        .init(CURLE_PEER_FAILED_VERIFICATION, .securing, verify: 20, is: "tls", 1310),
        .init(CURLE_PEER_FAILED_VERIFICATION, .securing, verify: 10, is: "tls", 1300),
        .init(
            CURLE_RECV_ERROR,
            says:
                "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, "
                + "errno 0", is: "tls", 1300),
        // Connections that end
        .init(
            CURLE_RECV_ERROR, says: "Recv failure: Connection reset by peer", is: "reset", 1220),
        .init(CURLE_SEND_ERROR, says: "Send failure: Broken pipe", is: "reset", 1201),
        .init(
            CURLE_SEND_ERROR, says: "OpenSSL SSL_write: Broken pipe, errno 32", is: "reset", 1201),
        .init(
            CURLE_RECV_ERROR,
            says:
                "OpenSSL SSL_read: error:0A000126:SSL routines::unexpected eof while reading, "
                + "errno 0",
            is: "reset", 1220),
        .init(CURLE_GOT_NOTHING, says: "Empty reply from server", is: "reset", 1220),
        .init(
            CURLE_PARTIAL_FILE, says: "transfer closed with 5 bytes remaining", is: "reset", 1220),
        // HTTP/2
        .init(
            CURLE_HTTP2_STREAM,
            says: "HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)",
            is: "reset", 1633),
        .init(
            CURLE_HTTP2_STREAM, says: "HTTP/2 stream 1 was not closed cleanly: CANCEL (err 8)",
            is: "reset", 1639),
        .init(
            CURLE_HTTP2_STREAM, says: "HTTP/2 stream 3 was not closed cleanly: unknown (err 99)",
            is: "reset", 1630),
        .init(
            CURLE_HTTP2_STREAM,
            says:
                "HTTP/2 stream 1 was closed cleanly, but before getting all response header fields",
            is: "reset", 1630),
        .init(CURLE_HTTP2, says: "Error in the HTTP2 framing layer", is: "reset", 1650),
        .init(
            CURLE_RECV_ERROR, says: "nghttp2_session_mem_recv() returned -902:", is: "reset", 1650),
        .init(CURLE_HTTP2, says: "received GOAWAY (err 11)", is: "reset", 1622),
        // What is said on an open connection
        .init(
            CURLE_RECV_ERROR, says: "Illegal or missing hexadecimal sequence in chunked-encoding",
            is: "other", 1000),
        .init(
            CURLE_UNSUPPORTED_PROTOCOL, says: "Received HTTP/0.9 when not allowed", is: "other",
            1000),
        .init(CURLE_WEIRD_SERVER_REPLY, is: "other", 1000),
        .init(CURLE_BAD_CONTENT_ENCODING, is: "other", 1701),
        .init(
            CURLE_RECV_ERROR, says: "Too large response headers: 307202 > 307200", is: "too_large",
            1000),
        .init(CURLE_OUT_OF_MEMORY, says: "Out of memory", is: "too_large", 1000),
        .init(CURLE_OUT_OF_MEMORY, .resolving, is: "other", 1000),
        .init(CURLcode(rawValue: 100), is: "too_large", 1000),
        .init(CURLE_FILESIZE_EXCEEDED, is: "too_large", 1000),
        .init(CURLE_TOO_MANY_REDIRECTS, is: "other", 1000),
    ]

    @Test(arguments: cases) func libcurl(of known: FailureCase) {
        let failure = FailedTransfer(
            result: known.result, phase: known.phase, systemError: Int(known.errno),
            verifyResult: known.verify, text: known.text
        ).failure
        #expect(failure == TransferFailure(errorClass: known.errorClass, code: known.code))
        #expect(FailureCode.transport.contains(failure.code))
        let words = FailureCode.words(errorClass: failure.errorClass, code: failure.code)
        #expect(!words.isEmpty && words != failure.errorClass)
    }

    /// errno of send(2) or recv(2) -> class and code.
    @Test(arguments: [
        (ECONNRESET, "reset", 1220), (EPIPE, "reset", 1201), (ETIMEDOUT, "reset", 1202),
        (0, "reset", 1220), (EHOSTUNREACH, "reset", 1202),
    ])
    func moving(errno: Int32, errorClass: String, code: Int) {
        #expect(
            TransferFailure.moving(errno: Int(errno))
                == TransferFailure(errorClass: errorClass, code: code))
    }

    @Test func statuses() {
        for status in [100, 204, 304, 404, 503, 999] {
            let failure = TransferFailure.status(status)
            #expect(failure.errorClass == "http_\(status)" && failure.code == 1000 + status)
        }
    }

    /// libcurl leaves out what connect(2) said.
    @Test func words() {
        let text = "Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't connect to server"
        func words(_ result: CURLcode, _ systemError: Int) -> String {
            FailedTransfer(
                result: result, phase: .connecting, systemError: systemError, text: text
            ).words
        }
        #expect(words(CURLE_COULDNT_CONNECT, 111) == text + ": Connection refused")
        #expect(words(CURLE_COULDNT_CONNECT, 0) == text)
        #expect(words(CURLE_RECV_ERROR, 111) == text)
    }

    /// k6 numbers HTTP/2's codes from 1 after the family; names are RFC 9113's.
    @Test(arguments: [
        ("reset", 1642, "HTTP/2 stream ended: ENHANCE_YOUR_CALM"),
        ("reset", 1630, "HTTP/2 stream ended"), ("reset", 1611, "HTTP/2 GOAWAY: NO_ERROR"),
        ("reset", 1664, "HTTP/2 connection error: HTTP_1_1_REQUIRED"),
        ("connect", 1212, "connection refused"), ("timeout", 1211, "connect timed out"),
        ("timeout", 1300, "TLS handshake timed out"), ("tls", 1300, "TLS failed"),
        ("timeout", 1100, "lookup timed out"), ("dns", 1101, "no such host"),
        ("http_503", 1503, "status 503"), ("too_large", 1000, "response too large"),
        ("other", 1000, "no class of its own"), ("other", 4711, "other"),
    ])
    func words(errorClass: String, code: Int, words: String) {
        #expect(FailureCode.words(errorClass: errorClass, code: code) == words)
    }
}
