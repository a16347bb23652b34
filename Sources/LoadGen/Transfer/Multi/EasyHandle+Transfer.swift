// One transfer of an easy handle: what is set for it, and for the hops a redirect makes of it. Set
// only what differs from the transfer before; buffers keep their memory.

import CCurl
import Glibc
import HarnessCore

extension EasyHandle {
    /// What the last transfer was set up as: the same shape needs no new options.
    struct Shape: Equatable {
        var method: HTTPMethod
        var hasBody: Bool
        var needsHeaders: Bool
        /// The body is so large that libcurl's STARTTRANSFER is that of its sending.
        var isLarge: Bool
        var timeoutMs: Int64

        /// libcurl sends a body up to 64 KiB (MAX_INITIAL_POST_SIZE) with the headers; that of a
        /// larger one, in pieces, is where it stamps STARTTRANSFER.
        static let largeBytes = 64 << 10
    }

    /// Kept of every body, as an example should the request fail.
    static let exampleBytes = 256

    /// Sets the handle up for `request`. The request's buffers are copied, but for a file's bytes.
    func prepare(_ request: PreparedRequest) {
        beginTransfer()
        timeout = request.timeout
        hops = 0
        hopIntended = nil
        spent = .zero
        keepsBody = request.needsBody ? options.maxBody : Self.exampleBytes
        if request.url != url {
            url.removeAll(keepingCapacity: true)
            url.append(contentsOf: request.url)
            setURL()
        }
        let bodyBytes = request.file?.count ?? request.body.count
        let wanted = Shape(
            method: request.method, hasBody: bodyBytes > 0, needsHeaders: request.needsHeaders,
            isLarge: bodyBytes > Shape.largeBytes,
            timeoutMs: Self.milliseconds(request.timeout))
        if wanted != shape {
            set(wanted)
            shape = wanted
        }
        priorKnowledge?.expect(url, poller, easy)
        file = request.file
        if let file { setBody(file) } else { setBody(request.body) }
        setHeaders(request.headers)
    }

    private func beginTransfer() {
        errorBuffer[0] = 0
        sends = 0
        socketError = 0
        inflated = 0
        isBomb = false
        wasRepeatRefused = false
        refusal = nil
        tlsVersion = nil
        firstByteAt = nil
        headBytes = 0
        responseBody.removeAll()
        responseHeaders.removeAll()
    }

    private static func milliseconds(_ timeout: TimeSpan) -> Int64 {
        max(1, (timeout.ns + 999_999) / 1_000_000)
    }

    /// Whether the transfer that ended has to be added once more, because it was not yet sent: it
    /// is the same transfer, and counts once.
    func startsAgain() -> Bool {
        guard priorKnowledge?.wasWrong == true else { return false }
        priorKnowledge?.startAgain(easy)
        beginTransfer()
        return true
    }

    // MARK: - Redirects

    var leadsOn: Bool {
        hops < options.redirects && Redirect.isFollowed(outcome.status) && redirectURL != nil
    }

    var hopMethod: HTTPMethod? { hopIntended == nil ? nil : shape?.method }

    /// Where a Location header leads, made absolute; valid until the next transfer.
    private var redirectURL: UnsafeMutablePointer<CChar>? {
        var raw: UnsafeMutablePointer<CChar>?
        spot_easy_get_ptr(easy, CURLINFO_REDIRECT_URL, &raw)
        return raw
    }

    /// What is left of the request's time is the hop's.
    func follow(now: Instant) {
        guard let target = redirectURL, let before = shape else {
            preconditionFailure("a hop follows a response")
        }
        nextURL.removeAll(keepingCapacity: true)
        nextURL.append(contentsOf: UnsafeRawBufferPointer(start: target, count: strlen(target)))
        let leaves = !Redirect.isSameOrigin(url, nextURL)
        let dropsBody = Redirect.becomesGet(outcome.status, before.method)
        spent = spent + .microseconds(offset(CURLINFO_TOTAL_TIME_T))
        beginTransfer()
        hops += 1
        hopIntended = now
        swap(&url, &nextURL)
        setURL()
        priorKnowledge?.expect(url, poller, easy)
        let wanted = Shape(
            method: dropsBody ? .get : before.method, hasBody: before.hasBody && !dropsBody,
            needsHeaders: before.needsHeaders, isLarge: before.isLarge && !dropsBody,
            timeoutMs: Self.milliseconds(timeout - spent))
        set(wanted)
        shape = wanted
        if leaves || dropsBody {
            headerLength = Redirect.filter(
                UnsafeMutableRawBufferPointer(start: headerBytes, count: headerLength),
                leavesOrigin: leaves, dropsBody: dropsBody)
            linkHeaders()
        }
    }

    /// "CURLOPT_URL(3): The application does not have to keep the string around after setting this
    /// option."
    private func setURL() {
        url.append(0)
        let wasParsed = isParsed
        isParsed = url.withUnsafeMutableBufferPointer { parsedURL.take($0) }
        if !isParsed {
            url.withUnsafeBufferPointer {
                _ = spot_easy_set_ptr(easy, CURLOPT_URL, $0.baseAddress)
            }
        }
        if isParsed != wasParsed {
            // A text that stayed would be taken for this URL's where a request is repeated.
            if isParsed { spot_easy_set_ptr(easy, CURLOPT_URL, nil) }
            spot_easy_set_ptr(easy, CURLOPT_CURLU, isParsed ? parsedURL.handle : nil)
        }
        url.removeLast()
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
    }

    /// Keeps what is wanted; false ends the transfer. libcurl keeps every header, trailer and
    /// informational response it gets, without a limit to their number, so we count them all.
    func receivedHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        guard headBytes <= Limits.responseHeaderBytes else { return false }
        if shape?.isLarge == true, firstByteAt == nil { firstByteAt = Instant.now() }
        guard shape?.needsHeaders == true else { return true }
        // A new status line begins the headers of the next response: only the last one's count.
        if line.starts(with: "HTTP/".utf8) { responseHeaders.removeAll() }
        let room = Limits.responseHeaderBytes - responseHeaders.count
        responseHeaders.append(UnsafeRawBufferPointer(rebasing: line.prefix(room)))
        return true
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
        headers.withUnsafeBytes {
            if let source = $0.baseAddress { memcpy(headerBytes, source, $0.count) }
        }
        headerLength = headers.count
        linkHeaders()
    }

    private func linkHeaders() {
        var used = fixedNodes
        var lineStart = 0
        while used < Self.nodesMax,
            let end = memchr(headerBytes + lineStart, 0, headerLength - lineStart)
        {
            nodes[used] = curl_slist(data: headerBytes + lineStart, next: nil)
            used += 1
            lineStart = end - UnsafeMutableRawPointer(headerBytes) + 1
        }
        for i in 0..<max(0, used - 1) { nodes[i].next = nodes + (i + 1) }
        if used > 0 { nodes[used - 1].next = nil }
        spot_easy_set_slist(easy, CURLOPT_HTTPHEADER, used > 0 ? nodes : nil)
    }
}
