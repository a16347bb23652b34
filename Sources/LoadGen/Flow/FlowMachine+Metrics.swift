// `metric` steps: the value is rendered, read as a decimal number and added to its series. The
// ranges are those of `MetricStep`.

import HarnessCore
import ScenarioModel

extension FlowMachine {
    func record(_ metric: FlowCode.Metric) throws(FlowFailure) {
        left.removeAll(keepingCapacity: true)
        try render(metric.value, into: &left)
        let series = metric.series
        if metric.kind == .rate {
            let isTrue = left.withUnsafeBytes { TextValue.isTrue($0) }
            change { $0.count(isTrue, rate: series) }
            return
        }
        guard let value = left.withUnsafeBytes({ DecimalView($0)?.scaled(decimals: 6) }) else {
            throw .badValue
        }
        switch metric.kind {
        case .counter:
            guard value >= 0, change({ $0.add(UInt64(value), toCounter: series) }) else {
                throw .badValue
            }
        case .gauge:
            guard value.magnitude <= Self.gaugeMost else { throw .badValue }
            change { $0.set(value, gauge: series) }
        case .trend:
            guard (0...Self.trendMost).contains(value) else { throw .badValue }
            change { $0.record(value, trend: series, code) }
        case .rate: break
        }
    }

    private static let gaugeMost = UInt64(Limits.customGaugeMagnitude * CustomMetric.perUnit)
    private static let trendMost = Int64(Limits.customTrendMax * CustomMetric.perUnit)

    @discardableResult
    private func change<R>(_ body: (inout MetricCounts) -> R) -> R {
        isWarmup ? body(&context.warmupMetrics) : body(&context.metrics)
    }
}
