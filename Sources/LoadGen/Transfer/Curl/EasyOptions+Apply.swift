// Options that both lanes set on a new easy handle, whatever it will be asked for.

import CCurl
import HarnessCore

extension EasyOptions {
    /// Sets them once, for all transfers of a handle, which must not outlive `tls`.
    func apply(to easy: UnsafeMutableRawPointer) {
        for (option, value) in [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_TCP_NODELAY, 1), (CURLOPT_NOPROGRESS, 1),
            // Each hop is a transfer of its own: see `follow`.
            (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_MAXREDIRS, -1),
            (CURLOPT_SSL_VERIFYPEER, verifyTLS ? 1 : 0),
            (CURLOPT_SSL_VERIFYHOST, verifyTLS ? 2 : 0),
            (CURLOPT_DNS_CACHE_TIMEOUT, dnsSeconds), (CURLOPT_HTTP_VERSION, httpVersion),
        ] { spot_easy_set_long(easy, option, value) }
        Self.set(CURLOPT_PROTOCOLS_STR, "http,https", easy)
        Self.set(CURLOPT_PROXY, "", easy)
        Self.set(CURLOPT_NOPROXY, "*", easy)
        if let limit = connectTimeout {
            spot_easy_set_long(
                easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(limit.milliseconds.rounded(.up))))
        }
        if let unixSocket { Self.set(CURLOPT_UNIX_SOCKET_PATH, unixSocket, easy) }
        if let interface { Self.set(CURLOPT_INTERFACE, interface, easy) }
        tls?.apply(to: easy)
    }

    private var httpVersion: Int {
        switch http {
        case .http1: Int(CURL_HTTP_VERSION_1_1)
        case .http2: Int(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
        case .auto: Int(CURL_HTTP_VERSION_2TLS)
        }
    }

    static func set(_ option: CURLoption, _ text: String, _ easy: UnsafeMutableRawPointer) {
        text.withCString { _ = spot_easy_set_ptr(easy, option, $0) }
    }
}
