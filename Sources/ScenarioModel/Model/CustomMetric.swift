// Metrics of the document's own (`metric` steps, scenarios.md section 2).

/// A metric named by the document; one kind each.
package struct CustomMetric: Sendable, Equatable {
    package var name: String
    package var kind: MetricKind
    /// A trend of times in ms, shown with a unit.
    package var isTime: Bool
    /// Values of counters, gauges and trends are whole numbers of millionths on the wire: `0.25` is
    /// 250,000. A trend's unit is then what a millisecond is to a histogram of times.
    package static let perUnit = 1_000_000

    package init(name: String, kind: MetricKind, isTime: Bool) {
        self.name = name
        self.kind = kind
        self.isTime = isTime
    }
}

/// Adds a value to a custom metric.
///
/// A counter adds it (0 to 10^12, and no more than that in total of one worker), a gauge takes it
/// (-10^10 to 10^10), a trend records it (0 to 3,600,000, in steps of 0.0005 or 0.1 %, whichever is
/// larger), each to six decimals; a rate counts whether it is true (not empty, 0, `false` or
/// `null`). Any other value is the iteration error `bad_value`.
package struct MetricStep: Sendable, Equatable {
    /// Position in `Scenario.customMetrics`.
    package var metric: Int
    package var value: Template
    package var tags: [String: String] = [:]
    package init(metric: Int, value: Template) {
        self.metric = metric
        self.value = value
    }
}
