// The multi lane: the owner of one libcurl easy handle and of everything libcurl borrows from us:
// header nodes, body, error buffer, the response. One per VU, and more where its flow has parallel
// requests; kept for all its transfers.
//
// Confined to the worker's thread. Libcurl copies string options and borrows POSTFIELDS, header
// lists and ERRORBUFFER ("CURLOPT_POSTFIELDS(3): the data pointed to is NOT copied by the
// library"), so these live in buffers of ours that outlast the transfer.

import CCurl
import Glibc
import HarnessCore

final class EasyHandle: CurlClient, Exchange {
    private let tag: TransferTag
    /// Kept so that no cache dies before the easy handles that use it.
    private let cache: ConnectionCache
    let poller: Poller
    /// Kept so that no multi dies before the easy handles that were in it.
    let multi: CurlMulti
    private let rule: AddressRule
    let options: EasyOptions

    var headerBytes: UnsafeMutablePointer<CChar>
    var headerCapacity: Int
    let nodes: UnsafeMutablePointer<curl_slist>
    let fixedNodes: Int
    private let fixedBytes: UnsafeMutablePointer<CChar>
    var bodyBytes: UnsafeMutablePointer<UInt8>
    var bodyCapacity: Int
    let errorBuffer: UnsafeMutablePointer<CChar>
    /// libcurl reads the body of a file where it is: it must live as long as the transfer.
    var file: BodyBytes?

    /// Response bytes that are kept; everything else is only counted.
    var responseBody = ByteStore(capacity: 512)
    var responseHeaders = ByteStore()
    var keepsBody = 0
    var url: [UInt8] = []
    /// The same, where libcurl need not parse it, but reads it: it goes after the easy handle.
    var parsedURL = ParsedURL()
    var isParsed = false
    /// Where a redirect leads, while both are looked at.
    var nextURL: [UInt8] = []
    var shape: Shape?
    private(set) var outcome = TransferOutcome()
    private(set) var errorText = ""
    /// How often the transfer's request was about to be sent.
    var sends = 0
    /// Of header lines, trailers and informational responses of the transfer.
    var headBytes = 0
    /// Bytes of the body after decompression.
    var inflated = 0
    /// The body grew beyond any honest measure when it was inflated: the transfer was ended.
    var isBomb = false

    /// http "2", where libcurl needs help with it.
    var priorKnowledge: PriorKnowledge?

    // The request, over all its hops
    var timeout = TimeSpan.zero
    /// Bytes of `headerBytes` in use.
    var headerLength = 0
    /// Redirects followed.
    var hops = 0
    /// When the hop under way was due; nil: it is the request itself.
    var hopIntended: Instant?
    /// By the transfers before it.
    var spent = TimeSpan.zero
    /// libcurl was about to send the request once more, because the kept connection it went out
    /// on ended without a byte of an answer. Whether the target acted on it is unknown: a target
    /// must not get an order twice, and a lost answer must not pass as a slow one.
    var wasRepeatRefused = false
    /// errno of the transfer's last socket(2), 0 if it succeeded.
    var socketError: Int32 = 0
    /// When it was given to libcurl.
    private(set) var startedAt = Instant(ns: 0)
    /// When the answer began, of transfers with a large body.
    var firstByteAt: Instant?
    /// Of the connection the request went out on; nil without TLS, and before.
    var tlsVersion: TLSVersion?
    /// Why the rule refused every address so far; nil: a socket was opened.
    var refusal: String?
    /// Where the rule has let a request go last: mostly the next one goes there, too.
    private let lastPeer = PeerText()

    static let nodesMax = 2 * Limits.requestHeaders + 16

    /// - Throws: `SystemError` where libcurl has no memory.
    init(
        tag: TransferTag, options: EasyOptions, cache: ConnectionCache, multi: CurlMulti,
        poller: Poller, rule: AddressRule
    ) throws(SystemError) {
        let made = try Self.makeHandle()
        self.tag = tag
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
        super.init(made)
        configure()
    }

    override func ended(_ result: CURLcode) -> TransferTag? {
        if startsAgain() {
            multi.add(handle)
            return nil
        }
        errorText = ""
        outcome = TransferOutcome(self, result: result, text: &errorText)
        return tag
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

    private func configure() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        own()
        spot_easy_set_ptr(easy, CURLOPT_ERRORBUFFER, errorBuffer)
        options.apply(to: easy)
        spot_easy_set_long(easy, CURLOPT_FORBID_REUSE, options.reuse ? 0 : 1)
        if options.http == .http2, options.reuse, PriorKnowledge.isNeeded {
            priorKnowledge = PriorKnowledge()
        }
        if options.compression { setText(CURLOPT_ACCEPT_ENCODING, "gzip, deflate, br") }
        setCallbacks(me)
        if let share = cache.share {
            spot_easy_set_ptr(easy, CURLOPT_SHARE, UnsafeRawPointer(share))
        }
    }

    private func setCallbacks(_ me: UnsafeMutableRawPointer) {
        spot_easy_set_ptr(easy, CURLOPT_WRITEDATA, me)
        spot_easy_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let me = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
            let isWelcome = me.received(
                UnsafeRawBufferPointer(start: bytes, count: size * count))
            return isWelcome ? size * count : 0
        }
        spot_easy_set_ptr(easy, CURLOPT_HEADERDATA, me)
        spot_easy_set_header(easy) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let me = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
            let isWelcome = me.receivedHeader(
                UnsafeRawBufferPointer(start: bytes, count: size * count))
            return isWelcome ? size * count : 0
        }
        spot_easy_set_ptr(easy, CURLOPT_OPENSOCKETDATA, me)
        spot_easy_set_opensocket(easy) { context, _, address in
            guard let context, let address else { return CURL_SOCKET_BAD }
            let me = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
            return me.openSocket(address)
        }
        spot_easy_set_ptr(easy, CURLOPT_PREREQDATA, me)
        spot_easy_set_prereq(easy) { context, peer, _, port, _ in
            guard let context, let peer else { return CURL_PREREQFUNC_ABORT }
            let me = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
            guard me.maySend(), me.mayReach(peer, port) else { return CURL_PREREQFUNC_ABORT }
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
        guard maySend(), priorKnowledge?.mayConnect() != false else { return CURL_SOCKET_BAD }
        let descriptor = SocketHook.open(
            address, rule: rule, url: url, options: options, refusal: &refusal,
            error: &socketError)
        if descriptor >= 0 {
            let isPlain = options.http == .http1 && url.count > 4 && url[4] == 0x3A
            let connection = poller.opened(descriptor, isSilent: isPlain)
            priorKnowledge?.connected(connection, url)
        }
        return descriptor
    }

    private func maySend() -> Bool {
        if sends > 0 { wasRepeatRefused = true }
        return !wasRepeatRefused
    }

    /// Whether the request may go out on its connection, which leads to `peer`.
    private func mayReach(_ peer: UnsafePointer<CChar>, _ port: Int32) -> Bool {
        if options.unixSocket != nil || lastPeer.isKnown(peer, port, url) { return true }
        refusal = rule.objection(peer: peer, port: port, url: url)
        if refusal == nil { lastPeer.note(peer, port, url) }
        return refusal == nil
    }

    /// Keeps what there is room for; false ends the transfer.
    private func received(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let room = keepsBody - responseBody.count
        if room > 0 {
            responseBody.append(UnsafeRawBufferPointer(rebasing: bytes.prefix(room)))
        }
        guard options.compression else { return true }
        inflated += bytes.count
        isBomb =
            inflated > Limits.inflatedBytes
            && inflated / Limits.inflationFactor > offset(CURLINFO_SIZE_DOWNLOAD_T)
        return !isBomb
    }

    func setText(_ option: CURLoption, _ text: String) {
        EasyOptions.set(option, text, easy)
    }

    func libcurlText(_ result: CURLcode) -> String { text(result, errorBuffer) }

    var systemError: Int { systemError(socketError) }
}

// MARK: - The exchange

extension EasyHandle {
    func start(now: Instant) {
        startedAt = now
        multi.add(handle)
    }

    func cut() { multi.remove(handle) }

    var response: TransferResponse {
        TransferResponse(
            status: outcome.status, duration: outcome.service, body: responseBody.bytes,
            headers: responseHeaders.bytes)
    }

    var responseText: String {
        String(decoding: responseBody.bytes.prefix(Self.exampleBytes), as: UTF8.self)
    }
}
