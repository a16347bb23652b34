// Feeds made up for the tests of the live page, from the synthetic run.

import Collector
import HarnessCore
import ScenarioModel
import Telemetry

enum LiveFixture {
    static func run(_ scenario: Scenario) -> LiveRun {
        LiveRun(scenario, runID: "r1", version: "0.1.0", target: "http://127.0.0.1:1", agents: 1)
    }

    /// A feed that has seen the first windows of a run of an hour.
    static func feed(windows: Int) -> LiveFeed {
        let scenario = Synthetic.scenario(ReportFixture.pass, seconds: 3_600)
        let feed = LiveFeed(run(scenario))
        push(windows, to: feed, scenario: scenario)
        return feed
    }

    static func push(_ windows: Int, to feed: LiveFeed, scenario: Scenario) {
        var aggregate = RunAggregate(scenario: scenario)
        for (i, delta) in Synthetic.deltas(Array(repeating: .init(), count: windows)).enumerated() {
            aggregate.merge(delta)
            feed.push(aggregate, Judge(scenario: scenario), runTime: .seconds(Int64(i + 1)))
        }
    }

    /// Ten windows in which something of everything goes wrong.
    static var failing: (feed: LiveFeed, aggregate: RunAggregate) {
        let scenario = Synthetic.scenario(ReportFixture.fail)
        let window = SyntheticWindow(dropped: 3, missed: 1, late: 2, failed: 5, turnMs: 150)
        let aggregate = Synthetic.aggregate(scenario, Array(repeating: window, count: 10))
        let feed = LiveFeed(run(scenario))
        feed.push(aggregate, Judge(scenario: scenario), runTime: .seconds(10))
        return (feed, aggregate)
    }
}
