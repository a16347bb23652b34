// A generator that is held up itself must not be taken for a slow target (measurement.md section 8
// no. 2): its agent is stopped for a while, or held to a hundredth of a core. And a target that is
// slow must not be taken for a slow generator (no. 3).

import Foundation
import Glibc
import HarnessCore
import TestSupport
import Testing

@Suite(.serialized) struct HonestyGeneratorTests {
    private static let lanes = ["multi", "direct"]

    /// 100/s for `seconds`; only what stands still for longer than 200 ms breaks it.
    private static func scenario(seconds: Int, _ lane: String) -> String {
        RunScenarios.gets(rate: 100, seconds: seconds, vus: 50, transport: lane)
            .replacingOccurrences(of: "http_req_failed", with: "http_req_response_time")
            .replacingOccurrences(of: "rate<=0", with: "p(99)<200")
    }

    private static func loaded(_ run: RunTrial, _ server: ScriptedServer) -> Bool {
        run.program.waits(upTo: 60) {
            run.program.status != nil || server.requests.count >= 150
        } && run.program.status == nil
    }

    /// INVALID, and why: the arrivals came too late, through the agent's own fault.
    private static func expectInvalid(_ run: RunTrial) throws {
        let code = try #require(run.exitCode(within: 120), "\(run.output)")
        let summary = try run.summary()
        #expect(code == 90 && summary.verdict == "INVALID", "\(run.output)")
        let row = try #require(summary.criteria.first { $0.name.contains("p(99)<200") })
        #expect(row.verdict == "INVALID", "\(run.output)")
        #expect(try #require(row.observed) > 200, "the fault happened")
        #expect(summary.validity.taintedWindows > 0)
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test(arguments: [500, 3_000], lanes)
    func anAgentThatStandsStill(milliseconds: Int, lane: String) throws {
        let server = try ScriptedServer()
        let run = try RunTrial(Self.scenario(seconds: 8, lane), ["--target", server.url])
        try #require(Self.loaded(run, server), "\(run.output)")
        let agents = run.children(" agent ")
        try #require(agents.count == 1, "\(run.children)")
        #expect(kill(agents[0], SIGSTOP) == 0)
        let before = server.requests.count
        Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
        #expect(server.requests.count - before < 5, "it really stood still")
        #expect(kill(agents[0], SIGCONT) == 0)
        try Self.expectInvalid(run)
    }

    @Test(arguments: lanes) func anAgentHeldToAHundredthOfACore(lane: String) throws {
        guard let group = CPUGroup(percent: 1) else {
            print("skipped: no cgroup with a cpu controller can be made here (needs root)")
            return
        }
        let server = try ScriptedServer()
        let run = try RunTrial(Self.scenario(seconds: 8, lane), ["--target", server.url])
        try #require(Self.loaded(run, server), "\(run.output)")
        let agents = run.children(" agent ")
        try #require(agents.count == 1 && group.hold(agents[0]), "\(run.children)")
        // To the end of the load; afterwards it may hand over what it has in its own time.
        Thread.sleep(forTimeInterval: 8)
        #expect(group.throttled > 0, "it really was held")
        group.release()
        try Self.expectInvalid(run)
    }

    /// 50/s need 15 users at 300 ms: there are 60, or 2.
    @Test(arguments: [60, 2], lanes) func aSlowTarget(vus: Int, lane: String) throws {
        let server = try ScriptedServer { _ in
            var reply = ScriptedServer.Reply()
            reply.delay = .milliseconds(300)
            return reply
        }
        let run = try RunTrial(
            RunScenarios.gets(rate: 50, seconds: 6, vus: vus, maxWait: "1s", transport: lane)
                .replacingOccurrences(of: "http_req_failed", with: "http_req_response_time")
                .replacingOccurrences(of: "rate<=0", with: "p(95)<100"),
            ["--target", server.url])
        let code = try #require(run.exitCode(), "\(run.output)")
        let summary = try run.summary()
        #expect(code == 99 && summary.verdict == "FAIL", "\(run.output)")
        let row = try #require(summary.criteria.first { $0.name.contains("p(95)<100") })
        #expect(row.verdict == "FAIL" && (row.observed ?? 0) >= 300)
        #expect((summary.accounting.dropped > 0) == (vus == 2), "two users are not enough")
        #expect(summary.contradictions == [])
        #expect(run.leavesNoOrphans, "\(run.children)")
    }
}

/// A group of processes that together may use so much of a core: cgroup v2, or the cpu controller
/// of v1 where that has it.
private final class CPUGroup: Sendable {
    private let path: String
    private let root: String

    /// Nil where none can be made.
    init?(percent: Int) {
        let name = "spotload-test-\(getpid())"
        let roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]
        for root in roots {
            let path = root + "/" + name
            guard mkdir(path, 0o755) == 0 else { continue }
            let isSet =
                Self.write("\(percent * 1_000) 100000", path + "/cpu.max")
                || (Self.write("100000", path + "/cpu.cfs_period_us")
                    && Self.write("\(percent * 1_000)", path + "/cpu.cfs_quota_us"))
            if isSet {
                self.path = path
                self.root = root
                return
            }
            rmdir(path)
        }
        return nil
    }

    deinit {
        release()
        rmdir(path)
    }

    /// The kernel's quota is one of the fair scheduler: threads that run before it go back there.
    func hold(_ pid: Int32) -> Bool {
        // Losing the error is right: no threads, and the group has nothing to hold.
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        for thread in names.compactMap({ Int32($0) }) {
            var ordinary = sched_param()
            sched_setscheduler(thread, SCHED_OTHER, &ordinary)
        }
        return Self.write("\(pid)", path + "/cgroup.procs")
    }

    /// Everything in it goes back to the root.
    func release() {
        // Losing the error is right: what has ended is in no group.
        let pids = (try? String(contentsOfFile: path + "/cgroup.procs", encoding: .utf8)) ?? ""
        for pid in pids.split(separator: "\n") {
            _ = Self.write(String(pid), root + "/cgroup.procs")
        }
    }

    /// Periods in which somebody had to wait.
    var throttled: Int {
        let text = (try? String(contentsOfFile: path + "/cpu.stat", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("nr_throttled ") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    private static func write(_ text: String, _ file: String) -> Bool {
        let descriptor = open(file, O_WRONLY)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count
    }
}
