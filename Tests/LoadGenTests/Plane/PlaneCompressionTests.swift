// `compression`: bodies are inflated for whoever reads them, counted as they came, and bounded.

import Foundation
import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Compression {
        /// `hello` as each coding writes it.
        private static let hello: [String: [UInt8]] = [
            "gzip": [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + stored
                + [0x86, 0xA6, 0x10, 0x36, 5, 0, 0, 0],
            "deflate": [0x78, 0x01] + stored + [0x06, 0x2C, 0x02, 0x15],
            "br": [0x0B, 0x02, 0x80] + Array("hello".utf8) + [3],
            "identity": Array("hello".utf8),
        ]
        private static let stored = [1, 5, 0, 0xFA, 0xFF] + Array("hello".utf8)

        /// Runs one request of a body that is checked.
        private func run(
            _ body: [UInt8], coding: String, _ op: Check.Operator, _ operand: String,
            maxBody: Int = 1 << 20, compression: Bool = true
        ) throws -> (run: PlaneRun, requests: [ScriptedServer.Request]) {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.body = body
                reply.headers = ["Content-Encoding: \(coding)"]
                return reply
            }
            let step = PlaneScenario.get(timeout: .seconds(30)) { step in
                step.checks = [
                    Check(
                        name: "body", subject: .body,
                        conditions: [
                            Check.Condition(op: op, operands: [Template(literal: operand)])
                        ])
                ]
            }
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 200, for: .milliseconds(5), vus: 1),
                steps: [step])
            scenario.defaults.compression = compression
            scenario.defaults.maxBody = maxBody
            let run = try PlaneRun(scenario, url: server.url).run()
            run.expectIdentities()
            return (run, server.requests)
        }

        @Test(arguments: ["gzip", "deflate", "br", "identity"])
        func inflates(coding: String) throws {
            let body = try #require(Self.hello[coding])
            let (run, requests) = try run(body, coding: coding, .equals, "hello")
            #expect(run.counters.transfersFailed == 0)
            #expect(run.count("checks", ["rate": "true"]) == 1)
            #expect(requests.map { $0.headers["accept-encoding"] } == ["gzip, deflate, br"])
            // Counted as it came.
            let head =
                "HTTP/1.1 200 Scripted\r\nContent-Encoding: \(coding)\r\n"
                + "Content-Length: \(body.count)\r\n\r\n"
            #expect(run.counters.bytesReceived == UInt64(head.utf8.count + body.count))
        }

        @Test func leavesBodiesAloneWithoutIt() throws {
            let body = try #require(Self.hello["gzip"])
            let (run, requests) = try run(
                body, coding: "gzip", .notEquals, "hello", compression: false)
            #expect(run.count("checks", ["rate": "true"]) == 1)
            #expect(requests.map { $0.headers["accept-encoding"] } == [nil])
        }

        @Test func damagedBodiesFail() throws {
            var body = try #require(Self.hello["gzip"])
            body[11] ^= 0xFF
            let (run, _) = try run(body, coding: "gzip", .equals, "hello")
            #expect(run.count("http_req_errors", ["error": "other", "error_code": "1701"]) == 1)
        }

        /// So many zeros, compressed once or twice.
        private static func zeros(_ megabytes: Int, twice: Bool = false) throws -> [UInt8] {
            let directory = try TemporaryDirectory()
            let file = directory.path + "/body"
            let again = twice ? "| gzip -9 " : ""
            let program = try RunningProgram(
                URL(fileURLWithPath: "/bin/sh"),
                ["-c", "head -c \(megabytes << 20) /dev/zero | gzip -6 \(again)> '\(file)'"])
            #expect(program.exitCode(within: 60) == 0, "\(program.output)")
            return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        }

        /// maxBody counts what was inflated; the rest is only counted.
        @Test func maxBodyCountsInflatedBytes() throws {
            let body = try Self.zeros(40)
            let (run, _) = try run(
                body, coding: "gzip", .length, "50000", maxBody: 50_000)
            #expect(run.counters.transfersFailed == 0)
            #expect(run.count("checks", ["rate": "true"]) == 1)
            #expect(run.counters.bytesReceived < 60_000)
        }

        /// 300 MB from 300 KB, and from 1 KB: ended early, with words.
        @Test(arguments: [false, true]) func bombs(twice: Bool) throws {
            let body = try Self.zeros(300, twice: twice)
            let (run, _) = try run(
                body, coding: twice ? "gzip, gzip" : "gzip", .length, "1")
            #expect(run.count("http_req_errors", ["error": "too_large"]) == 1)
            let samples = run.series.filter { $0.key.metric == "error_sample" }
            #expect(samples.contains { $0.key["text"]?.contains("inflates to more") == true })
        }
    }
}
