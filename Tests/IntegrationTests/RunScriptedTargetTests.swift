// `spotload run --target` against servers of the test: one that answers as scripted, one that is
// too slow for the rate, one that stands still for a while. Response and service time are compared
// with each other, never with a clock.

import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite struct RunScriptedTargetTests {
    @Test func everyRequestArrivesOnce() throws {
        // Every tenth is a 503, every other tenth ends without an answer.
        let server = try ScriptedServer { request in
            var reply = ScriptedServer.Reply()
            if request.number % 10 == 3 { reply.status = 503 }
            if request.number % 10 == 7 { reply.ending = .reset }
            return reply
        }
        let run = try RunTrial(
            RunScenarios.gets(rate: 100, seconds: 2)
                .replacingOccurrences(of: "url: /", with: "url: \"/n/${iterationInTest}\""),
            ["--agents", "2", "--target", server.url])
        let code = run.exitCode()
        let summary = try run.summary()
        #expect(code == summary.exitCode && summary.isFailure, "\(run.output)")
        #expect(summary.contradictions == [])
        #expect(summary.accounting.unaccounted == 0)
        let started = Int(summary.accounting.started)
        #expect(started == 200 - Int(summary.accounting.dropped + summary.accounting.missed))
        #expect(Int(summary.count("http_reqs")) == started)
        // Each arrival of the schedule once, whichever agent ran it.
        let seen = server.requests.map(\.path)
        let numbers = Set(seen.compactMap { Int($0.split(separator: "/").last ?? "") })
        #expect(numbers.count == started && numbers.isSubset(of: 0..<200))
        #expect(summary.status["503"] == UInt64(server.requests.count { $0.number % 10 == 3 }))
        #expect(summary.failures("http_503") == summary.status["503"])
        // None is repeated by libcurl on its own, which it would do on a kept connection.
        let resets = summary.failures("reset")
        #expect(Int(resets) == server.requests.count { $0.number % 10 == 7 })
        #expect(seen.count == started)
        let agents = Set(server.requests.compactMap { $0.headers["x-spotload-agent"] })
        #expect(agents == ["0.1", "1.1"])
        let runs = Set(server.requests.compactMap { $0.headers["x-spotload-run"] })
        #expect(runs == [summary.run.id])
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func redirectsAreFollowed() throws {
        // Two hops, the second over a new connection.
        let server = try ScriptedServer { request in
            var reply = ScriptedServer.Reply()
            if request.path != "/end" {
                reply.status = 302
                reply.headers = ["Location: " + (request.path == "/" ? "/middle" : "/end")]
                if request.path == "/middle" {
                    reply.headers.append("Connection: close")
                    reply.ending = .close
                }
            }
            return reply
        }
        let run = try RunTrial(
            RunScenarios.gets(rate: 20, seconds: 1)
                .replacingOccurrences(of: "timeout: 5s,", with: "timeout: 5s, redirects: 2,"),
            ["--target", server.url])
        let code = try #require(run.exitCode(), "\(run.output)")
        #expect(RunLocalTests.judged.contains(code), "\(run.output)")
        let summary = try run.summary()
        #expect(summary.contradictions == [])
        // Each hop is a request of its own, as in k6.
        #expect(summary.count("http_reqs") == 60)
        #expect(summary.status == ["200": 20, "302": 40])
        #expect(summary.count("iterations") == 20)
        #expect(server.requests.count == 60)
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func slowerThanTheRate() throws {
        // One user, 50 ms an answer: 20 a second can be served, 100 are called for.
        let server = try ScriptedServer { _ in
            var reply = ScriptedServer.Reply()
            reply.delay = .milliseconds(50)
            return reply
        }
        let run = try RunTrial(
            RunScenarios.gets(
                rate: 100, seconds: 3, vus: 1, maxWait: "60s", gracefulStop: "500ms"
            )
            .replacingOccurrences(of: "http_req_failed", with: "http_req_response_time")
            .replacingOccurrences(of: "rate<=0", with: "p(95)<200"),
            ["--target", server.url])
        let code = run.exitCode()
        let summary = try run.summary()
        #expect(code == summary.exitCode && summary.isFailure, "\(run.output)")
        #expect(summary.contradictions == [])
        #expect(summary.accounting.unaccounted == 0)
        #expect(summary.accounting.planned == 300)
        #expect(summary.count("http_req_failed", ["rate": "true"]) == 0)
        let response = try #require(summary.trend("http_req_response_time"))
        let service = try #require(summary.trend("http_req_duration"))
        let slow = try #require(response.percentilesMs["99"] ?? nil)
        let median = try #require(service.percentilesMs["50"] ?? nil)
        #expect(slow > 10 * median, "waiting for a user is in the response time")
        #expect(try #require(service.minMs) > 40)
        #expect((summary.trend("vu_wait")?.count ?? 0) > 0, "and its cause is told")
        let cut = summary.count("http_reqs_interrupted")
        #expect(server.requests.count <= Int(summary.count("http_reqs") + cut))
        #expect(server.requests.count >= Int(summary.count("http_reqs")))
        #expect(server.connections == 1, "the user keeps its connection")
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    @Test func standsStill() throws {
        // 2 s in the middle of 4 s: half of the arrivals meant for then wait more than 1 s.
        let server = try ScriptedServer { request in
            var reply = ScriptedServer.Reply()
            if request.number == 50 { reply.freeze = .seconds(2) }
            return reply
        }
        let run = try RunTrial(
            RunScenarios.gets(rate: 50, seconds: 4, vus: 2, maxWait: "60s"),
            ["--target", server.url])
        let code = try #require(run.exitCode(), "\(run.output)")
        #expect(RunLocalTests.judged.contains(code), "\(run.output)")
        let summary = try run.summary()
        #expect(summary.contradictions == [])
        #expect(summary.count("http_reqs") == 200)
        let response = try #require(summary.trend("http_req_response_time"))
        let service = try #require(summary.trend("http_req_duration"))
        // Only the users' own requests are slow to serve; a quarter of all responses is late.
        let late = try #require(response.percentilesMs["75"] ?? nil)
        let usual = try #require(service.percentilesMs["75"] ?? nil)
        #expect(late > 2 * usual)
        #expect(try #require(service.maxMs) >= 2_000)
        #expect(try #require(response.maxMs) >= 2_000)
        #expect(run.leavesNoOrphans, "\(run.children)")
    }
}
