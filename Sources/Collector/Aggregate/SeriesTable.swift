// Totals of series by key, and what a selector sees of them. Histograms in ns. A value; merging
// deltas in any order gives the same table (a gauge's last value is the one with the newest seq).

package import ScenarioModel
package import Telemetry

/// Where a delta stands among those of its agent.
package struct DeltaOrder: Sendable, Equatable, Comparable {
    package let epoch: UInt64
    package let seq: UInt64
    package static func < (a: Self, b: Self) -> Bool { (a.epoch, a.seq) < (b.epoch, b.seq) }
}

/// One agent's state of a gauge.
package struct GaugeTotal: Sendable, Equatable {
    package var order: DeltaOrder
    package var last: Int64
    package var min: Int64
    package var max: Int64
}

/// Counters, gauges and histograms by key.
package struct SeriesTable: Sendable, Equatable {
    package private(set) var counters: [SeriesKey: UInt64] = [:]
    package private(set) var histograms: [SeriesKey: MergedHistogram] = [:]
    /// By key, then by slot: a gauge of the fleet is the sum over its agents.
    package private(set) var gauges: [SeriesKey: [UInt32: GaugeTotal]] = [:]

    package init() {}

    package mutating func merge(_ item: SeriesDelta, slot: UInt32, order: DeltaOrder) {
        switch item.value {
        case .counter(let delta, _): counters[item.key, default: 0] += delta
        case .histogram(let delta): histograms[item.key, default: MergedHistogram()].add(delta)
        case .gauge(let delta) where delta.n > 0:
            merge(delta, into: &gauges[item.key, default: [:]][slot], order: order)
        case .gauge: break
        }
    }

    private func merge(_ delta: GaugeDelta, into total: inout GaugeTotal?, order: DeltaOrder) {
        guard var known = total else {
            total = GaugeTotal(order: order, last: delta.last, min: delta.min, max: delta.max)
            return
        }
        if known.order < order {
            known.order = order
            known.last = delta.last
        }
        known.min = Swift.min(known.min, delta.min)
        known.max = Swift.max(known.max, delta.max)
        total = known
    }

    /// All samples of the selected trend; warm-up twins apart.
    package func trend(_ selector: MetricSelector) -> MergedHistogram {
        var merged = MergedHistogram()
        for (key, histogram) in histograms where key.isJudged(by: selector) {
            merged.merge(histogram)
        }
        return merged
    }

    /// The selected counter's total.
    package func count(_ selector: MetricSelector) -> UInt64 {
        counters.reduce(0) { $1.key.isJudged(by: selector) ? $0 + $1.value : $0 }
    }

    package func count(_ metric: String, _ tags: [String: String] = [:]) -> UInt64 {
        count(MetricSelector(text: metric, metric: metric, tags: tags))
    }

    /// The two halves of a Rate metric.
    package func rate(_ selector: MetricSelector) -> (true: UInt64, false: UInt64) {
        var halves: (true: UInt64, false: UInt64) = (0, 0)
        for (key, value) in counters where key.isJudged(by: selector) {
            if key["rate"] == "true" { halves.true += value } else { halves.false += value }
        }
        return halves
    }

    /// The selected gauge now: the sum of every agent's last value; nil if none has one.
    package func gauge(_ selector: MetricSelector) -> Int64? {
        var sum: Int64?
        for (key, agents) in gauges where key.isJudged(by: selector) {
            sum = agents.values.reduce(sum ?? 0) { $0 + $1.last }
        }
        return sum
    }
}

extension SeriesKey {
    /// A twin that holds what was intended before `warmup` ended.
    package var isWarmup: Bool { self["phase"] == "warmup" }

    /// Whether every tag of the selector is on this series, and it is no warm-up twin.
    package func isJudged(by selector: MetricSelector) -> Bool {
        metric == selector.metric && !isWarmup
            && selector.tags.allSatisfy { self[$0.key] == $0.value }
    }
}
