// Deltas that get lost, damaged or doubled between an agent and the collector of a real run
// (measurement.md section 8 no. 4): the numbers are not believed, or are what they were.

import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct HonestyDeltaTests {
    @Test(arguments: DeltaTamper.Deed.allCases) func tampered(_ deed: DeltaTamper.Deed) throws {
        let server = try ScriptedServer()
        let redis = try RedisServer()
        let tamper = try DeltaTamper(to: redis.socketPath, deed, seq: 2)
        defer { tamper.close() }
        let run = try RunTrial(
            RunScenarios.gets(rate: 50, seconds: 4),
            ["--target", server.url, "--redis", "\(tamper.endpoint)"])
        let code = try #require(run.exitCode(), "\(run.output)")
        #expect(tamper.deeds >= 1, "the fault happened")
        let summary = try run.summary()
        #expect(summary.accounting.agentsFinal == 1)
        switch deed {
        case .remove, .corrupt:
            #expect(code == 90 && summary.verdict == "INVALID", "\(run.output)")
            #expect(!summary.validity.distrust.isEmpty)
            #expect(summary.count("http_reqs") < 200, "what was lost is not made up")
            #expect(summary.accounting.badDeltas == (deed == .corrupt ? 1 : 0))
        case .repeat:
            #expect(summary.validity.distrust == [], "\(run.output)")
            #expect(summary.contradictions == [])
            #expect(summary.count("http_reqs") == 200, "nothing counted twice")
            #expect(code == 0 || summary.validity.taintedWindows > 0, "\(run.output)")
            #expect(run.output.contains("1 duplicate ignored"), "\(run.output)")
        }
        #expect(run.leavesNoOrphans, "\(run.children)")
    }
}
