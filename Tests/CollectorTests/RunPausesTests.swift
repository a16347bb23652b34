// Rates without the time that stood still, and over schedules without an end.

import Collector
import HarnessCore
import ScenarioModel
import Testing

@Suite struct RunPausesTests {
    /// 100/s for 8 s of schedule, 3 s of them spread over a pause of 3 s: still 100/s.
    @Test func ratesLeavePausesOut() throws {
        let scenario = Synthetic.scenario([Synthetic.rateAtLeast(100)], seconds: 8)
        var aggregate = RunAggregate(scenario: scenario)
        aggregate.pauses = try #require(SchedulePauses([[4, 7]]))
        let windows = (0..<11).map { SyntheticWindow(arrivals: (4..<7).contains($0) ? 0 : 100) }
        for delta in Synthetic.deltas(windows) { aggregate.merge(delta) }
        let facts = Synthetic.facts(scenario, seconds: 11)
        let books = Synthetic.books(aggregate)
        let verdict = Judge(scenario: scenario).verdict(
            aggregate, facts: facts, accounting: books)
        #expect(try #require(verdict.rows.first).observed == 100)
        var run = ReportFixture.passing
        run.aggregate = aggregate
        run.facts = facts
        #expect(run.requestsPerSecond == 100)
    }

    /// An externally-controlled scenario without an end.
    @Test func anEndlessScheduleEndsWithTheRun() throws {
        var scenario = Synthetic.scenario([Synthetic.rateAtLeast(100)], isOpen: false)
        scenario.workloads[0].executor = .externallyControlled(
            ExternallyControlled(maxVUs: 10, duration: .zero))
        let aggregate = Synthetic.aggregate(scenario, .init(repeating: .init(), count: 10))
        let verdict = Judge(scenario: scenario).verdict(
            aggregate, facts: Synthetic.facts(scenario), accounting: Synthetic.books(aggregate))
        #expect(try #require(verdict.rows.first).observed == 100)
    }
}
