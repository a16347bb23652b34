// Responses that no honest server sends (fleet.md, F36), on both lanes: each ends as a failure of
// its class within the request's time, or is a response like any other; what is kept of it is
// bounded. How much memory whole runs take of it is another test (FaultTests).

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Hostile {
        struct Case: CustomTestStringConvertible, Sendable {
            let name: String
            let answer: HostileAnswer
            /// Classes it may end with; `ok`: it is a response.
            let classes: Set<String>
            /// The server got rid of so many bytes in all.
            var sentMin = 0
            var testDescription: String { name }
        }

        private static func answer(
            _ head: String, endless unit: String = "", megabytes: Int = 0, pause: TimeSpan = .zero,
            keepsOpen: Bool = false
        ) -> HostileAnswer {
            var answer = HostileAnswer(head, endless: unit, bytesMax: megabytes << 20)
            answer.pause = pause
            answer.keepsOpen = keepsOpen
            return answer
        }

        private static let kilobyte = String(repeating: "x", count: 1_024)
        private static let ok = "HTTP/1.1 200 OK\r\n"

        static let cases = [
            Case(
                name: "endless body",
                answer: answer(ok + "\r\n", endless: kilobyte, megabytes: 1 << 14),
                classes: ["timeout"], sentMin: 20 << 20),
            Case(
                name: "endless chunks",
                answer: answer(
                    ok + "Transfer-Encoding: chunked\r\n\r\n", endless: "400\r\n\(kilobyte)\r\n",
                    megabytes: 1 << 14), classes: ["timeout"], sentMin: 20 << 20),
            Case(
                name: "a header line without end",
                answer: answer(ok + "X-Long: ", endless: kilobyte, megabytes: 1_024),
                classes: ["too_large"], sentMin: 64 << 10),
            Case(
                name: "header lines without end",
                answer: answer(ok, endless: "X-Many: \(kilobyte)\r\n", megabytes: 1_024),
                classes: ["too_large"], sentMin: 64 << 10),
            Case(
                name: "headers of 80 KiB",
                answer: answer(
                    ok + String(repeating: "X: \(kilobyte)\r\n", count: 80)
                        + "Content-Length: 0\r\n\r\n"), classes: ["too_large"]),
            Case(
                name: "headers of 50 KiB",
                answer: answer(
                    ok + String(repeating: "X: \(kilobyte)\r\n", count: 50)
                        + "Content-Length: 0\r\n\r\n"), classes: ["ok"]),
            Case(
                name: "a status line without end",
                answer: answer("HTTP/1.1 200 ", endless: kilobyte, megabytes: 1_024),
                classes: ["too_large", "other"], sentMin: 64 << 10),
            Case(
                name: "100 Continue for ever",
                answer: answer("", endless: "HTTP/1.1 100 Continue\r\n\r\n", megabytes: 1_024),
                classes: ["too_large", "other", "timeout"], sentMin: 1_000),
            Case(
                name: "a chunk extension without end",
                answer: answer(
                    ok + "Transfer-Encoding: chunked\r\n\r\n5;", endless: kilobyte,
                    megabytes: 1_024), classes: ["too_large", "other", "reset", "timeout"],
                sentMin: 1_000),
            Case(
                name: "a chunk size without end",
                answer: answer(
                    ok + "Transfer-Encoding: chunked\r\n\r\n", endless: "f", megabytes: 1_024),
                classes: ["other", "reset"]),
            Case(
                name: "a trailer without end",
                answer: answer(
                    ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", endless: kilobyte,
                    megabytes: 1_024), classes: ["too_large", "other", "reset"]),
            Case(
                name: "trailers without end",
                answer: answer(
                    ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", endless: "X: y\r\n",
                    megabytes: 1_024), classes: ["too_large", "other", "timeout"]),
            Case(
                name: "headers by the byte",
                answer: answer(
                    ok, endless: "X", megabytes: 1, pause: .milliseconds(50)),
                classes: ["timeout"], sentMin: 5),
            Case(
                name: "a body by the byte",
                answer: answer(
                    ok + "Content-Length: 1000\r\n\r\n", endless: "x", megabytes: 1,
                    pause: .milliseconds(50)), classes: ["timeout"], sentMin: 5),
            Case(
                name: "headers that stop", answer: answer(ok + "X: y\r\n", keepsOpen: true),
                classes: ["timeout"]),
            Case(
                name: "headers cut off", answer: answer(ok + "X: y\r\n"), classes: ["reset", "ok"]),
            Case(
                name: "a body shorter than it says",
                answer: answer(ok + "Content-Length: 10\r\n\r\nshort"), classes: ["reset"]),
            Case(
                name: "a length below zero",
                answer: answer(ok + "Content-Length: -5\r\n\r\nhello"), classes: ["other"]),
            Case(
                name: "a length beyond 64 bits",
                answer: answer(ok + "Content-Length: 99999999999999999999\r\n\r\nhello"),
                classes: ["other", "ok"]),
            Case(name: "no HTTP", answer: answer("220 mail.example ESMTP\r\n"), classes: ["other"]),
            Case(name: "nothing", answer: answer(""), classes: ["reset"]),
        ]

        private static func scenario(
            _ lane: Workload.Transport, iterations: Int, reuses: Bool = false
        ) -> Scenario {
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(
                    perSecond: 50, for: .milliseconds(Int64(iterations) * 20), vus: iterations),
                steps: [
                    PlaneScenario.get(timeout: .milliseconds(1_500)) { step in
                        // The body and the headers are wanted: more of it is kept.
                        step.checks = [
                            Check(
                                name: "body", subject: .body,
                                conditions: [
                                    Check.Condition(
                                        op: .notEquals, operands: [Template(literal: "none")])
                                ])
                        ]
                    }
                ])
            scenario.defaults.maxBody = 10_000
            scenario.defaults.reuse = reuses
            scenario.workloads[0].transport = lane
            return scenario
        }

        @Test(arguments: cases, [Workload.Transport.multi, .direct])
        func ends(_ one: Case, lane: Workload.Transport) throws {
            let answer = one.answer
            let server = try HostileServer { _, _ in answer }
            let run = try PlaneRun(Self.scenario(lane, iterations: 3), url: server.url).run()
            run.expectIdentities()
            #expect(run.counters.completed == 3 && server.requests == 3)
            #expect(server.sent >= one.sentMin, "the fault: \(server.sent) bytes were sent")
            var seen = Set(
                run.series.filter { $0.key.metric == "http_req_errors" }
                    .compactMap { $0.key["error"] })
            if run.count("http_reqs", ["expected_response": "true"]) > 0 { seen.insert("ok") }
            #expect(!seen.isEmpty && seen.isSubset(of: one.classes), "\(seen)")
            let slowest = run.histogram("http_req_response_time").max
            #expect(slowest < 30_000_000_000, "it ended with the request's time")
            if seen == ["too_large"] {
                let texts = run.series.filter { $0.key.metric == "error_sample" }
                    .compactMap { $0.key["text"] }
                #expect(
                    texts.contains {
                        $0.contains("too large") || $0.contains("larger than")
                            || $0.contains("too many")
                    })
            }
        }

        /// An answer that was there before the request, and one too many after it: neither is taken
        /// for the answer of a request that was sent later on the same connection.
        @Test(arguments: [false, true], [Workload.Transport.multi, .direct])
        func unasked(speaksFirst: Bool, lane: Workload.Transport) throws {
            let server = try HostileServer(speaksFirst: speaksFirst) { _, _ in
                var answer = HostileAnswer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                // Another answer at once: to nobody's request.
                answer.tail = Array("HTTP/1.1 503 Late\r\nContent-Length: 4\r\n\r\nlate".utf8)
                answer.keepsOpen = true
                return answer
            }
            var scenario = Self.scenario(lane, iterations: 20, reuses: true)
            scenario.workloads[0].executor = PlaneScenario.arrivals(
                perSecond: 50, for: .milliseconds(400), vus: 1)
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            #expect(run.counters.completed == 20)
            // Never the answer that nobody asked for.
            #expect(run.count("http_reqs", ["status": "503"]) == 0)
            #expect(server.connections >= 10, "a connection with bytes left over is not used again")
        }

        /// A loop of redirects ends with the hops the scenario allows.
        @Test func redirectLoop() throws {
            let server = try HostileServer { _, _ in
                var answer = HostileAnswer(
                    "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
                answer.keepsOpen = true
                return answer
            }
            var scenario = Self.scenario(.multi, iterations: 2)
            scenario.defaults.redirects = 10
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            #expect(run.counters.completed == 2)
            #expect(server.requests == 22)
        }

        @Test(arguments: [
            "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:70/x",
            "dict://127.0.0.1/",
            "http://[::1/", "http://127.0.0.1:99999/",
        ])
        func redirectSchemes(location: String) throws {
            let server = try HostileServer { _, _ in
                HostileAnswer(
                    "HTTP/1.1 302 Found\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n")
            }
            var scenario = Self.scenario(.multi, iterations: 2)
            scenario.defaults.redirects = 10
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            #expect(run.counters.completed == 2)
            #expect(server.requests == 2 && server.connections == 2)
            #expect(run.count("http_req_errors", ["error": "other"]) == 2)
        }
    }
}
