// HTTP/2 on http by prior knowledge, around a fault of libcurl before 8.0: on a kept connection it
// sets a second HTTP/2 session up above the first, and the request fails with CURLE_HTTP2
// (github.com/curl/curl, pull request 10643). With plain "HTTP/2" asked for it uses the kept one as
// it should, but would begin a new one as HTTP/1.1. So we say before each transfer which it is:
//
//     our connection is open, idle, to this origin    HTTP/2, and no new connection is let open
//     else                                            prior knowledge, a new connection
//
// Where the guess fails (the target closed the connection a moment ago) nothing has been sent yet,
// and the transfer starts again the second way. Confined to the worker's thread.

import CCurl

struct PriorKnowledge {
    /// The last connection's socket, as the poller numbers it, and a URL it was made for.
    private var socket: Poller.Connection?
    private var connectedURL: [UInt8] = []
    private var expectsReuse = false
    private(set) var wasWrong = false

    /// Whether this libcurl needs it.
    static let isNeeded: Bool = {
        guard let info = curl_version_info(CURLVERSION_FIRST) else { return false }
        return info.pointee.version_num < 0x08_00_00
    }()

    /// What is known before a transfer to `url`.
    mutating func expect(_ url: [UInt8], _ poller: Poller, _ easy: UnsafeMutableRawPointer) {
        wasWrong = false
        let isCleartext = ByteText.equalIgnoringCase(url.prefix(5), "http:".utf8)
        let isKept =
            socket.map { poller.isIdle($0) } == true && Redirect.isSameOrigin(url, connectedURL)
        expectsReuse = isCleartext && isKept
        set(easy, isFresh: isCleartext && !isKept)
    }

    /// The guess was wrong: once more, on a new connection.
    mutating func startAgain(_ easy: UnsafeMutableRawPointer) {
        wasWrong = false
        expectsReuse = false
        set(easy, isFresh: true)
    }

    private func set(_ easy: UnsafeMutableRawPointer, isFresh: Bool) {
        let version = expectsReuse ? CURL_HTTP_VERSION_2_0 : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
        spot_easy_set_long(easy, CURLOPT_HTTP_VERSION, Int(version))
        spot_easy_set_long(easy, CURLOPT_FRESH_CONNECT, isFresh ? 1 : 0)
    }

    /// libcurl wants a new connection: whether it may have one.
    mutating func mayConnect() -> Bool {
        if expectsReuse { wasWrong = true }
        return !expectsReuse
    }

    mutating func connected(_ connection: Poller.Connection, _ url: [UInt8]) {
        socket = connection
        connectedURL.removeAll(keepingCapacity: true)
        connectedURL.append(contentsOf: url)
    }
}
