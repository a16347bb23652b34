// A fleet of real agents (with fake planes), a real coordinator and a real redis-server: whatever
// happens to Redis or the connections, what is merged is what was recorded, or the loss is named.

import Collector
import HarnessCore
import LoadGen
import RedisClient
import Telemetry
import TestSupport
import Testing

@Suite(.serialized) struct FleetTests {
    /// Everything recorded was merged, once, and the books say so.
    private static func expectExact(
        _ bench: FleetBench, _ result: FleetRunResult, agents: Int = 2
    ) {
        #expect(bench.merged == bench.recorded)
        #expect(!bench.merged.times.isEmpty)
        #expect(bench.isInOrder)
        let accounts = result.accounting
        #expect(accounts.finalsEqualMerged)
        #expect(accounts.brokenIdentities == [])
        #expect(accounts.agentsFinal == agents)
        #expect(accounts.unaccounted == 0)
        #expect(accounts.badDeltas == 0)
        #expect(accounts.started == bench.merged.counts["iterations"])
        #expect(result.slots.allSatisfy { $0.isFinal && $0.loss == nil })
    }

    private static func finish(
        _ bench: FleetBench, _ threads: [DedicatedThread]
    ) throws -> FleetRunResult {
        for thread in threads { thread.join() }
        let outcome = try #require(bench.read { $0.outcome })
        return try outcome.get()
    }

    @Test func twoAgentsExactly() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(server: server, seconds: 3)
            let run = bench.makeRun(agents: 2)
            let threads = [bench.start(run), bench.startAgent(0), bench.startAgent(1)]
            let result = try Self.finish(bench, threads)
            Self.expectExact(bench, result)
            #expect(result.aborted == nil)
            #expect(!result.interrupted)
            #expect(result.hosts.count == 2)
            #expect(result.startErrorUs.count == 2)
            #expect(result.duration >= .seconds(3))
            #expect(result.duration < .seconds(20))
            #expect(bench.read { $0.exits } == [0: .pass, 1: .pass])
            let phases = bench.read { $0.phases }
            #expect(
                phases == [
                    "waiting for 2 agents", "2 of 2 agents ready", "armed", "running",
                    "collecting",
                ])
            // The log holds the same deltas, and nothing of the run's streams stays in Redis.
            let records = try WalReader.read(directory: bench.directory.path + "/wal").records
            let logged = records.filter { if case .delta = $0 { true } else { false } }
            #expect(UInt64(logged.count) == result.accounting.deltas)
            let connection = try RedisConnection(server.endpoint, name: "t")
            let left = try connection.command(["KEYS", "sl:*:d:*"]).elements
            #expect(left == [])
        }
    }

    @Test func connectionsDropInMidRun() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let proxy = try FleetProxy(to: server.socketPath)
            let bench = try FleetBench(server: server, seconds: 6)
            let run = bench.makeRun(agents: 2)
            let through = RedisEndpoint(.unix(path: proxy.path))
            let threads = [
                bench.start(run), bench.startAgent(0, through: through), bench.startAgent(1),
            ]
            #expect(bench.waits { bench.isLoading(2) })
            for _ in 0..<4 {
                proxy.reset()
                Pause.sleep(.milliseconds(300))
            }
            proxy.cut()
            Pause.sleep(.milliseconds(1_500))
            proxy.heal()
            let result = try Self.finish(bench, threads)
            proxy.close()
            #expect(proxy.connections >= 8, "the connections were really made again")
            Self.expectExact(bench, result)
            #expect(result.aborted == nil)
        }
    }

    @Test func redisIsKilledAndComesBackWithItsData() async throws {
        try await onFleetThread {
            let server = try RedisServer(appendOnly: true)
            let bench = try FleetBench(server: server, seconds: 6)
            let run = bench.makeRun(agents: 2)
            let threads = [bench.start(run), bench.startAgent(0), bench.startAgent(1)]
            #expect(bench.waits { bench.mergedDeltas(0) >= 1 && bench.mergedDeltas(1) >= 1 })
            let before = server.pid
            server.killHard()
            Pause.sleep(.milliseconds(1_500))
            try server.start()
            #expect(server.pid != before)
            let result = try Self.finish(bench, threads)
            Self.expectExact(bench, result)
            #expect(result.aborted == nil)
        }
    }

    @Test func redisComesBackEmpty() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(server: server, seconds: 30)
            let run = bench.makeRun(agents: 2)
            let threads = [bench.start(run), bench.startAgent(0), bench.startAgent(1)]
            #expect(bench.waits { bench.mergedDeltas(0) >= 2 && bench.mergedDeltas(1) >= 2 })
            server.killHard()
            Pause.sleep(.milliseconds(1_200))
            try server.start()
            let result = try Self.finish(bench, threads)
            Self.expectExact(bench, result)
            #expect(result.aborted?.contains("coordination state lost") == true)
            #expect(result.duration < .seconds(29), "it stopped")
        }
    }

    @Test func flushallInMidRun() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(server: server, seconds: 30)
            let run = bench.makeRun(agents: 2)
            let threads = [bench.start(run), bench.startAgent(0), bench.startAgent(1)]
            #expect(bench.waits { bench.mergedDeltas(0) >= 2 && bench.mergedDeltas(1) >= 2 })
            let connection = try RedisConnection(server.endpoint, name: "t")
            #expect(try connection.command(["FLUSHALL"]).isOK)
            let result = try Self.finish(bench, threads)
            Self.expectExact(bench, result)
            #expect(result.aborted?.contains("coordination state lost") == true)
        }
    }

    @Test func anAgentThatVanishesIsNamed() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let proxy = try FleetProxy(to: server.socketPath)
            let bench = try FleetBench(
                server: server, seconds: 6, maxOffline: .seconds(2), lostAfterHeartbeats: 15)
            let run = bench.makeRun(agents: 2)
            let signals = AgentSignals()
            let vanishing = bench.startAgent(
                1, signals: signals, through: RedisEndpoint(.unix(path: proxy.path)))
            let threads = [bench.start(run), bench.startAgent(0)]
            #expect(bench.waits { bench.mergedDeltas(1) >= 2 })
            proxy.cut()
            let result = try Self.finish(bench, threads)
            // The other one is complete; of this one only what is known is claimed.
            let lost = try #require(result.slots.first { $0.slot == 1 })
            #expect(lost.state == "lost")
            #expect(!lost.isFinal)
            let text = try #require(lost.loss)
            #expect(text.hasPrefix("slot 1: no heartbeat for 1.5s: windows "))
            #expect(text.contains("samples known lost"))
            #expect(result.accounting.agentsFinal == 1)
            #expect(result.accounting.unaccounted > 0)
            #expect(result.accounting.finalsEqualMerged)
            #expect(result.accounting.brokenIdentities == [])
            #expect(result.slots.first { $0.slot == 0 }?.loss == nil)
            #expect(bench.isInOrder)
            // Cut off, it stopped by itself; the second signal ends it.
            #expect(bench.read { $0.planes[1] }?.isIdle == true)
            signals.requestAbort()
            vanishing.join()
            proxy.close()
            #expect(bench.read { $0.exits[1] } == .interrupted)
        }
    }

    @Test(arguments: ["stop", "abort", "criterion"])
    func endsBeforeItsTime(how: String) async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(server: server, seconds: 60)
            let run = bench.makeRun(agents: 2)
            let threads = [bench.start(run), bench.startAgent(0), bench.startAgent(1)]
            #expect(bench.waits { bench.isLoading(2) && bench.mergedDeltas(0) >= 1 })
            switch how {
            case "stop": run.requestStop()
            case "abort": run.requestAbort()
            default: bench.read { $0.directive = .abort("p(95) is over its limit") }
            }
            let result = try Self.finish(bench, threads)
            Self.expectExact(bench, result)
            #expect(result.interrupted == (how != "criterion"))
            #expect(result.aborted == (how == "criterion" ? "p(95) is over its limit" : nil))
            #expect(result.duration < .seconds(40))
        }
    }

    @Test func oneAgentIsToldToLeave() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(server: server, seconds: 5)
            let run = bench.makeRun(agents: 2)
            let signals = AgentSignals()
            let threads = [
                bench.start(run), bench.startAgent(0, signals: signals), bench.startAgent(1),
            ]
            #expect(bench.waits { bench.mergedDeltas(0) >= 1 })
            signals.requestStop()
            let result = try Self.finish(bench, threads)
            #expect(bench.merged == bench.recorded, "what it did is complete")
            #expect(result.accounting.agentsFinal == 2)
            let text = result.slots.first { $0.slot == 0 }?.loss
            #expect(text?.contains("left early: stopped by a signal") == true)
            #expect(bench.read { $0.exits[0] } == .pass)
        }
    }

    @Test func missingAgentsFailTheRun() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(server: server, seconds: 5)
            let run = bench.makeRun(agents: 2)
            let thread = bench.start(run)
            #expect(bench.waits { !bench.read { $0.phases }.isEmpty })
            run.agentProcessExited(pid: 4_711, status: 1)
            thread.join()
            let outcome = try #require(bench.read { $0.outcome })
            let failure = #expect(throws: CommandFailure.self) { try outcome.get() }
            #expect(failure?.code == .unavailable)
            #expect(failure?.message.contains("process 4711 ended with status 1") == true)
        }
    }

    @Test func anUnsuitableServerIsRefused() async throws {
        try await onFleetThread {
            let server = try RedisServer(arguments: [
                "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru",
            ])
            let bench = try FleetBench(server: server, seconds: 5)
            let run = bench.makeRun(agents: 1)
            let failure = #expect(throws: CommandFailure.self) { try run.run() }
            #expect(failure?.code == .unavailable)
            #expect(failure?.message.contains("noeviction") == true)
        }
    }
}
