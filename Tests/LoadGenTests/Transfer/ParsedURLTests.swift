// URLs of one easy handle, one after the other, whose parts are replaced where libcurl need not
// parse them: what it is given must be what its own parser makes of the same text.

import CCurl
import HarnessCore
import Testing

@testable import LoadGen

@Suite struct ParsedURLTests {
    private static let origins = [
        "http://127.0.0.1:8080", "http://127.0.0.1:8081", "HTTP://127.0.0.1:8080",
        "https://shop.example", "http://[::1]:9", "http://user:secret@127.0.0.1:8080",
        "http://", "http://[::1%25lo]:9",
    ]
    private static let paths = [
        "", "/", "/a", "/a/b/c", "//a", "/a/../b", "/.hidden", "/a/./b", "/a b", "/%2F%aB",
        "/a;b=1",
        "/a:b@c", "/\u{00E9}", "/a\"<>|^`{}",
    ]
    private static let ends = [
        "", "?", "?q=1", "?q=a/../b", "?q=?&r", "?q=%41", "#f", "?q#f", "?q=b c",
    ]

    @Test(arguments: [UInt64(1), 2, 3])
    func partsAreTheParsers(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        var parsed = ParsedURL()
        var origin = Self.origins[0]
        var taken = 0
        for _ in 0..<2_000 {
            if Draw.below(random.next(), 10) == 0 { origin = pick(Self.origins, &random) }
            let text = origin + pick(Self.paths, &random) + pick(Self.ends, &random)
            var url = Array(text.utf8) + [0]
            let before = url
            guard url.withUnsafeMutableBufferPointer({ parsed.take($0) }) else { continue }
            taken += 1
            #expect(url == before)
            let wanted = try URLParts(url)
            let held = parsed.handle
            let handle = OpaquePointer(try #require(held))
            #expect(Self.target(handle) == wanted.target, "\(text)")
            let (host, port) = (part(handle, CURLUPART_HOST), part(handle, CURLUPART_PORT))
            let isUsual = port == nil
            #expect((host ?? "") + (isUsual ? "" : ":\(port ?? "")") == wanted.hostAndPort)
            #expect(part(handle, CURLUPART_USER) == nil, "a user is the parser's: \(text)")
        }
        // Most plain ones are taken, or this looked at nothing.
        #expect(taken > 100, "\(taken)")
    }

    private func pick(_ list: [String], _ random: inout SplitMix64) -> String {
        list[Int(Draw.below(random.next(), UInt64(list.count)))]
    }

    private func part(_ handle: OpaquePointer, _ part: CURLUPart) -> String? {
        Self.part(handle, part)
    }

    private static func part(_ handle: OpaquePointer, _ part: CURLUPart) -> String? {
        var raw: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &raw, 0) == CURLUE_OK, let raw else { return nil }
        defer { curl_free(raw) }
        return String(cString: raw)
    }

    private static func target(_ handle: OpaquePointer) -> [UInt8] {
        let query = part(handle, CURLUPART_QUERY).map { "?" + $0 } ?? ""
        return Array(((part(handle, CURLUPART_PATH) ?? "/") + query).utf8)
    }
}
