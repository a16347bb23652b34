// Nothing must never pass (measurement.md section 8 no. 8): no samples at all, a selector that
// matched nothing, a target that refuses every connection.

import Foundation
import TestSupport
import Testing

@Suite struct HonestyNothingTests {
    private static func scenario(_ thresholds: String, executor: String? = nil) -> String {
        var text = RunScenarios.gets(rate: 50, seconds: 2)
        if let executor {
            text = text.replacingOccurrences(
                of: """
                        executor: constant-arrival-rate
                            exec: get
                            rate: 50
                            duration: 2s
                    """, with: executor)
        }
        return text.replacingOccurrences(
            of: "  http_req_failed: [\"rate<=0\"]", with: thresholds)
    }

    private static func expectNoPass(
        _ run: RunTrial, _ name: String, verdicts: Set<String>
    ) throws {
        let code = try #require(run.exitCode(), "\(run.output)")
        let summary = try run.summary()
        #expect(code == summary.exitCode && (code == 99 || code == 90), "\(run.output)")
        #expect(verdicts.contains(summary.verdict), "\(run.output)")
        let row = try #require(summary.criteria.first { $0.name.contains(name) }, "\(run.output)")
        #expect(row.n == 0 && verdicts.contains(row.verdict), "\(run.output)")
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    /// Requests there are, but none of that kind.
    @Test(arguments: [
        "http_req_response_time{status:418}: [\"p(95)<100\"]",
        "http_req_duration{expected_response:false}: [\"p(95)<100\"]",
        "checks: [\"rate>0\"]",
    ])
    func nothingMatches(threshold: String) throws {
        let server = try ScriptedServer()
        let run = try RunTrial(Self.scenario("  " + threshold), ["--target", server.url])
        let name = String(threshold.prefix { $0 != "{" && $0 != ":" })
        try Self.expectNoPass(run, name, verdicts: ["FAIL", "INVALID"])
        #expect(run.output.contains("no samples"), "\(run.output)")
    }

    /// A schedule that calls for nothing.
    @Test func nothingStarts() throws {
        let server = try ScriptedServer()
        let executor = """
                executor: ramping-arrival-rate
                    exec: get
                    startRate: 0
                    stages: [{ duration: 2s, target: 0 }]
            """
        let run = try RunTrial(
            Self.scenario("  http_req_response_time: [\"p(95)<100\"]", executor: executor),
            ["--target", server.url])
        try Self.expectNoPass(run, "http_req_response_time", verdicts: ["INVALID"])
        #expect(server.requests.isEmpty)
    }

    @Test func everyConnectionIsRefused() throws {
        let port = try RefusingPort()
        let run = try RunTrial(
            Self.scenario("  http_req_duration: [\"p(95)<100\"]"), ["--target", port.url])
        try Self.expectNoPass(run, "http_req_duration", verdicts: ["FAIL", "INVALID"])
        #expect(try run.summary().failures("connect") > 0)
    }
}
