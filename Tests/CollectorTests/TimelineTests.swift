// The run over time: percentiles of open and complete windows, late data, heat map.

import Collector
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@Suite struct TimelineTests {
    private static func aggregate(agents: Int) -> RunAggregate {
        var aggregate = RunAggregate(scenario: Synthetic.scenario([]))
        aggregate.expectedAgents = agents
        return aggregate
    }

    @Test func aWindowHasPercentilesWhenEveryAgentHasPassedIt() throws {
        let fast = Synthetic.deltas([SyntheticWindow(responseMs: [10, 10, 10])])
        let slow = Synthetic.deltas([SyntheticWindow(responseMs: [90, 90, 90])], slot: 1)
        var aggregate = Self.aggregate(agents: 2)
        aggregate.merge(fast[0])
        let open = try #require(aggregate.timeline.row(0, scenario: "orders"))
        #expect(open.response == nil && open.planned > 0)
        aggregate.merge(slow[0])
        let row = try #require(aggregate.timeline.row(0, scenario: "orders"))
        let response = try #require(row.response)
        #expect(response.count == 6 && response.max == 90_000_000)
        #expect(response.p50 < 10_100_000 && response.p99 >= 90_000_000)
        #expect(row.heat.reduce(0) { $0 + Int($1.count) } == 6 && row.heat.count == 2)
    }

    @Test func lateSamplesCountButMoveNoPercentile() throws {
        let windows = [SyntheticWindow](repeating: .init(responseMs: [10]), count: 300)
        var aggregate = Self.aggregate(agents: 2)
        let late = Synthetic.deltas([SyntheticWindow(responseMs: [500])], slot: 1)
        for delta in Synthetic.deltas(windows) { aggregate.merge(delta) }
        let before = try #require(aggregate.timeline.row(0, scenario: "orders")?.response)
        aggregate.merge(late[0])
        let after = try #require(aggregate.timeline.row(0, scenario: "orders")?.response)
        #expect(before.count == 1 && after.count == 2)
        #expect(after.p99 == before.p99 && after.max == 500_000_000)
    }

    @Test func rowsOfTheHeatMapAscend() {
        #expect(HeatScale.row(ofNs: 0) == 0 && HeatScale.row(ofNs: .max) == HeatScale.rows - 1)
        #expect(HeatScale.row(ofNs: 1_000_000) == 16, "two decades above 10 us")
        for row in 1..<HeatScale.rows {
            let bound = HeatScale.lowerBoundNs(row)
            #expect(HeatScale.row(ofNs: UInt64(bound * 1.0001)) == row)
            #expect(HeatScale.row(ofNs: UInt64(bound * 0.9999)) == row - 1)
        }
    }
}
