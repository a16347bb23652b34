// `setup` and `teardown`: run once, before the start and after the end; what they capture reaches
// every worker, what fails comes back in words, and what they send is in no series.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Hooks {
        private static func request(
            _ path: String, _ change: (inout RequestStep) -> Void = { _ in }
        ) -> Step {
            var step = RequestStep(
                id: 0, method: "GET", url: Template(literal: path),
                name: Template(literal: "GET \(path)"))
            change(&step)
            return .request(step)
        }

        private static let login = request("/login") { step in
            let path = JSONPath(text: "$.token", segments: [.name("token")])
            step.captures = [
                Capture(variable: 0, source: .json(path), defaultValue: nil, keep: false)
            ]
        }

        /// A GET of `/PREFIX/<the token that setup captured>`.
        private static func withToken(_ prefix: String) -> Step {
            request("/") {
                $0.url = Template(
                    source: "/\(prefix)/${setup.token}",
                    parts: [.literal("/\(prefix)/"), .expression(.name(.setup("token")))])
            }
        }

        private func scenario(setup: [Step]? = nil, teardown: [Step]? = nil) -> Scenario {
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(100), vus: 4),
                steps: [Self.withToken("use")])
            if let setup {
                scenario.flows["setup"] = Flow(name: "setup", steps: setup, variables: ["token"])
            }
            if let teardown {
                scenario.flows["teardown"] = Flow(name: "teardown", steps: teardown, variables: [])
            }
            return scenario
        }

        private func server() throws -> ScriptedServer {
            try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                switch request.path {
                case "/login": reply.body = Array("{\"token\": \"t-1\"}".utf8)
                case "/bad":
                    reply.status = 503
                    reply.body = Array("overloaded".utf8)
                case "/silent": reply.ending = .silence
                case "/reset": reply.ending = .reset
                default: break
                }
                return reply
            }
        }

        @Test func capturesReachEveryone() throws {
            let server = try server()
            let run = try PlaneRun(
                scenario(setup: [Self.login], teardown: [Self.withToken("bye")]), url: server.url,
                workers: 2)
            let outcome = run.plane.run(.setup)
            #expect(outcome.failure == nil)
            #expect(outcome.captures["token"] == SetupValue(kind: .text, text: "t-1"))
            run.plane.provide(setup: outcome.captures)
            run.run().expectIdentities()
            #expect(run.counters.completed == 10 && run.counters.transfersStarted == 10)
            #expect(run.plane.run(.teardown) == HookOutcome(failure: nil, captures: [:]))
            #expect(
                server.requests.map(\.path)
                    == ["/login"] + [String](repeating: "/use/t-1", count: 10) + ["/bye/t-1"])
            // Nothing of the hooks is counted, so nothing of them is sent in a slot's name.
            #expect(server.requests.first?.headers["x-spotload-agent"] == "0.0")
            #expect(server.requests.last?.headers["x-spotload-agent"] == "0.0")
        }

        @Test func withoutHooks() throws {
            let run = try PlaneRun(scenario(), url: "http://127.0.0.1:9")
            for hook in [FlowHook.setup, .teardown] {
                #expect(run.plane.run(hook) == HookOutcome(failure: nil, captures: [:]))
            }
            run.plane.abort()
            run.finish()
        }

        /// Steps of setup; what its failure says.
        @Test(
            arguments: [
                ([request("/bad")], ["GET /bad", "503", "overloaded"]),
                ([request("/reset")], ["GET /reset", "no response"]),
                ([request("/bad") { $0.onFail = .continue }, login], ["GET /bad", "http_503"]),
                ([.fail(Template(literal: "no accounts"))], ["no accounts"]),
                ([login, withToken("x")], ["undefined_name"]),
                ([request("/silent")], ["did not end within 300ms"]),
                ([.think(.fixed(.seconds(600)))], ["did not end within 300ms"]),
            ] as [([Step], [String])])
        func failures(steps: [Step], words: [String]) throws {
            let server = try server()
            var scenario = scenario(setup: steps)
            scenario.setupTimeout = .milliseconds(300)
            let run = try PlaneRun(scenario, url: server.url)
            let outcome = run.plane.run(.setup)
            let failure = try #require(outcome.failure)
            for word in words { #expect(failure.contains(word), "\(failure)") }
            #expect(outcome.captures.isEmpty)
            run.plane.abort()
            run.finish()
            #expect(run.counters == RunCounters())
        }

        @Test func refused() throws {
            let port = try RefusingPort()
            let run = try PlaneRun(scenario(setup: [Self.login]), url: port.url)
            let failure = try #require(run.plane.run(.setup).failure)
            #expect(failure.contains("GET /login") && failure.contains("connect"), "\(failure)")
            run.plane.abort()
            run.finish()
        }

        /// A hook does not hold up an abort, and an abort before does not keep teardown from it.
        @Test func aborts() throws {
            let server = try server()
            let run = try PlaneRun(
                scenario(
                    setup: [Self.request("/silent")], teardown: [Self.request("/logout")]),
                url: server.url)
            let plane = run.plane
            let thread = DedicatedThread(name: "aborter") {
                _ = PlaneRun.waits { server.requests.count == 1 }
                plane.abort()
            }
            #expect(run.plane.run(.setup).failure == "aborted")
            thread.join()
            run.finish()
            #expect(run.plane.run(.teardown).failure == nil)
            #expect(server.requests.last?.path == "/logout")
        }
    }
}
