// Metrics of the document's own (`metric` steps, scenarios.md section 2).

/// A metric named by the document; one kind each.
package struct CustomMetric: Sendable, Equatable {
    package var name: String
    package var kind: MetricKind
    /// A trend of times in ms, shown with a unit.
    package var isTime: Bool
    package init(name: String, kind: MetricKind, isTime: Bool) {
        self.name = name
        self.kind = kind
        self.isTime = isTime
    }
}

/// Adds a value to a custom metric.
///
/// A counter adds it (at least 0), a gauge takes it, a rate counts whether it is true (not empty,
/// `0` or `false`), a trend records it: 0 to 3,600,000 with three significant digits.
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
