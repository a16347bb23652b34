// How runs end: gracefulStop, stop, abort, the fence; what becomes of arrivals that found no VU.

import HarnessCore
import LoadGen
import ScenarioModel
import Synchronization
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Ends {
        private func silent() throws -> ScriptedServer {
            try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.ending = .silence
                return reply
            }
        }

        @Test func gracefulStopCuts() throws {
            let server = try silent()
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(100), vus: 20),
                    gracefulStop: .milliseconds(100)), url: server.url, workers: 2
            ).run()
            run.expectIdentities()
            #expect(run.counters.interrupted == 10 && run.counters.completed == 0)
            #expect(run.count("http_reqs_interrupted") == 10)
            #expect(run.counters.transfersFailed == 0)
            for metric in [
                "http_req_response_time", "http_req_duration", "iteration_duration",
                "iteration_response_time",
            ] { #expect(run.histogram(metric).isEmpty, "\(metric)") }
        }

        @Test func cutTransfersTellTheLimitsTheyPassed() throws {
            let server = try silent()
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(100), vus: 20),
                gracefulStop: .milliseconds(100))
            scenario.criteria = [50.0, 60_000].map { limit in
                Criterion(
                    name: "c\(limit)",
                    subject: .metric(
                        MetricSelector(
                            text: "http_req_response_time", metric: "http_req_response_time",
                            tags: [:])), statistic: .percentile(99), statisticText: "p(99)",
                    comparison: .less, lower: limit, upper: limit, unit: .milliseconds,
                    limitText: "", source: SourcePosition(file: "f", line: 1, column: 1))
            }
            let run = try PlaneRun(scenario, url: server.url, workers: 2).run()
            run.expectIdentities()
            func over(_ of: String, _ limit: String) -> UInt64 {
                run.count("http_reqs_interrupted_over", ["of": of, "limit": limit])
            }
            #expect(run.count("iterations_started") == 10)
            #expect(run.count("http_reqs_interrupted") == 10)
            for metric in ["http_req_response_time", "http_req_duration"] {
                #expect(over(metric, "49999999") == 10, "\(metric)")
                #expect(over(metric, "59999999999") == 0, "\(metric)")
            }
        }

        @Test func interruptedThinking() throws {
            let server = try ScriptedServer()
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.loop(vus: 4, for: .milliseconds(100)),
                    steps: [PlaneScenario.get(), .think(.fixed(.seconds(100)))],
                    gracefulStop: .zero), url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.interrupted == 4 && run.count("http_reqs_interrupted") == 0)
            #expect(run.histogram("http_req_response_time").count == 4)
        }

        @Test func stopLetsWhatRunsEnd() throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.delay = .milliseconds(20)
                return reply
            }
            for executor in [
                PlaneScenario.arrivals(perSecond: 200, for: .seconds(600), vus: 4),
                PlaneScenario.loop(vus: 4, for: .seconds(600)),
            ] {
                let run = try PlaneRun(PlaneScenario.make(executor), url: server.url)
                let before = server.requests.count
                run.plane.start(at: Instant.now())
                #expect(PlaneRun.waits { server.requests.count >= before + 10 })
                run.plane.stop()
                run.finish()
                run.expectIdentities()
                #expect(run.counters.interrupted == 0 && run.counters.completed >= 10)
                #expect(run.counters.dropped == 0 && run.counters.missed == 0)
            }
        }

        @Test func abortCutsAtOnce() throws {
            let server = try silent()
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 200, for: .seconds(600), vus: 3)),
                url: server.url)
            run.plane.start(at: Instant.now())
            #expect(
                PlaneRun.waits {
                    run.cut()
                    return run.counters.scheduled >= 20 && server.requests.count == 3
                })
            run.plane.abort()
            run.finish()
            run.expectIdentities()
            #expect(run.counters.started == 3 && run.counters.interrupted == 3)
            #expect(run.count("dropped_iterations", ["reason": "ended"]) == run.counters.dropped)
            #expect(run.counters.dropped >= 17)
        }

        @Test func stoppedBeforeTheStart() throws {
            let run = try PlaneRun(
                PlaneScenario.make(PlaneScenario.loop(vus: 1, for: .seconds(600))),
                url: "http://127.0.0.1:9")
            run.plane.start(at: Instant.now() + .seconds(600))
            run.cut()
            run.plane.stop()
            run.finish()
            #expect(run.counters.scheduled == 0)
            let unstarted = try PlaneRun(
                PlaneScenario.make(PlaneScenario.loop(vus: 1, for: .seconds(600))),
                url: "http://127.0.0.1:9")
            #expect(!unstarted.plane.isIdle)
            unstarted.plane.abort()
            unstarted.finish()
        }

        @Test func fenceEndsDispatching() throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.delay = .milliseconds(50)
                return reply
            }
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .seconds(600), vus: 1)),
                url: server.url)
            let start = Instant.now()
            run.plane.renew(until: start + .milliseconds(300))
            run.run(from: start).expectIdentities()
            // Arrivals 0 to 30 are intended before the permission ends; one VU does one in 50 ms.
            #expect(run.counters.started <= 7 && run.counters.missed >= 20)
            #expect(run.counters.scheduled >= 30 && run.counters.dropped == 0)
            let last = server.requests.compactMap { Int($0.path.dropFirst("/n/".count)) }.max()
            #expect((last ?? 0) <= 30)
        }

        @Test func fenceStopsLoops() throws {
            let server = try ScriptedServer()
            let run = try PlaneRun(
                PlaneScenario.make(PlaneScenario.loop(vus: 3, for: .seconds(600))),
                url: server.url)
            let start = Instant.now()
            run.plane.renew(until: start + .milliseconds(200))
            run.run(from: start).expectIdentities()
            #expect(run.counters.interrupted == 0)
        }

        /// One VU that never comes back, arrivals every 10 ms.
        @Test(arguments: [
            ("no_vu", TimeSpan.zero, TimeSpan.milliseconds(50)),
            ("expired", .milliseconds(60), .milliseconds(400)),
            ("ended", .seconds(60), .milliseconds(50)),
        ])
        func drops(reason: String, maxWait: TimeSpan, gracefulStop: TimeSpan) throws {
            let server = try silent()
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(300), vus: 1),
                    maxWait: maxWait, gracefulStop: gracefulStop), url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.scheduled == 30 && run.counters.interrupted == 1)
            #expect(run.count("dropped_iterations", ["reason": reason]) == 29)
        }

        /// One warning a scenario, whichever worker drops first; none for what a stop cuts off.
        @Test func dropsAreToldOnce() throws {
            let server = try silent()
            for (maxWait, count) in [(TimeSpan.zero, 1), (.seconds(60), 0)] {
                let lines = Mutex<[String]>([])
                let run = try PlaneRun(
                    PlaneScenario.make(
                        PlaneScenario.arrivals(perSecond: 200, for: .milliseconds(200), vus: 2),
                        maxWait: maxWait, gracefulStop: .milliseconds(20)), url: server.url,
                    workers: 2, log: { line in lines.withLock { $0.append(line) } }
                ).run()
                run.expectIdentities()
                #expect(run.counters.dropped == 38)
                let told = lines.withLock { $0 }
                #expect(told.count == count && told.allSatisfy { $0.contains("scenario load") })
            }
        }

        @Test func fullRing() throws {
            let server = try silent()
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(300), vus: 1),
                    maxWait: .milliseconds(100), gracefulStop: .milliseconds(10)),
                url: server.url)
            // All 30 are due in the first turn: one VU, 11 places, 18 too many.
            run.run(from: Instant.now() - .seconds(1)).expectIdentities()
            #expect(run.count("dropped_iterations", ["reason": "ring_full"]) == 18)
            #expect(run.count("dropped_iterations", ["reason": "expired"]) == 11)
        }

        @Test func cutsAndShutdownFromSeveralThreads() throws {
            let server = try ScriptedServer()
            let run = try PlaneRun(
                PlaneScenario.make(PlaneScenario.loop(vus: 4, for: .seconds(600))),
                url: server.url, workers: 2)
            let plane = run.plane
            plane.start(at: Instant.now())
            let cutters = (0..<3).map { _ in
                DedicatedThread(name: "cutter") { for _ in 0..<200 { _ = plane.cut() } }
            }
            #expect(PlaneRun.waits { server.requests.count >= 50 })
            plane.shutdown()
            for cutter in cutters { cutter.join() }
            plane.shutdown()
            let c = plane.cut().counters
            #expect(c.started == c.completed + c.interrupted && c.scheduled == c.started)
        }

        /// 5,000 transfers over 20 connections, then nothing of it is left.
        @Test func nothingStaysOpen() throws {
            let server = try ScriptedServer()
            let before = OpenDescriptors.pollers
            let run = try PlaneRun(
                PlaneScenario.make(PlaneScenario.loop(vus: 20, for: .seconds(600))),
                url: server.url, workers: 2)
            #expect(OpenDescriptors.pollers >= before + 4)
            run.plane.start(at: Instant.now())
            #expect(
                PlaneRun.waits {
                    run.cut()
                    return run.counters.transfersEnded >= 5_000
                })
            run.plane.stop()
            run.finish()
            run.expectIdentities()
            #expect(run.counters.transfersFailed == 0 && server.connections == 20)
            #expect(PlaneRun.waits { server.openConnections == 0 }, "a connection was left open")
            #expect(PlaneRun.waits { OpenDescriptors.pollers <= before }, "a descriptor is left")
        }
    }
}
