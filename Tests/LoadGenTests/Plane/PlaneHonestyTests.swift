// A slow or standing server shows in the response time of every arrival it delayed, whatever the
// number of VUs (measurement.md section 8 no. 1, scaled down). Bounds that hold on any machine: an
// overloaded one can only make responses later.

import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Honesty {
        /// Arrivals every 5 ms, number 60 held up for 300 ms: the first 30 from it on cannot be
        /// answered within 150 ms of their intended start.
        private static let held = 60
        private static let stall = TimeSpan.milliseconds(300)
        private static let overHalf: UInt64 = 30

        private func scenario(vus: Int) -> Scenario {
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 200, for: .seconds(1), vus: vus))
            scenario.thresholds = ["http_req_response_time", "http_req_duration"].map {
                PlaneScenario.limit($0, below: 150)
            }
            return scenario
        }

        @Test func aSlowAnswerWithOneUser() throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                if request.number == Self.held { reply.delay = Self.stall }
                return reply
            }
            let run = try PlaneRun(scenario(vus: 1), url: server.url).run()
            run.expectIdentities()
            #expect(run.counters.completed == 200 && run.counters.dropped == 0)
            let over = run.over("http_req_response_time")
            #expect(over >= Self.overHalf && over <= 2 * Self.overHalf, "\(over)")
            // The service time of one request alone, as a closed loop would have seen it.
            #expect(run.over("http_req_duration") >= 1)
            #expect(run.over("http_req_duration") <= 3)
            #expect(run.histogram("http_req_response_time").max >= UInt64(Self.stall.ns))
            let (lag, wait) = (run.histogram("schedule_lag"), run.histogram("vu_wait"))
            #expect(lag.count + wait.count == 200 && wait.count >= Self.overHalf)
            #expect(wait.max > lag.max, "the wait is the target's doing, not the generator's")
        }

        @Test func aSlowAnswerInAClosedLoop() throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                if request.number == Self.held { reply.delay = Self.stall }
                return reply
            }
            var scenario = scenario(vus: 1)
            scenario.workloads[0].executor = PlaneScenario.loop(vus: 1, for: .seconds(1))
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            // Requests that were never attempted are not in these numbers: the closed model.
            #expect(run.counters.completed > UInt64(Self.held))
            #expect(run.over("http_req_response_time") >= 1)
            #expect(run.over("http_req_response_time") <= 3)
            #expect(run.histogram("schedule_lag").isEmpty && run.histogram("vu_wait").isEmpty)
        }

        @Test func aStandingServerWithManyUsers() throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                if request.number == Self.held { reply.freeze = Self.stall }
                return reply
            }
            let run = try PlaneRun(scenario(vus: 100), url: server.url).run()
            run.expectIdentities()
            #expect(run.counters.completed == 200)
            let over = run.over("http_req_response_time")
            #expect(over >= Self.overHalf && over <= 2 * Self.overHalf, "\(over)")
            #expect(run.over("http_req_duration") >= Self.overHalf / 2)
            #expect(run.histogram("vu_wait").count == 0)
        }

        @Test func tooSlowForOneUser() throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.delay = .milliseconds(50)
                return reply
            }
            let run = try PlaneRun(
                PlaneScenario.make(
                    PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(400), vus: 1)),
                url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.completed == 40)
            let response = run.histogram("http_req_response_time")
            let service = run.histogram("http_req_duration")
            #expect(service.count == 40 && service.min >= 45_000_000)
            // 40 ms of backlog an arrival: the last one waits for 39 x 40 ms at least.
            #expect(response.max >= 39 * 40_000_000)
            let typical = try #require(service.percentile(50))
            #expect(response.max > 5 * typical)
            #expect(run.histogram("http_req_waiting").min >= 45_000_000)
            let receiving = try #require(run.histogram("http_req_receiving").percentile(50))
            #expect(receiving < typical)
            let connWait = try #require(run.histogram("conn_wait").percentile(50))
            #expect(connWait < typical, "the wait for a VU is no wait for a connection")
            #expect(run.histogram("iteration_response_time").max >= response.max)
            #expect(run.histogram("iteration_duration").max < response.max)
        }
    }
}
