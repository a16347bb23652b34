// Metrics of the document's own as reports show them: each over all its tags, in its own unit.
// Counters and gauges are in millionths on the wire, trends in ns that stand for ms.

import HarnessCore
import ScenarioModel
import Telemetry

struct CustomReading {
    enum Value {
        /// And per second of measured time, where there was any.
        case counter(Double, perSecond: Double?)
        case gauge(Double)
        case rate(true: UInt64, false: UInt64)
        case trend(MergedHistogram)
    }
    let metric: CustomMetric
    let value: Value

    /// In name order; a gauge nobody set is left out.
    static func all(_ run: FinishedRun) -> [CustomReading] {
        let totals = run.aggregate.totals
        return run.aggregate.scenario.customMetrics.compactMap { metric in
            let selection = SeriesSelection(metric.name)
            switch metric.kind {
            case .counter:
                let judged = unit(run.aggregate.throughput.count(selection))
                let perSecond = run.measured > .zero ? judged / run.measured.seconds : nil
                return CustomReading(
                    metric: metric,
                    value: .counter(unit(totals.count(selection)), perSecond: perSecond))
            case .gauge:
                return totals.gauge(selection).map {
                    CustomReading(
                        metric: metric, value: .gauge(Double($0) / Double(CustomMetric.perUnit)))
                }
            case .rate:
                let rate = totals.rate(selection)
                return CustomReading(
                    metric: metric, value: .rate(true: rate.true, false: rate.false))
            case .trend:
                return CustomReading(metric: metric, value: .trend(totals.trend(selection)))
            }
        }
    }

    private static func unit(_ count: UInt64) -> Double {
        Double(count) / Double(CustomMetric.perUnit)
    }
}
