// Operators over a real redis-server, with real agents and fake planes: pause, resume, scale, stop,
// status.

import Collector
import HarnessCore
import LoadGen
import RedisClient
import ScenarioModel
import Telemetry
import TestSupport
import Testing

@Suite(.serialized) struct FleetControlTests {
    private static func manual(_ scenario: inout Scenario) {
        var workload = Workload(
            name: "manual", exec: "trade",
            executor: .externallyControlled(
                ExternallyControlled(maxVUs: 8, duration: .seconds(60))))
        workload.gracefulStop = .zero
        scenario.workloads.append(workload)
    }

    private static func operate(
        _ bench: FleetBench, _ operation: OperatorRequest.Operation,
        _ arguments: OperatorRequest.Arguments = .init()
    ) throws -> String {
        let link = try OperatorLink(bench.server.endpoint, run: bench.read { $0.runID })
        return try link.request(OperatorRequest(operation, arguments, by: "test"))
    }

    private static func isPaused(_ bench: FleetBench) -> Bool {
        let link = try? OperatorLink(bench.server.endpoint, run: bench.read { $0.runID })
        let status = try? link?.status()
        return status?.state == "paused"
    }

    @Test func pauseScaleResumeStop() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(server: server, seconds: 60, adjust: { Self.manual(&$0) })
            let run = bench.makeRun(agents: 2)
            let threads = [bench.start(run), bench.startAgent(0), bench.startAgent(1)]
            // Planes start by themselves; the coordinator notices within a cycle.
            #expect(
                bench.waits { bench.isLoading(2) && bench.read { $0.phases.contains("running") } })
            let paused = try Self.operate(bench, .pause)
            #expect(paused.hasPrefix("schedules stand still from "))
            let refused = #expect(throws: CommandFailure.self) {
                try Self.operate(bench, .pause)
            }
            #expect(refused?.code == .usage)
            #expect(refused?.message == "pause refused: the run is already paused")
            #expect(bench.waits(upTo: .seconds(20)) { Self.isPaused(bench) })
            // Both agents know the same pause, and what they count stands still.
            let planes = bench.read { $0.planes }
            #expect(planes[0]?.control.pauses == planes[1]?.control.pauses)
            let before = planes.mapValues { $0.counters.started }
            Pause.sleep(.milliseconds(1_200))
            #expect(planes.mapValues { $0.counters.started } == before)
            let scaled = try Self.operate(bench, .scale, .init(scenario: "manual", vus: 5))
            #expect(scaled.hasPrefix("scenario \"manual\" has 5 VUs from "))
            _ = try Self.operate(bench, .resume)
            #expect(
                bench.waits(upTo: .seconds(20)) {
                    planes.allSatisfy { $1.counters.started > before[$0] ?? 0 }
                })
            let link = try OperatorLink(server.endpoint, run: bench.read { $0.runID })
            let status = try link.status()
            #expect(status.slots.map(\.state) == ["running", "running"])
            #expect(status.scales.map(\.vus) == [5])
            #expect(try Self.operate(bench, .stop) == "nothing new starts, what runs may end")
            for thread in threads { thread.join() }
            let result = try #require(bench.read { $0.outcome }).get()
            #expect(result.interrupted)
            #expect(bench.merged == bench.recorded)
            #expect(result.accounting.unaccounted == 0)
            #expect(result.pauses.spans.count == 1 && !result.pauses.isOpen)
            #expect(result.scales.map(\.scenario) == ["manual"])
            #expect(bench.read { $0.pauses.last } == result.pauses)
            for plane in planes.values {
                #expect(plane.control.scales.map(\.vus) == [5])
                #expect(plane.control.pauses.count == 1)
            }
            // Nothing is left of it that would last.
            let connection = try RedisConnection(server.endpoint, name: "t")
            #expect(try connection.command(["KEYS", "sl:*:ctl"]).elements == [])
            let gone = #expect(throws: CommandFailure.self) { try Self.operate(bench, .resume) }
            #expect(gone?.code == .unavailable)
        }
    }

    @Test func aRunThatIsNotThere() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let link = try OperatorLink(server.endpoint, run: "20260101T000000Z-00aa")
            let failure = #expect(throws: CommandFailure.self) {
                try link.request(OperatorRequest(.pause, by: "test"))
            }
            #expect(failure?.code == .unavailable)
            #expect(failure?.message.contains("no run 20260101T000000Z-00aa") == true)
            let connection = try RedisConnection(server.endpoint, name: "t")
            #expect(try connection.command(["KEYS", "*"]).elements == [])
        }
    }

    @Test func whoIsInAPool() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(server: server, seconds: 2)
            #expect(try PoolListing.read("test", at: server.endpoint) == [])
            let signals = AgentSignals()
            let agent = bench.startAgent(3, signals: signals)
            #expect(
                bench.waits(upTo: .seconds(20)) {
                    (try? PoolListing.read("test", at: server.endpoint).count) == 1
                })
            let listed = try PoolListing.read("test", at: server.endpoint)[0]
            #expect(listed.state == "idle" && listed.run == nil && listed.wantSlot == 3)
            let text = StatusText.render([listed], pool: "test", width: 120)
            #expect(text.contains(listed.agent.prefix(8)) && text.contains("idle"))
            signals.requestStop()
            agent.join()
        }
    }
}
