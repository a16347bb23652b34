// Pauses: schedule time against run time, and rates without the time that stood still.

import Collector
import HarnessCore
import ScenarioModel
import Testing

@Suite struct RunPausesTests {
    private static func pauses(_ spans: [(Int64, Int64?)]) -> RunPauses {
        RunPauses(
            spans.map { .init(from: .seconds($0.0), to: $0.1.map { .seconds($0) }) })
    }

    @Test(
        arguments: [
            ([], 0, 10, 0, 10), ([(2, 5)], 0, 10, 3, 13), ([(2, 5)], 3, 4, 1, 13),
            ([(2, 5)], 6, 9, 0, 13), ([(2, 5), (7, 8)], 0, 10, 4, 14),
            ([(2, 5), (12, 14)], 0, 10, 3, 15), ([(10, 12)], 0, 20, 2, 10),
            ([(2, nil)], 0, 10, 8, nil), ([(11, nil)], 0, 12, 1, 10),
        ] as [([(Int64, Int64?)], Int64, Int64, Int64, Int64?)])
    func arithmetic(
        spans: [(Int64, Int64?)], from: Int64, to: Int64, paused: Int64, endOfTen: Int64?
    ) {
        let pauses = Self.pauses(spans)
        #expect(pauses.time(from: .seconds(from), to: .seconds(to)) == .seconds(paused))
        #expect(pauses.runTime(ofSchedule: .seconds(10)) == endOfTen.map { .seconds($0) })
    }

    /// 100/s for 8 s of schedule, 3 s of them spread over a pause of 3 s: still 100/s.
    @Test func ratesLeavePausesOut() throws {
        let scenario = Synthetic.scenario([Synthetic.rateAtLeast(100)], seconds: 8)
        var aggregate = RunAggregate(scenario: scenario)
        aggregate.pauses = Self.pauses([(4, 7)])
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
