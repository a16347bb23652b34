// What one worker recorded of one workload's custom metrics in one phase, between two cuts.
//
// Values travel in millionths (`CustomMetric.perUnit`): counters and gauges as whole numbers of
// them, trends in the histogram layout of times, where a millionth is a nanosecond and a unit a
// millisecond. Recording allocates nothing once a trend has its histogram.

import HarnessCore
import ScenarioModel
import Telemetry

struct MetricCounts {
    private var counters: [UInt64]
    /// Since the start, over all cuts.
    private var counterTotals: [UInt64]
    private var gauges: [Gauge?]
    private var rates: [Rate]
    private var trends: [IntervalHistogram?]

    private struct Gauge {
        var last: Int64
        var min: Int64
        var max: Int64
    }

    private struct Rate {
        var yes: UInt64 = 0
        var no: UInt64 = 0
    }

    /// - Parameter isWarmup: histograms of the twins are made when first used.
    init(_ series: MetricSeries, limits: SeriesLimits, isWarmup: Bool) {
        counters = [UInt64](repeating: 0, count: series.counters.count)
        counterTotals = counters
        gauges = [Gauge?](repeating: nil, count: series.gauges.count)
        rates = [Rate](repeating: Rate(), count: series.rates.count)
        trends = series.trends.map {
            isWarmup ? nil : IntervalHistogram(limits: limits[$0.name])
        }
    }

    /// False where the worker's total would pass `Limits.customCounterTotal`.
    mutating func add(_ value: UInt64, toCounter i: Int) -> Bool {
        let most = UInt64(Limits.customCounterTotal) * UInt64(CustomMetric.perUnit)
        guard value <= most - counterTotals[i] else { return false }
        counterTotals[i] += value
        counters[i] += value
        return true
    }

    mutating func set(_ value: Int64, gauge i: Int) {
        guard let known = gauges[i] else {
            gauges[i] = Gauge(last: value, min: value, max: value)
            return
        }
        gauges[i] = Gauge(last: value, min: min(known.min, value), max: max(known.max, value))
    }

    mutating func count(_ isTrue: Bool, rate i: Int) {
        if isTrue { rates[i].yes += 1 } else { rates[i].no += 1 }
    }

    mutating func record(_ value: Int64, trend i: Int, _ code: FlowCode) {
        if trends[i] == nil {
            trends[i] = IntervalHistogram(limits: code.limits[code.metricSeries.trends[i].name])
        }
        trends[i]?.record(value)
    }

    /// Appends what there is and forgets it; `tags` are those of every series (scenario, phase).
    mutating func drain(
        _ series: MetricSeries, tags: [String: String], into out: inout [SeriesDelta]
    ) {
        func add(_ item: MetricSeries.Item, _ value: SeriesDelta.Value, rate: String? = nil) {
            var all = item.tags.merging(tags) { $1 }
            if let rate { all["rate"] = rate }
            out.append(SeriesDelta(key: SeriesKey(item.name, all), value: value))
        }
        for (i, item) in series.counters.enumerated() where counters[i] > 0 {
            add(item, .counter(delta: counters[i], cum: 0))
            counters[i] = 0
        }
        for (i, item) in series.gauges.enumerated() {
            guard let gauge = gauges[i] else { continue }
            // One reading a window: the last one.
            add(
                item,
                .gauge(
                    GaugeDelta(
                        n: 1, last: gauge.last, min: gauge.min, max: gauge.max, sum: gauge.last)))
            gauges[i] = nil
        }
        for (i, item) in series.rates.enumerated() {
            let rate = rates[i]
            if rate.yes > 0 { add(item, .counter(delta: rate.yes, cum: 0), rate: "true") }
            if rate.no > 0 { add(item, .counter(delta: rate.no, cum: 0), rate: "false") }
            rates[i] = Rate()
        }
        for (i, item) in series.trends.enumerated() {
            if let delta = trends[i]?.drain() { add(item, .histogram(delta)) }
        }
    }
}
