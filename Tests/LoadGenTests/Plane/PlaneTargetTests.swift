// Where a plane's connections go: what is allowed is loaded, everything else is counted and never
// sent. In a network of the test's own, whose other addresses have servers that must stay unasked.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite(.enabled(if: NetworkNamespace.isAllowed)) struct Targets {
        private static let port: UInt16 = 8_080
        private static let allowed = "10.9.8.1"
        /// Also of this machine, and never allowed by a test.
        private static let others = ["10.9.8.2", "169.254.169.254"]

        /// What a plane did, and whom it asked.
        struct Seen {
            var run: PlaneRun
            /// Requests and connections by address.
            var requests: [String: Int]
            var connections: [String: Int]
        }

        /// Runs a plane in a network where each address has a server on port 8080.
        private static func see(
            url: String, allowed targets: [String], iterations: Int = 10, hops: Int = 0,
            hosts: String = "", refused: [String] = [], own: TargetRule? = nil,
            lane: Workload.Transport = .multi,
            changing: @escaping (NetworkNamespace, Int) throws -> Void = { _, _ in },
            script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply = { _ in
                ScriptedServer.Reply()
            }
        ) throws -> Seen {
            try NetworkNamespace.run(addresses: [allowed] + others, hosts: hosts) { network in
                var servers: [String: ScriptedServer] = [:]
                for address in [allowed, "127.0.0.1"] + others {
                    servers[address] = try ScriptedServer(address: address, port: port, script)
                }
                var scenario = PlaneScenario.make(
                    PlaneScenario.arrivals(
                        perSecond: 50, for: .milliseconds(Int64(iterations) * 20), vus: 1),
                    steps: [PlaneScenario.get(timeout: .seconds(20))])
                scenario.defaults.redirects = hops
                scenario.workloads[0].transport = lane
                // Each request connects, and looks the name up.
                scenario.defaults.reuse = false
                scenario.defaults.dnsTtl = .zero
                var assignment = PlaneRun.assignment(scenario, url: url, allowedTargets: targets)
                assignment.refusedEndpoints = refused
                assignment.ownRule = own
                let run = try PlaneRun(assignment)
                run.plane.start(at: Instant.now())
                var cuts = 0
                while !run.plane.isIdle {
                    run.cut()
                    cuts += 1
                    try changing(network, servers[allowed]?.requests.count ?? 0)
                    Pause.sleep(.milliseconds(10))
                }
                run.plane.shutdown()
                run.cut()
                return Seen(
                    run: run, requests: servers.mapValues { $0.requests.count },
                    connections: servers.mapValues(\.connections))
            }
        }

        private static func blocked(_ run: PlaneRun) -> UInt64 {
            run.count("http_req_errors", ["error": "blocked", "error_code": "1110"])
        }

        private static func example(_ run: PlaneRun) -> String {
            run.series.filter { $0.key.metric == "error_sample" }
                .compactMap { $0.key["text"] }.joined(separator: "\n")
        }

        /// url, entries of the spec, whether it is loaded, words of the failure.
        typealias Case = (url: String, targets: [String], isLoaded: Bool, words: String)

        static let cases: [Case] = [
            ("http://10.9.8.1:8080", ["10.9.8.1:8080=10.9.8.1"], true, ""),
            ("http://0x0a.0x90801:8080", ["10.9.8.1:8080=10.9.8.1"], true, ""),
            ("http://[::ffff:10.9.8.1]:8080", ["10.9.8.1:8080=10.9.8.1"], true, ""),
            ("http://sut.example:8080", ["sut.example:8080=10.9.8.1"], true, ""),
            ("http://SUT.example:8080", ["sut.example:*=10.9.0.0/16"], true, ""),
            ("http://10.9.8.1:8080", [], false, "add --allow-target 10.9.8.1:8080 --yes"),
            ("http://168364033:8080", [], false, "10.9.8.1:8080 is not allowed"),
            ("http://[::ffff:10.9.8.1]:8080", [], false, "10.9.8.1:8080 is not allowed"),
            ("http://sut.example:8080", ["sut.example:80=10.9.8.1"], false, "not allowed"),
            ("http://sut.example:8080", ["sut.example:8080=10.9.9.0/24"], false, "is none that"),
            ("http://sut.example:8080", ["other:8080=10.9.8.1"], false, "of sut.example is not"),
            ("http://169.254.169.254:8080", ["*:*=0.0.0.0/0"], false, "metadata"),
            ("http://meta.example:8080", ["*:*=0.0.0.0/0"], false, "metadata"),
            ("http://0.0.0.0:8080", ["*:*=0.0.0.0/0"], false, "0.0.0.0:8080 means this host"),
        ]

        @Test(arguments: cases, [Workload.Transport.multi, .direct])
        func loaded(_ one: Case, lane: Workload.Transport) throws {
            let isLoaded = one.isLoaded
            let seen = try Self.see(
                url: one.url, allowed: one.targets,
                hosts: "10.9.8.1 sut.example\n169.254.169.254 meta.example\n", lane: lane)
            seen.run.expectIdentities()
            #expect(seen.run.counters.completed == 10)
            let example = Self.example(seen.run)
            #expect(seen.requests[Self.allowed] == (isLoaded ? 10 : 0), "\(example)")
            #expect(Self.blocked(seen.run) == (isLoaded ? 0 : 10))
            #expect(isLoaded ? example.isEmpty : example.contains(one.words), "\(example)")
            for other in Self.others + ["127.0.0.1"] {
                #expect(seen.connections[other] == 0, "a connection to \(other)")
            }
            if !isLoaded {
                #expect(seen.connections[Self.allowed] == 0 && seen.run.counters.bytesSent == 0)
                #expect(seen.run.histogram("http_req_duration").isEmpty)
            }
        }

        /// Loopback in odd notations is loopback; the run's own Redis is not loaded there either.
        typealias LoopbackCase = (url: String, refused: [String], isLoaded: Bool)

        static let loopbackCases: [LoopbackCase] = [
            ("http://0x7f.1:8080", [], true), ("http://2130706433:8080", [], true),
            ("http://localhost:8080", [], true), ("http://here.example:8080", [], true),
            ("http://0x7f.1:8080", ["127.0.0.1:8080"], false),
            ("http://localhost:8080", ["127.0.0.2:8080"], false),
            ("http://127.0.0.1:8080", ["127.0.0.1:8081"], true),
        ]

        @Test(arguments: loopbackCases, [Workload.Transport.multi, .direct])
        func loopback(_ one: LoopbackCase, lane: Workload.Transport) throws {
            let isLoaded = one.isLoaded
            let seen = try Self.see(
                url: one.url, allowed: [], hosts: "127.0.0.1 here.example\n",
                refused: one.refused, lane: lane)
            #expect(seen.requests["127.0.0.1"] == (isLoaded ? 10 : 0), "\(Self.example(seen.run))")
            #expect(Self.blocked(seen.run) == (isLoaded ? 0 : 10))
            #expect(seen.connections["127.0.0.1"] == (isLoaded ? 10 : 0))
        }

        /// The agent's own rule must agree.
        @Test(arguments: [true, false], [Workload.Transport.multi, .direct])
        func ownRule(isLoaded: Bool, lane: Workload.Transport) throws {
            let own = TargetRule(allowed: [try AllowedTarget("10.9.8.1=\(Self.allowed)")])
            let other = TargetRule(allowed: [try AllowedTarget("sut.example=10.9.9.0/24")])
            let seen = try Self.see(
                url: "http://10.9.8.1:8080", allowed: ["10.9.8.1:8080=10.9.8.1"],
                own: isLoaded ? own : other, lane: lane)
            #expect(seen.requests[Self.allowed] == (isLoaded ? 10 : 0))
            #expect(Self.blocked(seen.run) == (isLoaded ? 0 : 10))
            #expect(isLoaded || Self.example(seen.run).contains("this agent's own rule"))
        }

        /// F37: the name resolves to another address in mid-run.
        @Test(arguments: [Workload.Transport.multi, .direct])
        func rebinding(lane: Workload.Transport) throws {
            let seen = try Self.see(
                url: "http://sut.example:8080", allowed: ["sut.example:8080=10.9.8.1"],
                iterations: 60, hosts: "10.9.8.1 sut.example\n", lane: lane,
                changing: { network, served in
                    if served >= 10 { try network.rewriteHosts("10.9.8.2 sut.example\n") }
                })
            seen.run.expectIdentities()
            let served = seen.requests[Self.allowed] ?? 0
            let blocked = Int(Self.blocked(seen.run))
            #expect(served >= 10 && blocked >= 10, "the name moved: \(served), \(blocked)")
            #expect(served + blocked == 60)
            #expect(seen.connections["10.9.8.2"] == 0, "a connection to where it moved")
            #expect(Self.example(seen.run).contains("10.9.8.2:8080 of sut.example is none that"))
        }

        /// With a block the name may move within it.
        @Test func movesWithinItsBlock() throws {
            let seen = try Self.see(
                url: "http://sut.example:8080", allowed: ["sut.example:8080=10.9.8.0/24"],
                iterations: 60, hosts: "10.9.8.1 sut.example\n",
                changing: { network, served in
                    if served >= 10 { try network.rewriteHosts("10.9.8.2 sut.example\n") }
                })
            let (before, after) = (seen.requests[Self.allowed] ?? 0, seen.requests["10.9.8.2"] ?? 0)
            #expect(before >= 10 && after >= 10 && before + after == 60)
            #expect(seen.run.counters.transfersFailed == 0)
        }

        /// F36: where a redirect leads is checked like everything else.
        @Test(arguments: [
            "http://169.254.169.254:8080/latest/meta-data/", "http://10.9.8.2:8080/",
            "http://other.example:8080/", "http://[::ffff:169.254.169.254]:8080/",
            "http://2852039166:8080/", "http://10.9.8.1:8081/", "http://vhost.example:8080/",
        ])
        func redirects(location: String) throws {
            let seen = try Self.see(
                url: "http://10.9.8.1:8080", allowed: ["10.9.8.1:8080=10.9.8.1"], hops: 5,
                hosts: "10.9.8.2 other.example\n10.9.8.1 vhost.example\n",
                script: { _ in
                    var reply = ScriptedServer.Reply()
                    reply.status = 302
                    reply.headers = ["Location: \(location)"]
                    return reply
                })
            seen.run.expectIdentities()
            #expect(seen.requests[Self.allowed] == 10, "the redirect itself is answered")
            #expect(seen.run.count("http_reqs", ["status": "302"]) == 10)
            #expect(Self.blocked(seen.run) == 10)
            for other in Self.others { #expect(seen.connections[other] == 0, "\(other)") }
        }
    }
}
