// What was scraped, as a criterion is judged on it: a cell a scrape, divided sample by sample where
// the criterion says `per`.

import HarnessCore
import ScenarioModel

extension CriterionReader {
    /// Of the scrapes that are due in the span.
    private static let answeredShare = 0.8

    func addObserved(_ name: ObservedName, _ view: CellView, to data: inout JudgedData) {
        let source = aggregate.scenario.observe.first { $0.name == name.source }
        let interval = source?.interval ?? .seconds(5)
        let isDifference = source?.metrics.contains {
            $0.name == name.metric && $0.reading != .gauge
        }
        // What grew between two scrapes belongs to the time between them.
        let lead = isDifference == true ? TimeSpan(ns: interval.ns / 2) : .zero
        let samples = quotients(name, within: TimeSpan(ns: interval.ns / 2)).filter { sample in
            sample.at >= data.span.from + lead && sample.at <= data.span.to
                && !aggregate.pauses.contains(sample.at)
        }
        data.cellSeconds = interval.seconds
        data.cells = samples.map { cell($0, seconds: interval.seconds) }
        data.value = samples.last?.value
        noteMissing(name, interval: interval, to: &data)
        if view == .untainted { data.cells.removeAll(where: \.isTainted) }
    }

    /// The values, divided by those of `per`: of the same scrape, or else the nearest one of its
    /// source that is no farther than `reach`. A divisor of 0 gives no sample.
    private func quotients(_ name: ObservedName, within reach: TimeSpan) -> [ObservedSample] {
        let values = aggregate.observed.samples[name] ?? []
        guard let per = criterion.per else { return values.filter { $0.value.isFinite } }
        let divisors = aggregate.observed.samples[per] ?? []
        var j = 0
        return values.compactMap { sample in
            while j + 1 < divisors.count,
                distance(divisors[j + 1].at, sample.at) <= distance(divisors[j].at, sample.at)
            {
                j += 1
            }
            guard j < divisors.count, distance(divisors[j].at, sample.at) <= reach,
                divisors[j].value != 0
            else { return nil }
            let quotient = sample.value / divisors[j].value
            return quotient.isFinite ? ObservedSample(at: sample.at, value: quotient) : nil
        }
    }

    private func distance(_ a: TimeSpan, _ b: TimeSpan) -> TimeSpan { a > b ? a - b : b - a }

    private func cell(_ sample: ObservedSample, seconds: Double) -> JudgedCell {
        let v = sample.value
        var cell = JudgedCell(from: sample.at, seconds: seconds, count: 1, sum: v, low: v, high: v)
        let window = UInt32(clamping: sample.at.ns / 1_000_000_000)
        cell.isTainted = aggregate.timeline.tainted[window] != nil
        switch criterion.statistic {
        case .ratio(let comparison, let limit): cell.bad = comparison.holds(v, limit) ? 0 : 1
        case .percentile, .median:
            switch criterion.comparison {
            case .within:
                cell.bad = v > criterion.upper ? 1 : 0
                cell.badBelow = v < criterion.lower ? 1 : 0
            default: cell.bad = criterion.holds(v) ? 0 : 1
            }
        case .average, .minimum, .maximum, .rate, .count, .value: break
        }
        return cell
    }

    private func noteMissing(
        _ name: ObservedName, interval: TimeSpan, to data: inout JudgedData
    ) {
        let source = aggregate.observed.sources[name.source] ?? ObservedSource()
        let length = data.span.to - data.span.from
        let paused = aggregate.pauses.paused(from: data.span.from, to: data.span.to)
        // The first of the span may fall before it, and a difference needs two scrapes.
        let due = max(0, Int((length - paused).seconds / interval.seconds) - 2)
        let why = source.failure.map { ": \(ReportText.escaped($0))" } ?? ""
        if Double(source.answered) < Self.answeredShare * Double(source.expected) {
            data.missingScrapes =
                "only \(source.answered) of \(source.expected) scrapes of"
                + " \(name.source) were answered\(why)"
        } else if Double(data.cells.count) < Self.answeredShare * Double(due) {
            data.missingScrapes =
                "only \(data.cells.count) of about \(due) scrapes of"
                + " \(name.source) had a value\(why)"
        }
    }
}
