// Whoever owns an easy handle in the worker's multi: libcurl's PRIVATE leads back to it when the
// handle's transfer, or its connecting, has ended.

import CCurl
import Glibc
import HarnessCore

class CurlClient {
    let handle: OpaquePointer

    /// The subclass cleans the handle up, in the order its own parts ask for.
    init(_ handle: OpaquePointer) { self.handle = handle }

    /// - Throws: `SystemError` where libcurl has no memory.
    static func makeHandle() throws(SystemError) -> OpaquePointer {
        guard let easy = curl_easy_init() else {
            throw SystemError("curl_easy_init", code: ENOMEM)
        }
        return OpaquePointer(easy)
    }

    final var easy: UnsafeMutableRawPointer { UnsafeMutableRawPointer(handle) }

    /// The handle's transfer ended; it is out of the multi, unless it is one that connects only.
    /// - Returns: the tag of a worker's transfer that ended with it; nil: nothing ended for the
    ///   worker.
    func ended(_ result: CURLcode) -> TransferTag? {
        preconditionFailure("a client says what the end of its handle means")
    }

    /// Whether the handle stays in the multi when it has ended, because its connection would be
    /// closed with it; its owner takes it out.
    var staysInMulti: Bool { false }

    /// - Precondition: the client lives as long as the handle.
    final func own() {
        spot_easy_set_ptr(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
    }

    static func of(_ handle: OpaquePointer) -> CurlClient {
        var raw: UnsafeMutablePointer<CChar>?
        spot_easy_get_ptr(UnsafeMutableRawPointer(handle), CURLINFO_PRIVATE, &raw)
        guard let raw else { preconditionFailure("a handle in the multi has an owner") }
        return Unmanaged<CurlClient>.fromOpaque(raw).takeUnretainedValue()
    }
}

// MARK: - What libcurl knows

extension CurlClient {
    final func long(_ info: CURLINFO) -> Int {
        var value = 0
        spot_easy_get_long(easy, info, &value)
        return value
    }

    final func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        spot_easy_get_off(easy, info, &value)
        return Int64(value)
    }

    /// How far a transfer came that never was ready to be sent.
    final var connectPhase: FailedTransfer.Phase {
        if offset(CURLINFO_CONNECT_TIME_T) > 0 || long(CURLINFO_LOCAL_PORT) > 0 {
            return .securing
        }
        return offset(CURLINFO_NAMELOOKUP_TIME_T) > 0 ? .connecting : .resolving
    }

    /// errno of the failed transfer's socket, 0 if there was none. "CURLINFO_OS_ERRNO(3): the errno
    /// variable from a connect failure".
    /// - Parameter socketError: of socket(2), which we know ourselves.
    final func systemError(_ socketError: Int32) -> Int {
        socketError == 0 ? long(CURLINFO_OS_ERRNO) : Int(socketError)
    }

    /// libcurl's words about a failure, from the handle's error buffer or the code's general text.
    final func text(_ result: CURLcode, _ errorBuffer: UnsafePointer<CChar>) -> String {
        errorBuffer[0] == 0
            ? String(cString: curl_easy_strerror(result)) : String(cString: errorBuffer)
    }
}

@available(*, unavailable)
extension CurlClient: Sendable {}
