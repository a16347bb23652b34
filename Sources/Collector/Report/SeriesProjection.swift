// Totals of series as summary.json lists them: every series by its full tags, and the sums over
// what the tags divide: per metric, per scenario, per scenario and request name. A Rate keeps its
// two halves apart throughout. Warm-up twins are listed with `phase`, and are in no sum.

import Telemetry

enum SeriesProjection {
    /// Counters that are listed elsewhere, as errors.
    private static let hidden: Set<String> = ["error_sample"]

    /// Sorted by metric, then by the canonical text.
    static func histograms(_ table: SeriesTable) -> [(key: SeriesKey, value: MergedHistogram)] {
        var sums: [SeriesKey: MergedHistogram] = [:]
        for (key, histogram) in table.histograms {
            for projected in projections(of: key) {
                sums[projected, default: MergedHistogram()].merge(histogram)
            }
        }
        return sorted(sums)
    }

    static func counters(_ table: SeriesTable) -> [(key: SeriesKey, value: UInt64)] {
        var sums: [SeriesKey: UInt64] = [:]
        for (key, count) in table.counters where !hidden.contains(key.metric) {
            for projected in projections(of: key) { sums[projected, default: 0] += count }
        }
        return sorted(sums)
    }

    /// The keys a series counts under, its own included; each once.
    static func projections(of key: SeriesKey) -> Set<SeriesKey> {
        guard !key.isWarmup else { return [key] }
        var keys: Set<SeriesKey> = [key]
        for kept in [["rate"], ["rate", "scenario"], ["rate", "scenario", "name"]] {
            let tags = key.tags.filter { kept.contains($0.name) }
            let pairs = tags.map { ($0.name, $0.value) }
            keys.insert(SeriesKey(key.metric, Dictionary(pairs) { first, _ in first }))
        }
        return keys
    }

    private static func sorted<Value>(
        _ sums: [SeriesKey: Value]
    ) -> [(key: SeriesKey, value: Value)] {
        sums.map { (text: $0.key.text, key: $0.key, value: $0.value) }
            .sorted { ($0.key.metric, $0.text) < ($1.key.metric, $1.text) }
            .map { (key: $0.key, value: $0.value) }
    }
}
