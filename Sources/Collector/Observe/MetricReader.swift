// From the series of one exporter to the metrics a document asks for: matching series are added up,
// counters become increases. A value; one per source, fed with one answer after the other.
//
// An increase is taken series by series, before anything is added up: a counter that is lower than
// it was has been reset in between, and what it shows now is what it rose by since. A series that
// was not there before has no increase yet, as in Prometheus: whether it began at zero is unknown.

package import HarnessCore
package import ScenarioModel

package struct MetricReader: Sendable {
    /// What one answer told.
    package struct Reading: Sendable, Equatable {
        package var values: [ObservedName: Double] = [:]
        /// In words, for each metric that could not be read.
        package var missing: [String] = []
    }

    private struct Counters {
        var at: TimeSpan
        var byLabels: [[String: String]: Double]
    }

    package let source: ObserveSource
    /// Series the source's metrics are made of.
    package let seriesNames: Set<String>
    /// By position of the metric; of the answer before.
    private var previous: [Int: Counters] = [:]

    package init(_ source: ObserveSource) {
        self.source = source
        seriesNames = Set(source.metrics.map(\.series))
    }

    /// - Parameter time: run time at which the values held; later than the one before.
    package mutating func read(_ samples: [ExpositionSample], at time: TimeSpan) -> Reading {
        var reading = Reading()
        for (i, metric) in source.metrics.enumerated() {
            let found = samples.filter { metric.matches($0) }
            let name = ObservedName(source: source.name, metric: metric.name)
            if let objection = objection(metric, found) {
                reading.missing.append("\(metric.name): \(objection)")
                previous[i] = nil
                continue
            }
            guard let value = value(of: metric, i, found, at: time) else { continue }
            let scaled = value * metric.scale
            if scaled.isFinite {
                reading.values[name] = scaled
            } else {
                reading.missing.append("\(metric.name): its value is too large")
            }
        }
        return reading
    }

    private func objection(
        _ metric: ObserveSource.Metric, _ found: [ExpositionSample]
    ) -> String? {
        if found.isEmpty { return "the exporter has no series \(metric.seriesText)" }
        if let odd = found.first(where: { !$0.value.isFinite }) {
            return "\(metric.seriesText) is \(odd.value)"
        }
        if metric.reading != .gauge, found.contains(where: { $0.value < 0 }) {
            return "\(metric.seriesText) is below zero, so it is no counter"
        }
        return nil
    }

    /// Nil where there is nothing to take an increase from.
    private mutating func value(
        of metric: ObserveSource.Metric, _ position: Int, _ found: [ExpositionSample],
        at time: TimeSpan
    ) -> Double? {
        if metric.reading == .gauge { return found.reduce(0) { $0 + $1.value } }
        var now: [[String: String]: Double] = [:]
        for sample in found { now[sample.labels] = sample.value }
        let before = previous.updateValue(
            Counters(at: time, byLabels: now), forKey: position)
        guard let before, time > before.at else { return nil }
        let increases = now.compactMap { labels, value in
            before.byLabels[labels].map { value >= $0 ? value - $0 : value }
        }
        guard !increases.isEmpty else { return nil }
        // Sorted: the last bit of a sum of doubles depends on the order.
        let increase = increases.sorted().reduce(0, +)
        return metric.reading == .rate ? increase / (time - before.at).seconds : increase
    }
}

extension ObserveSource.Metric {
    fileprivate func matches(_ sample: ExpositionSample) -> Bool {
        sample.name == series && labels.allSatisfy { sample.labels[$0.key] == $0.value }
    }

    /// As an exporter writes it.
    fileprivate var seriesText: String {
        guard !labels.isEmpty else { return series }
        let inner = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }
        return "\(series){\(inner.joined(separator: ","))}"
    }
}
