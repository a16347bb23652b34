// Seeded mutations of requests: an answer in JSON with a known code, never a trap; afterwards the
// books and balances are what they must be. 20,000 in the suite; `make test-long` runs a million
// (SPOTLOAD_MUTATIONS).

import Foundation
import HarnessCore
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite(.serialized) struct HostileRequestsTests {
    private static let wanted = ProcessInfo.processInfo.environment["SPOTLOAD_MUTATIONS"]
        .flatMap { Int($0) }
    private static let seed: UInt64 = 20_270_103

    /// Of engine.md 2.
    static let codes: Set<Int> = [
        -1000, -1002, -1003, -1008, -1013, -1021, -1022, -1100, -1101, -1102, -1103, -1105, -1106,
        -1111, -1112, -1114, -1115, -1116, -1117, -1121, -1130, -1135, -1145, -2010, -2011, -2013,
        -2014, -2015, -2021, -2022, -2038, -2039,
    ]
    static let statuses: Set<Int> = [200, 400, 401, 403, 404, 405, 409, 413, 429]

    /// In memory where there is such a place: a sync for each order is slow on a disk.
    private static func fixture(_ folder: String) throws -> APIFixture {
        let symbols = APIFixture.symbols.replacing("maxNumOrders: 3", with: "maxNumOrders: 50")
        return try APIFixture(symbols: symbols, journal: folder)
    }

    private static func folder() throws -> (String, TemporaryDirectory?) {
        guard FileManager.default.fileExists(atPath: "/dev/shm") else {
            let directory = try TemporaryDirectory()
            return (directory.path, directory)
        }
        let path = "/dev/shm/spotload-fuzz-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
        return (path, nil)
    }

    /// Nil where the answer is well-formed and of a known kind.
    static func fault(status: Int, body: String) -> String? {
        guard statuses.contains(status) else { return "status \(status)" }
        guard let json = try? JSONSerialization.jsonObject(with: Data(body.utf8)) else {
            return "no JSON"
        }
        if status == 200 { return nil }
        guard let code = (json as? [String: Any])?["code"] as? Int, codes.contains(code),
            (json as? [String: Any])?["msg"] is String
        else { return "unknown code" }
        return nil
    }

    /// What the connection does with whole bytes, without the socket. Returns statuses.
    private static func feed(_ bytes: [UInt8], _ fixture: APIFixture) -> [(Int, String)] {
        var answers: [(Int, String)] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let now = Array(rest)
            let parsed = now.withUnsafeBytes { HTTPHead.parse($0) }
            guard case .head(let head) = parsed else {
                // More bytes are wanted, or the connection is closed with this status.
                if case .malformed(let status) = parsed {
                    #expect([400, 417, 431, 501, 505].contains(status))
                }
                break
            }
            var body: [UInt8] = []
            var end = head.end
            switch head.body {
            case .length(let length):
                guard length <= Limits.requestBodyBytes, head.end + length <= now.count else {
                    return answers
                }
                body = Array(now[head.end..<head.end + length])
                end += length
            case .chunked:
                let chunks = now.withUnsafeBytes {
                    HTTPChunks.decode($0, from: head.end, bytesMax: Limits.requestBodyBytes)
                }
                guard case .whole(let whole, let after) = chunks else { return answers }
                body = whole
                end = after
            }
            let reply = fixture.send(
                head.method, path: Array(now[head.path]), query: Array(now[head.query]),
                body: body, isJSON: head.isJSON, key: head.apiKey.map { Array(now[$0]) })
            answers.append((reply.status, reply.text))
            rest = rest.dropFirst(end)
        }
        return answers
    }

    private static func brokenInvariant(_ fixture: APIFixture) -> String? {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<String?>(nil)
        fixture.shard.query { matcher in
            let broken = matcher.firstBrokenInvariant()
            result.withLock { $0 = broken }
            done.signal()
        }
        done.wait()
        return result.withLock { $0 }
    }

    @Test func requests() throws {
        let (folder, directory) = try Self.folder()
        defer { if directory == nil { try? FileManager.default.removeItem(atPath: folder) } }
        let fixture = try Self.fixture(folder)
        let count = Self.wanted ?? 20_000
        var statuses: [Int: Int] = [:]
        for i in 0..<count {
            // A stream each: what fails is found again by its number alone.
            var mutator = RequestMutator(
                rng: SplitMix64(state: SplitMix64.fold(Self.seed, UInt64(i))))
            var bytes = mutator.below(4) == 0 ? mutator.valid() : mutator.mutated()
            if mutator.below(8) == 0 { bytes += mutator.mutated() }
            for (status, body) in Self.feed(bytes, fixture) {
                statuses[status, default: 0] += 1
                if let fault = Self.fault(status: status, body: body) {
                    Issue.record(
                        "case \(i): \(fault)\n\(String(decoding: bytes, as: UTF8.self))\n\(body)")
                }
            }
            if i % 1_000 == 999 { #expect(Self.brokenInvariant(fixture) == nil, "case \(i)") }
        }
        #expect(Self.brokenInvariant(fixture) == nil)
        #expect(statuses[200, default: 0] > count / 10, "\(statuses)")
        #expect(statuses[400, default: 0] > count / 4, "\(statuses)")
        // What came of it is what the journal says.
        let live = Self.hash(fixture)
        fixture.shard.close()
        let replayed = Matcher(market: fixture.market)
        _ = try JournalReader.recover(directory: folder) { command in
            var effects = Effects()
            _ = replayed.apply(command, effects: &effects)
        }
        #expect(replayed.stateHash() == live)
        if Self.wanted != nil {
            FileHandle.standardError.write(Data("requests: \(count) mutations, \(statuses)\n".utf8))
        }
    }

    private static func hash(_ fixture: APIFixture) -> String {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex("")
        fixture.shard.query { matcher in
            let hash = matcher.stateHash()
            result.withLock { $0 = hash }
            done.signal()
        }
        done.wait()
        return result.withLock { $0 }
    }
}
