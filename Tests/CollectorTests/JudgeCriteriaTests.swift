// Criteria in the verdict of a run: gate, direction of bias, steady state, aborts, what was
// scraped, and the running verdict.

import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@testable import Collector

@Suite struct JudgeCriteriaTests {
    private typealias Fixture = CriterionFixture

    private static func p99(
        _ limit: Double = 100, change: (inout Criterion) -> Void = { _ in }
    ) -> Criterion {
        Fixture.criterion(.percentile(99), .less, limit, change: change)
    }

    private static func fast(_ criterion: Criterion, windows: Int = 60) -> CriterionTrack {
        Fixture.track(Fixture.values(windows: windows, each: 100), criterion)
    }

    @Test func rowsOfCriteriaComeFirst() throws {
        let criterion = Self.p99()
        let aggregate = Fixture.aggregate(criterion, Self.fast(criterion), seconds: 60) {
            $0.thresholds = [Synthetic.rateAtLeast(90)]
        }
        let verdict = Fixture.verdict(aggregate, seconds: 60)
        #expect(verdict.verdict == .pass, "\(verdict.reasons)")
        #expect(verdict.rows.map(\.name) == ["c", "http_reqs rate>=90"])
        #expect(verdict.rows[0].interval?.method == .woodruff)
    }

    @Test(arguments: [
        (true, Verdict.fail, ExitCode.criteriaFailed), (false, .warn, .pass),
    ])
    func onlyGatedRowsDecide(isGated: Bool, verdict: Verdict, exit: ExitCode) {
        let criterion = Self.p99(20) { $0.isGated = isGated }
        let aggregate = Fixture.aggregate(criterion, Self.fast(criterion), seconds: 60)
        let judged = Fixture.verdict(aggregate, seconds: 60)
        #expect(judged.verdict == verdict && judged.exitCode == exit)
        #expect(judged.rows[0].verdict == .fail)
        #expect(isGated || judged.reasons.contains { $0.hasPrefix("c fails (not gated)") })
    }

    @Test func inconclusiveHasItsOwnExitCode() {
        let criterion = Self.p99()
        let aggregate = Fixture.aggregate(
            criterion, Self.fast(criterion, windows: 5), seconds: 5)
        let verdict = Fixture.verdict(aggregate, seconds: 5)
        #expect(verdict.verdict == .inconclusive && verdict.exitCode == .inconclusive)
        #expect(verdict.reasons == ["c: run too short: needs 10 measured seconds"])
    }

    @Test func aNamedCriterionReplacesTheImpliedThreshold() {
        let error = SeriesDelta(
            key: SeriesKey("iteration_errors", ["scenario": "orders", "reason": "arithmetic"]),
            value: .counter(delta: 1, cum: 1))
        for metric in ["iteration_errors", "http_reqs"] {
            var scenario = Synthetic.scenario([], seconds: 60)
            scenario.criteria = [Fixture.criterion(.count, .less, 9_999, metric: metric)]
            var aggregate = RunAggregate(scenario: scenario)
            let windows = [SyntheticWindow](repeating: .init(), count: 60)
            for delta in Synthetic.deltas(windows, extra: [2: [error]]) { aggregate.merge(delta) }
            aggregate.tracks = [Fixture.counter([1])]
            let verdict = Fixture.verdict(aggregate, seconds: 60)
            #expect(verdict.verdict == (metric == "http_reqs" ? .fail : .pass), "\(metric)")
        }
    }

    // MARK: Direction of bias

    /// Slow only in window 30, where the generator itself was late.
    private static func stalled(
        _ criterion: Criterion, service: Bool, windows: Int = 60
    ) -> CriterionTrack {
        var track = Fixture.track(
            Fixture.values(windows: windows, each: 100) { $0 == 30 ? 100 : 0 }, criterion)
        for i in track.windows.keys {
            let window = track.windows[i] ?? CriterionWindow()
            track.windows[i]?.isTainted = i == 30
            track.windows[i]?.serviceCount = window.count
            track.windows[i]?.serviceBad = service ? window.bad : 0
            track.windows[i]?.serviceSum = window.sum
        }
        return track
    }

    @Test(arguments: [
        (20.0, false, Verdict.invalid), (20, true, .fail), (900, false, .pass),
    ])
    func aStallOfTheGenerator(lagMs: Double, isServiceSlow: Bool, verdict: Verdict) {
        let criterion = Self.p99 { $0.confidence = nil }
        // Over the second bound a turn spoils the service times as well.
        let track = Self.stalled(criterion, service: isServiceSlow)
        let aggregate = Fixture.aggregate(
            criterion, lagMs == 900 ? Self.fast(criterion) : track, seconds: 60,
            windows: [30: SyntheticWindow(lagMs: 50)])
        let row = Fixture.verdict(aggregate, seconds: 60).rows[0]
        #expect(row.verdict == (verdict == .pass ? .warn : verdict), "\(row)")
        #expect(verdict == .fail || row.validity.contains("lag"), "\(row.validity)")
    }

    @Test func aLongTurnSpoilsServiceTimesToo() {
        let criterion = Self.p99 { $0.confidence = nil }
        let aggregate = Fixture.aggregate(
            criterion, Self.stalled(criterion, service: true), seconds: 60,
            windows: [30: SyntheticWindow(turnMs: 900)])
        #expect(Fixture.verdict(aggregate, seconds: 60).rows[0].verdict == .invalid)
    }

    @Test func errorsThatTheTargetSentStand() {
        let criterion = Fixture.criterion(
            .rate, .less, 0.01, unit: .ratio, metric: "http_req_failed"
        ) { $0.confidence = nil }
        for (responses, verdict) in [(true, Verdict.fail), (false, .invalid)] {
            var track = Fixture.rate((0..<60).map { $0 == 30 ? 90 : 0 }, of: 100)
            track.windows[30]?.isTainted = true
            if !responses { track.windows[30]?.badResponses = 0 }
            let aggregate = Fixture.aggregate(
                criterion, track, seconds: 60, windows: [30: SyntheticWindow(turnMs: 900)])
            #expect(Fixture.verdict(aggregate, seconds: 60).rows[0].verdict == verdict)
        }
    }

    @Test func throughputMissedWhereTheGeneratorStoodStill() {
        let criterion = Fixture.criterion(
            .rate, .greaterOrEqual, 99, unit: .perSecond, metric: "http_reqs"
        ) { $0.confidence = nil }
        for (elsewhere, verdict) in [(100.0, Verdict.invalid), (90, .fail)] {
            var track = Fixture.counter((0..<60).map { $0 == 30 ? 1 : elsewhere })
            track.windows[30]?.isTainted = true
            let aggregate = Fixture.aggregate(
                criterion, track, seconds: 60, windows: [30: SyntheticWindow(turnMs: 900)])
            let row = Fixture.verdict(aggregate, seconds: 60).rows[0]
            #expect(row.verdict == verdict, "\(row)")
        }
    }

    @Test func droppedArrivalsMakeAPassInvalid() {
        let criterion = Self.p99()
        let aggregate = Fixture.aggregate(
            criterion, Self.fast(criterion), seconds: 60,
            windows: Dictionary(uniqueKeysWithValues: (0..<60).map { ($0, .init(dropped: 2)) }))
        let row = Fixture.verdict(aggregate, seconds: 60).rows[0]
        #expect(row.verdict == .invalid && row.reason.hasPrefix("pool limited"))
        #expect(row.validity == ["delivered"])
    }

    // MARK: Steady state

    private static func cold(_ seconds: Int) -> [Int: SyntheticWindow] {
        Dictionary(
            uniqueKeysWithValues: (0..<seconds).map {
                ($0, SyntheticWindow(responseMs: [40, 50, 60]))
            })
    }

    @Test(arguments: [
        (0, SteadyMode.require, Verdict.pass, ""),
        (10, .require, .warn, "orders settled only after 10s: set warmup: 10s"),
        (30, .require, .inconclusive, "c: orders settled only after 30s: set warmup: 30s"),
        (30, .warn, .warn, "orders settled only after 30s: set warmup: 30s"),
        (30, .off, .pass, ""),
    ])
    func settlingLate(cold: Int, mode: SteadyMode, verdict: Verdict, reason: String) {
        let criterion = Self.p99()
        let aggregate = Fixture.aggregate(
            criterion, Self.fast(criterion), seconds: 60, windows: Self.cold(cold)
        ) { $0.steady = mode }
        let judged = Fixture.verdict(aggregate, seconds: 60)
        #expect(judged.verdict == verdict, "\(judged.reasons)")
        #expect(judged.reasons == (reason.isEmpty ? [] : [reason]))
        #expect(judged.validity.steady.isEmpty == (mode == .off))
    }

    @Test func aFailNeedsNoSteadyState() {
        let criterion = Self.p99(20)
        let aggregate = Fixture.aggregate(
            criterion, Self.fast(criterion), seconds: 60, windows: Self.cold(30))
        #expect(Fixture.verdict(aggregate, seconds: 60).verdict == .fail)
    }

    @Test func rampsAndShortRunsAreNotTested() {
        let criterion = Self.p99()
        let ramp = RampingVUs(stages: [Stage(duration: .seconds(60), target: 9)])
        let aggregate = Fixture.aggregate(
            criterion, Self.fast(criterion), seconds: 60, windows: Self.cold(30)
        ) { $0.workloads[0].executor = .rampingVUs(ramp) }
        let steady = Fixture.verdict(aggregate, seconds: 60).validity.steady
        #expect(steady.map(\.text) == ["not applicable (ramp)"])
        let short = Fixture.aggregate(
            criterion, Self.fast(criterion, windows: 19), seconds: 19)
        let verdict = Fixture.verdict(short, seconds: 19)
        #expect(verdict.validity.steady.map(\.state) == [.tooShort])
    }

    @Test func thresholdsAloneAreNotHeldToSteadiness() {
        var scenario = Synthetic.scenario([Synthetic.latency(100)], seconds: 60)
        scenario.steady = .require
        let windows = (0..<60).map { Self.cold(30)[$0] ?? SyntheticWindow() }
        var aggregate = Synthetic.aggregate(scenario, windows)
        aggregate.close()
        let verdict = Fixture.verdict(aggregate, seconds: 60)
        #expect(verdict.verdict == .pass && verdict.validity.steady[0].isUnsettled)
    }

    // MARK: While it runs

    @Test func anEstablishedFailAborts() throws {
        let criterion = Self.p99(20) { $0.abortDelay = .seconds(10) }
        let aggregate = Fixture.aggregate(criterion, Self.fast(criterion), seconds: 60)
        var judge = Judge(scenario: aggregate.scenario)
        for second in 0..<20 {
            let directive = judge.evaluate(
                aggregate, runTime: .seconds(Int64(second)), isFinal: false)
            #expect(directive == .goOn, "\(second) s")
        }
        let directive = judge.evaluate(aggregate, runTime: .seconds(20), isFinal: false)
        #expect(directive == .abort("criterion c failed at 20s"))
        #expect(judge.standing(aggregate, runTime: .seconds(20))[0].reason == "aborted the run")
        var facts = Synthetic.facts(aggregate.scenario, seconds: 20)
        facts.aborted = "criterion c failed at 20s"
        let verdict = judge.verdict(
            aggregate, facts: facts, accounting: Synthetic.books(aggregate))
        #expect(verdict.verdict == .fail && verdict.rows[0].reason == "aborted the run")
    }

    @Test(arguments: [
        (Criterion.Statistic.count, Criterion.Operator.greaterOrEqual, 1e9, false),
        (.count, .less, 100, true), (.count, .equal, 5, true),
        (.rate, .greaterOrEqual, 200, true), (.rate, .less, 200, false),
    ])
    func whatMayStillBeReachedDoesNotAbort(
        statistic: Criterion.Statistic, op: Criterion.Operator, limit: Double, aborts: Bool
    ) {
        let criterion = Fixture.criterion(
            statistic, op, limit, unit: .perSecond, metric: "http_reqs"
        ) { $0.abortDelay = .zero }
        let track = Fixture.counter(.init(repeating: 100, count: 60))
        let aggregate = Fixture.aggregate(criterion, track, seconds: 60)
        var judge = Judge(scenario: aggregate.scenario)
        let directive = judge.evaluate(aggregate, runTime: .seconds(40), isFinal: false)
        #expect((directive != .goOn) == aborts)
    }

    @Test func aStallOfTheGeneratorDoesNotAbort() {
        let criterion = Self.p99 {
            $0.confidence = nil
            $0.abortDelay = .zero
        }
        let aggregate = Fixture.aggregate(
            criterion, Self.stalled(criterion, service: false), seconds: 60,
            windows: [30: SyntheticWindow(lagMs: 50)])
        var judge = Judge(scenario: aggregate.scenario)
        #expect(judge.evaluate(aggregate, runTime: .seconds(50), isFinal: false) == .goOn)
    }

    @Test func standingIsOfCompleteWindows() {
        let criterion = Self.p99()
        let aggregate = Fixture.aggregate(criterion, Self.fast(criterion), seconds: 60) {
            $0.thresholds = [Synthetic.latency(20)]
        }
        let judge = Judge(scenario: aggregate.scenario)
        let early = judge.standing(aggregate, runTime: .seconds(5))
        #expect(early.map(\.verdict) == [.inconclusive, .fail])
        #expect(early[0].reason.hasPrefix("run too short"))
        let late = judge.standing(aggregate, runTime: .seconds(60))
        #expect(late.map(\.verdict) == [.pass, .fail])
        let nothing = RunAggregate(scenario: aggregate.scenario)
        let none = judge.standing(nothing, runTime: .zero)
        #expect(none.map(\.reason) == ["no samples yet", "no samples yet"])
    }
}
