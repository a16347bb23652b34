// What a selector reads: the series of its metric that carry its tags, or the one series that the
// agents keep for it (ScenarioModel's `SelectedSeries`). Tags that follow from the scenario are on
// no series: they are looked up by its name. Warm-up twins are read by nobody.

import HarnessCore
package import ScenarioModel
package import Telemetry

package struct SeriesSelection: Sendable {
    package let metric: String
    private let tags: [(name: String, value: String, cut: String)]
    /// Keys of the series kept for this selector, a rate's halves and others; empty: ordinary ones.
    package let ownKeys: [SeriesKey]
    /// Tags of document and scenario, by the scenario's name.
    private let staticTags: [String: [String: String]]

    package init(
        _ selector: MetricSelector, selected: SelectedSeries,
        staticTags: [String: [String: String]]
    ) {
        metric = selector.metric
        tags = selector.tags.sorted { $0.key < $1.key }.map {
            ($0.key, $0.value, TagText.bounded($0.value))
        }
        self.staticTags = staticTags
        ownKeys =
            selected.position(of: selector).map { position in
                let own = [SelectedSeries.tag: String(position)]
                let halves = ["true", "false"].map { half in own.merging(["rate": half]) { $1 } }
                return ([own] + halves).map { SeriesKey(selector.metric, $0) }
            } ?? []
    }

    /// Reads ordinary series by the tags they carry.
    package init(_ metric: String, _ tags: [String: String] = [:]) {
        self.init(
            MetricSelector(text: metric, metric: metric, tags: tags), selected: .none,
            staticTags: [:])
    }

    /// Reads ordinary series by the tags they carry, or their scenario has.
    init(_ metric: String, tags: [String: String], staticTags scenario: Scenario) {
        self.init(
            MetricSelector(text: metric, metric: metric, tags: tags), selected: .none,
            staticTags: scenario.staticTagsByWorkload)
    }

    /// Whether an ordinary series is among what the selector reads.
    package func reads(_ key: SeriesKey) -> Bool { !key.isWarmup && readsOrdinary(key) }

    /// The same of any series: ordinary ones or its own, warm-up or not.
    func readsAnyPhase(_ key: SeriesKey) -> Bool {
        guard key.metric == metric else { return false }
        guard let own = ownKeys.first else { return !key.isSelected && readsOrdinary(key) }
        return key[SelectedSeries.tag] == own[SelectedSeries.tag]
    }

    private func readsOrdinary(_ key: SeriesKey) -> Bool {
        guard key.metric == metric else { return false }
        return tags.allSatisfy { tag in
            if let value = key[tag.name] { return value == tag.cut }
            guard let scenario = key["scenario"] else { return false }
            return staticTags[scenario]?[tag.name] == tag.value
        }
    }
}

extension Scenario {
    /// Tags of document and scenario, by the scenario's name.
    var staticTagsByWorkload: [String: [String: String]] {
        Dictionary(workloads.map { ($0.name, staticTags($0)) }) { first, _ in first }
    }
}

/// What a threshold needs to know of its metric.
package struct MetricReading: Sendable {
    package let kind: MetricKind
    package let selection: SeriesSelection
    /// A trend of times, in ms; others have no unit.
    package let isTime: Bool
    /// Of the document's own: its counters and gauges are in millionths.
    package let isCustom: Bool

    /// A counter's or gauge's value in its own unit.
    package func value(_ count: Double) -> Double {
        isCustom ? count / Double(CustomMetric.perUnit) : count
    }
}
