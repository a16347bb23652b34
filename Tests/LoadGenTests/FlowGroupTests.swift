// group_duration: from a group's first step to its last, nested ones within, failures included.

import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@testable import LoadGen

@Suite struct FlowGroupTests {
    /// group text -> (count, min, max) in ns.
    private static func groups(_ bench: FlowBench) -> [String: [UInt64]] {
        var series: [SeriesDelta] = []
        bench.context.drain(into: &series)
        var found: [String: [UInt64]] = [:]
        for item in series where item.key.metric == "group_duration" {
            guard case .histogram(let h) = item.value else { continue }
            let phase = item.key["phase"].map { " " + $0 } ?? ""
            found[(item.key["group"] ?? "?") + phase] = [h.count, h.min, h.max]
        }
        return found
    }

    private static func bench() throws -> FlowBench {
        try FlowBench([
            .group(
                name: "a",
                steps: [
                    FlowFixture.get("/1"), .group(name: "b", steps: [FlowFixture.get("/2")]),
                ]),
            FlowFixture.get("/3"),
        ])
    }

    /// One request after the other, each `ms` after the one before.
    private static func walk(_ bench: FlowBench, statuses: [Int], ms: Int64) {
        bench.context.now = Instant(ns: 0)
        for status in statuses {
            guard bench.machine.next() == .request else { return }
            _ = bench.complete(status)
            bench.context.now = bench.context.now + .milliseconds(ms)
        }
        _ = bench.machine.next()
    }

    @Test func nestedGroupsAreTimed() throws {
        let bench = try Self.bench()
        bench.begin()
        Self.walk(bench, statuses: [200, 200, 200], ms: 5)
        #expect(
            Self.groups(bench) == [
                "::a": [1, 10_000_000, 10_000_000], "::a::b": [1, 5_000_000, 5_000_000],
            ])
        #expect(Self.groups(bench).isEmpty)
    }

    @Test func aFailureEndsItsGroups() throws {
        let bench = try Self.bench()
        bench.begin()
        Self.walk(bench, statuses: [200, 500], ms: 5)
        #expect(
            Self.groups(bench) == [
                "::a": [1, 10_000_000, 10_000_000], "::a::b": [1, 5_000_000, 5_000_000],
            ])
    }

    @Test func warmUpGoesToTheTwin() throws {
        let bench = try Self.bench()
        bench.begin(isWarmup: true)
        Self.walk(bench, statuses: [200, 200, 200], ms: 1)
        #expect(Set(Self.groups(bench).keys) == ["::a warmup", "::a::b warmup"])
    }
}
