// Each phase of a request against a server that takes its time in that phase alone: it shows in its
// own series, and only there (measurement.md 1). Bounds are shares of the delay: a busy machine
// makes other phases longer, too, but not nearly as long.

import HarnessCore
import ScenarioModel
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import LoadGen

extension PlaneIntegrationTests {
    @Suite(.serialized) struct Phases {
        private static let certificates = Result { try TestCertificates() }
        private static let delay = TimeSpan.milliseconds(400)
        private static let series = [
            "connecting", "tls_handshaking", "sending", "waiting", "receiving",
        ]

        private static func scenario(
            _ lane: Workload.Transport, bodyBytes: Int = 0,
            _ change: (inout RequestDefaults) -> Void = { _ in }
        ) -> Scenario {
            let step = PlaneScenario.get(timeout: .seconds(30)) {
                guard bodyBytes > 0 else { return }
                $0.method = "POST"
                $0.body = .bytes([UInt8](repeating: 65, count: bodyBytes))
            }
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 10, for: .milliseconds(100), vus: 1),
                steps: [step])
            scenario.workloads[0].transport = lane
            change(&scenario.defaults)
            return scenario
        }

        /// The delay is in the series of `phase`, and in none of the others; and in those that
        /// contain the phase.
        private static func expect(
            _ run: PlaneRun, _ phase: String, _ source: SourceLocation = #_sourceLocation
        ) {
            run.expectIdentities()
            let text = run.series.filter { $0.key.metric == "error_sample" }.map(\.key.text)
            #expect(run.counters.completed == 1 && run.counters.transfersFailed == 0, "\(text)")
            func ns(_ metric: String) -> Int64 { Int64(run.histogram("http_req_" + metric).max) }
            // The phase began up to a poll's millisecond before the server took its time.
            let whole = delay.ns - 20_000_000
            for name in series {
                if name == phase {
                    #expect(ns(name) >= whole, "\(name)", sourceLocation: source)
                } else {
                    let most = max(delay.ns, ns(phase)) / 3
                    #expect(ns(name) < most, "\(name): \(ns(name)) ns", sourceLocation: source)
                }
            }
            let isBefore = ["dns", "connecting", "tls_handshaking"].contains(phase)
            #expect((ns("blocked") >= whole) == isBefore, sourceLocation: source)
            #expect((ns("duration") >= whole) == !isBefore, sourceLocation: source)
            #expect(ns("response_time") >= whole, sourceLocation: source)
            let connWait = Int64(run.histogram("conn_wait").max)
            #expect((connWait >= whole) == isBefore, sourceLocation: source)
            // Parts and whole, but for libcurl's microseconds.
            let parts = ns("sending") + ns("waiting") + ns("receiving")
            #expect(abs(parts - ns("duration")) < 5_000_000, sourceLocation: source)
        }

        @Test(arguments: PlaneIntegrationTests.lanes)
        func connect(_ lane: Workload.Transport) throws {
            let server = try PhaseServer(.connect, by: Self.delay)
            let run = try PlaneRun(
                Self.scenario(lane), url: "http://127.0.0.1:\(server.port)")
            server.begins()
            Self.expect(run.run(), "connecting")
        }

        @Test(arguments: PlaneIntegrationTests.lanes)
        func handshake(_ lane: Workload.Transport) throws {
            let certificates = try Self.certificates.get()
            let ca = try certificates.bytes("ca")
            let upstream = try TLSServer(nginx: "ssl", certificates)
            let server = try PhaseServer(.tls, by: Self.delay, upstream: upstream.port)
            let run = try PlaneRun(
                Self.scenario(lane) { $0.tlsFiles.ca = ca },
                url: "https://127.0.0.1:\(server.port)")
            Self.expect(run.run(), "tls_handshaking")
        }

        /// libcurl before 8.10 does not say when the request was sent: it is in the waiting then.
        @Test(arguments: PlaneIntegrationTests.lanes)
        func send(_ lane: Workload.Transport) throws {
            let server = try PhaseServer(.send, by: Self.delay)
            let run = try PlaneRun(
                Self.scenario(lane, bodyBytes: 12 << 20),
                url: "http://127.0.0.1:\(server.port)")
            Self.expect(run.run(), lane == .direct ? "sending" : "waiting")
        }

        @Test(arguments: PlaneIntegrationTests.lanes)
        func wait(_ lane: Workload.Transport) throws {
            let server = try PhaseServer(.wait, by: Self.delay)
            let run = try PlaneRun(
                Self.scenario(lane), url: "http://127.0.0.1:\(server.port)")
            Self.expect(run.run(), "waiting")
        }

        @Test(arguments: PlaneIntegrationTests.lanes)
        func receive(_ lane: Workload.Transport) throws {
            let server = try PhaseServer(.receive, by: Self.delay)
            let run = try PlaneRun(
                Self.scenario(lane), url: "http://127.0.0.1:\(server.port)")
            Self.expect(run.run(), "receiving")
        }

        /// There is no series of its own for the lookup: what of `blocked` is neither connecting
        /// nor TLS is queue and lookup.
        @Test(arguments: PlaneIntegrationTests.lanes)
        func lookup(_ lane: Workload.Transport) throws {
            guard let resolver = try SlowResolver(delay: Self.delay) else {
                print("skipped: port 53 of a loopback address cannot be had here (needs root)")
                return
            }
            let server = try ScriptedServer()
            let outcome = Mutex<Result<Bool, any Error>>(.success(false))
            DedicatedThread(name: "lookup") {
                let result = Result {
                    guard resolver.enter() else { return false }
                    let run = try PlaneRun(
                        Self.scenario(lane), url: "http://slow.test:\(server.port)")
                    Self.expect(run.run(), "dns")
                    return true
                }
                outcome.withLock { $0 = result }
            }.join()
            if try !outcome.withLock({ $0 }).get() {
                print("skipped: no mount namespace of its own can be had here (needs root)")
            }
        }
    }
}
