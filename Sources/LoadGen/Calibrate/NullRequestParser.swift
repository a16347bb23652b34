// Requests of HTTP/1.1 (RFC 9112) as the null server reads them: strict, in place, keeping nothing.
// It finds out where a request ends and whether its sender wants a body and the connection; what
// was asked for does not matter.
//
//     head -> body of content-length bytes -> head ...
//          -> chunk size -> data -> CR LF -> ... -> 0 -> trailers -> head ...
//
// A head, a chunk's size and a trailer line are looked at whole; until they are, their bytes stay
// with the caller. Bodies are skipped as they come.

import Glibc

package struct NullRequestParser: Sendable {
    package enum Event: Sendable, Equatable {
        /// Everything given was used, or what is left is a part.
        case needsMore
        /// The head of a request that waits for `100 Continue` has come, its body not yet.
        case wantsContinue
        /// A request has ended.
        case request(wantsBody: Bool, keepsAlive: Bool)
        /// Not a request; nothing after it can be read. The status is what to answer.
        case refused(status: Int)
    }
    private enum State: Sendable, Equatable {
        case head
        case body(left: Int)
        case chunkSize
        case chunk(left: Int)
        case chunkEnd
        case trailers
    }
    /// Of a head; of a chunk's size line and of one trailer line an eighth of it.
    package static let headBytesMax = 32 << 10
    private static let lineBytesMax = headBytesMax / 8
    private static let trailersMax = 100

    private var state = State.head
    private var wantsBody = true
    private var keepsAlive = true
    private var trailers = 0

    package init() {}

    /// Reads on from `position`, which moves past what was used.
    /// - Complexity: O(bytes used), and O(part) again for a part that grows.
    package mutating func next(_ bytes: UnsafeRawBufferPointer, from position: inout Int) -> Event {
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            switch state {
            case .head:
                guard let event = head(rest, &position) else { continue }
                return event
            case .body(let left):
                let used = min(left, rest.count)
                position += used
                state = .body(left: left - used)
                guard used == left else { return .needsMore }
                return ended
            case .chunk(let left):
                let used = min(left, rest.count)
                position += used
                state = used == left ? .chunkEnd : .chunk(left: left - used)
                guard used == left else { return .needsMore }
            case .chunkSize, .chunkEnd, .trailers:
                guard let line = Self.line(rest) else {
                    return rest.count > Self.lineBytesMax
                        ? .refused(status: 400) : .needsMore
                }
                guard line.count <= Self.lineBytesMax else { return .refused(status: 400) }
                position += line.count + 2
                guard let event = chunked(line) else { continue }
                return event
            }
        }
    }

    private var ended: Event {
        mutating get {
            state = .head
            return .request(wantsBody: wantsBody, keepsAlive: keepsAlive)
        }
    }

    /// Nil: go on with the next state.
    private mutating func chunked(_ line: UnsafeRawBufferPointer) -> Event? {
        switch state {
        case .chunkEnd:
            guard line.isEmpty else { return .refused(status: 400) }
            state = .chunkSize
        case .trailers:
            if line.isEmpty { return ended }
            trailers += 1
            guard trailers <= Self.trailersMax, HeaderLine(line) != nil, Self.isText(line) else {
                return .refused(status: 400)
            }
        default:
            guard let size = Self.chunkSize(line) else { return .refused(status: 400) }
            state = size == 0 ? .trailers : .chunk(left: size)
            trailers = 0
        }
        return nil
    }

    /// Nil: a body follows.
    private mutating func head(
        _ rest: UnsafeRawBufferPointer, _ position: inout Int
    ) -> Event? {
        // An empty line before a request is an old client's line end (RFC 9112, 2.2).
        if rest.count >= 2, rest[0] == 0x0D, rest[1] == 0x0A {
            position += 2
            return nil
        }
        guard let end = Self.endOfHead(rest) else {
            return rest.count > Self.headBytesMax ? .refused(status: 431) : .needsMore
        }
        guard end <= Self.headBytesMax else { return .refused(status: 431) }
        var head = RequestHead()
        if let status = head.read(UnsafeRawBufferPointer(rebasing: rest[..<(end - 2)])) {
            return .refused(status: status)
        }
        position += end
        wantsBody = !head.isHead
        keepsAlive = head.keepsAlive
        switch (head.isChunked, head.length) {
        case (true, _): state = .chunkSize
        case (false, let length?) where length > 0: state = .body(left: length)
        default: return ended
        }
        return head.expectsContinue && rest.count == end ? .wantsContinue : nil
    }

    /// Past the empty line that ends a head.
    private static func endOfHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var start = 0
        while start + 4 <= bytes.count,
            let found = memchr(base + start, 0x0D, bytes.count - start - 3)
        {
            let at = UnsafeRawPointer(found) - base
            if bytes[at + 1] == 0x0A && bytes[at + 2] == 0x0D && bytes[at + 3] == 0x0A {
                return at + 4
            }
            start = at + 1
        }
        return nil
    }

    /// Up to CR LF, without it; nil where there is none. A lone LF is in no line.
    private static func line(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let base = bytes.baseAddress else { return nil }
        var start = 0
        while start + 2 <= bytes.count,
            let found = memchr(base + start, 0x0D, bytes.count - start - 1)
        {
            let at = UnsafeRawPointer(found) - base
            if bytes[at + 1] == 0x0A { return UnsafeRawBufferPointer(start: base, count: at) }
            start = at + 1
        }
        return nil
    }

    private static func isText(_ line: UnsafeRawBufferPointer) -> Bool {
        line.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }

    /// Hex digits, an extension after `;` ignored; at most 2^40.
    private static func chunkSize(_ line: UnsafeRawBufferPointer) -> Int? {
        var size = 0
        var digits = 0
        for byte in line {
            let digit: Int
            switch byte {
            case 0x30...0x39: digit = Int(byte) - 0x30
            case 0x41...0x46: digit = Int(byte) - 0x37
            case 0x61...0x66: digit = Int(byte) - 0x57
            case UInt8(ascii: ";"), 0x20, 0x09:
                return digits > 0 && isText(line) ? size : nil
            default: return nil
            }
            digits += 1
            guard digits <= 10 else { return nil }
            size = size << 4 | digit
        }
        return digits > 0 ? size : nil
    }
}

/// Of a request's head what decides where it ends and what is answered.
private struct RequestHead {
    var isHead = false
    var keepsAlive = true
    var isChunked = false
    var length: Int?
    var expectsContinue = false
    private var hosts = 0
    private var isOldVersion = false

    /// - Parameter bytes: lines with their ends, without the empty one.
    /// - Returns: nil, or the status that says what is wrong with it.
    mutating func read(_ bytes: UnsafeRawBufferPointer) -> Int? {
        // No control but CR and LF at line ends: NUL and lone CR or LF smuggle lines.
        guard let base = bytes.baseAddress, memchr(base, 0, bytes.count) == nil else { return 400 }
        var start = 0
        var isFirst = true
        while start < bytes.count {
            guard let found = memchr(base + start, 0x0A, bytes.count - start) else { return 400 }
            let end = UnsafeRawPointer(found) - base
            guard end > start, bytes[end - 1] == 0x0D else { return 400 }
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<(end - 1)])
            if let lineBase = line.baseAddress, memchr(lineBase, 0x0D, line.count) != nil {
                return 400
            }
            if let status = isFirst ? requestLine(line) : header(line) { return status }
            isFirst = false
            start = end + 1
        }
        guard hosts == 1 || (isOldVersion && hosts == 0) else { return 400 }
        guard !isChunked || (length == nil && !isOldVersion) else { return 400 }
        return nil
    }

    /// `METHOD SP target SP HTTP/1.x`
    private mutating func requestLine(_ line: UnsafeRawBufferPointer) -> Int? {
        guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20),
            first > 0, last > first + 1
        else { return 400 }
        guard line[..<first].allSatisfy(HeaderLine.isToken),
            line[(first + 1)..<last].allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { return 400 }
        let version = UnsafeRawBufferPointer(rebasing: line[(last + 1)...])
        guard version.count == 8, version.starts(with: "HTTP/".utf8) else { return 400 }
        guard version.starts(with: "HTTP/1.".utf8) else { return 505 }
        switch version[7] {
        case UInt8(ascii: "1"): break
        case UInt8(ascii: "0"):
            isOldVersion = true
            keepsAlive = false
        default: return 505
        }
        isHead = first == 4 && line.starts(with: "HEAD".utf8)
        return nil
    }

    private mutating func header(_ line: UnsafeRawBufferPointer) -> Int? {
        guard let header = HeaderLine(line) else { return 400 }
        switch header.name.count {
        case 4 where header.isNamed("host"): hosts += 1
        case 6 where header.isNamed("expect"):
            expectsContinue = header.hasValue("100-continue")
        case 10 where header.isNamed("connection"): connection(header)
        case 14 where header.isNamed("content-length"):
            guard let count = header.number, length == nil || length == count else { return 400 }
            length = count
        case 17 where header.isNamed("transfer-encoding"):
            guard !isChunked, header.hasValue("chunked") else { return 501 }
            isChunked = true
        default: break
        }
        return nil
    }

    private mutating func connection(_ header: HeaderLine) {
        for token in header.value.split(separator: UInt8(ascii: ",")) {
            let word = HeaderLine.trimmed(UnsafeRawBufferPointer(rebasing: token))
            if HeaderLine.equal(word, "close") { keepsAlive = false }
            if isOldVersion, HeaderLine.equal(word, "keep-alive") { keepsAlive = true }
        }
    }
}

/// `name: value`, both as they stand in the head.
private struct HeaderLine {
    let name: UnsafeRawBufferPointer
    /// Without blanks around it.
    let value: UnsafeRawBufferPointer

    /// Nil: no header field; a folded line is none either.
    init?(_ line: UnsafeRawBufferPointer) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            line[..<colon].allSatisfy(Self.isToken)
        else { return nil }
        name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        value = Self.trimmed(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
    }

    func isNamed(_ wanted: StaticString) -> Bool { Self.equal(name, wanted) }
    func hasValue(_ wanted: StaticString) -> Bool { Self.equal(value, wanted) }

    /// Digits only, up to 10^15.
    var number: Int? {
        guard !value.isEmpty, value.count <= 15,
            value.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return value.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }

    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// - Parameter wanted: in lower case.
    static func equal(_ bytes: UnsafeRawBufferPointer, _ wanted: StaticString) -> Bool {
        guard bytes.count == wanted.utf8CodeUnitCount else { return false }
        for i in 0..<bytes.count {
            let byte = bytes[i]
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            if lower != wanted.utf8Start[i] { return false }
        }
        return true
    }

    /// `tchar` of RFC 9110.
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E, 0x21, 0x23...0x27, 0x2A, 0x2B,
            0x2D, 0x2E:
            true
        default: false
        }
    }
}
