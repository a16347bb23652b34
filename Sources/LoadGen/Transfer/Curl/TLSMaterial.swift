// The certificates of `defaults.tls` as libcurl borrows them: it is told not to copy, so that ten
// thousand handles share one copy, and this owner outlives them all. The private key is wiped when
// it goes. Immutable.

import CCurl
import Glibc

final class TLSMaterial {
    private let ca: UnsafeMutableRawBufferPointer?
    private let certificate: UnsafeMutableRawBufferPointer?
    private let key: UnsafeMutableRawBufferPointer?

    /// PEM texts; nil where there is none.
    init(ca: [UInt8]?, certificate: [UInt8]?, key: [UInt8]?) {
        self.ca = ca.map(Self.copy)
        self.certificate = certificate.map(Self.copy)
        self.key = key.map(Self.copy)
    }

    private static func copy(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
        let owned = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        owned.copyBytes(from: bytes)
        return owned
    }

    deinit {
        if let key, let base = key.baseAddress { explicit_bzero(base, key.count) }
        for owned in [ca, certificate, key] { owned?.deallocate() }
    }

    /// Sets the options of an easy handle, which must not outlive this.
    func apply(to easy: UnsafeMutableRawPointer) {
        if let ca {
            Self.set(CURLOPT_CAINFO_BLOB, ca, easy)
            // The authorities of the system stay out of it: the scenario named its own.
            spot_easy_set_ptr(easy, CURLOPT_CAPATH, nil)
        }
        if let certificate { Self.set(CURLOPT_SSLCERT_BLOB, certificate, easy) }
        if let key { Self.set(CURLOPT_SSLKEY_BLOB, key, easy) }
    }

    private static func set(
        _ option: CURLoption, _ bytes: UnsafeMutableRawBufferPointer,
        _ easy: UnsafeMutableRawPointer
    ) {
        var blob = curl_blob(
            data: bytes.baseAddress, len: bytes.count, flags: UInt32(CURL_BLOB_NOCOPY))
        spot_easy_set_ptr(easy, option, &blob)
    }
}

@available(*, unavailable)
extension TLSMaterial: Sendable {}
