// Tags that only a real connection tells: the protocol and the version of TLS.

import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite struct Tags {
        private static let certificates = Result { try TestCertificates() }

        /// How nginx listens, what is spoken, and the tags its samples have.
        @Test(
            arguments: [
                ("ssl", .http1, "HTTP/1.1", "TLSv1.2", "tls1.2"),
                ("ssl http2", .auto, "HTTP/2.0", "TLSv1.3", "tls1.3"),
            ] as [(String, RequestDefaults.HTTPVersion, String, String, String)])
        func protocolAndTLS(
            listen: String, http: RequestDefaults.HTTPVersion, proto: String, version: String,
            tls: String
        ) throws {
            let certificates = try Self.certificates.get()
            let server = try TLSServer(
                nginx: listen, options: "ssl_protocols \(version);", certificates)
            var scenario = PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 200, for: .milliseconds(30), vus: 1),
                steps: [PlaneScenario.get(timeout: .seconds(20))])
            scenario.defaults.http = http
            scenario.defaults.verifyTLS = false
            let selectors = [
                ["proto": "HTTP/1.1"], ["proto": "HTTP/2.0"], ["tls_version": "tls1.2"],
                ["tls_version": "tls1.3"],
            ]
            scenario.thresholds = selectors.map { tags in
                Threshold(
                    selector: MetricSelector(text: "http_reqs", metric: "http_reqs", tags: tags),
                    expression: "count>0", aggregation: .count, comparison: .greater, limit: 0,
                    source: SourcePosition(file: "test", line: 1, column: 1))
            }
            let run = try PlaneRun(scenario, url: "https://127.0.0.1:\(server.port)").run()
            #expect(run.counters.completed == 6 && run.counters.transfersFailed == 0)
            let selected = SelectedSeries(scenario)
            for (threshold, tags) in zip(scenario.thresholds, selectors) {
                let position = try #require(selected.position(of: threshold.selector))
                let seen = run.count("http_reqs", ["sel": String(position)])
                let has = tags["proto"] == proto || tags["tls_version"] == tls
                #expect(seen == (has ? 6 : 0), "\(tags)")
            }
        }
    }
}
