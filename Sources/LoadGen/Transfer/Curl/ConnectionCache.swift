// The connections of one VU: a libcurl share handle with nothing but a connection cache. All of the
// VU's easy handles use it, so that parallel requests find what earlier ones left open, as a user's
// would, and finding it costs the same however many VUs there are.
//
// Confined to the worker's thread: no lock callbacks. "curl_share_cleanup(3)": the easy handles
// that use it must be gone, so each of them owns a reference.

import CCurl

final class ConnectionCache {
    let share: OpaquePointer?

    init() {
        share = curl_share_init().map { OpaquePointer($0) }
        if let share {
            spot_share_set_long(
                UnsafeMutableRawPointer(share), CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT)
        }
    }

    deinit {
        if let share { curl_share_cleanup(UnsafeMutableRawPointer(share)) }
    }
}

@available(*, unavailable)
extension ConnectionCache: Sendable {}
