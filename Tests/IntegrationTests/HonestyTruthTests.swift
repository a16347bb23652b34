// What a whole run reports agrees with what the server knows: percentiles of summary.json, within
// 1 % or 0.2 ms of a release build. The same for the data plane alone, in more shapes:
// LoadGenTests/Truth.

import HarnessCore
import ScenarioModel
import TestSupport
import Testing

@Suite(.serialized) struct HonestyTruthTests {
    private static let rate = 400
    private static let seconds = 6
    /// A debug build of the program takes some tenths of a millisecond from a socket to its clock.
    private static let allowedMs: Double = {
        #if DEBUG
            0.6
        #else
            0.2
        #endif
    }()

    private static func scenario(_ lane: String) -> String {
        """
        name: truth
        target: ${TARGET:-}
        warmup: 1s
        scenarios:
          truth:
            executor: constant-arrival-rate
            exec: get
            transport: \(lane)
            rate: \(rate)
            duration: \(seconds)s
            preAllocatedVUs: 50
            maxVUs: 100
            gracefulStop: 5s
        flows:
          get:
            - get: { name: n, url: "/n/${iterationInTest}" }
        thresholds:
          http_req_failed: ["rate<=0"]
        """
    }

    /// 2 % of the answers take 50 ms, the others 2.
    @Test(arguments: ["multi", "direct"]) func reportsAgreeWithTheServer(lane: String) throws {
        var found: [String] = []
        for _ in 0..<5 {
            let wrong = try Self.differences(lane)
            if wrong.isEmpty { return }
            found.append(wrong.joined(separator: "; "))
        }
        Issue.record("\(found.joined(separator: "\n"))")
    }

    private static func differences(_ lane: String) throws -> [String] {
        let server = try TruthServer(
            TruthServer.Plan { $0 % 50 == 7 ? .milliseconds(50) : .milliseconds(2) })
        let run = try RunTrial(scenario(lane), ["--target", server.url])
        let code = try #require(run.exitCode(), "\(run.output)")
        let summary = try run.summary()
        // WARN ends with 0, too; what is INVALID proves nothing.
        guard code == 0 else { return ["exit \(code): \(summary.reasons)"] }
        #expect(summary.contradictions == [])
        let exchanges = server.exchanges
        #expect(exchanges.count == rate * seconds)
        let ns = Int64(1_000_000_000 / rate)
        func offset(_ number: Int) -> TimeSpan { TimeSpan(ns: Int64(number) * ns) }
        // Run time 0 is not told to a target: the request that came soonest after its intended
        // start came a few ten microseconds after it.
        let start = try #require(exchanges.map { $0.sentAt - offset($0.number) }.min())
        let measured = exchanges.filter { offset($0.number) >= .seconds(1) }
        let service = measured.map { ($0.answeredAt - $0.sentAt).ns }
        let response = measured.map { ($0.answeredAt - (start + offset($0.number))).ns }
        return try compare(summary, "http_req_duration", service.sorted())
            + compare(summary, "http_req_response_time", response.sorted())
    }

    private static func compare(
        _ summary: RunSummary, _ metric: String, _ truth: [Int64]
    ) throws -> [String] {
        let trend = try #require(summary.trend(metric))
        #expect(trend.count == UInt64(truth.count), "\(metric)")
        return try [("50", 50.0), ("90", 90), ("95", 95), ("99", 99)].compactMap { key, p in
            let seen = try #require(trend.percentilesMs[key] ?? nil, "\(metric) p\(key)")
            let rank = max(1, Int((p.nextDown * Double(truth.count) / 100).rounded(.up)))
            let real = Double(truth[rank - 1]) / 1e6
            return abs(seen - real) <= max(Self.allowedMs, real / 100)
                ? nil : "\(metric) p\(key): \(seen) ms, not \(real)"
        }
    }
}
