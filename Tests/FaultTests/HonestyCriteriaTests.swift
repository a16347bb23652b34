// Criteria on whole runs: real processes, a scripted target and exporter. What a verdict with
// confidence says when the target is steady, slow, when the run is too short, when the generator
// alone is at fault, and when there is nothing to judge.

import Foundation
import Glibc
import HarnessCore
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct HonestyCriteriaTests {
    /// Bounds that only a generator which stands still is past: these tests share their machine
    /// with others, and what is asked is what the criteria say.
    private static let patient = """
        health:
          { lag: [200ms, 2s], lagMax: [1s, 5s], lagShare: null, delivered: [90%, 50%],
            turn: [1s, 5s], threadCpu: null, coreBusy: null, runQueue: null, throttled: null,
            steal: null, pressure: null }
        """

    /// GET / 100 times a second, judged by `criteria`; the target itself is the exporter.
    private static func scenario(
        seconds: Int, exporter: String = "/metrics", health: String = Self.patient,
        _ criteria: String
    ) -> String {
        let text = RunScenarios.gets(rate: 100, seconds: seconds, vus: 60)
        let thresholds = text.range(of: "thresholds:")?.lowerBound ?? text.endIndex
        return String(text[..<thresholds]) + health + "\n" + """
            observe:
              - name: shop
                url: \(exporter)
                interval: 1s
                metrics: { used: { series: pool_used }, size: { series: pool_size } }
            criteria:

            """ + criteria
    }

    /// Answers after `delay`. Where it `alternates`, ten delays take turns, and every other hundred
    /// requests wait a millisecond more.
    private static func server(
        delay: TimeSpan, alternates: Bool = false, used: Int = 2
    ) throws -> ScriptedServer {
        let count = Atomic(0)
        return try ScriptedServer { request in
            var reply = ScriptedServer.Reply()
            if request.path.hasSuffix("/metrics") {
                // As asked for with HTTP/1.0.
                reply.ending = .close
                reply.headers = ["Content-Type: text/plain; version=0.0.4"]
                reply.body = Array(
                    """
                    # TYPE pool_used gauge
                    pool_used \(used)
                    # TYPE pool_size gauge
                    pool_size 10

                    """.utf8)
            } else {
                let n = count.add(1, ordering: .relaxed).oldValue
                let extra = TimeSpan.milliseconds(Int64(n % 10 * 2 + n / 100 % 2))
                reply.delay = alternates ? delay + extra : delay
            }
            return reply
        }
    }

    private static let poolRow = """
          - { name: pool, metric: observe.shop.used, per: observe.shop.size, statistic: max,
              op: "<=", limit: 40% }

        """

    private static func ended(
        _ run: RunTrial, within seconds: Double = 90
    ) throws -> (code: Int32, summary: RunSummary) {
        let code = try #require(run.exitCode(within: seconds), "\(run.output)")
        let summary = try run.summary()
        #expect(code == summary.exitCode && summary.contradictions == [], "\(run.output)")
        #expect(run.leavesNoOrphans, "\(run.children)")
        return (code, summary)
    }

    /// Every kind of statistic passes, each with the interval that belongs to it. Neighbouring
    /// seconds differ on purpose: where a busy machine makes them alike, 14 of them are too few.
    @Test func aSteadyTargetPasses() throws {
        let server = try Self.server(delay: .milliseconds(5), alternates: true)
        let run = try RunTrial(
            Self.scenario(
                seconds: 14,
                """
                  - { name: tps, metric: http_reqs, statistic: rate, op: ">=", limit: 90/s }
                  - { name: p95, metric: http_req_response_time, statistic: p(95), op: "<",
                      limit: 1s }
                  - { name: mean, metric: http_req_response_time, statistic: avg, op: within,
                      limit: [1ms, 1s] }
                  - { name: share, metric: http_req_response_time, statistic: ratio(<=1s),
                      op: ">=", limit: 95% }
                  - { name: errors, metric: http_req_failed, statistic: rate, op: "<", limit: 1% }
                  - { name: sent, metric: http_reqs, statistic: count, op: "==", limit: 1400 }
                  - { name: use, metric: observe.shop.used, per: observe.shop.size,
                      statistic: avg, op: within, limit: [10%, 30%] }

                """ + Self.poolRow), ["--target", server.url])
        let (code, summary) = try Self.ended(run)
        #expect(code == 0 && summary.verdict != "FAIL", "\(run.output)")
        #expect(summary.criteria.count == 8)
        for row in summary.criteria {
            #expect(row.verdict == "PASS", "\(row.name): \(run.output)")
            guard let observed = row.observed else {
                Issue.record("\(row.name) has observed nothing: \(run.output)")
                continue
            }
            guard !["sent", "pool"].contains(row.name) else {
                #expect(row.ci == nil, "\(row.name) is exact")
                continue
            }
            let ci = try #require(row.ci, "\(row.name): \(run.output)")
            #expect(ci.level == 0.95 && (ci.lo ?? 0) <= observed, "\(row.name)")
            #expect(observed <= ci.hi ?? .infinity, "\(row.name)")
            #expect((row.batches ?? 0) >= 10, "\(row.name)")
        }
        let rows = Dictionary(uniqueKeysWithValues: summary.criteria.map { ($0.name, $0) })
        #expect(rows["pool"]?.observed == 0.2 && rows["use"]?.observed == 0.2)
        #expect(rows["sent"]?.observed == 1_400 && rows["errors"]?.observed == 0)
    }

    /// A failure that is established ends a run of ten minutes after some seconds.
    @Test func aSlowTargetFailsAndAborts() throws {
        let server = try Self.server(delay: .milliseconds(80))
        let run = try RunTrial(
            Self.scenario(
                seconds: 600,
                """
                  - { name: p95, metric: http_req_duration, statistic: p(95), op: "<",
                      limit: 40ms, abort: true }
                  - { name: errors, metric: http_req_failed, statistic: rate, op: "<", limit: 1% }

                """), ["--target", server.url])
        let (code, summary) = try Self.ended(run, within: 120)
        #expect(code == 99 && summary.verdict == "FAIL", "\(run.output)")
        let row = try #require(summary.criteria.first { $0.name == "p95" })
        #expect(row.verdict == "FAIL" && (row.observed ?? 0) >= 80, "\(run.output)")
        #expect((row.ci?.lo ?? 0) > 40, "\(run.output)")
        #expect(summary.run.aborted?.contains("p95") == true, "\(run.output)")
        #expect((summary.run.measuredS ?? 600) < 90, "it was stopped early")
    }

    /// Everything is far from its limit, but five seconds prove nothing; the run says how many do.
    @Test func aShortRunIsInconclusive() throws {
        let server = try Self.server(delay: .milliseconds(5))
        let run = try RunTrial(
            Self.scenario(
                seconds: 5,
                """
                  - { name: p95, metric: http_req_response_time, statistic: p(95), op: "<",
                      limit: 1s }
                  - { name: plain, metric: http_req_response_time, statistic: p(95), op: "<",
                      limit: 1s, confidence: off }

                """), ["--target", server.url])
        let (code, summary) = try Self.ended(run)
        #expect(code == 91 && summary.verdict == "INCONCLUSIVE", "\(run.output)")
        let row = try #require(summary.criteria.first { $0.name == "p95" })
        #expect(row.verdict == "INCONCLUSIVE" && row.observed != nil, "\(run.output)")
        #expect((row.reason + (row.needs ?? "")).contains("10"), "needs 10 s: \(run.output)")
        #expect(!run.output.contains("seconds; needs"), "once is enough: \(run.output)")
        #expect(summary.criteria.contains { $0.name == "plain" && $0.verdict == "PASS" })
    }

    @Test func anUngatedFailureWarns() throws {
        let server = try Self.server(delay: .milliseconds(60), used: 9)
        let run = try RunTrial(
            Self.scenario(
                seconds: 13,
                """
                  - { name: slow, metric: http_req_duration, statistic: p(95), op: "<",
                      limit: 30ms, gate: false }
                  - { name: use, metric: observe.shop.used, per: observe.shop.size,
                      statistic: avg, op: within, limit: [60%, 70%], gate: false }
                  - { name: errors, metric: http_req_failed, statistic: rate, op: "<", limit: 1% }

                """), ["--target", server.url])
        let (code, summary) = try Self.ended(run)
        #expect(code == 0 && summary.verdict == "WARN", "\(run.output)")
        let verdicts = summary.criteria.map(\.verdict)
        #expect(verdicts == ["FAIL", "FAIL", "PASS"], "\(run.output)")
        #expect(abs((summary.criteria[1].observed ?? 0) - 0.9) < 1e-9)
    }

    /// The agent stands still for 600 ms of each second; the target was as quick as ever.
    @Test func aStutteringAgentIsNoFailureOfTheTarget() throws {
        let server = try Self.server(delay: .milliseconds(5))
        let run = try RunTrial(
            Self.scenario(
                seconds: 14, health: "",
                """
                  - { name: p95, metric: http_req_response_time, statistic: p(95), op: "<",
                      limit: 200ms }
                  - { name: service, metric: http_req_duration, statistic: p(50), op: "<",
                      limit: 200ms }

                """), ["--target", server.url])
        let isLoaded = run.program.waits(upTo: 60) {
            run.program.status != nil || server.requests.count >= 50
        }
        try #require(isLoaded && run.program.status == nil, "\(run.output)")
        let agents = run.children(" agent ")
        try #require(agents.count == 1, "\(run.children)")
        for _ in 0..<13 {
            #expect(kill(agents[0], SIGSTOP) == 0)
            Thread.sleep(forTimeInterval: 0.6)
            #expect(kill(agents[0], SIGCONT) == 0)
            Thread.sleep(forTimeInterval: 0.4)
        }
        let (code, summary) = try Self.ended(run)
        #expect(code == 90 && summary.verdict == "INVALID", "\(run.output)")
        let row = try #require(summary.criteria.first)
        #expect(row.verdict == "INVALID" && (row.observed ?? 0) > 200, "\(run.output)")
        #expect((row.ci?.lo ?? 0) > 200, "by the rule alone it failed: \(run.output)")
        #expect(summary.criteria.allSatisfy { $0.verdict != "FAIL" && $0.verdict != "PASS" })
        #expect(summary.validity.taintedWindows > 5)
    }

    /// No exporter, an exporter without the series, a selector that matched nothing.
    @Test func nothingToJudgeNeverPasses() throws {
        let server = try Self.server(delay: .zero)
        let port = try RefusingPort()
        let text = Self.scenario(
            seconds: 4, exporter: port.url + "/metrics",
            """
              - { name: absent, metric: observe.other.nothing, statistic: max, op: "<=",
                  limit: 40% }
              - { name: teapots, metric: http_req_response_time, selector: { status: 418 },
                  statistic: p(95), op: "<", limit: 1s, confidence: off }

            """ + Self.poolRow
        ).replacingOccurrences(
            of: "observe:\n",
            with: """
                observe:
                  - name: other
                    url: /metrics
                    interval: 1s
                    metrics: { nothing: { series: no_such_series } }

                """)
        let run = try RunTrial(text, ["--target", server.url])
        let (code, summary) = try Self.ended(run)
        #expect(code == 99 || code == 90, "\(run.output)")
        let rows = Dictionary(uniqueKeysWithValues: summary.criteria.map { ($0.name, $0) })
        for name in ["absent", "pool"] {
            let row = try #require(rows[name], "\(run.output)")
            #expect(["INVALID", "INCONCLUSIVE"].contains(row.verdict), "\(name): \(run.output)")
            #expect(row.n == 0 && row.observed == nil && row.reason != "", "\(name)")
        }
        #expect(rows["teapots"]?.verdict == "FAIL" && rows["teapots"]?.n == 0, "\(run.output)")
    }
}
