// However a response is cut into pieces, the parser reads the same; whatever comes, it ends, within
// its memory. SPOTLOAD_MUTATIONS=n tries n mutations in place of a few thousand.

import Foundation
import HarnessCore
import LoadGen
import Testing

@Suite struct ResponseFuzzTests {
    static let samples = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nA: b\r\n"
            + "Content-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\nA\r\n"
            + "0123456789\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n",
        "HTTP/1.0 200 OK\nConnection: keep-alive\nContent-Length: 2\n\nok",
        "HTTP/1.1 204 No Content\r\nServer: a\r\n folded\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\nuntil the end",
    ].map { Array($0.utf8) }

    @Test(arguments: samples)
    func splitAnywhere(response: [UInt8]) {
        let whole = ReadResponse.of(response, closes: true)
        #expect(whole.progress == .complete, "\(whole)")
        for first in 0...response.count {
            #expect(ReadResponse.of(response, cuts: [first], closes: true) == whole)
            for second in first...response.count {
                let read = ReadResponse.of(response, cuts: [first, second], closes: true)
                if read != whole {
                    Issue.record("cut at \(first) and \(second): \(read) is not \(whole)")
                    return
                }
            }
        }
        let bytes = Array(1..<response.count)
        #expect(ReadResponse.of(response, cuts: bytes, closes: true) == whole)
    }

    private static var mutations: Int {
        ProcessInfo.processInfo.environment["SPOTLOAD_MUTATIONS"].flatMap { Int($0) } ?? 5_000
    }

    /// One of 0 ..< `count`.
    private static func pick(_ count: Int, _ random: inout SplitMix64) -> Int {
        Int(random.next() % UInt64(count))
    }

    /// Pieces that make a difference to a parser.
    private static let words = [
        "\r\n", "\n", "\r", "\r\n\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 C\r\n\r\n", ":", " ",
        "Content-Length: 3\r\n", "Content-Length: 99\r\n", "Transfer-Encoding: chunked\r\n",
        "Connection: close\r\n", "0\r\n\r\n", "FFFFFFFF\r\n", "\0", ";", "-", "9",
    ].map { Array($0.utf8) }

    private static func mutated(_ response: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = response
        for _ in 0...pick(4, &random) {
            let at = pick(bytes.count + 1, &random)
            switch pick(5, &random) {
            case 0: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
            case 1: if at < bytes.count { bytes.remove(at: at) }
            case 2: if at < bytes.count { bytes[at] = UInt8(truncatingIfNeeded: random.next()) }
            case 3:
                let word = words[pick(words.count, &random)]
                bytes.insert(contentsOf: word, at: at)
            default:
                let end = at + pick(bytes.count - at + 1, &random)
                bytes.insert(contentsOf: Array(bytes[at..<end]), at: at)
            }
        }
        return bytes
    }

    /// What must hold of any reading.
    private static func check(_ read: ReadResponse, _ bytes: [UInt8]) -> Bool {
        read.progress != .unfinished && read.body.utf8.count <= 3 * bytes.count
            && read.bodyBytes <= bytes.count && read.excess <= bytes.count
            && (read.fault == .none) == (read.progress == .complete)
            && (read.progress == .complete || !read.isReusable)
    }

    @Test func mutations() {
        let seed: UInt64 = 0x5EED_0001
        var random = SplitMix64(state: seed)
        for round in 0..<Self.mutations {
            let sample = Self.samples[Self.pick(Self.samples.count, &random)]
            let bytes = Self.mutated(sample, &random)
            let isHead = Self.pick(8, &random) == 0
            let whole = ReadResponse.of(bytes, isHead: isHead, closes: true)
            var cuts: [Int] = []
            for _ in 0..<Self.pick(6, &random) { cuts.append(Self.pick(bytes.count + 1, &random)) }
            let read = ReadResponse.of(bytes, cuts: cuts.sorted(), isHead: isHead, closes: true)
            // How far a refused response was read depends on its pieces.
            let isSame = whole.progress == .failed ? read.fault == whole.fault : read == whole
            if !Self.check(whole, bytes) || !isSame {
                Issue.record(
                    """
                    seed \(seed), round \(round), cut at \(cuts.sorted()): \(read) is not \(whole) \
                    of \(String(decoding: bytes, as: UTF8.self).debugDescription)
                    """)
                return
            }
        }
    }
}
