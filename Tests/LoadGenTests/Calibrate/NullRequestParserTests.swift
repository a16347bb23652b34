// Requests as the null server reads them: what ends one, what is refused, in pieces of any size.

import HarnessCore
import LoadGen
import Testing

@Suite struct NullRequestParserTests {
    private static let body = NullRequestParser.Event.request(wantsBody: true, keepsAlive: true)

    /// What comes of `text`, given whole pieces of `size` bytes as a connection would.
    private static func events(
        _ bytes: [UInt8], pieces size: Int = .max
    ) -> [NullRequestParser.Event] {
        var parser = NullRequestParser()
        var events: [NullRequestParser.Event] = []
        var left: [UInt8] = []
        var given = 0
        while given < bytes.count {
            let count = min(size, bytes.count - given)
            left += bytes[given..<(given + count)]
            given += count
            var position = 0
            while true {
                let event = left.withUnsafeBytes { parser.next($0, from: &position) }
                if event == .needsMore { break }
                events.append(event)
                if case .refused = event { return events }
                if position == left.count && event != .wantsContinue { break }
            }
            left.removeFirst(position)
        }
        return events
    }

    private static let good: [(text: String, events: [NullRequestParser.Event])] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", [body]),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", [body]),
        (
            "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n",
            [.request(wantsBody: false, keepsAlive: true)]
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n",
            [.request(wantsBody: true, keepsAlive: false)]
        ),
        ("GET / HTTP/1.0\r\n\r\n", [.request(wantsBody: true, keepsAlive: false)]),
        ("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", [body]),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", [body]),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", [body]),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc", [body]),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", [body]
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                + "GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
            [body, body, .request(wantsBody: false, keepsAlive: true)]
        ),
        ("GET http://a/b?c HTTP/1.1\r\nHost: a\r\nX: \t y \r\n\r\n", [body]),
    ]

    @Test func requestsEndWhereTheyEnd() {
        for (text, wanted) in Self.good {
            #expect(Self.events(Array(text.utf8)) == wanted, "\(text.debugDescription)")
        }
    }

    @Test(arguments: [1, 2, 3, 7, 16])
    func inPiecesToo(size: Int) {
        for (text, wanted) in Self.good {
            #expect(
                Self.events(Array(text.utf8), pieces: size) == wanted,
                "\(text.debugDescription) by \(size)")
        }
    }

    private static let bad: [(text: String, status: Int)] = [
        ("\n\n", 0),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/1.7\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTX/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\u{0}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffff\r\n",
            400
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nbad\r\n\r\n", 400),
    ]

    @Test(arguments: [Int.max, 1, 5])
    func whatIsNoRequestIsRefused(size: Int) {
        for (text, status) in Self.bad {
            let events = Self.events(Array(text.utf8), pieces: size)
            let wanted: [NullRequestParser.Event] = status == 0 ? [] : [.refused(status: status)]
            #expect(events == wanted, "\(text.debugDescription) by \(size)")
        }
    }

    @Test func limits() {
        let long = String(repeating: "a", count: NullRequestParser.headBytesMax)
        let head = "GET / HTTP/1.1\r\nHost: a\r\nX: \(long)"
        #expect(Self.events(Array(head.utf8)) == [.refused(status: 431)])
        #expect(Self.events(Array((head + "\r\n\r\n").utf8)) == [.refused(status: 431)])
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(Self.events(Array((chunked + "1;" + long).utf8)) == [.refused(status: 400)])
        let trailers = String(repeating: "T: x\r\n", count: 101)
        #expect(
            Self.events(Array((chunked + "0\r\n" + trailers).utf8)) == [.refused(status: 400)])
    }

    @Test func continueIsAskedForOnlyWhileTheBodyIsAwaited() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
        #expect(Self.events(Array(head.utf8)) == [.wantsContinue])
        #expect(Self.events(Array((head + "x").utf8)) == [Self.body])
    }

    /// However bytes are cut, changed or repeated: no trap, and never more than was given is used.
    @Test func mutatedRequestsNeverTrap() {
        var rng = SplitMix64(state: 7)
        let texts = (Self.good.map(\.text) + Self.bad.map(\.text)).map { Array($0.utf8) }
        for round in 0..<20_000 {
            var bytes = texts[Int(rng.next() % UInt64(texts.count))]
            for _ in 0..<(1 + rng.next() % 4) where !bytes.isEmpty {
                let place = Int(rng.next() % UInt64(bytes.count))
                switch rng.next() % 4 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: rng.next())
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(bytes[place], at: place)
                default: bytes = Array(bytes[place...] + bytes[..<place])
                }
            }
            let size = 1 + Int(rng.next() % 40)
            let whole = Self.events(bytes)
            let pieces = Self.events(bytes, pieces: size)
            // A `100 Continue` depends on what has come; all else does not.
            #expect(
                whole.filter { $0 != .wantsContinue } == pieces.filter { $0 != .wantsContinue },
                "round \(round), pieces of \(size)")
        }
    }
}
