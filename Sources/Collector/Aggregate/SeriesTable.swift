// Totals of series by key, and what a selector sees of them. Histograms in ns. A value; merging
// deltas in any order gives the same table (a gauge's last value is the one with the newest seq).
//
// Series that agents keep for one threshold alone (`SelectedSeries`) hold samples that are in the
// ordinary ones too: they are kept apart, so that no sum over a metric counts them twice.

import ScenarioModel
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
    private var selectedCounters: [SeriesKey: UInt64] = [:]
    private var selectedHistograms: [SeriesKey: MergedHistogram] = [:]

    package init() {}

    package mutating func merge(_ item: SeriesDelta, slot: UInt32, order: DeltaOrder) {
        switch item.value {
        case .counter(let delta, _) where item.key.isSelected:
            selectedCounters[item.key, default: 0] += delta
        case .histogram(let delta) where item.key.isSelected:
            selectedHistograms[item.key, default: MergedHistogram()].add(delta)
        case .counter(let delta, _): counters[item.key, default: 0] += delta
        case .histogram(let delta): histograms[item.key, default: MergedHistogram()].add(delta)
        case .gauge(let delta) where delta.n > 0:
            Self.merge(delta, into: &gauges[item.key, default: [:]][slot], order: order)
        case .gauge: break
        }
    }

    /// Static, so that a change in place holds no second reference to the table.
    private static func merge(
        _ delta: GaugeDelta, into total: inout GaugeTotal?, order: DeltaOrder
    ) {
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

    /// All samples of the selected trend.
    package func trend(_ selection: SeriesSelection) -> MergedHistogram {
        var merged = MergedHistogram()
        for key in selection.ownKeys {
            if let histogram = selectedHistograms[key] { merged.merge(histogram) }
        }
        guard selection.ownKeys.isEmpty else { return merged }
        for (key, histogram) in histograms where selection.reads(key) { merged.merge(histogram) }
        return merged
    }

    /// The selected counter's total.
    package func count(_ selection: SeriesSelection) -> UInt64 {
        guard selection.ownKeys.isEmpty else {
            return selection.ownKeys.reduce(0) { $0 + (selectedCounters[$1] ?? 0) }
        }
        return counters.reduce(0) { selection.reads($1.key) ? $0 + $1.value : $0 }
    }

    package func count(_ metric: String, _ tags: [String: String] = [:]) -> UInt64 {
        count(SeriesSelection(metric, tags))
    }

    /// The two halves of a Rate metric.
    package func rate(_ selection: SeriesSelection) -> (true: UInt64, false: UInt64) {
        var halves: (true: UInt64, false: UInt64) = (0, 0)
        func add(_ key: SeriesKey, _ value: UInt64) {
            if key["rate"] == "true" { halves.true += value } else { halves.false += value }
        }
        guard selection.ownKeys.isEmpty else {
            for key in selection.ownKeys { add(key, selectedCounters[key] ?? 0) }
            return halves
        }
        for (key, value) in counters where selection.reads(key) { add(key, value) }
        return halves
    }

    /// The selected gauge now; nil if there is none. VUs are the sum of every agent's last value, a
    /// gauge of the document's own has the value that was set last.
    package func gauge(_ selection: SeriesSelection) -> Int64? {
        let found = gauges.filter { selection.reads($0.key) }
        if BuiltInMetrics.kinds[selection.metric] == .gauge {
            return found.isEmpty
                ? nil : found.values.joined().reduce(0) { $0 &+ $1.value.last }
        }
        let readings = found.flatMap { key, agents in
            agents.map { (order: $1.order, slot: $0, key: key.text, last: $1.last) }
        }
        return readings.max { a, b in
            if a.order != b.order { return a.order < b.order }
            return (a.slot, a.key) < (b.slot, b.key)
        }?.last
    }
}

extension SeriesKey {
    /// A twin that holds what was intended before `warmup` ended.
    package var isWarmup: Bool { self["phase"] == "warmup" }

    /// Kept for one threshold alone; its samples are in ordinary series too.
    package var isSelected: Bool { self[SelectedSeries.tag] != nil }
}
