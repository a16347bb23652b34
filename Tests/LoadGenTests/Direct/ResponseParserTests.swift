// Responses in tables: what is read, what is refused, where they end.

import HarnessCore
import LoadGen
import Testing

@Suite struct ResponseParserTests {
    struct Row: Sendable {
        let text: String
        let status: Int
        let body: String
        var isReusable = true
        var excess = 0
        var isHead = false
        var closes = false
    }

    static let complete: [Row] = [
        Row(text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"),
        Row(text: "HTTP/1.1 200 OK\r\nContent-Length:  2 \r\n\r\nok", status: 200, body: "ok"),
        Row(text: "HTTP/1.1 200\r\ncontent-length:2\r\n\r\nok", status: 200, body: "ok"),
        Row(text: "HTTP/1.1 200 \nCONTENT-LENGTH: 2\n\nok", status: 200, body: "ok"),
        Row(text: "HTTP/1.1 299 a: b\r\nContent-Length: 0\r\n\r\n", status: 299, body: ""),
        Row(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
            status: 200, body: "ok"),
        Row(
            text: "HTTP/1.1 200 OK\r\nX: a\r\n b: c\r\nContent-Length: 1\r\n\r\nx", status: 200,
            body: "x"),
        // Connection
        Row(
            text: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            status: 200, body: "ok", isReusable: false),
        Row(
            text: "HTTP/1.1 200 OK\r\nconnection: Foo, CLOSE\r\nContent-Length: 2\r\n\r\nok",
            status: 200, body: "ok", isReusable: false),
        Row(
            text: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok",
            isReusable: false),
        Row(
            text: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok",
            status: 200, body: "ok"),
        // No body
        Row(text: "HTTP/1.1 204 No\r\n\r\n", status: 204, body: ""),
        Row(text: "HTTP/1.1 204 No\r\nContent-Length: x\r\n\r\n", status: 204, body: ""),
        Row(text: "HTTP/1.1 304 Not\r\nContent-Length: 9\r\n\r\n", status: 304, body: ""),
        Row(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", status: 200, body: "",
            isHead: true),
        Row(
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", status: 200, body: "",
            isHead: true),
        Row(text: "HTTP/1.1 204 No\r\n\r\nmore", status: 204, body: "", excess: 4),
        Row(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP", status: 200, body: "ok",
            excess: 4),
        // Before the final response
        Row(
            text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            status: 200, body: "x"),
        Row(
            text: "HTTP/1.1 103 Early\r\nLink: a\r\nContent-Length: 7\r\n\r\n"
                + "HTTP/1.1 102 P\r\n\r\nHTTP/1.1 404 N\r\nContent-Length: 1\r\n\r\nx",
            status: 404, body: "x"),
        // Until close
        Row(
            text: "HTTP/1.1 200 OK\r\n\r\nall of it", status: 200, body: "all of it",
            isReusable: false, closes: true),
        Row(
            text: "HTTP/1.1 101 Switching\r\n\r\nbytes", status: 101, body: "bytes",
            isReusable: false, closes: true),
        Row(
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nabc",
            status: 200, body: "abc", isReusable: false, closes: true),
    ]

    @Test(arguments: complete)
    func completes(row: Row) {
        let read = ReadResponse.of(row.text, isHead: row.isHead, closes: row.closes)
        #expect(read.progress == .complete, "\(read)")
        #expect(read.status == row.status)
        #expect(read.body == row.body)
        #expect(read.bodyBytes == row.body.utf8.count)
        #expect(read.isReusable == row.isReusable)
        #expect(read.excess == row.excess)
    }

    private static func chunked(_ body: String, _ headers: String = "") -> String {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\(headers)\r\n" + body
    }

    @Test(
        arguments: [
            ("0\r\n\r\n", "", true), ("3\r\nabc\r\n0\r\n\r\n", "abc", true),
            ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc", true),
            ("0003\r\nabc\r\n000\r\n\r\n", "abc", true),
            ("A;x=\"y\";z\r\n0123456789\r\n0;last\r\n\r\n", "0123456789", true),
            ("3 \r\nabc\r\n0\r\n\r\n", "abc", true), ("3\nabc\n0\n\n", "abc", true),
            (
                "aB\r\n" + String(repeating: "x", count: 171) + "\r\n0\r\n\r\n",
                String(repeating: "x", count: 171), true
            ),
            ("1\r\na\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n", "a", true),
        ])
    func chunks(text: String, body: String, isReusable: Bool) {
        let read = ReadResponse.of(Self.chunked(text))
        #expect(read.progress == .complete && read.fault == .none, "\(read)")
        #expect(read.body == body && read.bodyBytes == body.utf8.count)
        #expect(read.isReusable == isReusable && read.excess == 0)
    }

    @Test func chunksWinOverALengthAndTheConnectionIsNotTrusted() {
        let read = ReadResponse.of(
            Self.chunked("1\r\na\r\n0\r\n\r\n", "Content-Length: 9\r\n"))
        #expect(read.progress == .complete && read.body == "a" && !read.isReusable)
    }

    @Test func trailersFollowTheHead() {
        let read = ReadResponse.of(Self.chunked("1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n"))
        #expect(read.head == Self.chunked("") + "X-Sum: 1\r\n")
    }

    @Test func theHeadIsTheFinalResponses() {
        let final = "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 0\r\n\r\n"
        for early in ["", "HTTP/1.1 100 C\r\nX: y\r\n\r\n"] {
            #expect(ReadResponse.of(early + final).head == final)
        }
    }

    @Test(
        arguments: [
            ("", .headTruncated), ("HTTP/1.1 200 OK\r\nA: b\r\n", .headTruncated),
            ("HTTP/1.1 100 C\r\n\r\n", .headTruncated),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", .bodyTruncated),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", .bodyTruncated),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
                .bodyTruncated
            ),
            ("SSH-2.0-OpenSSH", .notHTTP), ("\r\nHTTP/1.1 200 OK\r\n\r\n", .notHTTP),
            ("http/1.1 200 OK\r\n\r\n", .notHTTP), (" HTTP/1.1 200 OK\r\n\r\n", .notHTTP),
            ("HTTP/2 200 OK\r\n\r\n", .badVersion), ("HTTP/2.0 200 OK\r\n\r\n", .badVersion),
            ("HTTP/1.2 200 OK\r\n\r\n", .badVersion), ("HTTP/0.9 200 OK\r\n\r\n", .badVersion),
            ("HTTP/1.1\r\n\r\n", .badStatusLine), ("HTTP/1.1 20 OK\r\n\r\n", .badStatusLine),
            ("HTTP/1.1 2000 OK\r\n\r\n", .badStatusLine),
            ("HTTP/1.1 099 OK\r\n\r\n", .badStatusLine),
            ("HTTP/1.1  200 OK\r\n\r\n", .badStatusLine),
            ("HTTP/1.1\t200 OK\r\n\r\n", .badStatusLine),
            ("HTTP/1.1 200 O\0K\r\n\r\n", .badStatusLine),
            ("HTTP/1.1 -20 OK\r\n\r\n", .badStatusLine),
            ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .badHeader),
            ("HTTP/1.1 200 OK\r\n: v\r\n\r\n", .badHeader),
            ("HTTP/1.1 200 OK\r\nA : v\r\n\r\n", .badHeader),
            ("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", .badHeader),
            ("HTTP/1.1 200 OK\r\n folded: v\r\n\r\n", .badHeader),
            ("HTTP/1.1 200 OK\r\n\rA: v\r\n\r\n", .badHeader),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", .badLength),
            ("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", .badLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1 1\r\n\r\n", .badLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n", .badLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", .badLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .badLength),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .badCoding),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .badCoding),
        ] as [(String, ResponseFault)])
    func refuses(text: String, fault: ResponseFault) {
        let read = ReadResponse.of(text, closes: true)
        #expect(read.progress == .failed && read.fault == fault, "\(read)")
        #expect(!read.isReusable)
    }

    @Test(
        arguments: [
            "\r\n", "g\r\n", "-1\r\n", " 3\r\nabc\r\n", ";x\r\n", "3\r\nabcd\r\n0\r\n\r\n",
            "8000000000000000\r\n", "10000000000000000\r\n",
        ])
    func refusesChunks(text: String) {
        let read = ReadResponse.of(Self.chunked(text))
        #expect(read.progress == .failed && read.fault == .badChunk, "\(read)")
    }

    @Test func aNoticeOfNoHTTPNeedsNoWholeLine() {
        #expect(ReadResponse.of("HTTX").fault == .notHTTP)
        #expect(ReadResponse.of("HTTP").progress == .unfinished)
    }

    // MARK: - Limits

    private static let start = "HTTP/1.1 200 OK\r\n"

    @Test func limitsOfTheHead() {
        let line = "A: " + String(repeating: "x", count: Limits.responseHeaderLineBytes)
        #expect(ReadResponse.of(Self.start + line).fault == .headTooLarge)
        let lines = String(repeating: "A: b\r\n", count: Limits.responseHeaderLines)
        #expect(ReadResponse.of(Self.start + lines).fault == .headTooLarge)
        let wide = "A: " + String(repeating: "x", count: 1_000) + "\r\n"
        let tooWide = String(repeating: wide, count: Limits.responseHeaderBytes / 1_000 + 1)
        #expect(ReadResponse.of(Self.start + tooWide).fault == .headTooLarge)
        let informational = "HTTP/1.1 102 P\r\n\r\n"
        let final = Self.start + "Content-Length: 0\r\n\r\n"
        let most = String(repeating: informational, count: Limits.informationalResponses)
        #expect(ReadResponse.of(most + final).progress == .complete)
        #expect(ReadResponse.of(most + informational + final).fault == .tooManyInformational)
    }

    @Test func limitsOfChunks() {
        let longest = String(repeating: "x", count: Limits.chunkLineBytes)
        #expect(ReadResponse.of(Self.chunked("0;" + longest)).fault == .badChunk)
        let trailer = "T: " + String(repeating: "x", count: 1_000) + "\r\n"
        let trailers = String(repeating: trailer, count: Limits.trailerBytes / 1_000 + 1)
        #expect(ReadResponse.of(Self.chunked("0\r\n" + trailers)).fault == .trailersTooLarge)
    }

    @Test(arguments: [0, 1, 2, 5, 6, 7])
    func keepsSoMuchOfABodyAndCountsTheRest(bodyMax: Int) {
        let whole = Array("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef".utf8)
        let chunks = Array(Self.chunked("1\r\na\r\n4\r\nbcde\r\n1\r\nf\r\n0\r\n\r\n").utf8)
        for response in [whole, chunks] {
            let read = ReadResponse.of(response, bodyMax: bodyMax)
            #expect(read.body == String("abcdef".prefix(bodyMax)) && read.bodyBytes == 6)
        }
    }
}
