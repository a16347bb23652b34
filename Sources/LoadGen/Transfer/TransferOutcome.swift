// How one transfer went: status, phases, bytes, failure; read from libcurl once, right after it
// ended. Phases in ns (libcurl measures microseconds), capitals as in measurement.md section 1.
//
// When a request may be sent we take from CONNECT and APPCONNECT (0 on a kept connection), not from
// PRETRANSFER: libcurl 7.88 stamps that after it has written the request (multi.c, before_perform),
// so on a busy machine, where the write wakes the target and costs us the core, a part of the
// service would be missing from the service time.

import CCurl
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
    /// libcurl's words; empty without a failure.
    package var errorText = ""
}

extension TransferOutcome {
    init(_ easy: EasyHandle, result: CURLcode) {
        let total = easy.offset(CURLINFO_TOTAL_TIME_T)
        let pre = easy.offset(CURLINFO_PRETRANSFER_TIME_T)
        let start = easy.offset(CURLINFO_STARTTRANSFER_TIME_T)
        let isOK = result == CURLE_OK
        self.init()
        status = isOK ? easy.long(CURLINFO_RESPONSE_CODE) : 0
        wasSent = pre > 0
        var maySend: Int64 = 0
        if easy.long(CURLINFO_NUM_CONNECTS) > 0 {
            let connect = easy.offset(CURLINFO_CONNECT_TIME_T)
            let secured = easy.offset(CURLINFO_APPCONNECT_TIME_T)
            maySend = wasSent ? max(connect, secured) : total
            connecting = .microseconds(
                max(0, (connect > 0 ? connect : total) - easy.offset(CURLINFO_NAMELOOKUP_TIME_T)))
            tlsHandshaking = .microseconds(secured > 0 ? max(0, secured - connect) : 0)
        }
        service = .microseconds(wasSent ? max(0, total - maySend) : 0)
        blocked = .microseconds(maySend)
        // Where no first byte came, all of it was waiting.
        let firstByte = start > 0 ? start : total
        waiting = .microseconds(wasSent ? max(0, firstByte - maySend) : 0)
        receiving = .microseconds(start > 0 ? max(0, total - start) : 0)
        http = isOK ? HTTPProtocol(easy.long(CURLINFO_HTTP_VERSION)) : nil
        tls = easy.tlsVersion
        bytesSent = Self.bytesSent(
            request: Int64(easy.long(CURLINFO_REQUEST_SIZE)),
            upload: easy.offset(CURLINFO_SIZE_UPLOAD_T))
        bytesReceived = UInt64(
            max(0, easy.offset(CURLINFO_SIZE_DOWNLOAD_T) + Int64(easy.long(CURLINFO_HEADER_SIZE))))
        if isOK { return }
        if easy.wasRepeatRefused {
            failure = .reset
            errorText = "the connection ended before an answer"
        } else if easy.isBomb {
            failure = .rest
            errorText =
                "the body inflates to more than \(Limits.inflatedBytes >> 20) MiB, "
                + "over \(Limits.inflationFactor) times its size"
        } else {
            errorText = easy.errorText(result)
            failure = .transport(
                result, wasConnected: pre > 0,
                verifyResult: easy.long(CURLINFO_SSL_VERIFYRESULT),
                hasAlert: errorText.contains("SSL") && errorText.contains(" alert "))
        }
    }

    /// "REQUEST_SIZE: the total size of the issued requests", which is the headers and whatever of
    /// the body went out with them: all of a body under 64 KiB, nothing of a larger one. Newer
    /// versions count all of it. A body that is not in it is always larger than the headers.
    static func bytesSent(request: Int64, upload: Int64) -> UInt64 {
        UInt64(max(0, request > upload ? request : request + upload))
    }
}

extension EasyHandle {
    /// The service time of a transfer that still runs; nil where its request was not sent yet.
    /// - Parameter age: since it was given to libcurl.
    func serviceSoFar(_ age: TimeSpan) -> TimeSpan? {
        guard offset(CURLINFO_PRETRANSFER_TIME_T) > 0 else { return nil }
        guard long(CURLINFO_NUM_CONNECTS) > 0 else { return age }
        let maySend = max(offset(CURLINFO_CONNECT_TIME_T), offset(CURLINFO_APPCONNECT_TIME_T))
        return max(.zero, age - .microseconds(maySend))
    }
}

extension HTTPProtocol {
    /// Of CURLINFO_HTTP_VERSION; nil where the version is not known.
    init?(_ version: Int) {
        switch version {
        case Int(CURL_HTTP_VERSION_1_0): self = .http10
        case Int(CURL_HTTP_VERSION_1_1): self = .http11
        case Int(CURL_HTTP_VERSION_2_0): self = .http2
        case Int(CURL_HTTP_VERSION_3): self = .http3
        default: return nil
        }
    }
}
