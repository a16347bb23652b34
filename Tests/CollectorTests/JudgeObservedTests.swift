// Criteria on what was scraped from the target: division, bands, missing scrapes.

import HarnessCore
import ScenarioModel
import Testing

@testable import Collector

@Suite struct JudgeObservedTests {
    private static let cpu = ObservedName(source: "engine", metric: "cpu")
    private static let cores = ObservedName(source: "engine", metric: "cores")

    private static func criterion(
        _ statistic: Criterion.Statistic, _ op: Criterion.Operator, _ lower: Double,
        _ upper: Double? = nil, per: ObservedName? = cores
    ) -> Criterion {
        CriterionFixture.criterion(statistic, op, lower, upper, unit: .ratio) {
            $0.subject = .observed(cpu)
            $0.per = per
        }
    }

    /// A scrape a second for a minute, cores twice as many as 1.
    private static func row(
        _ criterion: Criterion, answers: (Int) -> Bool = { _ in true }, warmup: TimeSpan = .zero,
        cpu value: (Int) -> Double = { 1.3 + 0.02 * Double($0 * 7 % 5) }
    ) -> CriterionRow {
        let source = ObserveSource(
            name: "engine", url: "/metrics",
            metrics: [
                .init(name: "cpu", series: "process_cpu_seconds_total"),
                .init(name: "cores", series: "cores"),
            ], source: SourcePosition(file: "", line: 0, column: 0))
        var aggregate = CriterionFixture.aggregate(
            criterion, CriterionTrack(), seconds: 60, warmup: warmup
        ) {
            $0.observe = [source]
            $0.observe[0].interval = .seconds(1)
        }
        for second in 0..<60 {
            let at = TimeSpan.milliseconds(Int64(second) * 1_000 + 3)
            if answers(second) {
                aggregate.observed.note(
                    [(cpu, value(second)), (cores, 2)], from: "engine", at: at)
            } else {
                aggregate.observed.noteFailure("timed out", from: "engine")
            }
        }
        return CriterionFixture.verdict(aggregate, seconds: 60).rows[0]
    }

    @Test(arguments: [
        (0.60, 0.70, Verdict.pass), (0.70, 0.80, .fail), (0.5, 0.66, .fail),
        (0.5, 0.6705, .inconclusive),
    ])
    func aBandOfCpu(low: Double, high: Double, verdict: Verdict) {
        let row = Self.row(Self.criterion(.average, .within, low, high))
        #expect(row.verdict == verdict, "\(row)")
        #expect(abs((row.observed ?? 0) - 0.67) < 1e-9 && row.samples == 60)
        #expect(row.interval?.method == .mean && row.unit == .ratio)
    }

    @Test func extremesAndShares() {
        #expect(Self.row(Self.criterion(.maximum, .lessOrEqual, 0.6901)).verdict == .pass)
        #expect(Self.row(Self.criterion(.maximum, .lessOrEqual, 0.68)).verdict == .fail)
        #expect(Self.row(Self.criterion(.value, .greater, 1, per: nil)).verdict == .pass)
        // 60 scrapes are too few for p(95) with confidence, enough to miss it.
        let p95 = Self.row(Self.criterion(.percentile(95), .less, 0.8))
        #expect(p95.verdict == .inconclusive && p95.reason.hasPrefix("n<72"), "\(p95)")
        #expect(Self.row(Self.criterion(.percentile(95), .less, 0.5)).verdict == .fail)
    }

    @Test func warmupIsLeftOut() {
        let row = Self.row(
            Self.criterion(.maximum, .less, 0.7), warmup: .seconds(30),
            cpu: { $0 < 30 ? 9 : 1 })
        #expect(row.verdict == .pass && row.observed == 0.5 && row.samples == 30)
    }

    @Test func missingScrapes() {
        let criterion = Self.criterion(.average, .less, 0.9)
        let half = Self.row(criterion, answers: { $0 % 2 == 0 })
        #expect(half.verdict == .inconclusive)
        #expect(half.reason == "only 30 of 60 scrapes of engine were answered: timed out")
        #expect(Self.row(criterion, answers: { $0 % 6 != 0 }).verdict == .pass)
        let none = Self.row(criterion, answers: { _ in false })
        #expect(none.verdict == .invalid && none.reason.hasPrefix("no samples"))
        // A metric that the target stopped to have is missing too.
        let gone = Self.row(criterion, cpu: { $0 < 30 ? 1.0 : Double.nan })
        #expect(gone.verdict == .inconclusive, "\(gone)")
    }

    @Test func aDivisorOfZeroIsNoSample() {
        let criterion = Self.criterion(.average, .less, 0.9, per: Self.cpu)
        let row = Self.row(criterion, cpu: { $0 % 10 == 0 ? 0 : 3 })
        #expect(row.samples == 54 && row.observed == 1 && row.verdict == .fail)
    }
}
