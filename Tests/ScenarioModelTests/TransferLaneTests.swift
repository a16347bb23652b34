// Which lane a scenario's requests take, and what `transport: direct` cannot do.

import ScenarioModel
import Testing

@Suite struct TransferLaneTests {
    private static func document(transport: String, defaults: String) -> String {
        """
        name: lanes
        target: http://127.0.0.1:1
        defaults: { \(defaults) }
        scenarios:
          s:
            executor: constant-vus
            duration: 1s
            transport: \(transport)
        flows: { default: [get: /] }
        """
    }

    @Test(
        arguments: [
            ("auto", "timeout: 1s", TransferLane.direct),
            ("auto", "http: \"1.1\", redirects: 0, compression: false", .direct),
            ("auto", "http: \"2\"", .multi), ("auto", "http: auto", .multi),
            ("auto", "redirects: 1", .multi), ("auto", "compression: true", .multi),
            ("multi", "timeout: 1s", .multi), ("direct", "timeout: 1s", .direct),
        ] as [(String, String, TransferLane)])
    func chosen(transport: String, defaults: String, lane: TransferLane) throws {
        let scenario = try Documents.load(
            Self.document(transport: transport, defaults: defaults)
        ).scenario
        let workload = try #require(scenario.workloads.first)
        #expect(scenario.lane(of: workload) == lane)
    }

    @Test(
        arguments: [
            ("http: \"2\"", "http"), ("http: auto", "http"), ("redirects: 3", "redirects"),
            ("compression: true", "compression"),
        ])
    func refused(defaults: String, key: String) {
        let errors = Documents.errors(
            Self.document(transport: "direct", defaults: defaults))
        #expect(
            errors == [
                "8:5: scenarios.s.transport: direct is HTTP/1.1 without redirects and "
                    + "compression, and defaults.\(key) asks for more; take multi or auto"
            ])
    }
}
