// Redirects: each hop is a transfer of its own, and where it may go is asked again.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Redirects {
        /// One iteration of one request, with so many hops allowed.
        private func scenario(
            hops: Int, iterations: Int = 1, _ change: (inout RequestStep) -> Void = { _ in }
        ) -> Scenario {
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(
                    perSecond: 200, for: .milliseconds(Int64(iterations) * 5), vus: 1),
                steps: [PlaneScenario.get(timeout: .seconds(20), change)])
            scenario.defaults.redirects = hops
            return scenario
        }

        private static func reply(_ status: Int, _ location: String?) -> ScriptedServer.Reply {
            var reply = ScriptedServer.Reply()
            reply.status = status
            if let location { reply.headers = ["Location: \(location)"] }
            return reply
        }

        private static func header(_ name: String, _ value: String) -> HeaderField {
            HeaderField(name: name, value: Template(literal: value))
        }

        @Test func eachHopIsATransfer() throws {
            let server = try ScriptedServer { request in
                switch request.path {
                case "/a/b": return Self.reply(301, "../c?x=1#part")
                case "/c?x=1":
                    var reply = Self.reply(307, "//\(request.headers["host"] ?? "")/end")
                    reply.delay = .milliseconds(400)
                    return reply
                case "/end": return Self.reply(200, nil)
                default: return Self.reply(302, "/a/b")
                }
            }
            let run = try PlaneRun(scenario(hops: 3, iterations: 2), url: server.url).run()
            run.expectIdentities()
            #expect(run.counters.completed == 2 && run.counters.transfersStarted == 8)
            #expect(run.counters.transfersFailed == 0)
            #expect(
                server.requests.map(\.path).suffix(3) == ["/a/b", "/c?x=1", "/end"])
            for status in ["301", "302", "307", "200"] {
                let tags = ["status": status, "expected_response": "true", "name": "get"]
                #expect(run.count("http_reqs", tags) == 2)
            }
            #expect(server.connections == 1)
            // A hop is due when the one before has ended: only the third ones wait for their
            // server, and the second iteration for the first.
            let response = run.histogram("http_req_response_time")
            #expect(response.count == 8 && response.value(atRank: 5) < 400_000_000)
            let received = run.counters.bytesReceived
            #expect(received > 8 * 30 && run.count("data_received") == received)
        }

        /// status, method, body -> method and body of the hop.
        @Test(arguments: [
            (301, "POST", "GET", false), (302, "PUT", "GET", false), (303, "DELETE", "GET", false),
            (303, "HEAD", "HEAD", false), (302, "GET", "GET", false), (307, "POST", "POST", true),
            (308, "PATCH", "PATCH", true), (308, "DELETE", "DELETE", true),
        ])
        func methods(status: Int, method: String, then: String, keepsBody: Bool) throws {
            let server = try ScriptedServer { request in
                var reply =
                    request.path == "/end" ? Self.reply(200, nil) : Self.reply(status, "/end")
                if request.method == "HEAD" { reply.body = [] }
                return reply
            }
            let hasBody = !["GET", "HEAD"].contains(method)
            let run = try PlaneRun(
                scenario(hops: 1, iterations: 3) { step in
                    step.method = method
                    if hasBody { step.body = .text(Template(literal: "the body")) }
                    step.headers = [
                        Self.header("Content-Type", "text/plain"), Self.header("X-Kept", "1"),
                        Self.header("Authorization", "Bearer x"),
                    ]
                }, url: server.url
            ).run()
            run.expectIdentities()
            #expect(run.counters.transfersFailed == 0)
            #expect(server.requests.map(\.method) == [method, then, method, then, method, then])
            for (i, request) in server.requests.enumerated() {
                let isFirst = i % 2 == 0
                let body = (isFirst ? hasBody : keepsBody) ? "the body" : ""
                #expect(request.body == Array(body.utf8), "\(request)")
                let isDescribed = isFirst || then == method
                #expect((request.headers["content-type"] == "text/plain") == isDescribed)
                #expect(request.headers["x-kept"] == "1")
                #expect(request.headers["authorization"] == "Bearer x", "the same origin")
                #expect(request.headers["x-spotload-agent"] == "0.1")
            }
        }

        /// Another origin is not told who we are.
        @Test func identityStaysAtHome() throws {
            let other = try ScriptedServer()
            let target = other.url + "/end"
            let server = try ScriptedServer { _ in Self.reply(307, target) }
            let names = ["Authorization", "Cookie", "X-MBX-APIKEY", "Host", "Accept"]
            let run = try PlaneRun(
                scenario(hops: 1) { step in
                    step.method = "POST"
                    step.body = .text(Template(literal: "b"))
                    step.headers = names.map { Self.header($0, "mine") }
                }, url: server.url
            ).run()
            run.expectIdentities()
            let first = try #require(server.requests.first)
            let second = try #require(other.requests.first)
            for name in names { #expect(first.headers[name.lowercased()] == "mine") }
            for name in names.prefix(3) { #expect(second.headers[name.lowercased()] == nil) }
            #expect(second.headers["host"] == "127.0.0.1:\(other.port)")
            #expect(second.headers["accept"] == "mine" && second.body == Array("b".utf8))
        }

        /// hops allowed, status, Location -> requests; what leads nowhere is the answer.
        @Test(arguments: [
            (0, 302, "/next", 1), (2, 302, "/next", 3), (5, 302, nil, 1), (5, 304, "/next", 1),
            (5, 300, "/next", 1), (5, 200, "/next", 1), (5, 404, "/next", 1),
        ])
        func ends(hops: Int, status: Int, location: String?, requests: Int) throws {
            let server = try ScriptedServer { _ in Self.reply(status, location) }
            let run = try PlaneRun(scenario(hops: hops), url: server.url).run()
            run.expectIdentities()
            #expect(server.requests.count == requests)
            #expect(run.counters.transfersStarted == UInt64(requests))
            // What the flow sees is the last response: below 400 it is expected.
            #expect(run.counters.transfersFailed == (status == 404 ? 1 : 0))
        }

        @Test(arguments: ["http://192.0.2.1/", "ftp://127.0.0.1/x", "http://no-such-host.invalid/"])
        func refusedHops(location: String) throws {
            let server = try ScriptedServer { _ in Self.reply(302, location) }
            let run = try PlaneRun(scenario(hops: 3), url: server.url).run()
            run.expectIdentities()
            #expect(server.requests.count == 1 && run.counters.transfersStarted == 2)
            #expect(run.count("http_reqs", ["status": "302"]) == 1)
            #expect(run.count("http_reqs", ["status": "0"]) == 1)
            #expect(run.count("iteration_failed", ["rate": "true"]) == 1)
            if location.contains("192.0.2.1") {
                #expect(
                    run.count("http_req_errors", ["error": "blocked", "error_code": "1110"]) == 1)
            }
        }

        /// The request's time is that of all its hops together.
        @Test func timeoutOverAllHops() throws {
            let server = try ScriptedServer { _ in
                var reply = Self.reply(302, "/again")
                reply.delay = .milliseconds(100)
                return reply
            }
            let run = try PlaneRun(
                scenario(hops: 100) { $0.timeout = .milliseconds(350) }, url: server.url
            ).run()
            run.expectIdentities()
            // Four would take 400 ms.
            #expect((1...4).contains(server.requests.count), "\(server.requests.count)")
            #expect(run.count("http_req_errors", ["error": "timeout"]) == 1)
        }

        /// Parallel requests hop on their own.
        @Test func hopsOfABatch() throws {
            let server = try ScriptedServer { request in
                request.path.hasPrefix("/end")
                    ? Self.reply(200, nil) : Self.reply(303, "/end" + request.path)
            }
            let requests = (0..<5).map { i in
                var step = RequestStep(
                    id: i, method: "GET", url: Template(literal: "/\(i)"),
                    name: Template(literal: "r\(i)"))
                step.timeout = .seconds(20)
                return step
            }
            var scenario = scenario(hops: 1, iterations: 3)
            scenario.flows["default"]?.steps = [.parallel(limit: 2, requests: requests)]
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            #expect(run.counters.transfersStarted == 30 && run.counters.transfersFailed == 0)
            for i in 0..<5 {
                for status in ["303", "200"] {
                    #expect(run.count("http_reqs", ["name": "r\(i)", "status": status]) == 3)
                }
                #expect(server.requests.count { $0.path == "/end/\(i)" } == 3)
            }
        }

        @Test func eachHopConnectsWithoutReuse() throws {
            let server = try ScriptedServer { request in
                request.path == "/end" ? Self.reply(200, nil) : Self.reply(302, "/end")
            }
            var scenario = scenario(hops: 1, iterations: 5)
            scenario.defaults.reuse = false
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            #expect(server.connections == 10 && run.counters.transfersFailed == 0)
        }

        /// The next request is not of the hop's shape, and a kept connection that dies under a hop
        /// is not asked twice.
        @Test func afterAHop() throws {
            let server = try ScriptedServer { request in
                if request.path == "/end" {
                    var reply = ScriptedServer.Reply()
                    reply.ending = .hangUp
                    return reply
                }
                return Self.reply(302, "/end")
            }
            let run = try PlaneRun(
                scenario(hops: 1, iterations: 4) { step in
                    step.method = "POST"
                    step.body = .text(Template(literal: "b"))
                }, url: server.url
            ).run()
            run.expectIdentities()
            let seen = server.requests.map { "\($0.method) \($0.body.count)" }
            #expect(
                seen == [
                    "POST 1", "GET 0", "POST 1", "GET 0", "POST 1", "GET 0", "POST 1", "GET 0",
                ])
            #expect(run.count("http_req_errors", ["error": "reset"]) == 4)
        }
    }
}
