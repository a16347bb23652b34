// Pauses: schedules stand still, what runs goes on, and nothing is made up for afterwards.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Pauses {
        private func control(_ pauses: [(TimeSpan, TimeSpan?)]) -> ScheduleControl {
            var control = ScheduleControl()
            control.pauses = pauses.map { .init(from: $0.0, to: $0.1) }
            return control
        }

        private func slow(_ delay: TimeSpan) throws -> ScriptedServer {
            try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.delay = delay
                return reply
            }
        }

        /// Whether nothing more is scheduled while `span` goes by, and nobody spins meanwhile.
        private func staysQuiet(_ run: PlaneRun, for span: TimeSpan) -> Bool {
            run.cut()
            let before = run.counters.scheduled
            let until = Instant.now() + span
            guard PlaneRun.waits(until: { Instant.now() >= until }) else { return false }
            run.cut()
            return run.counters.scheduled == before && run.threadCPU < 500_000
        }

        @Test func arrivalsShift() throws {
            let server = try slow(.milliseconds(1))
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(300), vus: 20)),
                url: server.url, workers: 2)
            let start = Instant.now()
            run.plane.apply(control([(.milliseconds(100), nil)]))
            run.plane.start(at: start)
            #expect(
                PlaneRun.waits {
                    run.cut()
                    return run.counters.completed == 10
                })
            #expect(staysQuiet(run, for: .milliseconds(500)))
            let resumed = Instant.now() - start
            run.plane.apply(control([(.milliseconds(100), resumed)]))
            run.finish()
            run.expectIdentities()
            #expect(run.counters.completed == 30 && run.counters.dropped == 0)
            let elapsed = Instant.now() - start
            #expect(elapsed >= resumed + .milliseconds(190), "the rest of the schedule follows")
            // Nobody is late by the pause.
            let median = try #require(run.histogram("http_req_response_time").percentile(50))
            #expect(median < 250_000_000)
        }

        /// A pause that is known before it begins, and ends by itself.
        @Test func plannedPause() throws {
            let server = try slow(.milliseconds(1))
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(200), vus: 20)),
                url: server.url)
            let start = Instant.now()
            run.plane.start(at: start)
            run.plane.apply(
                control([
                    (.milliseconds(100), .milliseconds(250)),
                    (.milliseconds(300), .milliseconds(450)),
                ]))
            run.finish()
            run.expectIdentities()
            #expect(run.counters.completed == 20)
            #expect(Instant.now() - start >= .milliseconds(500))
        }

        /// Learned of too late: what was done is not done again, the rest comes after it.
        @Test func latePause() throws {
            let server = try slow(.milliseconds(1))
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(400), vus: 20)),
                url: server.url)
            let start = Instant.now()
            run.plane.start(at: start)
            #expect(
                PlaneRun.waits {
                    run.cut()
                    return run.counters.scheduled >= 15
                })
            run.plane.apply(control([(.milliseconds(50), .milliseconds(600))]))
            run.finish()
            run.expectIdentities()
            #expect(run.counters.completed == 40)
            let numbers = server.requests.compactMap { Int($0.path.dropFirst("/n/".count)) }
            #expect(numbers.sorted() == (0..<40).map { $0 })
            #expect(Instant.now() - start >= .milliseconds(940))
        }

        /// VUs end what they do, stand still, and go on.
        @Test(arguments: [false, true])
        func loopsStandStill(isShared: Bool) throws {
            let server = try slow(.milliseconds(5))
            var shared = SharedIterations()
            shared.vus = 3
            shared.iterations = 1_000_000
            let run = try PlaneRun(
                PlaneScenario.make(
                    isShared
                        ? .sharedIterations(shared) : PlaneScenario.loop(vus: 3, for: .seconds(600))
                ), url: server.url, workers: 2)
            let start = Instant.now()
            run.plane.start(at: start)
            #expect(PlaneRun.waits { server.requests.count >= 6 })
            let from = Instant.now() - start
            run.plane.apply(control([(from, nil)]))
            #expect(
                PlaneRun.waits {
                    run.cut()
                    return run.vus == 0
                })
            #expect(staysQuiet(run, for: .milliseconds(100)))
            let before = server.requests.count
            run.plane.apply(control([(from, Instant.now() - start)]))
            #expect(PlaneRun.waits { server.requests.count >= before + 6 })
            #expect(server.connections == 3)
            run.plane.stop()
            run.finish()
            run.expectIdentities()
            #expect(run.counters.interrupted == 0)
        }

        /// maxDuration, startTime, gracefulStop and a ramp's steps, all after a pause of 400 ms.
        @Test func everythingShifts() throws {
            var shared = SharedIterations()
            shared.iterations = 1_000_000
            shared.maxDuration = .milliseconds(100)
            var ramp = RampingVUs(
                stages: [(100, 0), (0, 2), (100, 2)].map {
                    Stage(duration: .milliseconds($0.0), target: $0.1)
                })
            ramp.startVUs = 0
            for executor in [Executor.sharedIterations(shared), .rampingVUs(ramp)] {
                let server = try slow(.milliseconds(5))
                var scenario = PlaneScenario.make(executor)
                scenario.workloads[0].startTime = .milliseconds(20)
                let run = try PlaneRun(scenario, url: server.url)
                let start = Instant.now()
                run.plane.apply(control([(.milliseconds(10), .milliseconds(410))]))
                run.plane.start(at: start)
                // Nothing may begin before 420 ms.
                #expect(PlaneRun.waits { server.requests.count > 0 })
                #expect(Instant.now() - start >= .milliseconds(420))
                run.finish()
                run.expectIdentities()
                #expect(Instant.now() - start >= .milliseconds(520))
                #expect(run.counters.completed > 0)
            }
        }

        /// gracefulStop stands still too: an answer that takes longer still comes.
        @Test func gracefulStopShifts() throws {
            let server = try slow(.milliseconds(300))
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.loop(vus: 2, for: .milliseconds(50)),
                    gracefulStop: .milliseconds(50)), url: server.url)
            run.plane.apply(control([(.milliseconds(60), .seconds(2))]))
            run.run().expectIdentities()
            #expect(run.counters.completed == 2 && run.counters.interrupted == 0)
        }

        @Test func stoppedWhilePaused() throws {
            let server = try slow(.seconds(600))
            for executor in [
                PlaneScenario.loop(vus: 2, for: .seconds(600)),
                PlaneScenario.arrivals(perSecond: 100, for: .seconds(600), vus: 2),
            ] {
                let before = server.requests.count
                let run = try PlaneRun(
                    PlaneScenario.make(executor, gracefulStop: .milliseconds(50)), url: server.url)
                let start = Instant.now()
                run.plane.start(at: start)
                #expect(PlaneRun.waits { server.requests.count == before + 2 })
                run.plane.apply(control([(Instant.now() - start, nil)]))
                run.plane.stop()
                run.finish()
                run.expectIdentities()
                #expect(run.counters.interrupted == 2)
            }
        }

        /// After a stop the steps of a ramp still lie ahead, and behind: nobody waits for them.
        @Test func stoppedRampIsQuiet() throws {
            let server = try slow(.seconds(600))
            var ramp = RampingVUs(
                stages: (0..<50).flatMap { _ in
                    [2, 4].map { Stage(duration: .milliseconds(20), target: $0) }
                })
            ramp.startVUs = 2
            let run = try PlaneRun(
                PlaneScenario.make(.rampingVUs(ramp), gracefulStop: .milliseconds(400)),
                url: server.url)
            run.plane.start(at: Instant.now())
            #expect(PlaneRun.waits { server.requests.count >= 2 })
            run.plane.stop()
            #expect(staysQuiet(run, for: .milliseconds(200)))
            run.finish()
            run.expectIdentities()
            #expect(run.counters.interrupted == run.counters.started)
        }

        @Test func pausedBeforeTheStart() throws {
            let server = try slow(.milliseconds(1))
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(100), vus: 5)),
                url: server.url)
            run.plane.apply(control([(.zero, nil)]))
            let start = Instant.now()
            run.plane.start(at: start)
            #expect(staysQuiet(run, for: .milliseconds(100)))
            #expect(run.counters.scheduled == 0 && !run.plane.isIdle)
            run.plane.apply(control([]))
            run.finish()
            run.expectIdentities()
            #expect(run.counters.completed == 10)
        }

        @Test func scaledWhilePaused() throws {
            let server = try slow(.milliseconds(5))
            let run = try PlaneRun(
                PlaneScenario.make(
                    .externallyControlled(ExternallyControlled(maxVUs: 4, duration: .zero))),
                url: server.url, workers: 2)
            let start = Instant.now()
            run.plane.start(at: start)
            var told = control([(.zero, nil)])
            told.scales = [.init(scenario: "load", from: .zero, vus: 4)]
            run.plane.apply(told)
            #expect(staysQuiet(run, for: .milliseconds(100)))
            #expect(server.requests.isEmpty)
            told.pauses = [.init(from: .zero, to: Instant.now() - start)]
            run.plane.apply(told)
            #expect(PlaneRun.waits { server.connections == 4 })
            run.plane.stop()
            run.finish()
            run.expectIdentities()
        }
    }
}
