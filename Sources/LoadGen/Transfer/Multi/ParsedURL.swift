// The URL of an easy handle as libcurl's parser leaves it. Given text, libcurl parses the URL of
// every transfer and writes it together again, an eighth of a request's instructions; given this
// (CURLOPT_CURLU), it copies the parts. While requests stay with one origin only path and query are
// replaced, where libcurl would send them as they are; any other URL goes to libcurl as text.
//
// "CURLOPT_CURLU(3): the bits set by this option override CURLOPT_URL. libcurl does not modify the
// handle, and the application must not free it until the transfer is done."

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
        let path = UnsafeBufferPointer(rebasing: url[start..<url.count - 1])
        // libcurl writes escapes in parts in lower case.
        guard PlainPath.isPlain(path), !path.contains(UInt8(ascii: "%")) else { return false }
        guard isKnown else { return parse(url, start) }
        guard let mark = path.firstIndex(of: UInt8(ascii: "?")) else {
            return set(CURLUPART_PATH, base + start) && set(CURLUPART_QUERY, nil)
        }
        // An empty query is more than none.
        guard mark + 1 < path.count else { return false }
        base[start + mark] = 0
        defer { base[start + mark] = UInt8(ascii: "?") }
        return set(CURLUPART_PATH, base + start) && set(CURLUPART_QUERY, base + start + mark + 1)
    }

    private func set(_ part: CURLUPart, _ text: UnsafePointer<UInt8>?) -> Bool {
        let text = UnsafeRawPointer(text)?.assumingMemoryBound(to: CChar.self)
        return curl_url_set(parts, part, text, 0) == CURLUE_OK
    }

    /// Another origin: the parser has all of it.
    private mutating func parse(_ url: UnsafeMutableBufferPointer<UInt8>, _ start: Int) -> Bool {
        origin.removeAll(keepingCapacity: true)
        guard set(CURLUPART_URL, url.baseAddress) else { return false }
        origin.append(contentsOf: url[..<start])
        return true
    }

    /// Where the path begins, and whether what stands before it is `origin`. nil: there is no path,
    /// or a user stands before it.
    private func pathStart(
        _ url: UnsafeMutableBufferPointer<UInt8>
    ) -> (start: Int, isKnown: Bool)? {
        let known = origin.count
        if known > 0, url.count > known, url[known] == UInt8(ascii: "/"), url.starts(with: origin) {
            return (known, true)
        }
        var slashes = 0
        for i in url.indices {
            switch url[i] {
            case UInt8(ascii: "/"):
                slashes += 1
                if slashes == 3 { return (i, false) }
            case UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "#"): return nil
            default: break
            }
        }
        return nil
    }
}
