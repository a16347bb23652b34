// What a plane sends and how it sees what comes back: connections, bodies, failures.

import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Transfers {
        private func arrivals(_ count: Int, vus: Int = 1) -> Executor {
            PlaneScenario.arrivals(
                perSecond: 200, for: .milliseconds(Int64(count) * 5), vus: vus)
        }

        @Test func connectionsAreReused() throws {
            let server = try ScriptedServer()
            let run = try PlaneRun(PlaneScenario.make(arrivals(60)), url: server.url).run()
            run.expectIdentities()
            #expect(server.connections == 1 && server.requests.count == 60)
            let connecting = run.histogram("http_req_connecting")
            #expect(connecting.count == 60 && connecting.value(atRank: 59) < 1_000)
            let blocked = run.histogram("http_req_blocked")
            #expect(blocked.max >= connecting.max)
        }

        @Test func noReuse() throws {
            let server = try ScriptedServer()
            var scenario = PlaneScenario.make(arrivals(20))
            scenario.defaults.reuse = false
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            #expect(server.connections == 20 && run.counters.transfersFailed == 0)
        }

        @Test(arguments: [1, 3]) func closedConnectionsAreOpenedAnew(every requests: Int) throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                if request.onConnection == requests - 1 { reply.ending = .close }
                return reply
            }
            let run = try PlaneRun(PlaneScenario.make(arrivals(60)), url: server.url).run()
            run.expectIdentities()
            #expect(run.counters.completed == 60)
            // A request that met the close on its way is lost, and said to be: on a machine that
            // keeps up there is none.
            let failed = Int(run.counters.transfersFailed)
            #expect(failed == Int(run.count("http_req_errors", ["error": "reset"])))
            #expect(failed < 30 && server.requests.count == 60 - failed)
        }

        /// Each second request of a connection is read and never answered. The target may have
        /// acted on it, so it is not sent again behind our back.
        @Test func unansweredRequestsAreNotRepeated() throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                if request.onConnection == 1 { reply.ending = .hangUp }
                return reply
            }
            let run = try PlaneRun(PlaneScenario.make(arrivals(40)), url: server.url).run()
            run.expectIdentities()
            #expect(run.count("http_req_errors", ["error": "reset", "error_code": "1220"]) == 20)
            #expect(run.counters.transfersFailed == 20 && server.requests.count == 40)
            #expect(Set(server.requests.map(\.path)).count == 40, "a request was sent twice")
            #expect(server.connections == 20)
        }

        @Test func refusedConnectionsAreCounted() throws {
            let target = try RefusingPort()
            let run = try PlaneRun(PlaneScenario.make(arrivals(20, vus: 4)), url: target.url).run()
            run.expectIdentities()
            #expect(run.counters.transfersFailed == 20 && run.counters.completed == 20)
            #expect(run.count("http_req_errors", ["error": "connect", "error_code": "1212"]) == 20)
            #expect(run.count("iteration_failed", ["rate": "true"]) == 20)
            #expect(run.histogram("http_req_duration").isEmpty, "nothing was ever sent")
            #expect(run.counters.bytesSent == 0 && run.counters.bytesReceived == 0)
            #expect(run.count("error_sample", ["error": "connect"]) >= 1)
        }

        @Test func otherAddressesAreNeverConnectedTo() throws {
            // TEST-NET-1: a packet to it would time out; the rule refuses at once.
            let run = try PlaneRun(
                PlaneScenario.make(arrivals(5), steps: [PlaneScenario.get(timeout: .seconds(30))]),
                url: "http://192.0.2.1:8080"
            ).run()
            run.expectIdentities()
            #expect(run.count("http_req_errors", ["error": "blocked", "error_code": "1110"]) == 5)
            #expect(run.histogram("http_req_response_time").max < 30_000_000_000)
        }

        @Test(arguments: [ScriptedServer.Reply.Ending.reset, .hangUp])
        func cutConnectionsAreCounted(ending: ScriptedServer.Reply.Ending) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.ending = ending
                return reply
            }
            let run = try PlaneRun(PlaneScenario.make(arrivals(10)), url: server.url).run()
            run.expectIdentities()
            #expect(run.count("http_req_errors", ["error": "reset", "error_code": "1220"]) == 10)
            #expect(run.count("http_reqs", ["status": "0"]) == 10)
        }

        @Test func timeoutsRecordTheirTime() throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.ending = .silence
                return reply
            }
            let run = try PlaneRun(
                PlaneScenario.make(
                    arrivals(10, vus: 10), steps: [PlaneScenario.get(timeout: .milliseconds(80))]),
                url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.count("http_req_errors", ["error": "timeout", "error_code": "1050"]) == 10)
            let failed = ["expected_response": "false"]
            #expect(run.histogram("http_req_response_time", failed).count == 10)
            #expect(run.histogram("http_req_response_time", failed).min >= 79_000_000)
            #expect(run.histogram("http_req_duration", failed).count == 10)
        }

        @Test func statusesAndRejects() throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                reply.status = [200, 409, 503][request.number % 3]
                reply.body = Array("status \(reply.status)".utf8)
                return reply
            }
            let step = PlaneScenario.get { $0.rejects = StatusSet([409...409]) }
            let run = try PlaneRun(
                PlaneScenario.make(arrivals(30), steps: [step]), url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.count("http_reqs", ["status": "200", "expected_response": "true"]) == 10)
            #expect(run.count("http_reqs", ["status": "409", "expected_response": "true"]) == 10)
            #expect(run.count("http_reqs", ["status": "503", "expected_response": "false"]) == 10)
            #expect(run.count("http_req_rejected", ["rate": "true"]) == 10)
            #expect(run.count("http_req_errors", ["error": "http_503"]) == 10)
            #expect(run.count("error_sample", ["text": "status 503"]) >= 1)
            #expect(server.connections == 1, "a failed status keeps its connection")
        }

        @Test func bodiesBothWays() throws {
            let big = String(repeating: "0123456789", count: 300_000)
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                reply.body = request.body
                reply.chunkBytes = request.number % 2 == 0 ? 10_000 : 0
                return reply
            }
            let step = PlaneScenario.get { step in
                step.method = "POST"
                step.body = .text(Template(literal: big))
            }
            let run = try PlaneRun(
                PlaneScenario.make(arrivals(4), steps: [step, PlaneScenario.get()]),
                url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.transfersFailed == 0 && server.requests.count == 8)
            let posts = server.requests.filter { $0.method == "POST" }
            #expect(posts.count == 4 && posts.allSatisfy { $0.body == Array(big.utf8) })
            #expect(server.requests.allSatisfy { $0.headers["expect"] == nil })
            #expect(server.requests.allSatisfy { $0.method == "POST" || $0.body.isEmpty })
            #expect(run.counters.bytesSent >= 4 * 3_000_000)
            #expect(run.counters.bytesReceived >= 4 * 3_000_000)
        }

        /// 20 bytes go out with the headers, 100,000 after them.
        @Test(arguments: [0, 20, 100_000]) func bytesAreCountedOnce(size: Int) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.raw =
                    Array("HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n".utf8)
                    + [UInt8](repeating: 65, count: 30_000)
                return reply
            }
            let step = PlaneScenario.get { step in
                step.method = "POST"
                step.body = .text(Template(literal: String(repeating: "b", count: size)))
            }
            let run = try PlaneRun(
                PlaneScenario.make(arrivals(20), steps: [step]), url: server.url
            ).run()
            run.expectIdentities()
            let sent = server.requests.reduce(0) { $0 + $1.bytes }
            #expect(run.counters.bytesSent == UInt64(sent))
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n".utf8.count
            #expect(run.counters.bytesReceived == UInt64(20 * (head + 30_000)))
            #expect(run.count("data_sent") == run.counters.bytesSent)
            #expect(run.count("data_received") == run.counters.bytesReceived)
        }

        /// A target by name: libcurl's resolver thread, whose descriptors come and go.
        @Test(.enabled(if: LoopbackName.value != nil)) func targetByName() throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.headers = ["Connection: close"]
                reply.ending = .close
                return reply
            }
            let name = try #require(LoopbackName.value)
            let run = try PlaneRun(
                PlaneScenario.make(
                    arrivals(40, vus: 8), steps: [PlaneScenario.get(timeout: .seconds(20))]),
                url: "http://\(name):\(server.port)", workers: 2
            ).run()
            run.expectIdentities()
            #expect(run.counters.transfersFailed == 0 && server.connections == 40)
        }

        @Test func methodsFollowEachOther() throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                if request.method == "HEAD" { reply.body = [] }
                return reply
            }
            let methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "HEAD", "POST", "GET", "PATCH"]
            let steps = methods.enumerated().map { i, method in
                PlaneScenario.get { step in
                    step.id = i
                    step.method = method
                    if ["PUT", "PATCH"].contains(method) || i == 3 {
                        step.body = .text(Template(literal: "body \(i)"))
                    }
                }
            }
            let run = try PlaneRun(
                PlaneScenario.make(arrivals(3), steps: steps), url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.transfersFailed == 0)
            #expect(server.requests.map(\.method) == methods + methods + methods)
            for (i, request) in server.requests.enumerated() {
                let step = i % methods.count
                let hasBody = [2, 3, 8].contains(step)
                #expect(request.body == Array((hasBody ? "body \(step)" : "").utf8), "\(request)")
            }
            #expect(server.connections == 1)
        }
    }
}
