// One criterion's track while it is filled: which windows are its own, how samples are counted, how
// the slices follow the run. A value; deltas may come in any order.

import HarnessCore
import ScenarioModel
import Telemetry

struct TrackFiller: Sendable {
    /// What a series is to a criterion.
    enum Role: Sendable {
        case samples, service
        case trueHalf, falseHalf, failedResponses
        case increase, level
        case dropped, interrupted
    }

    private(set) var track = CriterionTrack()
    private let counting: TrackCounting
    private let keepsSlices: Bool
    /// Of `last`, in windows.
    private let lastWindows: UInt32?
    private let firstWindow: UInt32
    /// Rates per second end with the schedules.
    private let isRate: Bool

    init(_ criterion: Criterion, reading: MetricReading, scenario: Scenario, limits: SeriesLimits) {
        let isTrend = reading.kind == .trend
        isRate = reading.kind == .counter && criterion.statistic == .rate
        let (bad, badBelow) = isTrend ? criterion.sampleLimits : (nil, nil)
        counting = TrackCounting(
            bad: bad, badBelow: badBelow,
            perUnit: reading.isCustom ? Double(CustomMetric.perUnit) : 1,
            limits: limits[reading.selection.metric],
            serviceLimits: limits["http_req_duration"])
        let warmup = UInt32(clamping: scenario.warmup.ns / 1_000_000_000)
        var first = criterion.excludesWarmup ? warmup : 0
        var last: UInt32?
        var isPart = true
        switch criterion.window {
        case .whole, .slices: isPart = false
        case .span(let from, let to):
            first = max(first, UInt32(clamping: from.ns / 1_000_000_000))
            track.end = UInt32(clamping: Int64(to.seconds.rounded(.up)))
        case .last(let span):
            let windows = UInt32(clamping: Int64(max(1, span.seconds.rounded(.up))))
            track.sliceWindows = (windows + 31) / 32
            last = windows
        }
        firstWindow = first
        track.begin = first
        track.sliceBase = last == nil ? first : 0
        lastWindows = last
        let isPercentile: Bool =
            switch criterion.statistic {
            case .percentile, .median: true
            default: false
            }
        keepsSlices = isTrend && (isPercentile || isPart)
    }

    /// Windows kept before those of `last`: agents may be behind, and judged by what all know.
    private static let slack: UInt32 = 10

    /// A delta of `window` is merged; `scheduled`: windows before the end of all schedules.
    mutating func advance(to window: UInt32, scheduled: UInt32) {
        guard let lastWindows else { return }
        let end = min(window + 1, scheduled)
        let kept = lastWindows + Self.slack
        let aligned = (end > kept ? end - kept : 0) / track.sliceWindows
        let begin = max(firstWindow, aligned * track.sliceWindows)
        guard begin > track.begin else { return }
        track.begin = begin
        track.windows = track.windows.filter { $0.key >= begin }
        guard keepsSlices else { return }
        let first = begin / track.sliceWindows
        track.slices = track.slices.filter { $0.key >= first }
        track.histogram = track.slices.values.reduce(into: MergedHistogram()) { $0.merge($1) }
    }

    private func takes(_ window: UInt32, scheduled: UInt32) -> Bool {
        guard window >= track.begin else { return false }
        if let end = track.end, window >= end { return false }
        return !isRate || window < scheduled
    }

    mutating func noteTaint(_ windows: ClosedRange<UInt32>, scheduled: UInt32) {
        for window in windows where takes(window, scheduled: scheduled) {
            track.windows[window, default: CriterionWindow()].isTainted = true
        }
    }

    mutating func merge(
        _ value: SeriesDelta.Value, as role: Role, window: UInt32, scheduled: UInt32
    ) {
        guard takes(window, scheduled: scheduled) else { return }
        switch (value, role) {
        case (.histogram(let delta), .samples) where delta.count > 0:
            counting.addSamples(delta, to: &track.windows[window, default: CriterionWindow()])
            track.histogram.add(delta)
            if keepsSlices { addSlice(delta, window: window) }
        case (.histogram(let delta), .service) where delta.count > 0:
            counting.addService(delta, to: &track.windows[window, default: CriterionWindow()])
        case (.counter(let n, _), _) where n > 0:
            counting.count(n, role, &track.windows[window, default: CriterionWindow()])
        case (.gauge(let gauge), .level) where gauge.n > 0:
            counting.addLevel(gauge.last, to: &track.windows[window, default: CriterionWindow()])
        default: break
        }
    }

    private mutating func addSlice(_ delta: HistogramDelta, window: UInt32) {
        let offset = window - track.sliceBase
        // Of `last` there are never so many.
        while lastWindows == nil, offset / track.sliceWindows >= CriterionTrack.slicesMax {
            mergePairs()
        }
        track.slices[offset / track.sliceWindows, default: MergedHistogram()].add(delta)
    }

    private mutating func mergePairs() {
        var halved: [UInt32: MergedHistogram] = [:]
        for (slice, histogram) in track.slices {
            halved[slice / 2, default: MergedHistogram()].merge(histogram)
        }
        track.slices = halved
        track.sliceWindows *= 2
    }
}
