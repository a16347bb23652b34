// What was scraped from the target, as reports list it: each metric over its samples of the
// measured part, warm-up apart, with how often its source answered.

import HarnessCore
import ScenarioModel

struct ObservedReading {
    let name: ObservedName
    let samples: Int
    /// nil without samples.
    let average: Double?
    let minimum: Double?
    let maximum: Double?
    let source: ObservedSource

    /// Every metric the document asks for or that was seen, in name order.
    static func all(_ run: FinishedRun) -> [ObservedReading] {
        let log = run.aggregate.observed
        let asked = run.aggregate.scenario.observe.flatMap { source in
            source.metrics.map { ObservedName(source: source.name, metric: $0.name) }
        }
        return Set(asked).union(log.samples.keys).sorted().map { name in
            let values = (log.samples[name] ?? []).filter {
                $0.at >= run.facts.warmup && $0.at <= run.measuredEnd && $0.value.isFinite
            }.map(\.value)
            return ObservedReading(
                name: name, samples: values.count,
                average: values.isEmpty ? nil : values.reduce(0, +) / Double(values.count),
                minimum: values.min(), maximum: values.max(),
                source: log.sources[name.source] ?? ObservedSource())
        }
    }

    /// Four significant digits, or a whole number: what the metric is in, nobody has said.
    static func text(_ value: Double?) -> String {
        guard let value else { return "-" }
        if value == value.rounded() { return ReportText.decimal(value, 0) }
        let places: [(least: Double, places: Int)] = [(1_000, 1), (100, 2), (1, 3)]
        return ReportText.decimal(value, places.first { abs(value) >= $0.least }?.places ?? 6)
    }
}
