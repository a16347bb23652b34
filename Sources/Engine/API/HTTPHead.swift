// The head of an HTTP/1.1 request, parsed in place: ranges into the connection's buffer, no String.
//
//     POST /api/v3/order?a=b HTTP/1.1 CRLF  name: value CRLF ... CRLF  body
//          ^path         ^query                                        ^end
//
// Strict where leniency invites smuggling: CRLF only, no folded lines, no blank before a colon, one
// Host, one Content-Length, never both Content-Length and Transfer-Encoding. Pure.

import Glibc

enum HTTPMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case other = "OTHER"

    init(_ bytes: UnsafeRawBufferPointer) {
        if bytes.equals("POST") {
            self = .post
        } else if bytes.equals("GET") {
            self = .get
        } else if bytes.equals("DELETE") {
            self = .delete
        } else if bytes.equals("PUT") {
            self = .put
        } else {
            self = .other
        }
    }
}

struct HTTPHead: Equatable, Sendable {
    /// Bytes of a head, at most.
    static let bytesMax = 16 << 10

    enum Body: Equatable, Sendable {
        case length(Int)
        case chunked
    }
    enum Result: Equatable, Sendable {
        /// More bytes are needed.
        case incomplete
        case head(HTTPHead)
        /// Answer with this status and close.
        case malformed(Int)
    }

    var method = HTTPMethod.other
    var path = 0..<0
    var query = 0..<0
    var host: Range<Int>?
    var apiKey: Range<Int>?
    var agent: Range<Int>?
    var isJSON = false
    /// Of the methods that are `other`, the one whose answers have no body.
    var isHead = false
    var isKeepAlive = true
    var expectsContinue = false
    var body = Body.length(0)
    /// Offset of the first byte after the head.
    var end = 0

    private var hasLength = false

    static func == (a: Self, b: Self) -> Bool {
        a.method == b.method && a.path == b.path && a.query == b.query && a.host == b.host
            && a.apiKey == b.apiKey && a.agent == b.agent && a.isJSON == b.isJSON
            && a.isKeepAlive == b.isKeepAlive && a.expectsContinue == b.expectsContinue
            && a.body == b.body && a.end == b.end
    }

    static func parse(_ bytes: UnsafeRawBufferPointer) -> Result {
        var head = HTTPHead()
        var start = 0
        // Blank lines before a request are passed over (RFC 9112, 2.2).
        while start + 1 < bytes.count, start < 8, bytes[start] == 13, bytes[start + 1] == 10 {
            start += 2
        }
        var isFirst = true
        while true {
            guard let line = Self.line(bytes, from: start) else {
                return bytes.count > bytesMax ? .malformed(431) : .incomplete
            }
            guard line.upperBound < bytesMax else { return .malformed(431) }
            guard line.upperBound > line.lowerBound || bytes[start] == 13 else {
                return .malformed(400)
            }
            if line.isEmpty {
                if isFirst { return .malformed(400) }
                head.end = line.upperBound + 2
                return .head(head)
            }
            let status = isFirst ? head.takeRequestLine(bytes, line) : head.takeField(bytes, line)
            if status != 0 { return .malformed(status) }
            isFirst = false
            start = line.upperBound + 2
        }
    }

    /// The line that begins at `start`, without its CRLF; nil where it has no end yet. A line ended
    /// by LF alone is given back empty at a byte that is no CR.
    private static func line(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int>? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, 10, bytes.count - start)
        else { return nil }
        let end = UnsafeRawPointer(found) - base
        guard end > start, bytes[end - 1] == 13 else { return start..<start }
        return start..<end - 1
    }

    /// 0, or the status to refuse with.
    private mutating func takeRequestLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) -> Int {
        guard let space = bytes.firstIndex(of: 32, in: line),
            let last = bytes.firstIndex(of: 32, in: space + 1..<line.upperBound)
        else { return 400 }
        let version = bytes.slice(last + 1..<line.upperBound)
        if version.equals("HTTP/1.0") {
            isKeepAlive = false
        } else if !version.equals("HTTP/1.1") {
            return version.count == 8 && version.slice(0..<5).equals("HTTP/") ? 505 : 400
        }
        method = HTTPMethod(bytes.slice(line.lowerBound..<space))
        isHead = method == .other && bytes.slice(line.lowerBound..<space).equals("HEAD")
        let target = space + 1..<last
        guard !target.isEmpty, bytes[target.lowerBound] == UInt8(ascii: "/") else { return 400 }
        let mark = bytes.firstIndex(of: UInt8(ascii: "?"), in: target)
        path = target.lowerBound..<(mark ?? target.upperBound)
        query = (mark.map { $0 + 1 } ?? target.upperBound)..<target.upperBound
        return 0
    }

    private mutating func takeField(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Int {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":"), in: line),
            colon > line.lowerBound
        else { return 400 }
        for i in line.lowerBound..<colon where bytes[i] <= 32 || bytes[i] >= 127 { return 400 }
        var from = colon + 1
        var to = line.upperBound
        while from < to, bytes[from] == 32 || bytes[from] == 9 { from += 1 }
        while to > from, bytes[to - 1] == 32 || bytes[to - 1] == 9 { to -= 1 }
        for i in from..<to where (bytes[i] < 32 && bytes[i] != 9) || bytes[i] == 127 { return 400 }
        return take(bytes, bytes.slice(line.lowerBound..<colon), from..<to)
    }

    private mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer, _ value: Range<Int>
    ) -> Int {
        let text = bytes.slice(value)
        switch name.count {
        case 4 where name.equalsLowercased("host"):
            if host != nil { return 400 }
            host = value
        case 6 where name.equalsLowercased("expect"):
            guard text.equalsLowercased("100-continue") else { return 417 }
            expectsContinue = true
        case 10 where name.equalsLowercased("connection"): takeConnection(text)
        case 12 where name.equalsLowercased("x-mbx-apikey"): apiKey = value
        case 12 where name.equalsLowercased("content-type"):
            isJSON =
                text.count >= 16 && text.slice(0..<16).equalsLowercased("application/json")
        case 14 where name.equalsLowercased("content-length"):
            guard !hasLength, body != .chunked, (1...15).contains(text.count),
                text.allSatisfy({ $0 >= 48 && $0 <= 57 })
            else { return 400 }
            hasLength = true
            body = .length(text.reduce(0) { $0 * 10 + Int($1 - 48) })
        case 16 where name.equalsLowercased("x-spotload-agent"): agent = value
        case 17 where name.equalsLowercased("transfer-encoding"):
            if hasLength || body == .chunked { return 400 }
            guard text.equalsLowercased("chunked") else { return 501 }
            body = .chunked
        default: break
        }
        return 0
    }

    /// A list such as `keep-alive, Upgrade`.
    private mutating func takeConnection(_ text: UnsafeRawBufferPointer) {
        for part in text.split(separator: UInt8(ascii: ",")) {
            let word = UnsafeRawBufferPointer(rebasing: part).trimmed
            if word.equalsLowercased("close") {
                isKeepAlive = false
            } else if word.equalsLowercased("keep-alive") {
                isKeepAlive = true
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }

    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        guard let base = baseAddress, !range.isEmpty,
            let found = memchr(base + range.lowerBound, Int32(byte), range.count)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        guard let baseAddress else { return true }
        return memcmp(baseAddress, text.utf8Start, count) == 0
    }

    /// Whether this is `text`, which is lowercase, in any case.
    func equalsLowercased(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for i in 0..<count {
            let byte = self[i]
            let lower = byte >= 65 && byte <= 90 ? byte | 0x20 : byte
            if lower != text.utf8Start[i] { return false }
        }
        return true
    }

    var trimmed: UnsafeRawBufferPointer {
        var from = 0
        var to = count
        while from < to, self[from] == 32 || self[from] == 9 { from += 1 }
        while to > from, self[to - 1] == 32 || self[to - 1] == 9 { to -= 1 }
        return slice(from..<to)
    }
}
