// How one transfer went: status, phases, bytes, failure. Phases in ns, capitals as in
// measurement.md section 1.

package import HarnessCore

/// k6's values of the tag `proto`.
package enum HTTPProtocol: String, Sendable {
    case http10 = "HTTP/1.0", http11 = "HTTP/1.1", http2 = "HTTP/2.0", http3 = "HTTP/3.0"
}

/// k6's values of the tag `tls_version`.
package enum TLSVersion: String, Sendable {
    case tls10 = "tls1.0", tls11 = "tls1.1", tls12 = "tls1.2", tls13 = "tls1.3"

    /// Of the number a TLS record carries; nil for what is none.
    package init?(wire: Int) {
        switch wire {
        case 0x0301: self = .tls10
        case 0x0302: self = .tls11
        case 0x0303: self = .tls12
        case 0x0304: self = .tls13
        default: return nil
        }
    }
}

package struct TransferOutcome {
    /// 0 where no response came.
    package var status = 0
    /// PRETRANSFER was reached: the request could be sent.
    package var wasSent = false
    /// From when the request could be sent to the end: sending + waiting + receiving.
    package var service = TimeSpan.zero
    package var blocked = TimeSpan.zero
    package var connecting = TimeSpan.zero
    package var tlsHandshaking = TimeSpan.zero
    /// Not known from libcurl before 8.10: 0, and inside `waiting`.
    package var sending = TimeSpan.zero
    package var waiting = TimeSpan.zero
    package var receiving = TimeSpan.zero
    package var bytesSent: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    /// Of the response; nil where none came.
    package var http: HTTPProtocol?
    /// Of the connection the request went out on; nil without TLS.
    package var tls: TLSVersion?
    /// A transport failure; failures by status are the flow's to say.
    package var failure: TransferFailure?
}
