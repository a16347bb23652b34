// Every executor against a server: who begins what and when it ends; three agents in one process
// partition the iterations; what is interrupted and what is dropped at the end.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Executors {
        private func slow(_ delay: TimeSpan) throws -> ScriptedServer {
            try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.delay = delay
                return reply
            }
        }

        private func numbers(_ server: ScriptedServer) -> [Int] {
            server.requests.compactMap { Int($0.path.dropFirst("/n/".count)) }
        }

        private func shared(_ total: UInt64, vus: Int, maxDuration: TimeSpan) -> Executor {
            var executor = SharedIterations()
            executor.iterations = total
            executor.vus = vus
            executor.maxDuration = maxDuration
            return .sharedIterations(executor)
        }

        private func each(_ count: UInt64, vus: Int, maxDuration: TimeSpan) -> Executor {
            var executor = PerVUIterations()
            executor.iterations = count
            executor.vus = vus
            executor.maxDuration = maxDuration
            return .perVUIterations(executor)
        }

        private func ramp(
            _ start: Int, _ stages: [(Int64, Int)], down: TimeSpan = .zero
        ) -> Executor {
            var ramp = RampingVUs(
                stages: stages.map { Stage(duration: .milliseconds($0.0), target: $0.1) })
            ramp.startVUs = start
            ramp.gracefulRampDown = down
            return .rampingVUs(ramp)
        }

        private func rampingRate(_ stages: [(Int64, Int)], isPoisson: Bool) -> Executor {
            var ramp = RampingArrivalRate(
                stages: stages.map { Stage(duration: .milliseconds($0.0), target: $0.1) },
                preAllocatedVUs: 10, maxVUs: 20)
            ramp.isPoisson = isPoisson
            return .rampingArrivalRate(ramp)
        }

        /// Agents run one after the other's start, in this process; the server sees all numbers.
        private func expectPartition(
            _ executor: Executor, agents: Int, workers: Int, total: Int
        ) throws {
            let server = try slow(.milliseconds(1))
            let runs = try (0..<agents).map {
                try PlaneRun(
                    PlaneScenario.make(executor), url: server.url, workers: workers, agent: $0,
                    agents: agents)
            }
            let start = Instant.now() + .milliseconds(10)
            for run in runs { run.plane.start(at: start) }
            for run in runs { run.finish() }
            for run in runs { run.expectIdentities() }
            #expect(runs.reduce(0) { $0 + $1.counters.completed } == UInt64(total))
            #expect(numbers(server).sorted() == (0..<total).map { $0 })
        }

        @Test(arguments: [(1, 1), (3, 1), (3, 2)])
        func agentsPartition(agents: Int, workers: Int) throws {
            let long = TimeSpan.seconds(60)
            try expectPartition(
                shared(41, vus: 7, maxDuration: long), agents: agents, workers: workers,
                total: 41)
            try expectPartition(
                rampingRate([(200, 300), (100, 100)], isPoisson: false), agents: agents,
                workers: workers, total: 50)
            let times = Replay(
                file: "t.csv", offsetsNs: (0..<40).map { $0 / 2 * 5_000_000 },
                preAllocatedVUs: 3, maxVUs: 5)
            try expectPartition(.replay(times), agents: agents, workers: workers, total: 40)
            for executor in [
                rampingRate([(200, 300), (100, 100)], isPoisson: true),
                .constantArrivalRate(
                    {
                        var rate = ConstantArrivalRate(
                            rate: 200, duration: .milliseconds(300), preAllocatedVUs: 9,
                            maxVUs: 9)
                        rate.isPoisson = true
                        return rate
                    }()),
            ] {
                let all = Arrivals(executor, seed: 1, scenario: "load")?.total ?? 0
                try expectPartition(
                    executor, agents: agents, workers: workers, total: Int(all))
            }
        }

        @Test func fewerIterationsThanWorkers() throws {
            try expectPartition(
                shared(2, vus: 2, maxDuration: .seconds(60)), agents: 1, workers: 4, total: 2)
            try expectPartition(
                shared(1, vus: 1, maxDuration: .seconds(60)), agents: 3, workers: 2, total: 1)
        }

        @Test func eachUserItsOwn() throws {
            let server = try slow(.milliseconds(1))
            let run = try PlaneRun(
                PlaneScenario.make(each(4, vus: 3, maxDuration: .seconds(60))), url: server.url,
                workers: 2
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed == 12 && server.connections == 3)
            #expect(Set(server.requests.map(\.connection)).count == 3)
            for connection in 0..<3 {
                #expect(server.requests.count { $0.connection == connection } == 4)
            }
        }

        /// At maxDuration the rest is dropped, what runs may end.
        @Test func restIsDropped() throws {
            for executor in [
                shared(100, vus: 2, maxDuration: .milliseconds(200)),
                each(50, vus: 2, maxDuration: .milliseconds(200)),
            ] {
                let server = try slow(.milliseconds(50))
                let run = try PlaneRun(
                    PlaneScenario.make(executor), url: server.url, workers: 2
                ).run()
                run.expectIdentities()
                #expect(run.counters.scheduled == 100 && run.counters.interrupted == 0)
                #expect((2...8).contains(run.counters.completed))
                #expect(
                    run.count("dropped_iterations", ["reason": "ended"])
                        == 100 - run.counters.completed)
            }
        }

        @Test func restIsMissedWithoutPermission() throws {
            let server = try slow(.milliseconds(20))
            let run = try PlaneRun(
                PlaneScenario.make(shared(100, vus: 1, maxDuration: .seconds(60))),
                url: server.url)
            let start = Instant.now()
            run.plane.renew(until: start + .milliseconds(100))
            run.run(from: start).expectIdentities()
            #expect(run.counters.missed == 100 - run.counters.completed)
            #expect(run.counters.dropped == 0 && run.counters.completed <= 6)
        }

        /// A cut off iteration is none of the rest.
        @Test func abortedRest() throws {
            let server = try slow(.seconds(600))
            let run = try PlaneRun(
                PlaneScenario.make(shared(10, vus: 3, maxDuration: .seconds(600))),
                url: server.url)
            run.plane.start(at: Instant.now())
            #expect(PlaneRun.waits { server.requests.count == 3 })
            run.plane.abort()
            run.finish()
            run.expectIdentities()
            #expect(run.counters.interrupted == 3 && run.counters.dropped == 7)
        }

        // MARK: - Ramps

        @Test func rampUp() throws {
            let server = try slow(.milliseconds(5))
            let run = try PlaneRun(
                PlaneScenario.make(ramp(0, [(300, 6)])), url: server.url, workers: 2
            ).run()
            run.expectIdentities()
            // VU v begins 50 ms after the one before, the last one at the very end: five run.
            #expect(server.connections == 5 && run.counters.interrupted == 0)
            let paths = numbers(server)
            #expect(Set(paths).count == paths.count, "a number was used twice")
        }

        @Test func jumpsAtOnce() throws {
            let server = try slow(.milliseconds(200))
            let run = try PlaneRun(
                PlaneScenario.make(ramp(0, [(0, 300), (100, 300)])), url: server.url, workers: 2
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed == 300 && server.connections == 300)
        }

        /// Asked to finish at 50 ms, the iteration of 150 ms ends by itself.
        @Test func rampDownIsGraceful() throws {
            let server = try slow(.milliseconds(150))
            let run = try PlaneRun(
                PlaneScenario.make(
                    ramp(4, [(50, 4), (0, 0), (400, 0)], down: .seconds(60))),
                url: server.url, workers: 2
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed == 4 && run.counters.interrupted == 0)
        }

        /// The same, but no longer than gracefulRampDown: long before the ramp and gracefulStop.
        @Test(arguments: [TimeSpan.zero, .milliseconds(50)])
        func rampDownInterrupts(down: TimeSpan) throws {
            let server = try slow(.seconds(600))
            let run = try PlaneRun(
                PlaneScenario.make(ramp(4, [(50, 4), (0, 1), (60_000, 1)], down: down)),
                url: server.url, workers: 2)
            run.plane.start(at: Instant.now())
            #expect(
                PlaneRun.waits {
                    run.cut()
                    return run.counters.interrupted == 3
                })
            #expect(server.requests.count == 4)
            run.plane.abort()
            run.finish()
            run.expectIdentities()
            #expect(run.counters.interrupted == 4 && run.count("http_reqs_interrupted") == 4)
        }

        /// Gone at 50 ms, wanted again at 100 ms: the iteration goes on, another one follows.
        @Test func wantedAgain() throws {
            let server = try slow(.milliseconds(300))
            let run = try PlaneRun(
                PlaneScenario.make(
                    ramp(2, [(50, 2), (0, 0), (50, 0), (0, 2), (300, 2)], down: .seconds(60))),
                url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed == 4 && run.counters.interrupted == 0)
            #expect(server.connections == 2)
        }

        @Test func gracefulStopZero() throws {
            for executor in [
                ramp(3, [(100, 3)], down: .seconds(60)),
                shared(3, vus: 3, maxDuration: .milliseconds(100)),
                PlaneScenario.loop(vus: 3, for: .milliseconds(100)),
            ] {
                let server = try slow(.seconds(600))
                let run = try PlaneRun(
                    PlaneScenario.make(executor, gracefulStop: .zero), url: server.url
                ).run()
                run.expectIdentities()
                #expect(run.counters.interrupted == 3 && run.count("http_reqs_interrupted") == 3)
            }
        }

        @Test func startTime() throws {
            let server = try slow(.milliseconds(1))
            var scenario = PlaneScenario.make(shared(6, vus: 2, maxDuration: .seconds(60)))
            scenario.workloads[0].startTime = .milliseconds(150)
            let run = try PlaneRun(scenario, url: server.url, workers: 2)
            let start = Instant.now()
            run.run(from: start).expectIdentities()
            #expect(Instant.now() - start >= .milliseconds(150))
            #expect(run.counters.completed == 6)
            // Nothing waited: an iteration begins when its VU is due, not at run time 0.
            let slowest = run.histogram("iteration_response_time").max
            #expect(slowest < 150_000_000)
        }

        // MARK: - Operators

        private func controlled(_ vus: Int, of max: Int, for duration: TimeSpan) -> Executor {
            var executor = ExternallyControlled(maxVUs: max, duration: duration)
            executor.vus = vus
            return .externallyControlled(executor)
        }

        private func scale(_ changes: [(Instant, Int)], since start: Instant) -> ScheduleControl {
            var control = ScheduleControl()
            control.scales = changes.map {
                .init(scenario: "load", from: $0.0 - start, vus: $0.1)
            }
            return control
        }

        @Test func scaledByOperators() throws {
            let server = try slow(.milliseconds(5))
            let run = try PlaneRun(
                PlaneScenario.make(controlled(0, of: 5, for: .zero)), url: server.url, workers: 2)
            let start = Instant.now()
            run.plane.start(at: start)
            run.cut()
            #expect(server.requests.isEmpty && !run.plane.isIdle)
            var changes = [(Instant.now(), 5)]
            run.plane.apply(scale(changes, since: start))
            #expect(PlaneRun.waits { server.connections == 5 })
            changes.append((Instant.now(), 2))
            run.plane.apply(scale(changes, since: start))
            #expect(
                PlaneRun.waits {
                    run.cut()
                    return run.vus == 2
                }, "\(run.vus)")
            run.plane.stop()
            run.finish()
            run.expectIdentities()
        }

        @Test func controlledEndsAtOnce() throws {
            let server = try slow(.seconds(600))
            let run = try PlaneRun(
                PlaneScenario.make(controlled(2, of: 4, for: .milliseconds(100))),
                url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.started == 2 && run.counters.interrupted == 2)
        }

        @Test func gaugesOfUsers() throws {
            let server = try slow(.seconds(600))
            let run = try PlaneRun(
                PlaneScenario.make(controlled(3, of: 7, for: .zero)), url: server.url, workers: 2)
            run.plane.start(at: Instant.now())
            #expect(PlaneRun.waits { server.requests.count == 3 })
            run.cut()
            var gauges: [String: Int64] = [:]
            for item in run.series {
                if case .gauge(let gauge) = item.value { gauges[item.key.metric] = gauge.last }
            }
            #expect(gauges["vus"] == 3 && gauges["vus_max"] == 7)
            run.plane.abort()
            run.finish()
        }
    }
}
