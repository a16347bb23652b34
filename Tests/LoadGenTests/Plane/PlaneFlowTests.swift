// Flows over real transfers: captures, checks, several scenarios, redirects, names, and a server
// that does everything wrong at once.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Flows {
        private func few(_ count: Int, vus: Int = 2) -> Executor {
            PlaneScenario.arrivals(
                perSecond: 200, for: .milliseconds(Int64(count) * 5), vus: vus)
        }

        @Test func capturesAndChecks() throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                reply.body = Array("{\"id\": \"\(request.path.dropFirst(3))\"}".utf8)
                reply.headers = ["X-Token: t\(request.path.dropFirst(3))"]
                return reply
            }
            let id = JSONPath(text: "$.id", segments: [.name("id")])
            let first = PlaneScenario.get { step in
                step.captures = [
                    Capture(variable: 0, source: .json(id), defaultValue: nil, keep: false),
                    Capture(
                        variable: 1, source: .header("X-Token"), defaultValue: nil, keep: false),
                ]
                step.checks = [
                    Check(
                        name: "has id", subject: .json(id),
                        conditions: [
                            .init(op: .exists, operands: [Template(literal: "true")])
                        ]),
                    Check(
                        name: "is 7", subject: .json(id),
                        conditions: [.init(op: .equals, operands: [Template(literal: "7")])]),
                ]
            }
            let second = PlaneScenario.get { step in
                step.id = 1
                step.url = Template(
                    source: "/o/${id}/${token}",
                    parts: [
                        .literal("/o/"), .expression(.name(.variable(0))), .literal("/"),
                        .expression(.name(.variable(1))),
                    ])
                step.name = Template(literal: "second")
            }
            var scenario = PlaneScenario.make(few(20), steps: [first, second])
            scenario.flows["default"]?.variables = ["id", "token"]
            let run = try PlaneRun(scenario, url: server.url, workers: 2).run()
            run.expectIdentities()
            #expect(run.count("checks", ["check": "has id", "rate": "true"]) == 20)
            #expect(run.count("checks", ["check": "is 7", "rate": "true"]) == 1)
            #expect(run.count("checks", ["check": "is 7", "rate": "false"]) == 19)
            #expect(run.histogram("http_req_duration", ["name": "second"]).count == 20)
            let orders = server.requests.map(\.path).filter { $0.hasPrefix("/o/") }
            #expect(orders.sorted() == (0..<20).map { "/o/\($0)/t\($0)" }.sorted())
        }

        @Test func twoScenariosWithTheirOwnTimes() throws {
            let server = try ScriptedServer()
            var scenario = PlaneScenario.make(few(20))
            var late = Workload(name: "late", exec: "default", executor: few(10))
            late.startTime = .milliseconds(200)
            scenario.workloads.append(late)
            let run = try PlaneRun(scenario, url: server.url, workers: 2).run()
            run.expectIdentities()
            #expect(run.count("iterations", ["scenario": "load"]) == 20)
            #expect(run.count("iterations", ["scenario": "late"]) == 10)
            // 20 arrivals in 100 ms and then, after a pause, 10: none of the late ones came early.
            #expect(run.histogram("schedule_lag", ["scenario": "late"]).count <= 10)
        }

        @Test func fewerUsersThanWorkers() throws {
            let server = try ScriptedServer()
            let run = try PlaneRun(
                PlaneScenario.make(few(20, vus: 1)), url: server.url, workers: 4
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed == 20 && server.connections == 1)
        }

        @Test func agentsWithoutUsersAreIdle() throws {
            let server = try ScriptedServer()
            let agents = try (0..<3).map {
                try PlaneRun(
                    PlaneScenario.make(few(20, vus: 1)), url: server.url, agent: $0, agents: 3)
            }
            for agent in agents { agent.run().expectIdentities() }
            #expect(agents.map(\.counters.completed) == [20, 0, 0])
        }

        @Test func redirectsAreFollowedOnlyIfAllowed() throws {
            let elsewhere = "http://192.0.2.1/"
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                guard request.path.hasPrefix("/n/") else { return reply }
                reply.status = 302
                let isEven = request.path.last.map { "02468".contains($0) } ?? false
                reply.headers = ["Location: " + (isEven ? "/landed" : elsewhere)]
                return reply
            }
            var scenario = PlaneScenario.make(few(10))
            let unfollowed = try PlaneRun(scenario, url: server.url).run()
            unfollowed.expectIdentities()
            #expect(unfollowed.count("http_reqs", ["status": "302"]) == 10)
            scenario.defaults.redirects = 2
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            #expect(run.count("http_reqs", ["status": "200"]) == 5)
            #expect(run.count("http_req_errors", ["error": "blocked"]) == 5)
        }

        @Test func brokenAnswers() throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                switch request.number % 3 {
                case 0: reply.raw = Array("what?\r\n\r\n".utf8)
                case 1:
                    reply.body = [UInt8](repeating: 65, count: 5_000)
                    reply.ending = .cutShort
                default: reply.body = []
                }
                return reply
            }
            let run = try PlaneRun(PlaneScenario.make(few(30, vus: 1)), url: server.url).run()
            run.expectIdentities()
            #expect(run.count("http_req_errors", ["error": "other"]) == 10)
            #expect(run.count("http_req_errors", ["error": "reset"]) == 10)
            #expect(run.count("http_reqs", ["status": "200"]) == 10)
        }

        @Test func gaugesOfEveryWindow() throws {
            let server = try ScriptedServer()
            let run = try PlaneRun(
                PlaneScenario.make(few(20, vus: 6)), url: server.url, workers: 2
            ).run()
            func gauges(_ metric: String) -> [GaugeDelta] {
                run.series.compactMap { item in
                    guard item.key.metric == metric, case .gauge(let gauge) = item.value else {
                        return nil
                    }
                    return gauge
                }
            }
            #expect(gauges("vus_max").allSatisfy { $0.last == 6 })
            #expect(gauges("vus").allSatisfy { (0...6).contains($0.last) })
            #expect(gauges("health_turn").allSatisfy { $0.max >= 0 })
            #expect(gauges("health_threadCpu").count == gauges("vus").count)
        }

        /// Every kind of answer and ending, drawn from a seed: nothing is lost or counted twice.
        @Test(arguments: 1...8) func everythingAtOnce(seed: UInt64) throws {
            let server = try ScriptedServer { request in
                var random = SplitMix64(
                    state: SplitMix64.fold(seed, UInt64(request.number)))
                var reply = ScriptedServer.Reply()
                let endings: [ScriptedServer.Reply.Ending] = [
                    .keepAlive, .keepAlive, .keepAlive, .close, .cutShort, .hangUp, .reset,
                    .silence,
                ]
                reply.ending = endings[Int(Draw.below(random.next(), 8))]
                reply.status = [200, 201, 404, 409, 500][Int(Draw.below(random.next(), 5))]
                reply.delay = .milliseconds(Int64(Draw.below(random.next(), 15)))
                reply.chunkBytes = Int(Draw.below(random.next(), 3)) * 100
                reply.body = [UInt8](
                    repeating: 66, count: Int(Draw.below(random.next(), 40_000)))
                return reply
            }
            var random = SplitMix64(state: seed)
            func below(_ n: UInt64) -> Int { Int(Draw.below(random.next(), n)) }
            let vus = 1 + below(20)
            let executor =
                seed % 3 == 0
                ? PlaneScenario.loop(vus: vus, for: .milliseconds(300))
                : PlaneScenario.arrivals(
                    perSecond: Double(50 + below(400)), for: .milliseconds(300), vus: vus,
                    ready: below(UInt64(vus) + 1))
            let step = PlaneScenario.get(timeout: .milliseconds(Int64(10 + below(60)))) {
                $0.rejects = StatusSet([409...409])
                $0.onFail = seed % 2 == 0 ? .continue : .stop
            }
            var scenario = PlaneScenario.make(
                executor, steps: [step, .think(.uniform(.zero, .milliseconds(5))), step],
                maxWait: .milliseconds(Int64(below(100))),
                gracefulStop: .milliseconds(Int64(below(150))))
            scenario.warmup = .milliseconds(Int64(below(200)))
            let run = try PlaneRun(scenario, url: server.url, workers: 1 + below(3)).run()
            run.expectIdentities()
            #expect(run.counters.started > 0)
            #expect(PlaneRun.waits { server.openConnections == 0 }, "seed \(seed)")
        }
    }
}
