// `spotload run --redis URL`: a Redis that was there before, over TCP and over a Unix socket, with
// child agents and with agents of a pool; and what a run leaves behind in it.

import Foundation
import RedisClient
import TestSupport
import Testing

@Suite struct RunRedisTests {
    @Test func childAgents() throws {
        let redis = try RedisServer(port: RedisServer.freePort())
        for endpoint in [redis.endpoint, redis.tcpEndpoint] {
            let run = try RunTrial(
                RunScenarios.orders(rate: 40), ["--agents", "2", "--redis", "\(endpoint)"])
            let code = try #require(run.exitCode(), "\(run.output)")
            #expect(RunLocalTests.judged.contains(code), "\(run.output)")
            let summary = try run.summary()
            #expect(summary.contradictions == [])
            #expect(summary.accounting.unaccounted == 0)
            #expect(summary.accounting.agentsFinal == 2)
            #expect(run.leavesNoOrphans, "\(run.children)")
            #expect(try Self.keys(redis).contains("sl:{\(summary.run.id)}:spec"))
            #expect(try Self.eternalKeys(redis) == [])
            #expect(try Self.bulk(redis, of: summary.run.id) == [])
        }
        #expect(redis.pid != nil, "the server is not ours to stop")
    }

    @Test func agentsOfAPool() throws {
        let redis = try RedisServer(port: RedisServer.freePort())
        let agents = try [redis.endpoint, redis.tcpEndpoint].map { endpoint in
            try RunningProgram(
                RunningProgram.spotload,
                ["agent", "--redis", "\(endpoint)", "--pool", "trial", "--once"])
        }
        let run = try RunTrial(
            RunScenarios.orders(rate: 40),
            ["--agents", "2", "--redis", "\(redis.endpoint)", "--pool", "trial"])
        let code = try #require(run.exitCode(), "\(run.output)")
        #expect(RunLocalTests.judged.contains(code), "\(run.output)")
        #expect(run.children(" agent ").isEmpty)
        for agent in agents {
            #expect(agent.exitCode(within: 30) == 0, "\(agent.output)")
        }
        let summary = try run.summary()
        #expect(summary.contradictions == [])
        #expect(summary.accounting.unaccounted == 0 && summary.accounting.agentsFinal == 2)
        #expect(summary.count("arrivals", ["scenario": "orders"]) == 80)
        #expect(try Self.eternalKeys(redis) == [])
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func nobodyInThePool() throws {
        let redis = try RedisServer()
        let arguments = ["--redis", "\(redis.endpoint)", "--pool", "empty"]
        let late = try RunTrial(
            RunScenarios.orders(fleet: "startTimeout: 1s"), arguments + ["--agents", "2"])
        #expect(late.exitCode(within: 60) == 69, "\(late.output)")
        #expect(late.output.contains("2 of 2 agents are not ready"), "\(late.output)")
        let stopped = try RunTrial(RunScenarios.orders(), arguments)
        #expect(stopped.program.line(containing: "waiting for") != nil, "\(stopped.output)")
        stopped.program.kill(SIGINT)
        #expect(stopped.exitCode(within: 30) == 105, "\(stopped.output)")
        #expect(try Self.eternalKeys(redis) == [])
        for run in [late, stopped] { #expect(run.leavesNoOrphans, "\(run.children)") }
    }

    @Test func coordinatorKilled() throws {
        let redis = try RedisServer()
        let run = try RunTrial(
            RunScenarios.orders(seconds: 60),
            ["--agents", "2", "--redis", "\(redis.endpoint)"])
        #expect(run.isRunning(), "\(run.output)")
        let id = try #require(try FileManager.default.contentsOfDirectory(atPath: run.out).first)
        let isAcknowledged = run.program.waits(upTo: 30) {
            // Losing the error is right: asked again.
            (try? Self.keys(redis).contains("sl:{\(id)}:ack:0")) ?? false
        }
        #expect(isAcknowledged, "\(run.output)")
        run.program.kill(SIGKILL)
        #expect(run.exitCode(within: 20) == 128 + SIGKILL)
        #expect(run.leavesNoOrphans, "\(run.children)")
        #expect(try Self.eternalKeys(redis) == [], "they vanish after a day")
    }

    private static func keys(_ redis: RedisServer) throws -> [String] {
        let connection = try RedisConnection(redis.endpoint, name: "test")
        return (try connection.command(["KEYS", "*"]).elements ?? []).compactMap(\.text).sorted()
    }

    /// Keys that nobody will ever remove. The lease has no time to live while it is renewed.
    static func eternalKeys(_ redis: RedisServer) throws -> [String] {
        let connection = try RedisConnection(redis.endpoint, name: "test")
        return try keys(redis).filter {
            try connection.command(["PTTL", $0]) == .integer(-1) && !$0.hasSuffix(":lease")
        }
    }

    /// Streams: gone once the run is closed.
    private static func bulk(_ redis: RedisServer, of run: String) throws -> [String] {
        try keys(redis).filter { key in
            ["d:", "cmd", "ctl", "out:"].contains { key.hasPrefix("sl:{\(run)}:\($0)") }
        }
    }
}
