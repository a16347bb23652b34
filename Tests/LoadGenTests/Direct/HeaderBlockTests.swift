// A block that is fitted to one request's lines after another holds what a new block would.

import HarnessCore
import Testing

@testable import LoadGen

@Suite struct HeaderBlockTests {
    private static let lines = [
        "X-Trace: 1", "X-Trace: 22", "x-trace:3", "X-Other: a b", "X-Empty;", "X-None:",
        "X-None:  ",
        "NoColon", ": nameless", "Host: other", "host;", "Accept: a/b", "Accept:",
        "Authorization: x",
        "Content-Type: a/b", "content-type:", "Content-Length: 3", "Transfer-Encoding: chunked",
        "TE: gzip", "Cookie: a=b", "Hostile: no",
    ]

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func fittedIsAsRendered(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        func below(_ n: Int) -> Int { Int(Draw.below(random.next(), UInt64(n))) }
        let url = Array("http://127.0.0.1:8080/".utf8)
        var table = OriginTable()
        let parts = try URLParts(url + [0])
        let origin = url.withUnsafeBufferPointer { table.intern(parts, $0) }
        let fixed = Array("User-Agent: spotload\0X-Run: r\0".utf8)
        var fitted = HeaderBlock()
        defer { fitted.deallocate() }
        var lines: [String] = []
        var kind = HeaderBlock.Kind(origin: origin.serial, isPost: false)
        for _ in 0..<3_000 {
            // Mostly one line changes, as in a scenario; sometimes all of them, or the method.
            if lines.isEmpty || below(12) == 0 {
                lines = (0..<below(5)).map { _ in Self.lines[below(Self.lines.count)] }
                kind.isPost = below(2) == 0
            } else {
                lines[below(lines.count)] = Self.lines[below(Self.lines.count)]
            }
            var flat: [UInt8] = []
            for line in lines { flat += Array(line.utf8) + [0] }
            var fresh = HeaderBlock()
            defer { fresh.deallocate() }
            fixed.withUnsafeBufferPointer { fixed in
                flat.withUnsafeBufferPointer { flat in
                    fitted.fit(
                        kind, fixed: fixed, lines: flat, origin: origin, authorization: [])
                    fresh.fit(
                        kind, fixed: fixed, lines: flat, origin: origin, authorization: [])
                }
            }
            #expect(Array(fitted.text.bytes) == Array(fresh.text.bytes), "\(lines)")
            #expect(fitted.sendsLength == fresh.sendsLength, "\(lines)")
            #expect(fitted.isChunked == fresh.isChunked, "\(lines)")
        }
    }
}
