// The owner of one libcurl easy handle and of everything libcurl borrows from us: header nodes,
// body, error buffer, the response. One per VU, and more where its flow has parallel requests; kept
// for all its transfers.
//
// Confined to the worker's thread. Libcurl copies string options and borrows POSTFIELDS, header
// lists and ERRORBUFFER ("CURLOPT_POSTFIELDS(3): the data pointed to is NOT copied by the
// library"), so these live in buffers of ours that outlast the transfer.

import CCurl
import Glibc
import HarnessCore

/// What an easy handle is set up with once.
struct EasyOptions {
    var http = HTTPChoice.http1
    var connectTimeout: TimeSpan?
    var verifyTLS = true
    var redirects = 0
    var reuse = true
    var maxBody = 1 << 20
    var unixSocket: String?
    /// Lines sent with every request, e.g. `User-Agent: ...`.
    var fixedHeaders: [String] = []

    enum HTTPChoice { case http1, http2, auto }
}

final class EasyHandle {
    let handle: OpaquePointer
    /// Kept so that no cache dies before the easy handles that use it.
    private let cache: ConnectionCache
    private let poller: Poller
    /// Kept so that no multi dies before the easy handles that were in it.
    private let multi: CurlMulti
    private let rule: AddressRule
    private let options: EasyOptions

    private var headerBytes: UnsafeMutablePointer<CChar>
    private var headerCapacity: Int
    private let nodes: UnsafeMutablePointer<curl_slist>
    private let fixedNodes: Int
    private let fixedBytes: UnsafeMutablePointer<CChar>
    private var bodyBytes: UnsafeMutablePointer<UInt8>
    private var bodyCapacity: Int
    private let errorBuffer: UnsafeMutablePointer<CChar>
    /// libcurl reads the body of a file where it is: it must live as long as the transfer.
    private var file: BodyBytes?

    /// Response bytes that are kept; everything else is only counted.
    private(set) var response: [UInt8] = []
    private(set) var responseHeaders: [UInt8] = []
    private var keepsBody = 0
    private var url: [UInt8] = []
    private var shape: Shape?
    /// How often the transfer's request was about to be sent, redirect hops included.
    private var sends = 0
    /// libcurl was about to send the request once more, because the kept connection it went out
    /// on ended without a byte of an answer. Whether the target acted on it is unknown: a target
    /// must not get an order twice, and a lost answer must not pass as a slow one.
    private(set) var wasRepeatRefused = false
    /// Of the connection the request went out on; nil without TLS, and before.
    private(set) var tlsVersion: TLSVersion?

    /// What the last transfer was set up as: the same shape needs no new options.
    private struct Shape: Equatable {
        var method: HTTPMethod
        var hasBody: Bool
        var needsHeaders: Bool
        var timeoutMs: Int64
    }

    private static let nodesMax = 64
    /// Kept of every body, as an example should the request fail.
    private static let exampleBytes = 256

    /// - Throws: `SystemError` where libcurl has no memory.
    init(
        tag: TransferTag, options: EasyOptions, cache: ConnectionCache, multi: CurlMulti,
        poller: Poller, rule: AddressRule
    ) throws(SystemError) {
        guard let easy = curl_easy_init() else {
            throw SystemError("curl_easy_init", code: ENOMEM)
        }
        handle = OpaquePointer(easy)
        self.cache = cache
        self.options = options
        self.poller = poller
        self.multi = multi
        self.rule = rule
        headerCapacity = 1_024
        headerBytes = .allocate(capacity: headerCapacity)
        nodes = .allocate(capacity: Self.nodesMax)
        bodyCapacity = 512
        bodyBytes = .allocate(capacity: bodyCapacity)
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let lines = options.fixedHeaders.map { Array($0.utf8CString) }
        fixedBytes = .allocate(capacity: max(1, lines.reduce(0) { $0 + $1.count }))
        fixedNodes = lines.count
        var position = 0
        for (i, line) in lines.enumerated() {
            for (k, byte) in line.enumerated() { fixedBytes[position + k] = byte }
            nodes[i] = curl_slist(data: fixedBytes + position, next: nil)
            position += line.count
        }
        response.reserveCapacity(4_096)
        configure(tag)
    }

    /// In libcurl's order: the easy is out of its multi by now, then easy, then its cache.
    deinit {
        curl_easy_cleanup(easy)
        headerBytes.deallocate()
        nodes.deallocate()
        fixedBytes.deallocate()
        bodyBytes.deallocate()
        errorBuffer.deallocate()
    }

    private var easy: UnsafeMutableRawPointer { UnsafeMutableRawPointer(handle) }

    /// Whose transfer a handle's is.
    static func tag(of handle: OpaquePointer) -> TransferTag {
        var raw: UnsafeMutablePointer<CChar>?
        spot_easy_get_ptr(UnsafeMutableRawPointer(handle), CURLINFO_PRIVATE, &raw)
        return TransferTag(rawValue: Int(bitPattern: raw))
    }

    private func configure(_ tag: TransferTag) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        spot_easy_set_ptr(easy, CURLOPT_PRIVATE, UnsafeRawPointer(bitPattern: tag.rawValue))
        spot_easy_set_ptr(easy, CURLOPT_ERRORBUFFER, errorBuffer)
        for (option, value) in [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_TCP_NODELAY, 1), (CURLOPT_NOPROGRESS, 1),
            (CURLOPT_FOLLOWLOCATION, options.redirects > 0 ? 1 : 0),
            (CURLOPT_MAXREDIRS, options.redirects),
            (CURLOPT_SSL_VERIFYPEER, options.verifyTLS ? 1 : 0),
            (CURLOPT_SSL_VERIFYHOST, options.verifyTLS ? 2 : 0),
            (CURLOPT_FORBID_REUSE, options.reuse ? 0 : 1),
        ] { spot_easy_set_long(easy, option, value) }
        setText(CURLOPT_PROTOCOLS_STR, "http,https")
        setText(CURLOPT_PROXY, "")
        setText(CURLOPT_NOPROXY, "*")
        spot_easy_set_long(easy, CURLOPT_HTTP_VERSION, httpVersion)
        if let limit = options.connectTimeout {
            spot_easy_set_long(
                easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(limit.milliseconds.rounded(.up))))
        }
        if let path = options.unixSocket { setText(CURLOPT_UNIX_SOCKET_PATH, path) }
        setCallbacks(me)
        if let share = cache.share {
            spot_easy_set_ptr(easy, CURLOPT_SHARE, UnsafeRawPointer(share))
        }
    }

    private var httpVersion: Int {
        switch options.http {
        case .http1: Int(CURL_HTTP_VERSION_1_1)
        case .http2: Int(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
        case .auto: Int(CURL_HTTP_VERSION_2TLS)
        }
    }

    private func setCallbacks(_ me: UnsafeMutableRawPointer) {
        spot_easy_set_ptr(easy, CURLOPT_WRITEDATA, me)
        spot_easy_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let me = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
            me.received(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        spot_easy_set_ptr(easy, CURLOPT_OPENSOCKETDATA, me)
        spot_easy_set_opensocket(easy) { context, _, address in
            guard let context, let address else { return CURL_SOCKET_BAD }
            let me = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
            return me.openSocket(address)
        }
        spot_easy_set_ptr(easy, CURLOPT_PREREQDATA, me)
        spot_easy_set_prereq(easy) { context, _, _, _, _ in
            guard let context else { return CURL_PREREQFUNC_ABORT }
            let me = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
            guard me.maySend() else { return CURL_PREREQFUNC_ABORT }
            me.sends += 1
            // Here, because a finished transfer has let go of its connection.
            me.tlsVersion = TLSVersion(wire: Int(spot_easy_tls_version(me.easy)))
            return CURL_PREREQFUNC_OK
        }
        // Connections outlive the easy handle inside its share, but never the poller.
        spot_easy_set_ptr(
            easy, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(poller).toOpaque())
        spot_easy_set_closesocket(easy) { context, descriptor in
            if let context {
                Unmanaged<Poller>.fromOpaque(context).takeUnretainedValue().forget(descriptor)
            }
            return close(descriptor)
        }
    }

    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else {
            return CURL_SOCKET_BAD
        }
        // The address is longer than the `sockaddr` it is declared as: read in its place.
        let bytes = UnsafeRawPointer(address) + offset
        guard
            maySend(),
            rule.allows(
                family: address.pointee.family,
                address: bytes.assumingMemoryBound(to: sockaddr.self))
        else { return CURL_SOCKET_BAD }
        let descriptor = socket(
            address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
            address.pointee.protocol)
        if descriptor >= 0 { poller.opened(descriptor) }
        return descriptor
    }

    /// Once, and once more for each redirect that was followed.
    private func maySend() -> Bool {
        if sends > 0, sends > long(CURLINFO_REDIRECT_COUNT) { wasRepeatRefused = true }
        return !wasRepeatRefused
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        let room = keepsBody - response.count
        if room > 0 { response.append(contentsOf: bytes.prefix(room)) }
    }

    private func setText(_ option: CURLoption, _ text: String) {
        text.withCString { _ = spot_easy_set_ptr(easy, option, $0) }
    }

    // MARK: - One transfer

    /// Sets the handle up for `request`. The request's buffers are copied, but for a file's bytes.
    func prepare(_ request: borrowing PreparedRequest) {
        errorBuffer[0] = 0
        sends = 0
        wasRepeatRefused = false
        tlsVersion = nil
        response.removeAll(keepingCapacity: true)
        responseHeaders.removeAll(keepingCapacity: true)
        keepsBody = request.needsBody ? options.maxBody : Self.exampleBytes
        if request.url != url {
            url = request.url
            url.append(0)
            url.withUnsafeBufferPointer { _ = spot_easy_set_ptr(easy, CURLOPT_URL, $0.baseAddress) }
            url.removeLast()
        }
        let wanted = Shape(
            method: request.method, hasBody: (request.file?.count ?? request.body.count) > 0,
            needsHeaders: request.needsHeaders,
            timeoutMs: max(1, (request.timeout.ns + 999_999) / 1_000_000))
        if wanted != shape {
            set(wanted)
            shape = wanted
        }
        file = request.file
        if let file { setBody(file) } else { setBody(request.body) }
        setHeaders(request.headers)
    }

    private func set(_ wanted: Shape) {
        spot_easy_set_long(easy, CURLOPT_TIMEOUT_MS, Int(wanted.timeoutMs))
        switch (wanted.method, wanted.hasBody) {
        case (.head, _):
            spot_easy_set_ptr(easy, CURLOPT_CUSTOMREQUEST, nil)
            spot_easy_set_long(easy, CURLOPT_NOBODY, 1)
        case (.get, false):
            spot_easy_set_long(easy, CURLOPT_HTTPGET, 1)
            spot_easy_set_ptr(easy, CURLOPT_CUSTOMREQUEST, nil)
        case (.post, _):
            spot_easy_set_long(easy, CURLOPT_POST, 1)
            spot_easy_set_ptr(easy, CURLOPT_CUSTOMREQUEST, nil)
        case (_, let hasBody):
            spot_easy_set_long(easy, hasBody ? CURLOPT_POST : CURLOPT_HTTPGET, 1)
            setText(CURLOPT_CUSTOMREQUEST, wanted.method.rawValue)
        }
        spot_easy_set_ptr(
            easy, CURLOPT_HEADERDATA,
            wanted.needsHeaders ? Unmanaged.passUnretained(self).toOpaque() : nil)
        spot_easy_set_header(
            easy,
            wanted.needsHeaders
                ? { bytes, size, count, context in
                    guard let bytes, let context else { return 0 }
                    let me = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
                    me.receivedHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
                    return size * count
                } : nil)
    }

    private func receivedHeader(_ line: UnsafeRawBufferPointer) {
        // A new status line begins the headers of the next response: only the last one's count.
        if line.starts(with: "HTTP/".utf8) { responseHeaders.removeAll(keepingCapacity: true) }
        let room = Limits.responseHeaderBytes - responseHeaders.count
        responseHeaders.append(contentsOf: line.prefix(room))
    }

    private func setBody(_ body: [UInt8]) {
        // POSTFIELDS would make a HEAD a POST.
        guard shape?.method != .head, !body.isEmpty || shape?.method == .post else { return }
        if body.count > bodyCapacity {
            bodyBytes.deallocate()
            bodyCapacity = body.count * 2
            bodyBytes = .allocate(capacity: bodyCapacity)
        }
        body.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { bodyBytes.update(from: base, count: source.count) }
        }
        spot_easy_set_off(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        spot_easy_set_ptr(easy, CURLOPT_POSTFIELDS, bodyBytes)
    }

    private func setBody(_ file: BodyBytes) {
        guard shape?.method != .head, file.count > 0 || shape?.method == .post else { return }
        spot_easy_set_off(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(file.count))
        spot_easy_set_ptr(easy, CURLOPT_POSTFIELDS, file.bytes.baseAddress)
    }

    /// `headers` are lines ended by NUL, which libcurl reads through list nodes of ours.
    private func setHeaders(_ headers: [UInt8]) {
        if headers.count > headerCapacity {
            headerBytes.deallocate()
            headerCapacity = headers.count * 2
            headerBytes = .allocate(capacity: headerCapacity)
        }
        var used = fixedNodes
        var lineStart = 0
        for (i, byte) in headers.enumerated() {
            headerBytes[i] = CChar(bitPattern: byte)
            guard byte == 0, used < Self.nodesMax else { continue }
            nodes[used] = curl_slist(data: headerBytes + lineStart, next: nil)
            used += 1
            lineStart = i + 1
        }
        for i in 0..<max(0, used - 1) { nodes[i].next = nodes + (i + 1) }
        if used > 0 { nodes[used - 1].next = nil }
        spot_easy_set_slist(easy, CURLOPT_HTTPHEADER, used > 0 ? nodes : nil)
    }

    /// libcurl's words about the failed transfer, from its error buffer or the code's general text.
    func errorText(_ result: CURLcode) -> String {
        errorBuffer[0] == 0
            ? String(cString: curl_easy_strerror(result)) : String(cString: errorBuffer)
    }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        spot_easy_get_long(easy, info, &value)
        return value
    }

    func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        spot_easy_get_off(easy, info, &value)
        return Int64(value)
    }
}

@available(*, unavailable)
extension EasyHandle: Sendable {}

extension EasyHandle {
    /// The response as the flow sees it; its buffers are valid inside `body` only.
    func withResponse<R>(
        _ outcome: TransferOutcome, _ body: (TransferResponse) -> R
    ) -> R {
        response.withUnsafeBytes { bytes in
            responseHeaders.withUnsafeBytes { headers in
                body(
                    TransferResponse(
                        status: outcome.status, duration: outcome.service, body: bytes,
                        headers: headers))
            }
        }
    }

    /// The beginning of the response's body, as text: an example for the error table.
    var responseText: String { String(decoding: response.prefix(256), as: UTF8.self) }
}
