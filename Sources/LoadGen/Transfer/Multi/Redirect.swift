// The rules of a redirect hop, as browsers, Go and so k6 have them: which statuses lead on, what
// becomes of method and body, which headers must not follow to another origin. Pure.
//
//     status          method                 body
//     301 302 303     GET (HEAD stays)       dropped with the headers that describe it
//     307 308         the same               the same

import HarnessCore

enum Redirect {
    static func isFollowed(_ status: Int) -> Bool {
        switch status {
        case 301, 302, 303, 307, 308: true
        default: false
        }
    }

    /// Whether the hop is a GET although the request was none.
    static func becomesGet(_ status: Int, _ method: HTTPMethod) -> Bool {
        status < 307 && method != .get && method != .head
    }

    /// Whether scheme, host and port are written the same.
    static func isSameOrigin(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        ByteText.equalIgnoringCase(origin(a), origin(b))
    }

    /// Up to the path, query or fragment.
    private static func origin(_ url: [UInt8]) -> ArraySlice<UInt8> {
        var slashes = 0
        let end = url.firstIndex { byte in
            if byte == UInt8(ascii: "/") { slashes += 1 }
            return slashes == 3 || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
        }
        return url[..<(end ?? url.endIndex)]
    }

    /// Who we are is not told to another origin.
    private static let identity: [StaticString] = [
        "authorization", "cookie", "cookie2", "proxy-authorization", "www-authenticate",
        "x-mbx-apikey", "host",
    ]
    private static let ofBody: [StaticString] = [
        "content-type", "content-encoding", "content-language", "content-location",
    ]

    /// Removes header lines, each ended by NUL, that must not go with the hop.
    /// - Returns: how many bytes are left.
    static func filter(
        _ lines: UnsafeMutableRawBufferPointer, leavesOrigin: Bool, dropsBody: Bool
    ) -> Int {
        var kept = 0
        var start = 0
        while start < lines.count {
            let end = lines[start...].firstIndex(of: 0) ?? lines.count
            let line = UnsafeRawBufferPointer(rebasing: lines[start..<end])
            let isDropped =
                leavesOrigin && has(identity, line) || dropsBody && has(ofBody, line)
            if !isDropped {
                for i in start..<min(end + 1, lines.count) {
                    lines[kept] = lines[i]
                    kept += 1
                }
            }
            start = end + 1
        }
        return kept
    }

    private static func has(_ names: [StaticString], _ line: UnsafeRawBufferPointer) -> Bool {
        // `Name: value`, or `Name;` for one without a value.
        let end = line.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ";") }
        let name = line[..<(end ?? line.endIndex)]
        return names.contains { known in
            let bytes = UnsafeBufferPointer(
                start: known.utf8Start, count: known.utf8CodeUnitCount)
            return ByteText.equalIgnoringCase(name, bytes)
        }
    }
}
