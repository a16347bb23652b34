// A transfer's outcome as libcurl has it, read once, right after its end. libcurl measures in
// microseconds.
//
// When a request may be sent we take from CONNECT and APPCONNECT (0 on a kept connection), not from
// PRETRANSFER: libcurl 7.88 stamps that after it has written the request (multi.c, before_perform),
// so on a busy machine, where the write wakes the target and costs us the core, a part of the
// service would be missing from the service time.

import CCurl
import HarnessCore

extension TransferOutcome {
    /// - Parameter text: what went wrong, in words; left as it is without a failure.
    init(_ easy: EasyHandle, result: CURLcode, text: inout String) {
        let total = easy.offset(CURLINFO_TOTAL_TIME_T)
        let pre = easy.offset(CURLINFO_PRETRANSFER_TIME_T)
        let start = Self.firstByte(easy)
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
        if Self.hasTooLargeHead(easy, result) {
            status = 0
            failure = .tooLarge
            text = "the response's headers are larger than \(Limits.responseHeaderBytes >> 10) KiB"
            return
        }
        if isOK { return }
        if easy.wasRepeatRefused {
            failure = .reset
            text = "the connection ended before an answer"
        } else if let refusal = easy.refusal {
            failure = .blocked
            text = refusal
        } else if easy.isBomb {
            failure = .tooLarge
            text =
                "the body inflates to more than \(Limits.inflatedBytes >> 20) MiB, "
                + "over \(Limits.inflationFactor) times its size"
        } else {
            let known = FailedTransfer(easy, result: result, isReady: pre > 0)
            failure = known.failure
            text = known.words
        }
    }

    /// STARTTRANSFER; of a large body our own time, because libcurl's is then that of the body's
    /// first piece. 0: no answer came.
    private static func firstByte(_ easy: EasyHandle) -> Int64 {
        guard easy.shape?.isLarge == true else {
            return easy.offset(CURLINFO_STARTTRANSFER_TIME_T)
        }
        return easy.firstByteAt.map { max(1, ($0 - easy.startedAt).ns / 1_000) } ?? 0
    }

    /// Beyond our limit, or beyond libcurl's own (100 KiB a line, 300 KiB), which end the transfer.
    private static func hasTooLargeHead(_ easy: EasyHandle, _ result: CURLcode) -> Bool {
        if easy.headBytes > Limits.responseHeaderBytes { return true }
        return switch result {
        // "Too large response headers: 307242 > 307200"; a line's end is out of memory to it.
        case CURLE_RECV_ERROR: easy.libcurlText(result).contains("Too large response headers")
        case CURLE_OUT_OF_MEMORY: easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0
        default: false
        }
    }

    /// "REQUEST_SIZE: the total size of the issued requests", which is the headers and whatever of
    /// the body went out with them: all of a body under 64 KiB, nothing of a larger one. Newer
    /// versions count all of it. A body that is not in it is always larger than the headers.
    static func bytesSent(request: Int64, upload: Int64) -> UInt64 {
        UInt64(max(0, request > upload ? request : request + upload))
    }
}

extension FailedTransfer {
    /// - Parameter isReady: the request could be sent.
    init(_ easy: EasyHandle, result: CURLcode, isReady: Bool) {
        self.init(result: result)
        phase = isReady ? .moving : easy.connectPhase
        systemError = easy.systemError
        verifyResult = easy.long(CURLINFO_SSL_VERIFYRESULT)
        text = easy.libcurlText(result)
    }
}

extension EasyHandle {
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
