// Series, counters, errors and agents of summary.json. Latencies in ms, percentiles by rank
// (measurement.md section 2); one bucket too high at worst. Counters have a rate where any time
// was measured: what was counted up to the end of the schedule, per second.

import HarnessCore
import ScenarioModel
import Telemetry

extension SummaryJSON {
    private static let percentiles: [Double] = [50, 75, 90, 95, 99, 99.9, 99.99]

    static func series(_ run: FinishedRun) -> ReportJSON {
        let asked = run.aggregate.scenario.summaryTrendStats.compactMap { statistic -> Double? in
            if case .percentile(let p) = statistic { return p }
            return nil
        }
        let percentiles = Set(percentiles + asked).sorted()
        return .array(
            SeriesProjection.histograms(run.aggregate.totals).map { key, histogram in
                let isTime = run.aggregate.reading(key.metric).isTime
                return trend(
                    key, histogram, run, percentiles: percentiles, unit: isTime ? "ms" : "")
            })
    }

    private static func trend(
        _ key: SeriesKey, _ histogram: MergedHistogram, _ run: FinishedRun, percentiles: [Double],
        unit: String
    ) -> ReportJSON {
        let estimate = run.estimates[key]
        let isEmpty = histogram.isEmpty
        let values = percentiles.map { p in
            (
                ReportText.trimmed(p),
                ReportJSON.milliseconds(histogram.percentileNs(p))
            )
        }
        return .object([
            ("metric", .string(key.metric)),
            ("tags", tags(key)),
            ("unit", .string(unit)),
            ("count", .count(histogram.count)),
            ("minMs", .milliseconds(isEmpty ? nil : Double(histogram.min))),
            ("meanMs", .milliseconds(histogram.mean)),
            ("maxMs", .milliseconds(isEmpty ? nil : Double(histogram.max))),
            ("percentilesMs", .object(values)),
            ("ciMs", intervals(estimate)),
            ("nEff", .real(estimate?.effectiveSamples)),
            ("hlog", .text(run.logs[key])),
        ])
    }

    /// By percentile; empty where nothing is known.
    private static func intervals(_ estimate: SeriesEstimate?) -> ReportJSON {
        let sorted = (estimate?.intervals ?? [:]).sorted { $0.key < $1.key }
        return .object(
            sorted.map { p, interval in
                let bounds: [ReportJSON] = [
                    .milliseconds(interval.low), .milliseconds(interval.high),
                ]
                return (ReportText.trimmed(p), .array(bounds))
            })
    }

    static func counters(_ run: FinishedRun) -> ReportJSON {
        let judged = Dictionary(
            SeriesProjection.counters(run.aggregate.throughput).map { ($0.key, $0.value) }
        ) { first, _ in first }
        return .array(
            SeriesProjection.counters(run.aggregate.totals).map { key, count in
                // A rate's halves are plain counts, whatever the metric.
                let reading = key["rate"] == nil ? run.aggregate.reading(key.metric) : nil
                let perSecond = key.isWarmup ? nil : run.perSecond(judged[key] ?? 0)
                return .object([
                    ("metric", .string(key.metric)), ("tags", tags(key)),
                    ("count", amount(reading?.value(Double(count)) ?? Double(count))),
                    ("perS", .real(perSecond.map { reading?.value($0) ?? $0 })),
                ])
            })
    }

    private static func tags(_ key: SeriesKey) -> ReportJSON {
        .object(key.tags.map { ($0.name, .string($0.value)) })
    }

    static func errors(_ run: FinishedRun) -> ReportJSON {
        .array(
            run.aggregate.errors.sorted.map { key, row in
                .object([
                    ("class", .string(key.errorClass)),
                    ("code", key.code.map { .integer($0) } ?? .null),
                    ("what", .string(key.words)),
                    ("scenario", .string(key.scenario)),
                    ("step", .string(key.step)),
                    ("count", .count(row.count)),
                    ("firstS", .integer(Int(row.firstWindow))),
                    ("lastS", .integer(Int(row.lastWindow))),
                    ("example", .text(row.example.map { ReportText.escaped($0) })),
                ])
            })
    }

    static func agent(_ run: FinishedRun, slot: UInt32) -> ReportJSON {
        let host = ReportJSON.text(run.facts.hosts[Int(slot)])
        guard let agent = run.aggregate.agents[slot] else {
            return .object([
                ("slot", .integer(Int(slot))), ("host", host), ("reported", .bool(false)),
            ])
        }
        let isOpen = run.aggregate.hasOpenModel
        let lag = agent.lag
        return .object([
            ("slot", .integer(Int(slot))),
            ("host", host),
            ("reported", .bool(true)),
            ("planned", .count(agent.counters.scheduled)),
            ("started", .count(agent.counters.started)),
            ("completed", .count(agent.counters.completed)),
            ("interrupted", .count(agent.counters.interrupted)),
            ("dropped", .count(agent.counters.dropped)),
            ("missed", .count(agent.counters.missed)),
            ("delivered", .real(isOpen ? agent.arrivals.delivered : nil)),
            ("lagP99Ms", .milliseconds(lag.percentileNs(99))),
            ("lagMaxMs", .milliseconds(lag.isEmpty ? nil : Double(lag.max))),
            ("turnMaxMs", .milliseconds(agent.health.signals[.turn]?.worst)),
            ("workerCpu", .real(agent.health.meanThreadCpu)),
            ("windows", .integer(agent.health.windows)),
            ("taintedWindows", .integer(agent.health.taintedWindows)),
            ("epochs", .integer(agent.epochs.count)),
            ("lostSamples", .count(agent.lostSamples)),
            ("final", .bool(agent.isFinal)),
        ])
    }
}
