// Parallel requests of one VU: how many at a time, in which order, what each of them records, and
// what becomes of them when the iteration is cut off.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Batches {
        /// `/p/0`, `/p/1`, ...
        private func requests(_ count: Int, from first: Int = 0) -> [RequestStep] {
            (0..<count).map { i in
                RequestStep(
                    id: first + i, method: "GET", url: Template(literal: "/p/\(i)"),
                    name: Template(literal: "p\(i)"))
            }
        }

        private func once(_ steps: [Step], iterations: UInt64 = 1) -> Scenario {
            var executor = SharedIterations()
            executor.iterations = iterations
            return PlaneScenario.make(.sharedIterations(executor), steps: steps)
        }

        private func slow(_ delay: TimeSpan) throws -> ScriptedServer {
            try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.delay = delay
                return reply
            }
        }

        @Test(arguments: [(5, 2, 2), (5, 6, 5), (5, 1, 1), (1, 6, 1), (12, 12, 12)])
        func limit(count: Int, limit: Int, connections: Int) throws {
            let server = try slow(.milliseconds(20))
            let run = try PlaneRun(
                once([.parallel(limit: limit, requests: requests(count))], iterations: 3),
                url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed == 3 && server.requests.count == 3 * count)
            #expect(server.connections == connections, "one for each that runs, and kept")
            for i in 0..<count { #expect(run.count("http_reqs", ["name": "p\(i)"]) == 3) }
            for iteration in 0..<3 {
                let paths = server.requests.map(\.path).dropFirst(iteration * count)
                #expect(Set(paths.prefix(count)).count == count)
                // They are sent in order: the first ones are the first to arrive.
                let first = Set(paths.prefix(connections))
                #expect(first == Set((0..<connections).map { "/p/\($0)" }))
            }
        }

        /// All are intended at the end of the step before; those beyond the limit wait.
        @Test func waitingIsTheirs() throws {
            let delay = TimeSpan.milliseconds(40)
            let server = try slow(delay)
            let run = try PlaneRun(
                once([PlaneScenario.get(), .parallel(limit: 2, requests: requests(6, from: 1))]),
                url: server.url
            ).run()
            run.expectIdentities()
            // libcurl's and the server's clocks round to a millisecond each.
            let least = UInt64(delay.ns - 5_000_000)
            #expect(run.histogram("http_req_response_time", ["name": "p5"]).min >= 3 * least)
            #expect(run.histogram("http_req_response_time", ["name": "p0"]).min >= least)
            #expect(run.histogram("conn_wait").max >= 2 * least)
            #expect(run.histogram("http_req_duration").min >= least)
        }

        @Test func oneAfterTheOther() throws {
            let server = try slow(.milliseconds(1))
            let run = try PlaneRun(
                once(
                    [
                        .parallel(limit: 6, requests: requests(4)), PlaneScenario.get { $0.id = 4 },
                        .parallel(limit: 2, requests: requests(3, from: 5)),
                        .think(.fixed(.milliseconds(1))),
                    ], iterations: 20), url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed == 20 && server.requests.count == 160)
            #expect(server.connections == 4, "a VU keeps its connections, whoever uses them")
            let numbers = server.requests.map(\.path).filter { $0.hasPrefix("/n/") }
            #expect(numbers == (0..<20).map { "/n/\($0)" })
        }

        /// One fails: the others still end, and are counted, before the iteration does.
        @Test func oneFails() throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                if request.path == "/p/1" {
                    reply.status = 500
                } else {
                    reply.delay = .milliseconds(30)
                }
                return reply
            }
            let run = try PlaneRun(
                once([.parallel(limit: 6, requests: requests(3)), PlaneScenario.get()]),
                url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.transfersEnded == 3 && run.counters.transfersFailed == 1)
            #expect(run.count("iteration_failed", ["rate": "true"]) == 1)
            #expect(run.count("http_req_errors", ["name": "p1", "error": "http_500"]) == 1)
        }

        @Test func cutOff() throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                if request.path != "/p/0" { reply.ending = .silence }
                return reply
            }
            var scenario = once([.parallel(limit: 3, requests: requests(5))])
            scenario.workloads[0].gracefulStop = .milliseconds(50)
            let run = try PlaneRun(scenario, url: server.url)
            run.plane.start(at: Instant.now())
            #expect(PlaneRun.waits { server.requests.count == 4 })
            run.plane.stop()
            run.finish()
            run.expectIdentities()
            // /p/0 ended, /p/1 to /p/3 ran, /p/4 waited and was never sent.
            #expect(run.counters.interrupted == 1 && run.counters.transfersStarted == 4)
            #expect(run.count("http_reqs_interrupted") == 3 && run.count("http_reqs") == 1)
        }

        /// Interrupted again and again while answers are on their way: each is counted once.
        @Test func interruptedByARamp() throws {
            let server = try slow(.milliseconds(3))
            var ramp = RampingVUs(
                stages: (0..<40).flatMap { _ in
                    [
                        Stage(duration: .zero, target: 6),
                        Stage(duration: .milliseconds(20), target: 6),
                        Stage(duration: .zero, target: 0),
                        Stage(duration: .milliseconds(1), target: 0),
                    ]
                })
            ramp.startVUs = 0
            ramp.gracefulRampDown = .zero
            let run = try PlaneRun(
                PlaneScenario.make(
                    .rampingVUs(ramp), steps: [.parallel(limit: 3, requests: requests(4))]),
                url: server.url, workers: 2
            ).run()
            run.expectIdentities()
            #expect(run.counters.interrupted > 0 && run.counters.completed > 0)
            #expect(run.counters.transfersFailed == 0)
        }
    }
}
