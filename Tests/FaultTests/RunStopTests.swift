// Runs that are stopped, and runs that lose a part of themselves: Ctrl-C once and twice, an agent,
// the redis-server or the run itself killed. Every one ends, says what happened, and leaves no
// process behind.

import Foundation
import TestSupport
import Testing

@Suite struct RunStopTests {
    /// Much longer than any of these tests lasts.
    private static let long = RunScenarios.gets(rate: 50, seconds: 120)

    /// An engine of our own as the target tells when the load is there.
    private static func waitForLoad(_ run: RunTrial, on engine: EngineProcess) -> Bool {
        run.program.waits(upTo: 60) {
            run.program.status != nil || engine.requestsOfAgents >= 40
        } && run.program.status == nil
    }

    @Test func interruptedOnce() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        let run = try RunTrial(
            Self.long.replacingOccurrences(of: "url: /", with: "url: /healthz"),
            ["--agents", "2", "--target", engine.url])
        try #require(Self.waitForLoad(run, on: engine), "\(run.output)")
        run.program.kill(SIGINT)
        #expect(run.exitCode(within: 60) == 105, "\(run.output)")
        #expect(run.output.contains("stopping"))
        let summary = try run.summary()
        #expect(summary.exitCode == 105 && summary.run.interrupted)
        #expect(summary.verdict == "INCONCLUSIVE" || summary.verdict == "INVALID")
        #expect(summary.contradictions == [])
        let a = summary.accounting
        #expect(a.started >= 40 && a.started < 50 * 120)
        #expect(a.unaccounted == 0 && a.agentsFinal == 2)
        #expect(summary.count("http_reqs") >= engine.requestsOfAgents)
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func interruptedTwice() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        // Two users who think for an hour: a graceful stop alone would wait ten minutes.
        let scenario = """
            name: sleepers
            target: ${TARGET:-}
            engine: true
            scenarios:
              sleepers:
                executor: constant-vus
                exec: sleep
                vus: 2
                duration: 10m
                gracefulStop: 10m
            flows:
              sleep:
                - get: /healthz
                - think: 1h
            """
        let run = try RunTrial(scenario, ["--target", engine.url])
        try #require(run.isRunning(), "\(run.output)")
        let isAsleep = run.program.waits(upTo: 30) { engine.requestsOfAgents == 2 }
        try #require(isAsleep, "\(run.output)")
        run.program.kill(SIGINT)
        #expect(run.program.line(containing: "again to cut it", within: 20) != nil)
        #expect(run.program.status == nil, "the first signal waits for what runs")
        run.program.kill(SIGINT)
        #expect(run.exitCode(within: 30) == 105, "\(run.output)")
        let summary = try run.summary()
        #expect(summary.exitCode == 105 && summary.run.interrupted)
        #expect(summary.contradictions == [])
        #expect(summary.accounting.agentsFinal == 1)
        #expect(summary.count("http_reqs") == 2)
        #expect(summary.agents.first?.interrupted == 2, "the sleepers were cut")
        #expect(run.output.contains("FILES"), "a full summary")
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func thirdSignalEndsAtOnce() throws {
        let run = try RunTrial(Self.long, ["--agents", "2"])
        try #require(run.isRunning(), "\(run.output)")
        // A stopped child answers nobody: what waits for it waits.
        for agent in run.children(" agent ") { kill(agent, SIGSTOP) }
        for words in ["again to cut it", "cutting what runs"] {
            run.program.kill(SIGINT)
            #expect(run.program.line(containing: words, within: 20) != nil, "\(run.output)")
            #expect(run.program.status == nil)
        }
        run.program.kill(SIGINT)
        #expect(run.exitCode(within: 10) == 105, "\(run.output)")
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func interruptedBeforeTheStart() throws {
        let run = try RunTrial(Self.long)
        #expect(run.program.line(containing: "waiting for", within: 60) != nil, "\(run.output)")
        run.program.kill(SIGINT)
        #expect(run.exitCode(within: 60) == 105, "\(run.output)")
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func agentKilled() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        let run = try RunTrial(
            RunScenarios.gets(rate: 50, seconds: 5)
                .replacingOccurrences(of: "url: /", with: "url: /healthz"),
            ["--agents", "2", "--target", engine.url])
        try #require(Self.waitForLoad(run, on: engine), "\(run.output)")
        let agents = run.children(" agent ")
        try #require(agents.count == 2, "\(run.children)")
        #expect(kill(agents[0], SIGKILL) == 0)
        #expect(run.exitCode(within: 60) == 90, "\(run.output)")
        #expect(run.output.contains("ended with status 137"), "\(run.output)")
        #expect(run.output.contains("unaccounted"), "\(run.output)")
        let summary = try run.summary()
        #expect(summary.verdict == "INVALID")
        #expect(summary.contradictions == [])
        let a = summary.accounting
        #expect(a.planned == 250, "the survivor's and the lost one's arrivals")
        #expect(a.unaccounted > 0 && a.agentsFinal == 1 && a.agents == 2)
        #expect(summary.agents.count { $0.final == true } == 1)
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func privateRedisKilled() throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        let run = try RunTrial(
            Self.long.replacingOccurrences(of: "url: /", with: "url: /healthz"),
            ["--agents", "2", "--target", engine.url])
        try #require(Self.waitForLoad(run, on: engine), "\(run.output)")
        let servers = run.children("redis-server")
        try #require(servers.count == 1, "\(run.children)")
        #expect(kill(servers[0], SIGKILL) == 0)
        #expect(run.exitCode(within: 60) == 90, "\(run.output)")
        let summary = try run.summary()
        #expect(summary.verdict == "INVALID" && summary.run.aborted?.contains("redis") ?? false)
        #expect(summary.accounting.agentsFinal == 0)
        #expect(summary.contradictions == [])
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    /// A Redis of the user's own comes back, with what it held or empty.
    @Test(arguments: [true, false]) func redisRestarted(keepsData: Bool) throws {
        let directory = try TemporaryDirectory()
        let engine = try EngineProcess(dataDirectory: directory.path)
        let redis = try RedisServer(appendOnly: keepsData)
        let run = try RunTrial(
            RunScenarios.gets(rate: 50, seconds: 6)
                .replacingOccurrences(of: "url: /", with: "url: /healthz"),
            ["--agents", "2", "--target", engine.url, "--redis", "\(redis.endpoint)"])
        try #require(Self.waitForLoad(run, on: engine), "\(run.output)")
        redis.killHard()
        try redis.start()
        let code = try #require(run.exitCode(), "\(run.output)")
        let summary = try run.summary()
        #expect(summary.contradictions == [])
        let a = summary.accounting
        #expect(a.agentsFinal == 2 && a.unaccounted == 0 && a.finalsEqualMerged)
        #expect(summary.count("http_reqs") == engine.requestsOfAgents, "nothing lost or doubled")
        if keepsData {
            #expect(code == 0 || code == 90, "\(run.output)")
            #expect(summary.run.aborted == nil)
            #expect(a.planned == 300)
        } else {
            #expect(code == 90 && summary.verdict == "INVALID", "\(run.output)")
            #expect(summary.run.aborted?.contains("Redis forgot the run") ?? false)
        }
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func runKilled() throws {
        let run = try RunTrial(RunScenarios.orders(seconds: 60), ["--agents", "2"])
        try #require(run.isRunning(), "\(run.output)")
        #expect(run.children.count == 4, "redis-server, engine, two agents: \(run.children)")
        run.program.kill(SIGKILL)
        #expect(run.exitCode(within: 20) == 128 + SIGKILL)
        #expect(run.leavesNoOrphans, "\(run.children)")
    }
}
