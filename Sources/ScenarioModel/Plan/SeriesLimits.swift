// Latency limits of the scenario, per metric: samples over each are counted exactly beside the
// histogram (measurement.md section 3). Agents count with it and the collector reads with it, so
// the order of the limits cannot differ. Criteria come before thresholds, whose percentiles
// are interpolated and need no exact count; within each, document order.

import HarnessCore

package struct SeriesLimits: Sendable {
    /// Values above which a sample is over the limit, at most `Limits.deltaOverLimits` a metric.
    private var byMetric: [String: [UInt64]] = [:]

    package init(_ scenario: Scenario) {
        for criterion in scenario.criteria {
            guard let metric = criterion.selector?.metric,
                scenario.kind(of: metric) == .trend
            else { continue }
            let limits = criterion.sampleLimits
            for limit in [limits.bad, limits.badBelow] {
                guard let limit else { continue }
                add(limit, to: metric)
                // Whether a miss is the target's doing is also asked of the service time.
                if metric == "http_req_response_time" { add(limit, to: "http_req_duration") }
            }
        }
        for threshold in scenario.thresholds {
            guard case .percentile = threshold.aggregation, threshold.limit >= 0,
                let limit = SampleLimit(threshold.comparison, limitMs: threshold.limit),
                limit.isUpper
            else { continue }
            add(limit, to: threshold.selector.metric)
        }
    }

    package subscript(metric: String) -> [UInt64] { byMetric[metric] ?? [] }

    private mutating func add(_ limit: SampleLimit, to metric: String) {
        guard limit.above >= 0, limit.above < Self.highestNs else { return }
        let above = UInt64(limit.above)
        var limits = byMetric[metric] ?? []
        if !limits.contains(above), limits.count < Limits.deltaOverLimits { limits.append(above) }
        byMetric[metric] = limits
    }

    /// Of the histogram layout.
    private static let highestNs: Int64 = 3_600_000_000_000
}
