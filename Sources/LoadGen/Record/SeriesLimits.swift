// Latency limits of the scenario, per metric: samples over each are counted exactly beside the
// histogram (measurement.md section 3). `< T` counts v > T - 1 ns, `<= T` counts v > T.

import HarnessCore
import ScenarioModel

struct SeriesLimits: Sendable {
    /// Values above which a sample is over the limit, in document order.
    private let byMetric: [String: [UInt64]]

    init(_ scenario: Scenario) {
        var found: [String: [UInt64]] = [:]
        for threshold in scenario.thresholds {
            guard case .percentile = threshold.aggregation, threshold.limit >= 0,
                threshold.limit < Double(HistogramRange.highestMs)
            else { continue }
            let ns = UInt64(threshold.limit * 1e6)
            let above: UInt64
            switch threshold.comparison {
            case .less: above = ns == 0 ? 0 : ns - 1
            case .lessOrEqual: above = ns
            default: continue
            }
            let metric = threshold.selector.metric
            var limits = found[metric] ?? []
            if !limits.contains(above), limits.count < Limits.deltaOverLimits {
                limits.append(above)
            }
            found[metric] = limits
        }
        byMetric = found
    }

    subscript(metric: String) -> [UInt64] { byMetric[metric] ?? [] }

    private enum HistogramRange { static let highestMs = 3_600_000 }
}
