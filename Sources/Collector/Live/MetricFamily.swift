// Metrics as Prometheus and OTLP both see them: families of samples with labels. The one list of
// names; PrometheusText and OtlpJSON only write it down.

import Telemetry

struct MetricFamily: Sendable {
    enum Kind: Sendable { case counter, gauge, histogram }
    enum Value: Sendable {
        case whole(UInt64)
        case number(Double)
        /// In ns; exposed in seconds.
        case times(MergedHistogram)
    }
    struct Sample: Sendable {
        /// In the order they are printed.
        var labels: [(name: String, value: String)]
        var value: Value
    }
    /// With prefix; a counter's without `_total`.
    let name: String
    let kind: Kind
    /// OpenMetrics' unit, also the end of the name; empty: none.
    let unit: String
    let help: String
    var samples: [Sample] = []

    init(_ name: String, _ kind: Kind, unit: String = "", _ help: String) {
        self.name = "spotload_" + name
        self.kind = kind
        self.unit = unit
        self.help = help
    }

    /// What a sample of it is called.
    var sampleName: String { kind == .counter ? name + "_total" : name }

    mutating func add(_ value: Value, _ labels: [(name: String, value: String)] = []) {
        samples.append(Sample(labels: labels, value: value))
    }
}
