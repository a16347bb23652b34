// What a criterion is judged on: the windows (or scrapes) of its part of the run, one after the
// other, each with exact counts. Made from a `CriterionTrack` or from the log of what was scraped.

import HarnessCore
import ScenarioModel
import Telemetry

/// One window of run time, or one scrape.
struct JudgedCell: Sendable, Equatable {
    /// Where it begins; of a scrape: when it was answered.
    var from: TimeSpan
    /// Measured time in it, without pauses; of a scrape: the interval.
    var seconds: Double
    var isTainted = false
    var count = 0.0
    var bad = 0.0
    var badBelow = 0.0
    /// Of the values in the criterion's unit, or the increase of a counter.
    var sum = 0.0
    /// Of the values; meaningless where `count` is 0.
    var low = 0.0
    var high = 0.0
    /// Dropped and interrupted: bad samples that `count` does not have.
    var dropped = 0.0
    var interrupted = 0.0

    var lost: Double { dropped + interrupted }
    var samples: Double { count + lost }
}

/// Which samples of the windows are looked at.
enum CellView: Sendable {
    case all
    /// Windows in which the generator added no delay.
    case untainted
    /// The service times of the same requests.
    case service
    /// Failures that were HTTP responses, all samples below the line.
    case responses
}

/// Part of the run that one criterion judges.
struct JudgedSpan: Sendable, Equatable {
    var from: TimeSpan
    var to: TimeSpan
    var excludedWarmup: TimeSpan
    /// Where arrivals stop; before `to` where samples of the draining are judged too.
    var scheduleEnd: TimeSpan
    /// The run got as far as the criterion's window goes.
    var isReached: Bool
}

/// The data of one criterion, ready to be judged.
struct JudgedData: Sendable {
    var span: JudgedSpan
    /// In order of time.
    var cells: [JudgedCell] = []
    /// Length of one: a window, or the interval of the scrapes.
    var cellSeconds = 1.0
    /// The samples of `span`, as exactly as slices allow where it is a part of the run.
    var histogram = MergedHistogram()
    /// The same in order of time, each with where it begins.
    var slices: [(from: TimeSpan, histogram: MergedHistogram)] = []
    /// The last value of a gauge.
    var value: Double?
    /// Fewer than 80 % of the scrapes, in words.
    var missingScrapes: String?

    /// s^2 of the values in the criterion's unit.
    var variance: Double {
        guard histogram.isEmpty else { return histogram.variance / 1e12 }
        let n = cells.reduce(0) { $0 + $1.count }
        guard n > 1 else { return 0 }
        let mean = cells.reduce(0) { $0 + $1.sum } / n
        return cells.reduce(0) { $0 + ($1.sum - mean) * ($1.sum - mean) } / (n - 1)
    }
}

/// Cuts the data of one criterion out of an aggregate.
struct CriterionReader {
    let criterion: Criterion
    let aggregate: RunAggregate
    let track: CriterionTrack
    /// Run time up to which there are data.
    let end: TimeSpan
    /// Windows below this are complete.
    let windowsEnd: UInt32

    private static let window = TimeSpan.seconds(1)

    var kind: MetricKind {
        criterion.selector.map { aggregate.reading($0).kind } ?? .gauge
    }

    /// Rates and resources are judged up to the end of the schedule, the rest while it drains too.
    private var isUpToSchedule: Bool {
        criterion.selector == nil || (kind == .counter && criterion.statistic == .rate)
    }

    /// Where arrivals stop; never beyond the data.
    private var scheduleEnd: TimeSpan { min(end, aggregate.throughputEnd) }

    func span() -> JudgedSpan {
        let warmup = criterion.excludesWarmup ? aggregate.scenario.warmup : .zero
        let dataEnd = isUpToSchedule ? scheduleEnd : end
        var span = JudgedSpan(
            from: warmup, to: dataEnd, excludedWarmup: warmup, scheduleEnd: scheduleEnd,
            isReached: true)
        switch criterion.window {
        case .whole: break
        case .slices(let length, _):
            span.isReached = scheduleEnd - warmup >= length
        case .span(let from, let to):
            span.from = max(warmup, from)
            span.to = min(to, dataEnd)
            // Of a run that ended within its last second nothing is missing.
            span.isReached = end + Self.window > to && span.from < span.to
        case .last(let length):
            span.from = max(warmup, scheduleEnd - length)
            span.isReached = scheduleEnd - warmup + Self.window > length
        }
        return span
    }

    func read(_ view: CellView) -> JudgedData {
        var data = JudgedData(span: span())
        if case .observed(let name) = criterion.subject {
            addObserved(name, view, to: &data)
            return data
        }
        addCells(view, to: &data)
        addHistograms(to: &data)
        if let selector = criterion.selector, kind == .gauge {
            let reading = aggregate.reading(selector)
            data.value = aggregate.totals.gauge(reading.selection).map { reading.value(Double($0)) }
        }
        return data
    }

    private func addCells(_ view: CellView, to data: inout JudgedData) {
        let first = UInt32(clamping: max(0, data.span.from.ns) / Self.window.ns)
        let last = UInt32(clamping: (max(0, data.span.to.ns) + Self.window.ns - 1) / Self.window.ns)
        let newest = track.windows.keys.max().map { $0 + 1 } ?? 0
        let scheduled = UInt32(
            clamping: (scheduleEnd.ns + Self.window.ns - 1) / Self.window.ns)
        let bound = min(last, windowsEnd, max(newest, scheduled))
        guard first < bound else { return }
        var isLeading = true
        for index in first..<bound {
            let known = track.windows[index]
            let from = TimeSpan.seconds(Int64(index))
            let seconds = measuredSeconds(from: from, in: data.span)
            // In a window that is all pause nothing was to happen.
            if known == nil, seconds == 0 { continue }
            let window = known ?? CriterionWindow()
            var cell = cell(window, view, from: from)
            cell.seconds = seconds
            if isUpToSchedule, seconds == 0 { continue }
            // A scenario that starts later has no samples before.
            if isLeading, kind != .counter, cell.samples == 0 { continue }
            isLeading = false
            if view != .untainted || !window.isTainted { data.cells.append(cell) }
        }
    }

    private func measuredSeconds(from: TimeSpan, in span: JudgedSpan) -> Double {
        let begin = max(from, span.from)
        let end = min(from + Self.window, span.to)
        guard end > begin else { return 0 }
        return (end - begin - aggregate.pauses.paused(from: begin, to: end)).seconds
    }

    private func cell(_ w: CriterionWindow, _ view: CellView, from: TimeSpan) -> JudgedCell {
        var cell = JudgedCell(from: from, seconds: 0, isTainted: w.isTainted)
        let isService = view == .service
        cell.count = Double(isService ? w.serviceCount : w.count)
        cell.bad = Double(isService ? w.serviceBad : view == .responses ? w.badResponses : w.bad)
        cell.badBelow = Double(isService ? w.serviceBadBelow : w.badBelow)
        cell.sum = isService ? w.serviceSum : w.sum
        cell.low = Double(isService ? w.serviceMin : w.min) / 1e6
        cell.high = Double(isService ? w.serviceMax : w.max) / 1e6
        if kind == .gauge { (cell.low, cell.high) = (cell.sum, cell.sum) }
        if kind == .trend {
            cell.sum /= 1e6
            if !isService, criterion.isShareOfTimes {
                cell.dropped = Double(w.dropped)
                cell.interrupted = Double(w.interrupted)
            }
        }
        return cell
    }

    private func addHistograms(to data: inout JudgedData) {
        let length = TimeSpan.seconds(Int64(track.sliceWindows))
        let base = TimeSpan.seconds(Int64(track.sliceBase))
        data.slices = track.slices.sorted { $0.key < $1.key }.map {
            (base + length * Int64($0), $1)
        }
        switch criterion.window {
        // A span's track has the samples of the span alone.
        case .whole, .slices, .span: data.histogram = track.histogram
        case .last:
            // A slice belongs where its middle is.
            let half = TimeSpan(ns: length.ns / 2)
            data.slices = data.slices.filter {
                $0.from + half >= data.span.from && $0.from + half < data.span.to
            }
            for slice in data.slices { data.histogram.merge(slice.histogram) }
        }
    }
}

extension Criterion {
    /// A share of response times: what was never measured is bad in it.
    var isShareOfTimes: Bool {
        switch statistic {
        case .percentile, .median, .ratio: true
        case .average, .minimum, .maximum, .rate, .count, .value: false
        }
    }
}
