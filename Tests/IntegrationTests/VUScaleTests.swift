// Many VUs: 10,000 that are mostly idle, and 2,500 connections to the engine, ramped.

import Foundation
import HarnessCore
import ScenarioModel
import TestSupport
import Testing

@Suite(.serialized) struct VUScaleTests {
    /// Each VU makes two requests over a connection of its own: exactly so many are counted. What
    /// it takes of memory is judged by the command (100 KB), which says what it was.
    @Test(arguments: ["multi", "direct"]) func tenThousandMostlyIdle(lane: String) throws {
        let vus = 10_000
        guard Self.openFiles >= vus + 100 else {
            print("skipped: \(vus) connections need more than \(Self.openFiles) open files")
            return
        }
        let server = try NullTarget()
        let bench = try RunningProgram(
            RunningProgram.spotload,
            [
                "bench", "vus", "--target", server.url, "--vus", "\(vus)", "--rounds", "2",
                "--think", "3s", "--transport", lane, "--max-bytes", "100000",
            ])
        let code = try #require(bench.exitCode(within: 120), "\(bench.output)")
        #expect(code == 0, "\(bench.output)")
        #expect(bench.output.contains("\(2 * vus) requests, 0 failed"), "\(bench.output)")
    }

    /// More than the agent may open: said before the start, not counted as refused connections.
    @Test func moreThanThereMayBeFiles() throws {
        let server = try ScriptedServer()
        let program = try RunningProgram(
            URL(fileURLWithPath: "/bin/sh"),
            [
                "-c", "ulimit -n 300 && exec \"$0\" \"$@\"", RunningProgram.spotload.path,
                "bench", "vus", "--target", server.url, "--vus", "1000",
            ])
        let code = try #require(program.exitCode(within: 60), "\(program.output)")
        #expect(code == 69, "\(program.output)")
        for word in ["1000 VUs of this agent need 1064 open files", "may have 300", "ulimit -Hn"] {
            #expect(program.output.contains(word), "\(program.output)")
        }
        #expect(server.connections == 0)
    }

    /// The ramp is no stall: no turn passed its second bound, and all connections were there at
    /// once. The model is closed: a machine that is busy with other things spoils the run.
    @Test(arguments: ["multi", "direct"]) func aRampTo2500Connections(lane: String) throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(
            dataDirectory: directory.path + "/data", ["--store", "none"])
        let before = Self.descriptors(of: engine.program.pid)
        let run = try RunTrial(
            """
            name: ramp
            target: ${TARGET:-}
            defaults: { timeout: 5s }
            scenarios:
              ramp:
                executor: ramping-vus
                exec: ping
                transport: \(lane)
                startVUs: 1
                stages:
                  - { duration: 6s, target: 2510 }
                  - { duration: 4s, target: 2510 }
                gracefulStop: 5s
            flows:
              ping:
                - get: { name: ping, url: /api/v3/ping }
                - think: 2s
            thresholds:
              http_req_failed: ["rate<=0"]
            """, ["--target", engine.url])
        var most = 0
        _ = run.program.waits(upTo: 90) {
            most = max(most, Self.descriptors(of: engine.program.pid) - before)
            return run.program.status != nil
        }
        let code = try #require(run.exitCode(), "\(run.output)")
        let summary = try run.summary()
        let isSpoiled = code == 90 && run.output.contains("INVALIDATING pressure")
        #expect(code == 0 || isSpoiled, "\(run.output)")
        #expect(!run.output.contains("INVALIDATING turn"), "\(run.output)")
        #expect(summary.contradictions == [] && summary.count("http_reqs") >= 2_500)
        #expect(summary.failures("connect") == 0, "\(run.output)")
        #expect(most >= 2_500, "\(most) connections")
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    private static func descriptors(of pid: Int32) -> Int {
        // Losing the error is right: the process has ended.
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []).count
    }

    private static var openFiles: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_max)
    }
}
