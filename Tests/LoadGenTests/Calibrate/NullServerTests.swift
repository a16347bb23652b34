// The null server over real sockets: keep-alive, pipelining, bodies both ways, hostile clients.

import Foundation
import HarnessCore
import LoadGen
import TestSupport
import Testing

@Suite struct NullServerTests {
    private static func serve(
        bodyBytes: Int = NullAnswer.plainBodyBytes, threads: Int = 1,
        _ body: (NullServer) throws -> Void
    ) throws {
        var options = NullServerOptions()
        options.bodyBytes = bodyBytes
        options.threads = threads
        let server = try NullServer(options)
        defer { server.stop() }
        try body(server)
    }

    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func answersAnOrderAndKeepsTheConnection() throws {
        try Self.serve { server in
            let client = try RawConnection(server.url)
            for count in 1...3 {
                client.send(Self.get)
                #expect(client.read { $0.answers.count == count })
            }
            let answer = try #require(client.answers.last)
            #expect(answer.status == 200)
            let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
            let order = try #require(json as? [String: Any])
            #expect(order["status"] as? String == "NEW")
            #expect(answer.body.utf8.count == NullAnswer.plainBodyBytes)
            #expect(!client.isOver)
        }
    }

    @Test func pipelinedRequestsAreAllAnsweredInOrder() throws {
        try Self.serve(threads: 2) { server in
            let client = try RawConnection(server.url)
            let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde"
            let wanted = 3 * NullAnswerLimits.owed
            client.send(String(repeating: Self.get + post, count: wanted / 2))
            let bytes = NullAnswer(bodyBytes: NullAnswer.plainBodyBytes).fullCount * wanted
            #expect(client.read { $0.received.count >= bytes })
            #expect(client.received.count == bytes)
            #expect(client.answers.count == wanted)
            #expect(client.answers.allSatisfy { $0.status == 200 })
        }
    }

    @Test(arguments: [0, 1, 2, 100, 319, 320, 5_000, 3 << 20])
    func bodiesAreAsLargeAsWasAsked(bytes: Int) throws {
        #expect(NullAnswer.body(bytes: bytes).count == bytes)
        if bytes >= 2 {
            let body = Data(NullAnswer.body(bytes: bytes))
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: body) }
        }
        try Self.serve(bodyBytes: bytes) { server in
            let client = try RawConnection(server.url)
            client.send(Self.get + Self.get)
            let whole = NullAnswer(bodyBytes: bytes).fullCount * 2
            #expect(client.read { $0.received.count >= whole })
            #expect(client.received.count == whole)
        }
    }

    @Test func aHeadHasNoBodyAndACloseCloses() throws {
        try Self.serve { server in
            let client = try RawConnection(server.url)
            client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + Self.get)
            #expect(client.read { $0.text.hasSuffix("}") })
            let heads = client.text.components(separatedBy: "HTTP/1.1 200 OK").count - 1
            #expect(heads == 2)
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(client.read { $0.isOver } || client.isOver)
            #expect(client.text.contains("Connection: close"))
        }
    }

    @Test func largeAndChunkedRequestBodiesAreTakenWhole() throws {
        try Self.serve { server in
            let client = try RawConnection(server.url)
            let megabytes = [UInt8](repeating: 0x61, count: 3 << 20)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(megabytes.count)\r\n\r\n")
            client.send(megabytes)
            #expect(client.read { $0.answers.count == 1 })
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<16 {
                client.send("10000\r\n")
                client.send([UInt8](repeating: 0x62, count: 0x10000))
                client.send("\r\n")
            }
            client.send("0\r\n\r\n" + Self.get)
            #expect(client.read { $0.answers.count == 3 })
        }
    }

    @Test func continueComesBeforeTheBody() throws {
        try Self.serve { server in
            let client = try RawConnection(server.url)
            client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
            #expect(client.read { $0.text == "HTTP/1.1 100 Continue\r\n\r\n" })
            client.send("x")
            #expect(client.read { $0.text.contains("200 OK") })
        }
    }

    @Test(arguments: [
        ("nonsense\r\n\r\n", "400"), ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501"),
        ("GET / HTTP/1.1\r\nX: " + String(repeating: "y", count: 100_000), "431"),
    ])
    func whatIsNoRequestIsToldAndClosed(bytes: String, status: String) throws {
        try Self.serve { server in
            let client = try RawConnection(server.url)
            client.send(bytes)
            #expect(client.read { $0.isOver } || client.isOver)
            #expect(client.text.hasPrefix("HTTP/1.1 \(status) "), "\(client.text.prefix(60))")
            // It serves others still.
            let other = try RawConnection(server.url)
            other.send(Self.get)
            #expect(other.read { $0.answers.count == 1 })
        }
    }

    /// It asks for more than any socket buffer holds and reads nothing: others are served, and it
    /// gets what it asked for once it reads.
    @Test func aClientThatDoesNotReadHoldsUpNobody() throws {
        let bodyBytes = 1 << 20
        try Self.serve(bodyBytes: bodyBytes) { server in
            let lazy = try RawConnection(server.url)
            lazy.send(String(repeating: Self.get, count: 32))
            let other = try RawConnection(server.url)
            other.send(Self.get)
            let one = NullAnswer(bodyBytes: bodyBytes).fullCount
            #expect(other.read { $0.received.count >= one })
            #expect(lazy.read { $0.received.count >= 32 * one })
            #expect(lazy.received.count == 32 * one)
        }
    }

    @Test func aUnixSocketIsRemovedAtTheEnd() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/null.sock"
        var options = NullServerOptions()
        options.unixSocket = path
        let server = try NullServer(options)
        #expect(FileManager.default.fileExists(atPath: path))
        #expect(throws: SystemError.self) { try NullServer(options) }
        server.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
        options.unixSocket = "/" + String(repeating: "x", count: 200)
        #expect(throws: SystemError.self) { try NullServer(options) }
    }
}

private enum NullAnswerLimits {
    /// More than the server owes one connection before it stops reading.
    static let owed = 1_024
}

extension NullAnswer {
    /// Bytes of a whole answer: the head says how long its body is.
    fileprivate var fullCount: Int { fullBytes }
}
