// The URL of an easy handle as libcurl's parser leaves it. Given text, libcurl parses the URL of
// every transfer and writes it together again, an eighth of a request's instructions; given this
// (CURLOPT_CURLU), it copies the parts. While requests stay with one origin only path and query are
// replaced, where libcurl would send them as they are; any other URL goes to libcurl as text.
//
// "CURLOPT_CURLU(3): libcurl will use this handle and its contents read-only and will not change
// its contents. An application can update the contents of the URL handle after a transfer is done."

import CCurl
import Glibc

struct ParsedURL: ~Copyable {
    /// nil: there was no memory for it.
    private let parts = curl_url()
    /// `http://host:port` of what it holds; empty: nothing.
    private var origin: [UInt8] = []

    deinit { curl_url_cleanup(parts) }

    /// What CURLOPT_CURLU is given.
    var handle: UnsafeRawPointer? { parts.map { UnsafeRawPointer($0) } }

    /// Makes it `url`.
    /// - Parameter url: ended by NUL.
    /// - Returns: false where libcurl is to have the text.
    mutating func take(_ url: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        guard parts != nil, let base = url.baseAddress, let (start, isKnown) = pathStart(url)
        else { return false }
        let path = UnsafeBufferPointer(start: base + start, count: url.count - 1 - start)
        // libcurl writes escapes in parts in lower case.
        guard PlainPath.isPlain(path),
            memchr(base + start, Int32(UInt8(ascii: "%")), path.count) == nil
        else { return false }
        guard isKnown else { return parse(url, start) }
        guard let found = memchr(base + start, Int32(UInt8(ascii: "?")), path.count) else {
            return set(CURLUPART_PATH, base + start) && set(CURLUPART_QUERY, nil)
        }
        let mark = found.assumingMemoryBound(to: UInt8.self)
        let query = mark + 1
        // An empty query is more than none.
        guard query.pointee != 0 else { return false }
        mark.pointee = 0
        defer { mark.pointee = UInt8(ascii: "?") }
        return set(CURLUPART_PATH, base + start) && set(CURLUPART_QUERY, query)
    }

    private func set(_ part: CURLUPart, _ text: UnsafePointer<UInt8>?) -> Bool {
        let text = UnsafeRawPointer(text)?.assumingMemoryBound(to: CChar.self)
        return curl_url_set(parts, part, text, 0) == CURLUE_OK
    }

    /// Another origin: the parser has all of it.
    private mutating func parse(_ url: UnsafeMutableBufferPointer<UInt8>, _ start: Int) -> Bool {
        origin.removeAll(keepingCapacity: true)
        // Else a text without a scheme would be read beside what stands there.
        _ = set(CURLUPART_URL, nil)
        guard set(CURLUPART_URL, url.baseAddress) else { return false }
        origin.append(contentsOf: url[..<start])
        return true
    }

    /// Where the path begins, and whether what stands before it is `origin`. nil: there is no path,
    /// no host, or what stands before the path is more than the two (a user, a zone: libcurl 7.88
    /// loses the zone of a URL in parts).
    private func pathStart(
        _ url: UnsafeMutableBufferPointer<UInt8>
    ) -> (start: Int, isKnown: Bool)? {
        let known = origin.count
        if known > 0, url.count > known, url[known] == UInt8(ascii: "/"),
            let base = url.baseAddress, memcmp(origin, base, known) == 0
        {
            return (known, true)
        }
        var slashes = 0
        for i in url.indices {
            switch url[i] {
            case UInt8(ascii: "/"):
                slashes += 1
                guard slashes == 3 else { continue }
                return url[i - 1] == UInt8(ascii: "/") ? nil : (i, false)
            case UInt8(ascii: "@"), UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"):
                return nil
            default: break
            }
        }
        return nil
    }
}
