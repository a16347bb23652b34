// What both lanes can do, done by each: the table of docs/transport.md, row by row.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Lanes {
        static let lanes: [Workload.Transport] = [.direct, .multi]
        private static let certificates = Result { try TestCertificates() }

        /// Twenty requests of one VU; a body must contain `text`.
        private func run(
            _ lane: Workload.Transport, _ url: String, body text: String? = nil,
            _ defaults: (inout RequestDefaults) -> Void = { _ in }
        ) throws -> PlaneRun {
            let step = PlaneScenario.get(timeout: .seconds(20)) { step in
                guard let text else { return }
                let contains = Check.Condition(op: .contains, operands: [Template(literal: text)])
                step.checks = [Check(name: "body", subject: .body, conditions: [contains])]
            }
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 200, for: .milliseconds(100), vus: 1),
                steps: [step])
            scenario.workloads[0].transport = lane
            defaults(&scenario.defaults)
            let run = try PlaneRun(scenario, url: url).run()
            run.expectIdentities()
            let errors = run.series.map(\.key.text).filter { $0.hasPrefix("error_sample") }
            #expect(run.counters.transfersFailed == 0, "\(errors)")
            #expect(run.count("checks", ["rate": "true"]) == (text == nil ? 0 : 20))
            #expect(run.histogram("conn_wait", ["name": "get"]).count == 20)
            return run
        }

        @Test(arguments: lanes, [true, false])
        func keptConnections(lane: Workload.Transport, reuse: Bool) throws {
            let server = try ScriptedServer()
            let run = try run(lane, server.url) { $0.reuse = reuse }
            #expect(server.connections == (reuse ? 1 : 20) && server.requests.count == 20)
            let connecting = run.histogram("http_req_connecting")
            #expect(connecting.count == 20)
            #expect((connecting.value(atRank: 10) < 1_000) == reuse)
        }

        @Test(arguments: lanes) func unixSocket(lane: Workload.Transport) throws {
            let directory = try TemporaryDirectory()
            let path = directory.path + "/s"
            let server = try ScriptedServer(unixSocket: path)
            _ = try run(lane, "http://exchange.example:8080") { $0.unixSocket = path }
            #expect(server.requests.allSatisfy { $0.headers["host"] == "exchange.example:8080" })
            #expect(server.requests.count == 20 && server.connections == 1)
        }

        @Test(arguments: lanes) func localAddress(lane: Workload.Transport) throws {
            let server = try ScriptedServer()
            _ = try run(lane, server.url) { $0.localAddress = "127.0.0.9" }
            #expect(Set(server.requests.map(\.peer)) == ["127.0.0.9"])
        }

        /// Names are looked up for each connection, or believed for a while.
        @Test(
            .enabled(if: LoopbackName.value != nil), arguments: lanes,
            [TimeSpan.zero, .seconds(60)])
        func names(lane: Workload.Transport, ttl: TimeSpan) throws {
            let server = try ScriptedServer()
            let name = try #require(LoopbackName.value)
            _ = try run(lane, "http://\(name):\(server.port)") {
                $0.dnsTtl = ttl
                $0.reuse = false
            }
            #expect(server.connections == 20)
        }

        /// authority, verify, client's certificate -> what the server saw of the client
        @Test(
            arguments: lanes,
            [
                ("ca", true, false, "HTTP/1.1 TLS"),
                (nil, false, false, "HTTP/1.1 TLS"),
                ("ca", true, true, "CN=test client"),
            ] as [(String?, Bool, Bool, String)])
        func tls(
            lane: Workload.Transport,
            known: (ca: String?, verify: Bool, isClientShown: Bool, body: String)
        ) throws {
            let certificates = try Self.certificates.get()
            // It would take HTTP/2, if it was asked.
            let server = try TLSServer(nginx: "ssl http2", certificates)
            let ca = try known.ca.map { try certificates.bytes($0) }
            let shown = known.isClientShown
            let client = shown ? try certificates.bytes("client") : nil
            let key = shown ? try certificates.bytes("client.key") : nil
            let run = try run(lane, "https://127.0.0.1:\(server.port)", body: known.body) {
                $0.http = .http1
                $0.verifyTLS = known.verify
                $0.tlsFiles.ca = ca
                $0.tlsFiles.certificate = client
                $0.tlsFiles.key = key
            }
            let handshakes = run.histogram("http_req_tls_handshaking")
            #expect(handshakes.max > 1_000, "the first request has a handshake")
            #expect(handshakes.value(atRank: 10) < 1_000, "the others have none")
        }

        /// A 302 is an answer like any other, unless the document says otherwise.
        @Test(arguments: lanes) func redirectsAreNotFollowed(lane: Workload.Transport) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.status = 302
                reply.headers = ["Location: /elsewhere"]
                return reply
            }
            let run = try run(lane, server.url)
            #expect(server.requests.count == 20)
            #expect(!server.requests.contains { $0.path == "/elsewhere" })
            #expect(run.count("http_reqs", ["status": "302"]) == 20)
        }

        /// Bodies are as they come: nobody asked for a coding.
        @Test(arguments: lanes) func bodiesAreNotInflated(lane: Workload.Transport) throws {
            let server = try ScriptedServer { _ in
                var reply = ScriptedServer.Reply()
                reply.headers = ["Content-Encoding: gzip"]
                reply.body = Array("not gzip at all".utf8)
                return reply
            }
            _ = try run(lane, server.url, body: "not gzip")
            #expect(server.requests.allSatisfy { $0.headers["accept-encoding"] == nil })
        }
    }
}
