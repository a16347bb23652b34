// What every easy handle of an agent is set up with once: the scenario's `defaults` in libcurl's
// terms. Values; the PEM bytes are shared by all handles.

import Glibc
import HarnessCore

struct EasyOptions {
    /// http2: ALPN on https, prior knowledge on http. auto: ALPN on https, else 1.1.
    enum HTTPChoice { case http1, http2, auto }

    var http = HTTPChoice.http1
    /// nil: no limit but the request's own.
    var connectTimeout: TimeSpan?
    var verifyTLS = true
    var tls: TLSMaterial?
    /// Hops followed.
    var redirects = 0
    var reuse = true
    /// Bytes kept of a body that is read, after decompression.
    var maxBody = 1 << 20
    var unixSocket: String?
    /// An address of this host, or an interface.
    var localAddress: String?
    var dnsTtl = TimeSpan.seconds(60)
    var compression = false
    /// Lines sent with every request, e.g. `User-Agent: ...`.
    var fixedHeaders: [String] = []

    /// "CURLOPT_DNS_CACHE_TIMEOUT(3)": whole seconds; zero keeps no name.
    var dnsSeconds: Int { Int((dnsTtl.ns + 999_999_999) / 1_000_000_000) }

    /// "CURLOPT_INTERFACE(3): If the parameter starts with "if!" then it is treated only as an
    /// interface name. If the parameter starts with "host!" it is treated as either an IP address
    /// or a hostname." Without them libcurl would try a lookup where a device is gone.
    var interface: String? {
        guard let localAddress else { return nil }
        var buffer = in6_addr()
        let isAddress =
            inet_pton(AF_INET, localAddress, &buffer) == 1
            || inet_pton(AF_INET6, localAddress, &buffer) == 1
        return (isAddress ? "host!" : "if!") + localAddress
    }
}
