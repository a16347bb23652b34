// Memory stays flat under load: agent, collector and Redis after a while, compared with the end.
// `make soak` runs it for 60 s.

import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite(.serialized) struct SoakTests {
    private static let seconds =
        ProcessInfo.processInfo.environment["SPOTLOAD_SOAK_SECONDS"].flatMap { Int($0) } ?? 12

    private static func scenario(_ lane: String) -> String {
        """
        name: soak
        target: ${TARGET:-}
        defaults: { timeout: 5s, maxWait: 5s }
        scenarios:
          soak:
            executor: constant-arrival-rate
            exec: mixed
            transport: \(lane)
            rate: 400
            duration: \(seconds)s
            preAllocatedVUs: 20
            maxVUs: 100
            gracefulStop: 5s
        flows:
          mixed:
            - get: { name: root, url: "/n/${iterationInTest}" }
            - choose:
                - weight: 90
                  steps: [ { get: { name: ok, url: /ok } } ]
                - weight: 5
                  steps: [ { get: { name: cut, url: /cut } } ]
                - weight: 5
                  steps: [ { get: { name: refuse, url: /refuse } } ]
        thresholds:
          http_req_failed: ["rate<0.5"]
        """
    }

    /// Failures too: 500s, and connections that end in the middle of an answer.
    @Test(arguments: ["multi", "direct"]) func memoryStaysFlat(lane: String) throws {
        let server = try ScriptedServer { request in
            var reply = ScriptedServer.Reply()
            reply.body = [UInt8](repeating: 65, count: 2_000)
            if request.path == "/refuse" { reply.status = 500 }
            if request.path == "/cut" { reply.ending = .cutShort }
            return reply
        }
        let run = try RunTrial(Self.scenario(lane), ["--target", server.url])
        try #require(run.isRunning(), "\(run.output)")
        let began = Date()
        var samples: [(at: Double, bytes: [String: Int])] = []
        _ = run.program.waits(upTo: Double(Self.seconds) - 0.5) {
            let at = Date().timeIntervalSince(began)
            if at - (samples.last?.at ?? -1) >= 0.5 { samples.append((at, Self.memory(of: run))) }
            return run.program.status != nil
        }
        let code = try #require(run.exitCode(within: 60), "\(run.output)")
        #expect(code == 0, "\(run.output)")
        // The first third of a short run makes tables, connections, pages.
        let early = try #require(samples.last { $0.at < Double(Self.seconds) / 3 })
        let late = try #require(samples.last)
        #expect(late.at > Double(Self.seconds) * 0.8)
        for (name, bytes) in early.bytes {
            let now = try #require(late.bytes[name], "\(name)")
            print(
                "\(lane): \(name) \(bytes >> 10) KiB at \(early.at) s, \(now >> 10) at \(late.at)")
            #expect(
                now < bytes + bytes / 10 + (3 << 20),
                "\(name): \(bytes) bytes after \(early.at) s, \(now) after \(late.at) s")
        }
        #expect(Set(early.bytes.keys) == ["run", "agent", "redis"])
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    /// Resident bytes of everything a run consists of.
    private static func memory(of run: RunTrial) -> [String: Int] {
        var bytes = ["run": resident(run.program.pid)]
        for (name, word) in [("agent", " agent "), ("redis", "redis-server")] {
            for pid in run.children(word) { bytes[name, default: 0] += resident(pid) }
        }
        return bytes.filter { $0.value > 0 }
    }

    private static func resident(_ pid: Int32) -> Int {
        // Losing the error is right: the process has ended.
        let text = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)
        let pages = text?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
