// Whoever owns an easy handle in the worker's multi: libcurl's PRIVATE leads back to it when the
// handle's transfer, or its connecting, has ended.

import CCurl

class CurlClient {
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
    final func own(_ easy: UnsafeMutableRawPointer) {
        spot_easy_set_ptr(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
    }

    static func of(_ handle: OpaquePointer) -> CurlClient {
        var raw: UnsafeMutablePointer<CChar>?
        spot_easy_get_ptr(UnsafeMutableRawPointer(handle), CURLINFO_PRIVATE, &raw)
        guard let raw else { preconditionFailure("a handle in the multi has an owner") }
        return Unmanaged<CurlClient>.fromOpaque(raw).takeUnretainedValue()
    }
}

@available(*, unavailable)
extension CurlClient: Sendable {}
