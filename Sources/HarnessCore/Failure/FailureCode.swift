// Error codes of failed requests, those of k6 (grafana/k6, lib/netext/httpext/error_codes.go), and
// what to call them. Agents count by class and code, reports name both; docs/transport.md lists
// what leads to which.

package enum FailureCode {
    /// Nothing more is known, or k6 has no code of its own for it.
    package static let unclassified = 1000
    package static let invalidURL = 1020
    /// The request's own time ran out on an open connection.
    package static let timeout = 1050
    package static let lookup = 1100
    package static let noSuchHost = 1101
    /// k6's "blacklisted IP": an address that load may not go to.
    package static let forbiddenAddress = 1110
    package static let brokenPipe = 1201
    package static let unknownErrno = 1202
    package static let dial = 1210
    package static let dialTimeout = 1211
    package static let dialRefused = 1212
    /// connect(2) failed with any other errno: unreachable, no free local port, ...
    package static let dialErrno = 1213
    package static let reset = 1220
    package static let tls = 1300
    /// What came back was no TLS record.
    package static let tlsHeader = 1301
    package static let unknownAuthority = 1310
    package static let otherHost = 1311
    package static let http2 = 1600
    package static let http2GoAway = 1610
    package static let http2Stream = 1630
    package static let http2Connection = 1650
    package static let decompression = 1701

    /// 1000 + status; k6 has these for 400 and above.
    package static func status(_ status: Int) -> Int { 1000 + status }

    /// Names of HTTP/2's error codes (RFC 9113, section 7), by number.
    package static let http2Names = [
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
        "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
        "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
    ]

    /// k6 adds 1 + the code of HTTP/2 to the first of a family; an unknown code adds nothing.
    package static func http2(_ family: Int, code: Int) -> Int {
        http2Names.indices.contains(code) ? family + 1 + code : family
    }

    /// All codes that a failure without a status can have.
    package static let transport: Set<Int> = {
        let families = [http2GoAway, http2Stream, http2Connection].flatMap { family in
            [family] + http2Names.indices.map { family + 1 + $0 }
        }
        return Set(words.keys).union(families)
    }()
}

// MARK: - Words

extension FailureCode {
    private static let words = [
        unclassified: "no class of its own", 1010: "network error", invalidURL: "invalid URL",
        timeout: "no answer in time", lookup: "lookup failed", noSuchHost: "no such host",
        forbiddenAddress: "address not allowed", 1111: "host not allowed", 1200: "TCP error",
        brokenPipe: "broken pipe", unknownErrno: "TCP error", dial: "no connection",
        dialTimeout: "connect timed out", dialRefused: "connection refused",
        dialErrno: "not reachable", reset: "reset or closed early", tls: "TLS failed",
        tlsHeader: "other end speaks no TLS", unknownAuthority: "unknown authority",
        otherHost: "certificate of another host", http2: "HTTP/2 error",
        decompression: "body not decompressible",
    ]

    /// What happened, in a few words: `connection refused`.
    /// - Parameter code: nil where it is not known.
    package static func words(errorClass: String, code: Int?) -> String {
        switch (errorClass, code) {
        case ("timeout", lookup?): return "lookup timed out"
        case ("timeout", tls?): return "TLS handshake timed out"
        case ("too_large", _): return "response too large"
        case ("check", _): return "check failed"
        default: break
        }
        if errorClass.hasPrefix("http_") { return "status \(errorClass.dropFirst(5))" }
        guard let code else { return errorClass }
        for (family, name) in [
            (http2GoAway, "HTTP/2 GOAWAY"), (http2Stream, "HTTP/2 stream ended"),
            (http2Connection, "HTTP/2 connection error"),
        ] where (family...family + http2Names.count).contains(code) {
            return code == family ? name : "\(name): \(http2Names[code - family - 1])"
        }
        return words[code] ?? errorClass
    }
}
