// The rules of measurement.md section 5, one row at a time, on tracks made by hand.

import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@testable import Collector

@Suite struct CriterionRuleTests {
    private typealias Fixture = CriterionFixture

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var criterion: Criterion
        var track: CriterionTrack
        var seconds = 60
        var verdict: Verdict
        /// Part of the reason.
        var reason = ""
        var needs: String?
        var testDescription: String { name }
    }

    private static func latency(
        _ name: String, _ p: Double, _ limit: Double, _ windows: [[Double]],
        op: Criterion.Operator = .less, _ verdict: Verdict, reason: String = "",
        needs: String? = nil, change: (inout Criterion) -> Void = { _ in }
    ) -> Case {
        let criterion = Fixture.criterion(.percentile(p), op, limit, change: change)
        return Case(
            name: name, criterion: criterion, track: Fixture.track(windows, criterion),
            seconds: windows.count, verdict: verdict, reason: reason, needs: needs)
    }

    private static func errors(
        _ name: String, _ bad: [UInt64], of n: UInt64, _ op: Criterion.Operator, _ limit: Double,
        _ verdict: Verdict, reason: String = "", needs: String? = nil
    ) -> Case {
        Case(
            name: name,
            criterion: Fixture.criterion(
                .rate, op, limit, unit: .ratio, metric: "http_req_failed"),
            track: Fixture.rate(bad, of: n), seconds: bad.count, verdict: verdict, reason: reason,
            needs: needs)
    }

    private static func throughput(
        _ name: String, _ counts: [Double], _ op: Criterion.Operator, _ lower: Double,
        to upper: Double? = nil, _ verdict: Verdict, reason: String = "", needs: String? = nil,
        statistic: Criterion.Statistic = .rate, change: (inout Criterion) -> Void = { _ in }
    ) -> Case {
        Case(
            name: name,
            criterion: Fixture.criterion(
                statistic, op, lower, upper, unit: .perSecond, metric: "http_reqs", change: change),
            track: Fixture.counter(counts), seconds: counts.count, verdict: verdict,
            reason: reason, needs: needs)
    }

    private static let noisy = (0..<60).map { 100 + Double(($0 * 7) % 11) - 5 }

    private static let cases: [Case] = [
        latency("clearly below", 99, 100, Fixture.values(windows: 60, each: 100), .pass),
        latency(
            "clearly above", 99, 100, Fixture.values(windows: 60, each: 100) { _ in 3 }, .fail),
        latency(
            "on the limit", 99, 100,
            Fixture.values(windows: 60, each: 100) { [0, 1, 2, 0, 3, 0, 1, 1][$0 * 5 % 8] },
            .inconclusive, reason: "the interval reaches over the limit"),
        latency(
            "nine windows", 50, 100, Fixture.values(windows: 9, each: 100), .inconclusive,
            reason: "run too short: needs 10 measured seconds", needs: "10 measured seconds"),
        latency(
            "300 samples", 99, 100, Fixture.values(windows: 60, each: 5), .inconclusive,
            reason: "n<368: ", needs: "about 2 times longer"),
        latency(
            "300 samples, all bad", 99, 5, Fixture.values(windows: 60, each: 5), .fail),
        latency(
            "a lower bound holds", 5, 5, Fixture.values(windows: 60, each: 100), op: .greater,
            .pass),
        latency(
            "a lower bound is missed", 5, 20, Fixture.values(windows: 60, each: 100),
            op: .greaterOrEqual, .fail),
        latency("p(100) is the maximum", 100, 49, Fixture.values(windows: 60, each: 100), .fail),
        errors("no error in 60,000", .init(repeating: 0, count: 60), of: 1_000, .less, 1e-4, .pass),
        errors(
            "no error in 6,000", .init(repeating: 0, count: 60), of: 100, .less, 1e-4,
            .inconclusive, needs: "about 5 times longer"),
        errors("1 % of errors", .init(repeating: 10, count: 60), of: 1_000, .less, 1e-3, .fail),
        errors(
            "a limit of 0", .init(repeating: 0, count: 60), of: 100, .lessOrEqual, 0,
            .inconclusive, reason: "confidence: off"),
        errors(
            "99.9 % are true", .init(repeating: 999, count: 60), of: 1_000, .greaterOrEqual, 0.99,
            .pass),
        errors(
            "half are true", .init(repeating: 500, count: 60), of: 1_000, .greaterOrEqual, 0.99,
            .fail),
        throughput("as planned", .init(repeating: 100, count: 60), .greaterOrEqual, 100, .pass),
        throughput(
            "not more than", .init(repeating: 100, count: 60), .greater, 100, .fail),
        throughput("too few", noisy, .greaterOrEqual, 105, .fail),
        throughput("enough", noisy, .greaterOrEqual, 95, .pass),
        throughput(
            "near the limit", noisy, .greaterOrEqual, 99.9, .inconclusive,
            reason: "times longer"),
        throughput("in a band", noisy, .within, 95, to: 105, .pass),
        throughput("below a band", noisy, .within, 110, to: 120, .fail),
        throughput("across an edge of a band", noisy, .within, 99.9, to: 120, .inconclusive),
        throughput("a count", noisy, .less, 6_100, .pass, statistic: .count),
        throughput("a count of none", [0, 0], .lessOrEqual, 0, .pass, statistic: .count),
        throughput("a rate of none", [0, 0], .less, 10, .fail, reason: "no samples"),
        throughput(
            "a slow start by slices", (0..<60).map { $0 < 10 ? 50 : 100 }, .greaterOrEqual, 90,
            .fail, reason: "1 of 6 slices of 10s miss the limit, 1 % may"
        ) { $0.window = .slices(.seconds(10), allow: 0.01) },
        throughput(
            "a slow start that may be", (0..<60).map { $0 < 10 ? 50 : 100 }, .greaterOrEqual, 90,
            .pass
        ) { $0.window = .slices(.seconds(10), allow: 0.2) },
        throughput(
            "a part of the run", (0..<60).map { $0 < 30 ? 50 : 100 }, .greaterOrEqual, 99, .pass
        ) { $0.window = .span(from: .seconds(30), to: .seconds(60)) },
        throughput(
            "the last part", (0..<60).map { $0 < 30 ? 50 : 100 }, .greaterOrEqual, 99, .pass
        ) { $0.window = .last(.seconds(20)) },
        throughput(
            "more than there is", noisy, .greaterOrEqual, 90, .inconclusive,
            reason: "ended before the window did"
        ) { $0.window = .last(.seconds(120)) },
        throughput(
            "a window never reached", noisy, .greaterOrEqual, 90, .inconclusive,
            reason: "never reached the window: 2m0s to 3m0s"
        ) { $0.window = .span(from: .seconds(120), to: .seconds(180)) },
        throughput(
            "a slice longer than the run", noisy, .greaterOrEqual, 90, .inconclusive,
            reason: "shorter than a slice"
        ) { $0.window = .slices(.seconds(100), allow: 0) },
    ]

    @Test(arguments: cases)
    func verdicts(_ c: Case) {
        let row = Fixture.row(c.criterion, c.track, seconds: c.seconds)
        #expect(row.verdict == c.verdict, "\(c.name): \(row)")
        #expect(c.reason.isEmpty || row.reason.contains(c.reason), "\(c.name): \(row.reason)")
        #expect(c.needs == nil || row.needs == c.needs, "\(c.name): \(row.needs ?? "-")")
    }

    /// The point rule is exact: of 1,000 samples p(99) is the 990th.
    @Test(arguments: [(9, 10.0, true), (10, 10, true), (11, 10, false)])
    func exactCounts(bad: Int, limit: Double, holds: Bool) {
        // All in one bucket: 10 ms and 10.000001 ms.
        let values = (0..<1_000).map { $0 < bad ? 10.000001 : 9.999999 }
        let criterion = Fixture.criterion(.percentile(99), .less, limit) { $0.confidence = nil }
        let windows = stride(from: 0, to: 1_000, by: 100).map { Array(values[$0..<$0 + 100]) }
        let row = Fixture.row(criterion, Fixture.track(windows, criterion), seconds: 10)
        #expect((row.verdict == .pass) == holds, "\(row)")
        #expect(row.bad == UInt64(bad) && row.good == UInt64(1_000 - bad))
        #expect(holds ? row.observed ?? 99 <= limit : row.observed ?? 0 >= limit)
    }

    /// Point verdicts against a sort of all values, on both sides of the limit.
    @Test func pointRuleIsASort() {
        var random = SplitMix64(state: 21)
        for round in 0..<300 {
            let count = 1 + Int(random.next() % 12)
            var windows: [[Double]] = []
            for _ in 0..<count {
                let samples = Int(random.next() % 30)
                windows.append((0..<samples).map { _ in Double(1 + random.next() % 20) })
            }
            let all = windows.flatMap { $0 }.sorted()
            guard !all.isEmpty else { continue }
            let p = [1.0, 10, 50, 90, 95, 99][Int(random.next() % 6)]
            let op: Criterion.Operator = [.less, .lessOrEqual, .greater, .greaterOrEqual, .within][
                Int(random.next() % 5)]
            let low = Double(1 + random.next() % 20)
            let criterion = Fixture.criterion(
                .percentile(p), op, low, op == .within ? low + 3 : low
            ) { $0.confidence = nil }
            let rank = max(1, Int((p.nextDown * Double(all.count) / 100).rounded(.up)))
            let row = Fixture.row(
                criterion, Fixture.track(windows, criterion), seconds: windows.count)
            #expect(
                (row.verdict == .pass) == criterion.holds(all[rank - 1]),
                "round \(round): p(\(p)) \(op.rawValue) \(low) of \(all)")
        }
    }

    @Test func evidenceOfAPercentile() throws {
        let criterion = Fixture.criterion(.percentile(99), .less, 100)
        let windows = Fixture.values(windows: 120, each: 100) { $0 % 10 == 3 ? 2 : 0 }
        let row = Fixture.row(criterion, Fixture.track(windows, criterion), seconds: 120)
        #expect(row.verdict == .pass && row.samples == 12_000)
        #expect(row.bad == 24 && row.good == 11_976)
        #expect(row.batches == 30 && row.batchWindows == 4)
        let budget = try #require(row.budget)
        #expect(abs(budget.consumed - 0.2) < 1e-9 && abs(budget.burnRate - 0.2) < 1e-9)
        let interval = try #require(row.interval)
        #expect(interval.method == .woodruff && interval.level == 0.95)
        let observed = try #require(row.observed)
        #expect(interval.low <= observed && observed <= interval.high)
        #expect(row.worstSlice?.value ?? 0 > 45)
        #expect(row.designEffect ?? 0 >= 1)
        #expect(row.effectiveSamples ?? 0 <= 12_000 && row.effectiveSamples ?? 0 > 368)
        #expect(row.droppedAsBad == 0 && row.interruptedAsBad == 0)
        #expect(row.window?.to == .seconds(120))
    }

    @Test func evidenceOfARatio() throws {
        let criterion = Fixture.criterion(
            .ratio(.lessOrEqual, limitMs: 100), .greaterOrEqual, 0.99, unit: .ratio)
        let windows = Fixture.values(windows: 120, each: 100) { $0 < 60 ? 1 : 0 }
        let row = Fixture.row(criterion, Fixture.track(windows, criterion), seconds: 120)
        let observed = try #require(row.observed)
        #expect(abs(observed - (1 - Double(row.bad ?? 0) / 12_000)) < 1e-12)
        let budget = try #require(row.budget)
        #expect(budget.burnRate > budget.consumed * 1.5, "the first minute burned it all")
        let interval = try #require(row.interval)
        #expect(interval.low < observed && observed < interval.high)
    }

    @Test func aShareAboveALimitMayBeBounded() {
        let criterion = Fixture.criterion(
            .ratio(.greater, limitMs: 100), .less, 0.02, unit: .ratio)
        let windows = Fixture.values(windows: 60, each: 100) { _ in 1 }
        let row = Fixture.row(criterion, Fixture.track(windows, criterion), seconds: 60)
        #expect(row.verdict == .pass && row.observed ?? 1 < 0.010001, "\(row)")
        #expect(row.bad ?? 0 <= 60)
    }

    @Test func whatWasNeverMeasuredIsBad() {
        let criterion = Fixture.criterion(.percentile(99), .less, 100)
        var track = Fixture.track(Fixture.values(windows: 60, each: 100), criterion)
        for i in 0..<60 {
            track.windows[UInt32(i)]?.dropped = 2
            track.windows[UInt32(i)]?.interrupted = 1
        }
        let row = Fixture.row(criterion, track, seconds: 60)
        #expect(row.verdict == .fail && row.samples == 6_180 && row.bad == 180)
        #expect(row.droppedAsBad == 120 && row.interruptedAsBad == 60)
        #expect(row.reason == "180 bad samples, among them 120 dropped, 60 interrupted")
    }

    @Test func samplesThatMoveTogetherAreFewer() {
        // Each window is all slow or all fast: 100 samples tell as much as one.
        let criterion = Fixture.criterion(.percentile(95), .less, 100)
        let windows = (0..<60).map { w in [Double](repeating: w % 20 == 7 ? 500 : 20, count: 100) }
        let row = Fixture.row(criterion, Fixture.track(windows, criterion), seconds: 60)
        #expect(row.verdict == .inconclusive, "\(row)")
        #expect(row.effectiveSamples ?? 6_000 < 200)
    }

    @Test func zeroSamplesNeverPass() {
        let criterion = Fixture.criterion(.percentile(99), .less, 100)
        #expect(Fixture.row(criterion, CriterionTrack(), seconds: 60).verdict == .fail)
        let typo = Fixture.criterion(
            .percentile(99), .less, 100, tags: ["scenario": "typo"])
        #expect(Fixture.row(typo, CriterionTrack(), seconds: 60).verdict == .invalid)
        for statistic in [Criterion.Statistic.average, .maximum, .minimum, .median, .value] {
            let row = Fixture.row(
                Fixture.criterion(statistic, .less, 100), CriterionTrack(), seconds: 60)
            #expect(row.verdict == .fail && row.reason == "no samples", "\(statistic)")
        }
    }

    @Test func extremesAreExact() {
        let windows = Fixture.values(windows: 30, each: 50).map { window in
            window.map { ($0 * 1e6).rounded(.down) / 1e6 }
        }
        let all = windows.flatMap { $0 }
        for (statistic, exact) in [
            (Criterion.Statistic.maximum, all.max()), (.minimum, all.min()),
        ] {
            let criterion = Fixture.criterion(statistic, .lessOrEqual, exact ?? 0)
            let row = Fixture.row(criterion, Fixture.track(windows, criterion), seconds: 30)
            #expect(row.observed == exact && row.verdict == .pass)
            #expect(row.interval == nil)
        }
    }

    @Test func averagesHaveIntervals() throws {
        let windows = Fixture.values(windows: 60, each: 100)
        let exact = windows.joined().reduce(0, +) / 6_000
        for (limit, verdict) in [(exact + 1, Verdict.pass), (exact - 1, .fail)] {
            let criterion = Fixture.criterion(.average, .less, limit)
            let row = Fixture.row(criterion, Fixture.track(windows, criterion), seconds: 60)
            #expect(row.verdict == verdict && abs((row.observed ?? 0) - exact) < 1e-6)
            let interval = try #require(row.interval)
            #expect(interval.method == .mean && interval.high - interval.low < 3)
            #expect(row.effectiveSamples ?? 0 > 1_000)
        }
    }

    @Test func warmupIsOutside() {
        let criterion = Fixture.criterion(
            .rate, .greaterOrEqual, 100, unit: .perSecond, metric: "http_reqs")
        var track = Fixture.counter((0..<60).map { $0 < 20 ? 0 : 100 })
        let row = Fixture.row(criterion, track, seconds: 60, warmup: .seconds(20))
        #expect(row.verdict == .pass && row.observed == 100)
        #expect(row.window?.from == .seconds(20))
        track = Fixture.counter((0..<60).map { $0 < 20 ? 10 : 100 })
        let all = Fixture.criterion(
            .rate, .greaterOrEqual, 100, unit: .perSecond, metric: "http_reqs"
        ) { $0.excludesWarmup = false }
        let whole = Fixture.row(all, track, seconds: 60, warmup: .seconds(20))
        #expect(whole.observed == 70 && whole.verdict != .pass)
    }
}
