// What a plane starts: exactly the planned arrivals, each by one agent; looping VUs; warm-up.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Schedule {
        @Test func plannedArrivalsByTwoAgentsOfTwoWorkers() throws {
            let server = try ScriptedServer()
            let scenario = PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 200, for: .seconds(1), vus: 20))
            let agents = try (0..<2).map {
                try PlaneRun(scenario, url: server.url, workers: 2, agent: $0, agents: 2)
            }
            let start = Instant.now() + .milliseconds(20)
            for agent in agents { agent.plane.start(at: start) }
            for agent in agents { agent.finish() }
            for agent in agents {
                agent.expectIdentities()
                #expect(agent.counters.scheduled == 100 && agent.counters.completed == 100)
                #expect(agent.counters.transfersFailed == 0)
            }
            let numbers = server.requests.compactMap { Int($0.path.dropFirst("/n/".count)) }
            #expect(numbers.sorted() == (0..<200).map { $0 })
            #expect(server.connections <= 20)
            let slots = Set(server.requests.compactMap { $0.headers["x-spotload-agent"] })
            #expect(slots == ["0.1", "1.1"])
            #expect(server.requests.allSatisfy { $0.headers["x-spotload-run"] != nil })
        }

        @Test func lateStartFiresWhatIsDueAtOnce() throws {
            let server = try ScriptedServer()
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(300), vus: 5)),
                url: server.url)
            run.run(from: Instant.now() - .seconds(1)).expectIdentities()
            #expect(run.counters.scheduled == 30 && run.counters.completed == 30)
            // Each is late by the time it should have begun: none of that is lost.
            #expect(run.histogram("http_req_response_time").min >= 700_000_000)
            #expect(run.histogram("schedule_lag").count == 5)
            #expect(run.count("iterations_late") == 5)
            #expect(run.histogram("vu_wait").count == 25)
        }

        @Test func warmupHasTwins() throws {
            let server = try ScriptedServer()
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(500), vus: 5))
            scenario.warmup = .milliseconds(250)
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            #expect(run.counters.scheduled == 50)
            for metric in ["arrivals", "iterations", "http_reqs", "iteration_failed"] {
                #expect(run.count(metric, ["phase": "warmup"]) == 25, "\(metric)")
                #expect(run.count(metric) == 50, "\(metric)")
            }
            for metric in ["http_req_response_time", "http_req_duration", "iteration_duration"] {
                #expect(run.histogram(metric, ["phase": "warmup"]).count == 25, "\(metric)")
                #expect(run.histogram(metric).count == 50, "\(metric)")
            }
        }

        @Test func loopingUsers() throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.delay = .milliseconds(5)
                return reply
            }
            let run = try PlaneRun(
                PlaneScenario.make(PlaneScenario.loop(vus: 3, for: .milliseconds(400))),
                url: server.url, workers: 2
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed >= 3)
            // 5 ms each at least: no VU can have made more than 81.
            #expect(run.counters.completed <= 3 * 81)
            #expect(run.counters.completed == UInt64(server.requests.count))
            #expect(server.connections == 3)
            #expect(run.histogram("schedule_lag").count == 0)
            let paths = server.requests.map(\.path)
            #expect(Set(paths).count == paths.count, "an iteration's number was used twice")
        }

        @Test func minIterationDurationPads() throws {
            let server = try ScriptedServer()
            var scenario = PlaneScenario.make(
                PlaneScenario.loop(vus: 1, for: .milliseconds(500)))
            scenario.defaults.minIterationDuration = .milliseconds(50)
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            #expect((2...10).contains(run.counters.completed))
        }

        @Test func thinkTimeIsNobodysDelay() throws {
            let server = try ScriptedServer()
            let think = TimeSpan.milliseconds(60)
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 50, for: .milliseconds(200), vus: 10),
                    steps: [
                        PlaneScenario.get(), .think(.fixed(think)), .think(.fixed(think)),
                        PlaneScenario.get(),
                    ]), url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed == 10 && server.requests.count == 20)
            #expect(run.histogram("iteration_duration").min >= UInt64(2 * think.ns))
            let median = try #require(run.histogram("http_req_response_time").percentile(50))
            #expect(median < UInt64(think.ns))
        }

        @Test(arguments: [[], [Step.think(.fixed(.zero))]])
        func flowsWithoutRequestsDoNotHang(steps: [Step]) throws {
            let loop = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.loop(vus: 3, for: .milliseconds(200)), steps: steps),
                url: "http://127.0.0.1:9")
            loop.run().expectIdentities()
            #expect(loop.counters.completed > 3 && loop.counters.transfersStarted == 0)
            let open = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(200), vus: 3),
                    steps: steps), url: "http://127.0.0.1:9")
            open.run().expectIdentities()
            #expect(open.counters.completed == 20)
        }

        @Test func unplannedUsersJoin() throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.delay = .milliseconds(200)
                return reply
            }
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(
                        perSecond: 100, for: .milliseconds(100), vus: 10, ready: 2)),
                url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed == 10)
            #expect(run.histogram("vu_wait").count == 0, "ten VUs for ten arrivals")
            #expect(server.connections == 10)
        }
    }
}
