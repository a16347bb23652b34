// libcurl's part of the direct lane: an easy handle that resolves, connects and secures
// (CURLOPT_CONNECT_ONLY), driven by the worker's multi without blocking. Confined to its thread.
//
// Of a plain connection we take the socket: libcurl closes a CONNECT_ONLY connection when its
// handle leaves the multi, and asks *us* to close the socket (CURLOPT_CLOSESOCKETFUNCTION), where
// we keep it. So a kept connection costs no memory of libcurl's, and handles serve many
// connections. A TLS connection needs its handle all its life, for curl_easy_send and _recv, which
// look the connection up in the handle's cache: that cache is the handle's own, so the search is
// over one.

import CCurl
import Glibc
import HarnessCore

final class ConnectHandle: CurlClient {
    private let multi: CurlMulti
    private let poller: Poller
    private let rule: AddressRule
    private let options: EasyOptions
    private let errorBuffer: UnsafeMutablePointer<CChar>
    /// Of a handle for TLS.
    private let cache: ConnectionCache?
    private var isInMulti = false
    /// Descriptor that is ours from now on; -1: none.
    private var taken: Int32 = -1
    /// errno of the last socket(2), 0 if it succeeded.
    private var socketError: Int32 = 0
    /// Why the rule refused every address so far; nil: a socket was opened.
    private(set) var refusal: String?
    /// Of the origin it connects to.
    private var url: [UInt8] = []
    /// Who waits for the connection.
    private var waiting: Unmanaged<DirectExchange>?
    private(set) var tlsVersion: TLSVersion?

    /// - Throws: `SystemError` where libcurl has no memory.
    init(
        isTLS: Bool, options: EasyOptions, multi: CurlMulti, poller: Poller, rule: AddressRule
    ) throws(SystemError) {
        let made = try Self.makeHandle()
        self.options = options
        self.multi = multi
        self.poller = poller
        self.rule = rule
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        cache = isTLS ? ConnectionCache() : nil
        super.init(made)
        configure()
    }

    deinit {
        leaveMulti()
        curl_easy_cleanup(easy)
        errorBuffer.deallocate()
    }

    var isTLS: Bool { cache != nil }
    override var staysInMulti: Bool { true }

    private func configure() {
        own()
        options.apply(to: easy)
        spot_easy_set_ptr(easy, CURLOPT_ERRORBUFFER, errorBuffer)
        spot_easy_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
        // Nothing is received through it but by curl_easy_recv, into memory of ours.
        spot_easy_set_long(easy, CURLOPT_BUFFERSIZE, 1_024)
        let me = Unmanaged.passUnretained(self).toOpaque()
        spot_easy_set_ptr(easy, CURLOPT_OPENSOCKETDATA, me)
        spot_easy_set_opensocket(easy) { context, _, address in
            guard let context, let address else { return CURL_SOCKET_BAD }
            let me = Unmanaged<ConnectHandle>.fromOpaque(context).takeUnretainedValue()
            return me.openSocket(address)
        }
        spot_easy_set_ptr(easy, CURLOPT_CLOSESOCKETDATA, me)
        spot_easy_set_closesocket(easy) { context, descriptor in
            guard let context else { return close(descriptor) }
            let me = Unmanaged<ConnectHandle>.fromOpaque(context).takeUnretainedValue()
            return me.closeSocket(descriptor)
        }
        spot_easy_set_ptr(easy, CURLOPT_PREREQDATA, me)
        spot_easy_set_prereq(easy) { context, peer, _, port, _ in
            guard let context, let peer else { return CURL_PREREQFUNC_ABORT }
            let me = Unmanaged<ConnectHandle>.fromOpaque(context).takeUnretainedValue()
            guard me.mayReach(peer, port) else { return CURL_PREREQFUNC_ABORT }
            // Here, because a handle that has connected lets go of its connection.
            me.tlsVersion = TLSVersion(wire: Int(spot_easy_tls_version(me.easy)))
            return CURL_PREREQFUNC_OK
        }
        if let share = cache?.share {
            spot_easy_set_ptr(easy, CURLOPT_SHARE, UnsafeRawPointer(share))
        }
    }

    /// Whether the connection, which leads to `peer`, may be used.
    private func mayReach(_ peer: UnsafePointer<CChar>, _ port: Int32) -> Bool {
        if options.unixSocket != nil { return true }
        refusal = rule.objection(peer: peer, port: port, url: url)
        return refusal == nil
    }

    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
        let descriptor = SocketHook.open(
            address, rule: rule, url: url, options: options, refusal: &refusal,
            error: &socketError)
        if descriptor >= 0 { poller.opened(descriptor) }
        return descriptor
    }

    private func closeSocket(_ descriptor: Int32) -> Int32 {
        poller.forget(descriptor)
        return descriptor == taken ? 0 : close(descriptor)
    }

    // MARK: - Connecting

    /// Begins to connect; `exchange` is told of the end by `ended`.
    /// - Parameter timeout: of the whole request, which connecting is a part of.
    func connect(_ origin: Origin, timeout: TimeSpan, for exchange: DirectExchange) {
        waiting = .passUnretained(exchange)
        errorBuffer[0] = 0
        socketError = 0
        refusal = nil
        url = Array(origin.connectURL.dropLast())
        taken = -1
        tlsVersion = nil
        origin.connectURL.withUnsafeBufferPointer {
            _ = spot_easy_set_ptr(easy, CURLOPT_URL, $0.baseAddress)
        }
        let milliseconds = max(1, (timeout.ns + 999_999) / 1_000_000)
        spot_easy_set_long(easy, CURLOPT_TIMEOUT_MS, Int(milliseconds))
        isInMulti = true
        multi.add(handle)
    }

    /// Nobody waits any more: a connection that was under way is closed.
    func cancel() {
        waiting = nil
        leaveMulti()
    }

    override func ended(_ result: CURLcode) -> TransferTag? {
        guard let exchange = waiting?.takeUnretainedValue() else { return nil }
        waiting = nil
        if result == CURLE_OK {
            exchange.connected(self)
        } else {
            exchange.couldNotConnect(self, result)
        }
        return nil
    }

    /// Takes the socket of a plain connection over: libcurl is done with it.
    func takeSocket() -> Int32 {
        taken = socketDescriptor
        leaveMulti()
        return taken
    }

    /// -1 where there is none.
    var socketDescriptor: Int32 {
        var descriptor: curl_socket_t = -1
        spot_easy_get_socket(easy, CURLINFO_ACTIVESOCKET, &descriptor)
        return descriptor
    }

    /// Leaves the multi; a connection that was not taken over is closed.
    func leaveMulti() {
        guard isInMulti else { return }
        isInMulti = false
        multi.remove(handle)
    }

    // MARK: - What it was like

    /// CONNECT and APPCONNECT of measurement.md section 1, without what was before them.
    var connecting: TimeSpan {
        let connect = offset(CURLINFO_CONNECT_TIME_T)
        let end = connect > 0 ? connect : offset(CURLINFO_TOTAL_TIME_T)
        return .microseconds(max(0, end - offset(CURLINFO_NAMELOOKUP_TIME_T)))
    }

    var tlsHandshaking: TimeSpan {
        let secured = offset(CURLINFO_APPCONNECT_TIME_T)
        return .microseconds(
            secured > 0 ? max(0, secured - offset(CURLINFO_CONNECT_TIME_T)) : 0)
    }

    var systemError: Int { systemError(socketError) }

    /// What libcurl knows of its failure.
    /// - Parameter wasConnected: the request could be sent.
    func failed(_ result: CURLcode, wasConnected: Bool) -> FailedTransfer {
        var failed = FailedTransfer(
            result: result, text: refusal ?? text(result, errorBuffer))
        failed.phase = wasConnected ? .moving : connectPhase
        failed.systemError = wasConnected ? 0 : systemError
        failed.verifyResult = long(CURLINFO_SSL_VERIFYRESULT)
        failed.isBlocked = refusal != nil
        return failed
    }

    // MARK: - Bytes through TLS

    /// - Returns: how many bytes were taken, 0 where it would block.
    /// - Throws: libcurl's code.
    func send(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws(CurlFailure) -> Int {
        errorBuffer[0] = 0
        var sent = 0
        let code = curl_easy_send(easy, bytes, count, &sent)
        if code == CURLE_AGAIN { return 0 }
        guard code == CURLE_OK else { throw CurlFailure(code: code) }
        return sent
    }

    /// - Returns: how many bytes came, 0 at the orderly end; nil where it would block.
    /// - Throws: libcurl's code.
    func receive(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws(CurlFailure) -> Int? {
        errorBuffer[0] = 0
        var received = 0
        let code = curl_easy_recv(easy, bytes, count, &received)
        if code == CURLE_AGAIN { return nil }
        guard code == CURLE_OK else { throw CurlFailure(code: code) }
        return received
    }
}

/// A code of libcurl's that is no success.
struct CurlFailure: Error {
    let code: CURLcode
}
