// `defaults` that shape connections: addresses, sockets, names, protocols, TLS, compression.

import Foundation
import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Connections {
        private static let certificates = Result { try TestCertificates() }

        /// Requests of 5 ms each by one VU, whose body must contain `text`.
        private func scenario(
            _ count: Int = 6, body text: String? = nil, _ change: (inout RequestDefaults) -> Void
        ) -> Scenario {
            let step = PlaneScenario.get(timeout: .seconds(20)) { step in
                guard let text else { return }
                step.checks = [
                    Check(
                        name: "body", subject: .body,
                        conditions: [
                            Check.Condition(op: .contains, operands: [Template(literal: text)])
                        ])
                ]
            }
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(
                    perSecond: 200, for: .milliseconds(Int64(count) * 5), vus: 1),
                steps: [step])
            change(&scenario.defaults)
            return scenario
        }

        private func expectGood(
            _ run: PlaneRun, _ count: UInt64 = 6, checks: Bool = true,
            _ source: SourceLocation = #_sourceLocation
        ) {
            run.expectIdentities()
            let samples = run.series.filter { $0.key.metric == "error_sample" }.map(\.key.text)
            #expect(run.counters.transfersFailed == 0, "\(samples)", sourceLocation: source)
            #expect(run.counters.completed == count, sourceLocation: source)
            guard checks else { return }
            #expect(run.count("checks", ["rate": "true"]) == count, sourceLocation: source)
        }

        // MARK: - Addresses

        @Test(arguments: [("127.0.0.9", "127.0.0.9"), ("lo", "127.0.0.1")])
        func localAddress(from: String, seen: String) throws {
            let server = try ScriptedServer()
            let run = try PlaneRun(
                scenario {
                    $0.localAddress = from
                    $0.reuse = false
                }, url: server.url
            ).run()
            expectGood(run, checks: false)
            #expect(Set(server.requests.map(\.peer)) == [seen] && server.connections == 6)
        }

        @Test(arguments: ["192.0.2.77", "no-such-device"])
        func foreignLocalAddress(from: String) throws {
            let server = try ScriptedServer()
            let run = try PlaneRun(scenario { $0.localAddress = from }, url: server.url).run()
            run.expectIdentities()
            #expect(run.count("http_req_errors", ["error": "connect", "error_code": "1210"]) == 6)
            #expect(server.requests.isEmpty)
        }

        /// The target names the host, the socket is where it is.
        @Test func unixSocket() throws {
            let directory = try TemporaryDirectory()
            let path = directory.path + "/s"
            let server = try ScriptedServer(unixSocket: path)
            let run = try PlaneRun(
                scenario { $0.unixSocket = path }, url: "http://exchange.example:8080"
            ).run()
            expectGood(run, checks: false)
            #expect(server.requests.allSatisfy { $0.headers["host"] == "exchange.example:8080" })
            #expect(server.requests.count == 6 && server.connections == 1)
        }

        /// Whether names are believed for a while or not at all.
        @Test(.enabled(if: LoopbackName.value != nil), arguments: [TimeSpan.zero, .seconds(60)])
        func names(ttl: TimeSpan) throws {
            let server = try ScriptedServer()
            let name = try #require(LoopbackName.value)
            let run = try PlaneRun(
                scenario(20) {
                    $0.dnsTtl = ttl
                    $0.reuse = false
                }, url: "http://\(name):\(server.port)"
            ).run()
            expectGood(run, 20, checks: false)
            #expect(server.connections == 20)
        }

        /// The server accepts and says nothing: a handshake that never ends.
        @Test func connectTimeout() throws {
            let server = try ScriptedServer()
            let run = try PlaneRun(
                scenario(2) { $0.connectTimeout = .milliseconds(120) },
                url: "https://127.0.0.1:\(server.port)"
            ).run()
            run.expectIdentities()
            #expect(run.count("http_req_errors", ["error": "timeout", "error_code": "1300"]) == 2)
            #expect(run.histogram("http_req_response_time").max < 20_000_000_000)
        }

        @Test func userAgent() throws {
            let server = try ScriptedServer()
            for agent in ["trader/7", nil] {
                let run = try PlaneRun(scenario(1) { $0.userAgent = agent }, url: server.url).run()
                expectGood(run, 1, checks: false)
            }
            let seen = server.requests.map { $0.headers["user-agent"] }
            #expect(seen == ["trader/7", "spotload/\(Limits.version)"])
        }

        // MARK: - Protocols

        /// `listen` of the server, `http` -> what the server says it was.
        @Test(arguments: [
            ("ssl http2", RequestDefaults.HTTPVersion.http1, "HTTP/1.1 TLS"),
            ("ssl http2", .http2, "HTTP/2.0 TLS"), ("ssl http2", .auto, "HTTP/2.0 TLS"),
            ("ssl", .http2, "HTTP/1.1 TLS"), ("ssl", .auto, "HTTP/1.1 TLS"),
            ("http2", .http2, "HTTP/2.0 - -"), ("", .auto, "HTTP/1.1 - -"),
            ("", .http1, "HTTP/1.1 - -"),
        ])
        func protocols(
            listen: String, http: RequestDefaults.HTTPVersion, answer: String
        ) throws {
            let certificates = try Self.certificates.get()
            let server = try TLSServer(nginx: listen, certificates)
            let ca = try certificates.bytes("ca")
            let scheme = listen.contains("ssl") ? "https" : "http"
            let run = try PlaneRun(
                scenario(20, body: answer) {
                    $0.http = http
                    $0.tlsFiles.ca = ca
                }, url: "\(scheme)://127.0.0.1:\(server.port)"
            ).run()
            expectGood(run, 20)
            let connecting = run.histogram("http_req_connecting")
            #expect(connecting.value(atRank: 19) < 1_000, "one connection serves all")
            let handshakes = run.histogram("http_req_tls_handshaking")
            #expect((handshakes.max > 1_000) == (scheme == "https"))
        }

        /// A server that closes each connection after three requests, and hops to itself: by prior
        /// knowledge every request finds its way once.
        @Test(arguments: [true, false]) func priorKnowledge(reuse: Bool) throws {
            let server = try TLSServer(
                nginx: "http2", options: "keepalive_requests 3;", try Self.certificates.get())
            let run = try PlaneRun(
                scenario(30, body: "HTTP/2.0") {
                    $0.http = .http2
                    $0.reuse = reuse
                }, url: "http://127.0.0.1:\(server.port)"
            ).run()
            expectGood(run, 30)
            guard reuse else { return }
            let connecting = run.histogram("http_req_connecting")
            #expect(connecting.value(atRank: 15) < 1_000, "most use a kept connection")
        }

        /// The connection ends just as the next request wants it: nobody has seen it close.
        @Test func priorKnowledgeOfTheWrongThing() throws {
            let server = try TLSServer(
                nginx: "http2", options: "keepalive_requests 1;", try Self.certificates.get())
            var scenario = scenario(10, body: "HTTP/2.0") { $0.http = .http2 }
            let step = try #require(scenario.flows["default"]?.steps.first)
            scenario.flows["default"]?.steps = [step, step, step]
            let run = try PlaneRun(scenario, url: "http://127.0.0.1:\(server.port)").run()
            expectGood(run, 10, checks: false)
            #expect(run.count("checks", ["rate": "true"]) == 30)
        }

        @Test func priorKnowledgeOverHops() throws {
            let server = try TLSServer(nginx: "http2", try Self.certificates.get())
            let url = "http://127.0.0.1:\(server.port)"
            let run = try PlaneRun(
                scenario(10, body: "HTTP/2.0") {
                    $0.http = .http2
                    $0.redirects = 2
                }, url: url + "/leave"
            ).run()
            run.expectIdentities()
            #expect(run.counters.transfersStarted == 20 && run.counters.transfersFailed == 0)
            #expect(run.count("checks", ["rate": "true"]) == 10)
        }

        // MARK: - TLS

        /// certificate of the server, authority, host, verify -> k6's code; 0: it passes.
        @Test(arguments: [
            ("server", "ca", "127.0.0.1", true, 0), ("server", "ca", "localhost", true, 0),
            ("server", "stranger", "127.0.0.1", true, 1310),
            ("server", nil, "127.0.0.1", true, 1310), ("other", "ca", "127.0.0.1", true, 1311),
            ("other", "stranger", "127.0.0.1", false, 0), ("server", nil, "127.0.0.1", false, 0),
            ("server", "client.key", "127.0.0.1", true, 1300),
        ])
        func verification(
            certificate: String, authority: String?, host: String, verifies: Bool, code: Int
        ) throws {
            let certificates = try Self.certificates.get()
            let server = try TLSServer(nginx: "ssl", certificate: certificate, certificates)
            let ca = try authority.map { try certificates.bytes($0) }
            let run = try PlaneRun(
                scenario {
                    $0.tlsFiles.ca = ca
                    $0.verifyTLS = verifies
                }, url: "https://\(host):\(server.port)"
            ).run()
            run.expectIdentities()
            let failed: UInt64 = code == 0 ? 0 : 6
            let errors = ["error": "tls", "error_code": "\(code)"]
            #expect(run.counters.transfersFailed == failed, "\(run.series.map(\.key.text))")
            #expect(run.count("http_req_errors", errors) == failed)
        }

        /// Who shows a certificate is known by it.
        @Test func clientCertificate() throws {
            let certificates = try Self.certificates.get()
            let server = try TLSServer(nginx: "ssl http2", certificates)
            for isShown in [true, false] {
                let run = try PlaneRun(
                    scenario(body: isShown ? "CN=test client" : " -") {
                        $0.http = .auto
                        fill(&$0, certificates, client: isShown)
                    }, url: "https://127.0.0.1:\(server.port)"
                ).run()
                expectGood(run)
            }
        }

        /// A server that insists on one ends the connection after the handshake (TLS 1.3).
        @Test func demandedClientCertificate() throws {
            let certificates = try Self.certificates.get()
            let server = try TLSServer(demandingClients: certificates)
            for isShown in [true, false] {
                let run = try PlaneRun(
                    scenario(2) { fill(&$0, certificates, client: isShown) },
                    url: "https://127.0.0.1:\(server.port)"
                ).run()
                run.expectIdentities()
                let refused: UInt64 = isShown ? 0 : 2
                let errors = ["error": "tls", "error_code": "1300"]
                #expect(
                    run.count("http_req_errors", errors) == refused,
                    "\(run.series.map(\.key.text))")
                #expect(run.counters.transfersFailed == refused)
            }
        }

        private func fill(
            _ defaults: inout RequestDefaults, _ certificates: TestCertificates, client: Bool
        ) {
            // A file that is not there makes the run fail for another reason than it should.
            defaults.tlsFiles.ca = try? certificates.bytes("ca")
            guard client else { return }
            defaults.tlsFiles.certificate = try? certificates.bytes("client")
            defaults.tlsFiles.key = try? certificates.bytes("client.key")
        }

        @Test(arguments: ["ca", "cert", "key"]) func missingFiles(key: String) {
            let scenario = scenario {
                switch key {
                case "ca": $0.tlsCA = "tls/x.pem"
                case "cert": $0.tlsCertificate = "tls/x.pem"
                default: $0.tlsKey = "tls/x.pem"
                }
            }
            #expect {
                try PlaneRun(scenario, url: "https://127.0.0.1:1")
            } throws: { error in
                (error as? CommandFailure)?.message.hasPrefix("defaults.tls.\(key): tls/x.pem ")
                    == true
            }
        }
    }
}
