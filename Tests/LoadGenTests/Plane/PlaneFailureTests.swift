// Servers that fail in each way there is, on both lanes: class, code, and an example that says what
// happened.

import Glibc
import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Failures {
        static let lanes: [Workload.Transport] = [.direct, .multi]
        private static let certificates = Result { try TestCertificates() }

        /// Three requests of one VU to `url`, one after the other.
        private func run(
            _ lane: Workload.Transport, _ url: String, timeout: TimeSpan = .seconds(20),
            _ defaults: (inout RequestDefaults) -> Void = { _ in },
            step change: (inout RequestStep) -> Void = { _ in }
        ) throws -> PlaneRun {
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 200, for: .milliseconds(15), vus: 1),
                steps: [PlaneScenario.get(timeout: timeout, change)])
            scenario.workloads[0].transport = lane
            defaults(&scenario.defaults)
            let run = try PlaneRun(scenario, url: url).run()
            run.expectIdentities()
            return run
        }

        private func expect(
            _ run: PlaneRun, _ errorClass: String, _ code: Int, says words: String? = nil,
            count: UInt64 = 3, _ source: SourceLocation = #_sourceLocation
        ) {
            let errors = run.series.map(\.key).filter {
                ["http_req_errors", "error_sample"].contains($0.metric)
            }
            let tags = ["error": errorClass, "error_code": "\(code)"]
            let counted = run.count("http_req_errors", tags)
            #expect(counted == count, "\(errors.map(\.text))", sourceLocation: source)
            #expect(run.counters.transfersFailed == count, sourceLocation: source)
            guard let words else { return }
            let examples = run.series.map(\.key).filter {
                $0.metric == "error_sample" && $0["error_code"] == "\(code)"
            }.compactMap { $0["text"] }
            #expect(
                examples.contains { $0.contains(words) }, "\(examples)", sourceLocation: source)
        }

        // MARK: - Before there is a connection

        @Test(arguments: lanes) func refused(lane: Workload.Transport) throws {
            let target = try RefusingPort()
            expect(try run(lane, target.url), "connect", 1212, says: "Connection refused")
        }

        @Test(arguments: lanes) func noAnswerToConnect(lane: Workload.Transport) throws {
            let target = try FullBacklog()
            let run = try run(lane, target.url) { $0.connectTimeout = .milliseconds(150) }
            expect(run, "timeout", 1211)
            #expect(run.histogram("http_req_duration").isEmpty, "nothing was sent")
            #expect(run.histogram("http_req_response_time").max < 19_000_000_000)
        }

        /// The request's own timeout covers connecting as well.
        @Test(arguments: lanes) func noTimeToConnect(lane: Workload.Transport) throws {
            let target = try FullBacklog()
            expect(try run(lane, target.url, timeout: .milliseconds(150)), "timeout", 1211)
        }

        @Test(arguments: lanes) func noSocketAtAPath(lane: Workload.Transport) throws {
            let directory = try TemporaryDirectory()
            let run = try run(lane, "http://exchange.example") {
                $0.unixSocket = directory.path + "/nobody"
            }
            expect(run, "connect", 1213, says: "No such file or directory")
        }

        /// RFC 6761: names below `invalid` have no address.
        @Test(arguments: lanes) func noSuchHost(lane: Workload.Transport) throws {
            let run = try run(lane, "http://exchange.invalid:1")
            expect(run, "dns", 1101, says: "exchange.invalid")
        }

        // MARK: - TLS

        @Test(arguments: lanes) func handshakeWithoutEnd(lane: Workload.Transport) throws {
            let server = try ScriptedServer()
            let url = "https://127.0.0.1:\(server.port)"
            let run = try run(lane, url) { $0.connectTimeout = .milliseconds(150) }
            expect(run, "timeout", 1300)
            expect(try self.run(lane, url, timeout: .milliseconds(150)), "timeout", 1300)
        }

        @Test(arguments: lanes) func noTLS(lane: Workload.Transport) throws {
            let server = try TLSServer(nginx: "", try Self.certificates.get())
            expect(try run(lane, "https://127.0.0.1:\(server.port)"), "tls", 1301)
        }

        /// certificate, authority -> code and words
        @Test(
            arguments: lanes,
            [
                ("expired", "ca", 1300, "expired"), ("other", "ca", 1311, "name"),
                ("server", "stranger", 1310, "certificate"),
            ])
        func certificates(
            lane: Workload.Transport, known: (name: String, ca: String, code: Int, words: String)
        ) throws {
            let certificates = try Self.certificates.get()
            let server = try TLSServer(nginx: "ssl", certificate: known.name, certificates)
            let ca = try certificates.bytes(known.ca)
            let run = try run(lane, "https://127.0.0.1:\(server.port)") { $0.tlsFiles.ca = ca }
            expect(run, "tls", known.code, says: known.words)
        }

        @Test(arguments: lanes) func demandedClientCertificate(lane: Workload.Transport) throws {
            let certificates = try Self.certificates.get()
            let server = try TLSServer(demandingClients: certificates)
            let ca = try certificates.bytes("ca")
            let run = try run(lane, "https://127.0.0.1:\(server.port)") { $0.tlsFiles.ca = ca }
            expect(run, "tls", 1300, says: "alert")
        }

        // MARK: - On a connection

        @Test(arguments: lanes) func noAnswerInTime(lane: Workload.Transport) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.ending = .silence
                return reply
            }
            let run = try run(lane, server.url, timeout: .milliseconds(150))
            expect(run, "timeout", 1050)
            #expect(run.histogram("http_req_duration").count == 3, "they were sent")
        }

        @Test(
            arguments: lanes,
            [
                (ScriptedServer.Reply.Ending.reset, "Connection reset by peer"), (.hangUp, ""),
                (.cutShort, ""),
            ])
        func endedConnections(
            lane: Workload.Transport, known: (ending: ScriptedServer.Reply.Ending, words: String)
        ) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.body = Array(repeating: 65, count: 400)
                reply.ending = known.ending
                return reply
            }
            expect(try run(lane, server.url), "reset", 1220, says: known.words)
        }

        @Test(
            arguments: lanes,
            [
                "SSH-2.0-OpenSSH_9.2\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            ])
        func noHTTP(lane: Workload.Transport, answer: String) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.raw = Array(answer.utf8)
                reply.ending = .close
                return reply
            }
            expect(try run(lane, server.url), "other", 1000)
        }

        @Test(arguments: lanes) func headersWithoutMeasure(lane: Workload.Transport) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.headers = ["X-Long: " + String(repeating: "x", count: 2_000_000)]
                reply.ending = .close
                return reply
            }
            expect(try run(lane, server.url), "too_large", 1000)
        }

        @Test(arguments: lanes) func statuses(lane: Workload.Transport) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.status = 503
                reply.body = Array("overloaded".utf8)
                return reply
            }
            expect(try run(lane, server.url), "http_503", 1503, says: "overloaded")
        }

        // MARK: - HTTP/2

        private static func frame(_ type: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
            [0, 0, UInt8(payload.count), type, 0, 0, 0, 0, stream] + payload
        }

        /// SETTINGS, then a frame that ends the stream or the connection; the preface of the client
        /// is an HTTP/1 request to the server of the test.
        @Test(arguments: [
            (frame(3, stream: 1, [0, 0, 0, 2]), 1633, "INTERNAL_ERROR"),
            (frame(3, stream: 1, [0, 0, 0, 11]), 1642, "ENHANCE_YOUR_CALM"),
        ])
        func http2(frame: [UInt8], code: Int, words: String) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.raw = Self.frame(4, stream: 0, []) + frame
                return reply
            }
            let run = try run(.multi, server.url) {
                $0.http = .http2
                $0.reuse = false
            }
            expect(run, "reset", code, says: words)
        }

        // MARK: - Checks and secrets

        @Test(arguments: lanes) func failedChecksHaveExamples(lane: Workload.Transport) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.body = Array(#"{"status":"REJECTED"}"#.utf8)
                return reply
            }
            let run = try run(
                lane, server.url,
                step: { step in
                    step.checks = [
                        Check(
                            name: "is filled", subject: .body,
                            conditions: [
                                Check.Condition(
                                    op: .contains, operands: [Template(literal: "FILLED")])
                            ])
                    ]
                })
            #expect(run.count("checks", ["check": "is filled", "rate": "false"]) == 3)
            #expect(run.counters.transfersFailed == 0, "a false check fails nothing")
            let sample = ["error": "check", "name": "is filled", "text": #"{"status":"REJECTED"}"#]
            #expect(run.count("error_sample", sample) >= 1)
        }

        /// A target that shows what it was sent: no credential of it gets into an example.
        @Test(arguments: lanes) func examplesHaveNoCredentials(lane: Workload.Transport) throws {
            let server = try ScriptedServer { request in
                var reply = ScriptedServer.Reply()
                reply.status = 500
                reply.body = Array(
                    """
                    cannot \(request.path)?signature=s3cr3t authorization: \
                    \(request.headers["authorization"] ?? "") "apiKey":"k-81f3"
                    """.utf8)
                return reply
            }
            let run = try run(
                lane, server.url,
                step: { step in
                    step.headers = [
                        HeaderField(
                            name: "Authorization", value: Template(literal: "Bearer t0k3n"))
                    ]
                })
            expect(run, "http_500", 1500, says: "signature=***")
            let examples = run.series.map(\.key).filter { $0.metric == "error_sample" }
            for secret in ["s3cr3t", "t0k3n", "k-81f3"] {
                #expect(!examples.contains { $0.text.contains(secret) }, "\(examples)")
            }
        }
    }
}
