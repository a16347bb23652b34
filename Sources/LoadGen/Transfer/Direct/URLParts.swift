// A URL in its parts, parsed by libcurl with the flags of its transfers, so that both lanes read
// every URL alike: dot segments, fragments, users, hosts in brackets. The cold way: it allocates.

import CCurl
import Glibc
import HarnessCore

struct URLParts {
    /// A URL that libcurl would not take.
    struct Malformed: Error { let text: String }

    let isTLS: Bool
    /// As in a Host header: without the scheme's own port.
    let hostAndPort: String
    /// Written the same for all URLs of the same origin.
    let canonical: String
    /// Path and query, as they are sent.
    let target: [UInt8]
    /// `Authorization: Basic ...` and its line's end, of a user in the URL; empty without one.
    let authorization: [UInt8]

    /// - Parameter url: ended by NUL.
    init(_ url: [UInt8]) throws(Malformed) {
        guard let handle = curl_url() else { throw Malformed(text: "no memory for a URL") }
        defer { curl_url_cleanup(handle) }
        let flags = UInt32(CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME)
        let code = url.withUnsafeBytes {
            curl_url_set(
                handle, CURLUPART_URL, $0.baseAddress?.assumingMemoryBound(to: CChar.self), flags)
        }
        guard code == CURLUE_OK else {
            throw Malformed(text: String(cString: curl_url_strerror(code)))
        }
        let scheme = Self.text(handle, CURLUPART_SCHEME).lowercased()
        guard scheme == "http" || scheme == "https" else {
            throw Malformed(text: "Protocol \"\(scheme)\" not supported or disabled in libcurl")
        }
        isTLS = scheme == "https"
        var host = Self.text(handle, CURLUPART_HOST)
        if !host.utf8.allSatisfy({ $0 < 0x80 }) {
            host = Self.text(handle, CURLUPART_HOST, UInt32(CURLU_PUNYCODE))
        }
        if host.hasSuffix("."), host.utf8.count > 1 { host.removeLast() }
        let port = Self.text(handle, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT))
        hostAndPort = port == (isTLS ? "443" : "80") ? host : "\(host):\(port)"
        let zone = Self.text(handle, CURLUPART_ZONEID)
        canonical = "\(scheme)://\(host.lowercased()):\(port)%\(zone)"
        var target = Self.bytes(handle, CURLUPART_PATH, 0) ?? [UInt8(ascii: "/")]
        if let query = Self.bytes(handle, CURLUPART_QUERY, 0) {
            target.append(UInt8(ascii: "?"))
            target += query
        }
        self.target = target
        authorization = Self.authorization(handle)
    }

    private static func authorization(_ handle: OpaquePointer) -> [UInt8] {
        let decode = UInt32(CURLU_URLDECODE)
        let user = bytes(handle, CURLUPART_USER, decode)
        let password = bytes(handle, CURLUPART_PASSWORD, decode)
        guard user != nil || password != nil else { return [] }
        var line = Array("Authorization: Basic ".utf8)
        let start = line.count
        line += (user ?? []) + [UInt8(ascii: ":")] + (password ?? [])
        ByteText.base64Encode(&line, from: start)
        return line + [0x0D, 0x0A]
    }

    private static func text(
        _ handle: OpaquePointer, _ part: CURLUPart, _ flags: UInt32 = 0
    ) -> String {
        String(decoding: bytes(handle, part, flags) ?? [], as: UTF8.self)
    }

    /// nil where the URL has no such part.
    private static func bytes(
        _ handle: OpaquePointer, _ part: CURLUPart, _ flags: UInt32
    ) -> [UInt8]? {
        var raw: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &raw, flags) == CURLUE_OK, let raw else { return nil }
        defer { curl_free(raw) }
        return Array(UnsafeRawBufferPointer(start: raw, count: strlen(raw)))
    }
}
