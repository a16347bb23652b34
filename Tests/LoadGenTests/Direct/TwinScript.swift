// Requests and answers of the lanes' twin test, drawn from a seed.

import HarnessCore

@testable import LoadGen

struct TwinScript {
    struct Row {
        var request: PreparedRequest
        var entry: PieceServer.Entry
        /// In words, for failures of the test.
        var what: String
        /// Bytes of chunk framing, which libcurl does not count.
        var framing = 0
    }
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(state: seed) }

    private mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    private mutating func pick<T>(_ values: [T]) -> T { values[pick(values.count)] }

    mutating func rows(_ count: Int, port: UInt16) -> [Row] {
        (0..<count).map { row($0, port) }
    }

    private mutating func row(_ number: Int, _ port: UInt16) -> Row {
        var row = answer(to: request(number, port))
        row.what = "row \(number): \(row.request.method.rawValue) \(row.what)"
        let bytes = row.entry.pieces.flatMap(\.self)
        let cuts = (0..<pick(4)).map { _ in pick(bytes.count + 1) }.sorted()
        row.entry.pieces = zip([0] + cuts, cuts + [bytes.count]).map { Array(bytes[$0..<$1]) }
            .filter { !$0.isEmpty }
        return row
    }

    // MARK: - Requests

    private static let targets = [
        "/", "/a/b", "/x?y=z", "?only=query", "", "/a/../b/./c", "/%2e%2e/x", "/p#fragment",
        "/p?q#f", "/?", "/a?b=/../c", "//double", "/~tilde;v=1,2", "/|bar^", "/.hidden/..",
    ]
    private static let headerLines = [
        "Accept: text/plain", "Accept:", "accept;", "Host: other.example", "Host;",
        "X-Empty;", "X-None:", "X-None2:   ", "NoColon", "X-A: 1", "x-a:2", "Content-Type: a/b",
        "Content-Type:", "Cookie: c=d", "Authorization: Bearer t",
        "User-Agent: mine", "Semi; x", "Semi;  ",
    ]

    private mutating func request(_ number: Int, _ port: UInt16) -> PreparedRequest {
        let request = PreparedRequest()
        request.method = pick(HTTPMethod.allCases)
        let origin = pick([
            "http://127.0.0.1:\(port)", "http://127.0.0.1:\(port)", "HTTP://127.0.0.1:\(port)",
            "http://localhost:\(port)", "http://us%20er:pa%3ass@127.0.0.1:\(port)",
        ])
        request.url = Array((origin + pick(Self.targets)).utf8)
        for _ in 0..<pick(4) { request.headers += Array(pick(Self.headerLines).utf8) + [0] }
        if request.method == .post, pick(4) == 0 {
            request.headers += Array("Transfer-Encoding: chunked\0".utf8)
        }
        let sizes = [0, 0, 1, 50, 5_000, 100_000]
        let body = (0..<pick(sizes)).map { UInt8(truncatingIfNeeded: $0 &* 7 | 0x20) }
        if pick(4) == 0 { request.file = BodyBytes(body) } else { request.body = body }
        request.needsBody = pick(4) > 0
        request.needsHeaders = pick(2) > 0
        request.stepID = pick(8)
        request.timeout = .seconds(20)
        return request
    }

    // MARK: - Answers

    private mutating func answer(to request: PreparedRequest) -> Row {
        var row = Row(request: request, entry: PieceServer.Entry(pieces: []), what: "")
        let status = pick([200, 200, 201, 404, 500, 302])
        let line = "HTTP/1.1 \(status) Word\r\n"
        let body = String(repeating: "body ", count: pick([0, 1, 10, 60, 5_000, 60_000]))
        let isHead = request.method == .head
        let shown = isHead ? "" : body
        var closes = false
        var text = ""
        switch pick(16) {
        case 0...3:
            row.what = "length"
            text = line + "Content-Length: \(body.utf8.count)\r\nX: y\r\n\r\n" + shown
        case 4, 5:
            row.what = "chunks"
            text = line + "Transfer-Encoding: chunked\r\n\r\n"
            if !isHead { text += chunks(body, &row) }
        case 6:
            row.what = "204 or 304"
            text = "HTTP/1.1 \(pick([204, 304])) No\r\nContent-Length: 5\r\n\r\n"
        case 7:
            row.what = "until close"
            (text, closes) = (line + "A: b\r\n\r\n" + shown, true)
        case 8:
            row.what = "1xx first"
            text =
                "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\n" + line
                + "Content-Length: \(body.utf8.count)\r\n\r\n" + shown
        case 9:
            row.what = "HTTP/1.0"
            let keeps = pick(2) == 0
            closes = !keeps
            text =
                "HTTP/1.0 \(status) W\r\n" + (keeps ? "Connection: keep-alive\r\n" : "")
                + "Content-Length: \(body.utf8.count)\r\n\r\n" + shown
        case 10:
            row.what = "Connection: close"
            closes = true
            text =
                line + "Connection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + shown
        case 11:
            row.what = "bare LF, folded"
            text = "HTTP/1.1 \(status) W\nA: b\n c\nContent-Length: \(body.utf8.count)\n\n" + shown
        case 12:
            row.what = "closes in silence"
            closes = true
            text = line + "Content-Length: \(body.utf8.count)\r\n\r\n" + shown
        case 13:
            row.what = "no answer"
            closes = true
        case 14:
            row.what = "cut short"
            closes = true
            text = line + "Content-Length: \(body.utf8.count + 9)\r\n\r\n" + shown
        default:
            row.what = "malformed"
            closes = true
            text = pick([
                "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 O\r\nno colon\r\n\r\n",
                "HTTP/1.1 200 O\r\nA: \0\r\n\r\n", "HTTP/1.1 2000 O\r\n\r\n",
                "HTTP/3.1 200 O\r\n\r\n", line + "Content-Length: x\r\n\r\n",
                line + (isHead ? "no colon\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            ])
        }
        row.entry = PieceServer.Entry(pieces: [Array(text.utf8)], closes: closes)
        return row
    }

    private mutating func chunks(_ body: String, _ row: inout Row) -> String {
        var rest = Array(body.utf8)[...]
        var text = ""
        while !rest.isEmpty {
            let size = min(rest.count, 1 + pick(pick([10, 5_000, 40_000])))
            let ending = pick(5) == 0 ? ";name=\"value\"" : ""
            text += String(size, radix: 16, uppercase: pick(2) == 0) + ending + "\r\n"
            text += String(decoding: rest.prefix(size), as: UTF8.self) + "\r\n"
            rest = rest.dropFirst(size)
        }
        text += "0\r\n" + (pick(3) == 0 ? "X-Trailer: t\r\n" : "") + "\r\n"
        row.framing = text.utf8.count - body.utf8.count
        return text
    }
}
