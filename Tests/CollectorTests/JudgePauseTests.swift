// Rates are per second of schedule: a pause neither lowers them nor lets what comes after it be
// taken for what drains.

import Collector
import HarnessCore
import ScenarioModel
import Testing

@Suite struct JudgePauseTests {
    /// 8 s of schedule; 4 s at 100/s, 6 s of pause, 4 s at 100/s, 2 s of draining.
    private static let windows: [SyntheticWindow] = (0..<16).map { second in
        let isLoad = second < 4 || (10..<14).contains(second)
        let isDraining = second >= 14
        return SyntheticWindow(
            arrivals: isLoad ? 100 : isDraining ? 30 : 0, responseMs: isLoad ? [30] : [],
            lagMs: 0.2)
    }

    private static func run(
        _ thresholds: [Threshold], warmup: TimeSpan = .zero
    ) -> RunAggregate {
        var aggregate = RunAggregate(
            scenario: Synthetic.scenario(thresholds, seconds: 8, warmup: warmup))
        for (i, delta) in Synthetic.deltas(windows).enumerated() {
            // As the coordinator tells it: ahead of the windows.
            if i == 1 { aggregate.pauses = SchedulePauses([[4, nil]]) ?? SchedulePauses() }
            if i == 7 { aggregate.pauses = SchedulePauses([[4, 10]]) ?? SchedulePauses() }
            aggregate.merge(delta)
        }
        return aggregate
    }

    private static func row(_ aggregate: RunAggregate) -> CriterionRow? {
        let scenario = aggregate.scenario
        return Judge(scenario: scenario).verdict(
            aggregate, facts: Synthetic.facts(scenario, seconds: 16),
            accounting: Synthetic.books(aggregate)
        ).rows.first
    }

    @Test func measuredTimeIsWithoutPauses() {
        let aggregate = Self.run([])
        #expect(aggregate.throughputEnd == .seconds(14))
        #expect(aggregate.measured(until: .seconds(3)) == .seconds(3))
        #expect(aggregate.measured(until: .seconds(7)) == .seconds(4))
        #expect(aggregate.measured(until: .seconds(11)) == .seconds(5))
        #expect(aggregate.measured(until: .seconds(16)) == .seconds(8))
        let warm = Self.run([], warmup: .seconds(6))
        #expect(warm.measured(until: .seconds(16)) == .seconds(4))
    }

    @Test func theRateOverTheRun() {
        let row = Self.row(Self.run([Synthetic.rateAtLeast(100)]))
        #expect(row?.observed == 100)
        #expect(row?.verdict == .pass)
    }

    @Test func theRateOverALastWindow() {
        var threshold = Synthetic.rateAtLeast(100)
        threshold.window = .seconds(4)
        let aggregate = Self.run([threshold])
        var judge = Judge(scenario: aggregate.scenario)
        var soFar = RunAggregate(scenario: aggregate.scenario)
        for (i, delta) in Synthetic.deltas(Self.windows).enumerated() {
            soFar.pauses = SchedulePauses([[4, 10]]) ?? SchedulePauses()
            soFar.merge(delta)
            _ = judge.evaluate(soFar, runTime: .seconds(Int64(i) + 1), isFinal: false)
        }
        let verdict = judge.verdict(
            soFar, facts: Synthetic.facts(soFar.scenario, seconds: 16),
            accounting: Synthetic.books(soFar))
        #expect(verdict.rows.first?.verdict == .pass, "no window was short of load")
    }

    @Test func whileAPauseIsOpenTheScheduleHasNoEnd() {
        var aggregate = RunAggregate(scenario: Synthetic.scenario([], seconds: 8))
        aggregate.pauses = SchedulePauses([[4, nil]]) ?? SchedulePauses()
        #expect(aggregate.throughputEnd == TimeSpan(ns: .max))
        #expect(aggregate.measured(until: .seconds(100)) == .seconds(4))
    }

    @Test func reportsNameWhatOperatorsDid() {
        let aggregate = Self.run([])
        var facts = Synthetic.facts(aggregate.scenario, seconds: 16)
        facts.pauses = aggregate.pauses
        facts.scales = [PlanRecord.Scale(scenario: "manual", from: 12, vus: 1)]
        let books = Synthetic.books(aggregate)
        let run = FinishedRun(
            aggregate: aggregate,
            verdict: Judge(scenario: aggregate.scenario).verdict(
                aggregate, facts: facts, accounting: books),
            facts: facts, accounting: books, directory: nil, files: [], processes: [])
        let text = TerminalReport.render(run, color: false, width: 120, quiet: false)
        #expect(text.contains("CTL      paused from 4s to 10s   manual: 1 VU from 12s\n"))
        let json = String(decoding: SummaryJSON.render(run), as: UTF8.self)
            .filter { !$0.isWhitespace }
        #expect(json.contains("\"pauses\":[{\"fromS\":4,\"toS\":10}]"))
        #expect(
            json.contains("\"scales\":[{\"scenario\":\"manual\",\"fromS\":12,\"vus\":1}]"))
        #expect(json.contains("\"measuredS\":8.0"))
    }
}
