// Criteria and their tracks made by hand: windows of known values, counted the obvious way.

import HarnessCore
import ScenarioModel
import Telemetry

@testable import Collector

extension SplitMix64 {
    /// 0 ..< 1.
    mutating func unitValue() -> Double { Double(next() >> 11) * 0x1p-53 }
}

enum CriterionFixture {
    static let responseTime = "http_req_response_time"

    static func criterion(
        _ statistic: Criterion.Statistic, _ comparison: Criterion.Operator, _ lower: Double,
        _ upper: Double? = nil, unit: Criterion.Unit = .milliseconds,
        metric: String = responseTime, tags: [String: String] = [:],
        change: (inout Criterion) -> Void = { _ in }
    ) -> Criterion {
        var criterion = Criterion(
            name: "c", subject: .metric(MetricSelector(text: metric, metric: metric, tags: tags)),
            statistic: statistic, statisticText: text(statistic), comparison: comparison,
            lower: lower, upper: upper ?? lower, unit: unit, limitText: "\(lower)",
            source: SourcePosition(file: "scenarios/orders.yaml", line: 20, column: 5))
        switch (statistic, comparison) {
        case (.count, _), (.minimum, _), (.maximum, _), (.value, _), (_, .equal), (_, .notEqual):
            criterion.confidence = nil
        default: break
        }
        change(&criterion)
        if case .slices = criterion.window { criterion.confidence = nil }
        return criterion
    }

    private static func text(_ statistic: Criterion.Statistic) -> String {
        switch statistic {
        case .percentile(let p): "p(\(p))"
        case .median: "med"
        case .average: "avg"
        case .minimum: "min"
        case .maximum: "max"
        case .ratio(let op, let limit): "ratio(\(op.rawValue)\(limit)ms)"
        case .rate: "rate"
        case .count: "count"
        case .value: "value"
        }
    }

    /// What a window of a trend holds, counted as a criterion wants it.
    static func window(_ ms: [Double], _ criterion: Criterion) -> CriterionWindow {
        var window = CriterionWindow()
        window.count = UInt64(ms.count)
        window.sum = ms.reduce(0, +) * 1e6
        window.min = ms.min().map { UInt64($0 * 1e6) } ?? 0
        window.max = ms.max().map { UInt64($0 * 1e6) } ?? 0
        switch (criterion.statistic, criterion.comparison) {
        case (.ratio(let op, let limit), _):
            window.bad = UInt64(ms.count { !op.holds($0, limit) })
        case (.percentile, .within), (.median, .within), (.minimum, .within), (.maximum, .within):
            window.bad = UInt64(ms.count { $0 > criterion.upper })
            window.badBelow = UInt64(ms.count { $0 < criterion.lower })
        case (.percentile, _), (.median, _), (.minimum, _), (.maximum, _):
            window.bad = UInt64(ms.count { !criterion.holds($0) })
        default: break
        }
        return window
    }

    /// A track of a trend: the values of each window, ms.
    static func track(
        _ windows: [[Double]], _ criterion: Criterion, first: UInt32 = 0
    ) -> CriterionTrack {
        var track = CriterionTrack()
        track.begin = first
        track.sliceBase = first
        track.sliceWindows = UInt32(windows.count / 64 + 1)
        for (i, values) in windows.enumerated() where !values.isEmpty {
            let index = first + UInt32(i)
            track.windows[index] = window(values, criterion)
            let samples = Synthetic.histogram(values.map { UInt64($0 * 1e6) })
            track.histogram.add(samples)
            track.slices[UInt32(i) / track.sliceWindows, default: MergedHistogram()].add(samples)
        }
        return track
    }

    /// A track of a Rate metric: how many of `n` were true in each window.
    static func rate(_ bad: [UInt64], of n: UInt64) -> CriterionTrack {
        var track = CriterionTrack()
        for (i, k) in bad.enumerated() {
            var window = CriterionWindow()
            window.count = n
            window.bad = k
            window.badResponses = k
            track.windows[UInt32(i)] = window
        }
        return track
    }

    /// A track of a counter: its increase in each window.
    static func counter(_ increases: [Double]) -> CriterionTrack {
        var track = CriterionTrack()
        for (i, n) in increases.enumerated() where n > 0 {
            var window = CriterionWindow()
            window.sum = n
            track.windows[UInt32(i)] = window
        }
        return track
    }

    /// A run of equal windows with this criterion and track.
    static func aggregate(
        _ criterion: Criterion, _ track: CriterionTrack, seconds: Int,
        warmup: TimeSpan = .zero, isOpen: Bool = true, windows: [Int: SyntheticWindow] = [:],
        change: (inout Scenario) -> Void = { _ in }
    ) -> RunAggregate {
        var scenario = Synthetic.scenario(
            [], seconds: Int64(seconds), warmup: warmup, isOpen: isOpen)
        scenario.criteria = [criterion]
        change(&scenario)
        var aggregate = Synthetic.aggregate(
            scenario,
            (0..<seconds).map { i in
                var window = windows[i] ?? SyntheticWindow()
                window.isWarmup = TimeSpan.seconds(Int64(i)) < warmup
                return window
            })
        aggregate.close()
        aggregate.tracks = [track]
        return aggregate
    }

    static func row(
        _ criterion: Criterion, _ track: CriterionTrack, seconds: Int, warmup: TimeSpan = .zero,
        change: (inout Scenario) -> Void = { _ in }
    ) -> CriterionRow {
        CriterionJudge(
            criterion, track: track,
            aggregate: aggregate(
                criterion, track, seconds: seconds, warmup: warmup, change: change),
            end: .seconds(Int64(seconds)), isFinal: true
        ).row()
    }

    static func verdict(_ aggregate: RunAggregate, seconds: Int) -> RunVerdict {
        Judge(scenario: aggregate.scenario).verdict(
            aggregate, facts: Synthetic.facts(aggregate.scenario, seconds: Int64(seconds)),
            accounting: Synthetic.books(aggregate))
    }

    /// Values between 10 and 50 ms, `slow` of each window 10 times as long.
    static func values(
        windows: Int, each: Int, slow: (Int) -> Int = { _ in 0 }, seed: UInt64 = 1
    ) -> [[Double]] {
        var random = SplitMix64(state: seed)
        return (0..<windows).map { w in
            let late = slow(w)
            return (0..<each).map { i in
                (10 + 40 * random.unitValue()) * (i < late ? 10 : 1)
            }
        }
    }
}
