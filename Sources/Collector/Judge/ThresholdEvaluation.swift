// One threshold against one table of series: the number it speaks of, and whether it holds
// (scenarios.md section 5). Pure.

import Foundation
import HarnessCore
import ScenarioModel
import Telemetry

/// What a threshold sees.
struct ThresholdObservation: Sendable {
    /// In the threshold's own unit: ms, 0...1, per second, or plain.
    var value: Double?
    var samples: UInt64
    var unit: MetricUnit

    /// nil: there is nothing to judge.
    func holds(_ threshold: Threshold) -> Bool? {
        value.map { threshold.comparison.holds($0, threshold.limit) }
    }
}

extension Threshold {
    /// The number this threshold judges, over `table` and `elapsed` of measured time.
    func observe(
        _ table: SeriesTable, _ reading: MetricReading, elapsed: TimeSpan
    ) -> ThresholdObservation {
        switch reading.kind {
        case .trend: observe(table.trend(reading.selection), isTime: reading.isTime)
        case .counter: observe(count: table.count(reading.selection), reading, elapsed: elapsed)
        case .rate: observe(rate: table.rate(reading.selection))
        case .gauge: observe(gauge: table.gauge(reading.selection), reading)
        }
    }

    private func observe(_ histogram: MergedHistogram, isTime: Bool) -> ThresholdObservation {
        let ns: Double? =
            switch aggregation {
            case .avg: histogram.mean
            case .min: histogram.isEmpty ? nil : Double(histogram.min)
            case .max: histogram.isEmpty ? nil : Double(histogram.max)
            case .med: histogram.thresholdPercentile(50)
            case .percentile(let p): histogram.thresholdPercentile(p)
            // The decoder refuses these for a trend.
            case .count, .rate, .value: nil
            }
        return ThresholdObservation(
            value: ns.map { $0 / 1e6 }, samples: histogram.count,
            unit: isTime ? .milliseconds : .plain)
    }

    /// A counter nobody touched is 0; its rate before any time has passed is 0 too, as in k6.
    private func observe(
        count: UInt64, _ reading: MetricReading, elapsed: TimeSpan
    ) -> ThresholdObservation {
        let value = reading.value(Double(count))
        let samples = UInt64(exactly: value.rounded(.up)) ?? .max
        guard aggregation == .rate else {
            return ThresholdObservation(value: value, samples: samples, unit: .plain)
        }
        let perSecond = elapsed > .zero ? value / elapsed.seconds : 0
        return ThresholdObservation(value: perSecond, samples: samples, unit: .perSecond)
    }

    private func observe(rate halves: (true: UInt64, false: UInt64)) -> ThresholdObservation {
        let n = halves.true + halves.false
        return ThresholdObservation(
            value: n == 0 ? nil : Double(halves.true) / Double(n), samples: n, unit: .ratio)
    }

    private func observe(gauge: Int64?, _ reading: MetricReading) -> ThresholdObservation {
        ThresholdObservation(
            value: gauge.map { reading.value(Double($0)) }, samples: gauge == nil ? 0 : 1,
            unit: .plain)
    }

    /// A lower bound on throughput: the one kind of criterion a generator can only make look worse.
    func isThroughputBound(kind: MetricKind) -> Bool {
        kind == .counter && (comparison == .greater || comparison == .greaterOrEqual)
    }

    /// The same threshold on the service time, where it is one on a latency that has it.
    var onServiceTime: Threshold? {
        guard selector.metric == "http_req_response_time" || selector.metric == "http_req_duration"
        else { return nil }
        var copy = self
        copy.selector.metric = "http_req_duration"
        return copy
    }
}
