// What one worker records of one workload in one phase (measured, or the warm-up's twins): the
// times and counts kept per scenario, and a `RequestRecorder` for each request name.
//
// Owned by one thread at a time: the worker, or after a swap whoever cuts.

import HarnessCore
import ScenarioModel
import Telemetry

/// Times kept per scenario, in ns.
enum TimeSeries: Int, CaseIterable {
    case scheduleLag, vuWait, blocked, connecting, tlsHandshaking, sending, waiting, receiving
    case iterationDuration, iterationResponseTime

    var metric: String {
        switch self {
        case .scheduleLag: "schedule_lag"
        case .vuWait: "vu_wait"
        case .blocked: "http_req_blocked"
        case .connecting: "http_req_connecting"
        case .tlsHandshaking: "http_req_tls_handshaking"
        case .sending: "http_req_sending"
        case .waiting: "http_req_waiting"
        case .receiving: "http_req_receiving"
        case .iterationDuration: "iteration_duration"
        case .iterationResponseTime: "iteration_response_time"
        }
    }
}

/// Counts kept per scenario.
enum CountSeries: Int, CaseIterable {
    case arrivals, started, iterations, late, interrupted, requestsInterrupted, dataSent,
        dataReceived

    var metric: String {
        switch self {
        case .arrivals: "arrivals"
        case .started: "iterations_started"
        case .iterations: "iterations"
        case .late: "iterations_late"
        case .interrupted: "iterations_interrupted"
        case .requestsInterrupted: "http_reqs_interrupted"
        case .dataSent: "data_sent"
        case .dataReceived: "data_received"
        }
    }
}

/// Why an arrival was dropped (scenarios.md 4.4).
enum DropReason: Int, CaseIterable {
    case noVU, expired, ringFull, ended

    var tag: String {
        switch self {
        case .noVU: "no_vu"
        case .expired: "expired"
        case .ringFull: "ring_full"
        case .ended: "ended"
        }
    }
}

final class WorkloadRecorder {
    private let tags: [String: String]
    private let limits: SeriesLimits
    private var times: [IntervalHistogram?]
    /// By series: where samples go; nil: its histogram is not made yet.
    private let sinks: UnsafeMutablePointer<IntervalHistogram.Sink?>
    private let timeKeys: [SeriesKey]
    private let counts: UnsafeMutablePointer<UInt64>
    private let countKeys: [SeriesKey]
    private var drops: [UInt64]
    private let dropKeys: [SeriesKey]
    private var missed: UInt64 = 0
    private let missedKey: SeriesKey
    private let names: NameTable
    /// By name id.
    private var requests: [RequestRecorder?] = []

    /// - Parameter isWarmup: the twins carry `phase="warmup"` and are built when first used.
    init(scenario: String, isWarmup: Bool, names: NameTable, limits: SeriesLimits) {
        var tags = ["scenario": scenario]
        if isWarmup { tags["phase"] = "warmup" }
        self.tags = tags
        self.limits = limits
        self.names = names
        func key(_ metric: String, _ more: [String: String] = [:]) -> SeriesKey {
            SeriesKey(metric, tags.merging(more) { $1 })
        }
        timeKeys = TimeSeries.allCases.map { key($0.metric) }
        times = TimeSeries.allCases.map {
            isWarmup ? nil : IntervalHistogram(limits: limits[$0.metric])
        }
        sinks = .allocate(capacity: times.count)
        for (i, histogram) in times.enumerated() { (sinks + i).initialize(to: histogram?.sink) }
        countKeys = CountSeries.allCases.map { key($0.metric) }
        counts = .allocate(capacity: countKeys.count)
        counts.initialize(repeating: 0, count: countKeys.count)
        dropKeys = DropReason.allCases.map { key("dropped_iterations", ["reason": $0.tag]) }
        drops = [UInt64](repeating: 0, count: dropKeys.count)
        missedKey = key("iterations_missed", ["cause": "offline"])
        if !isWarmup { for id in names.names.indices { _ = request(id) } }
    }

    deinit {
        sinks.deallocate()
        counts.deallocate()
    }

    @inline(__always) func record(_ series: TimeSeries, _ ns: Int64) {
        (sinks[series.rawValue] ?? make(series)).record(ns)
    }

    private func make(_ series: TimeSeries) -> IntervalHistogram.Sink {
        let histogram = IntervalHistogram(limits: limits[series.metric])
        times[series.rawValue] = histogram
        sinks[series.rawValue] = histogram.sink
        return histogram.sink
    }

    func count(_ series: CountSeries, _ n: UInt64 = 1) { counts[series.rawValue] += n }

    func countDrop(_ reason: DropReason, _ n: UInt64 = 1) { drops[reason.rawValue] += n }

    func countMissed(_ n: UInt64 = 1) { missed += n }

    /// The recorder of a request name; made on first use where it was not known before the start.
    func request(_ nameID: Int) -> RequestRecorder {
        while requests.count <= nameID { requests.append(nil) }
        if let known = requests[nameID] { return known }
        let made = RequestRecorder(
            tags: tags.merging([
                "name": TagText.bounded(names.names[nameID], TagText.nameBytes)
            ]) { $1 }, limits: limits)
        requests[nameID] = made
        return made
    }

    /// Moves everything into `series` and forgets it; returns samples beyond the histograms.
    func drain(into series: inout [SeriesDelta]) -> UInt64 {
        var overflow: UInt64 = 0
        for i in times.indices {
            overflow += RequestRecorder.drain(times[i], timeKeys[i], &series)
        }
        Self.drain(counts, countKeys, &series)
        drops.withUnsafeMutableBufferPointer { drops in
            if let base = drops.baseAddress { Self.drain(base, dropKeys, &series) }
        }
        if missed > 0 {
            series.append(SeriesDelta(key: missedKey, value: .counter(delta: missed, cum: 0)))
            missed = 0
        }
        for recorder in requests { overflow += recorder?.drain(into: &series) ?? 0 }
        return overflow
    }

    private static func drain(
        _ counts: UnsafeMutablePointer<UInt64>, _ keys: [SeriesKey],
        _ series: inout [SeriesDelta]
    ) {
        for i in keys.indices where counts[i] > 0 {
            series.append(SeriesDelta(key: keys[i], value: .counter(delta: counts[i], cum: 0)))
            counts[i] = 0
        }
    }
}

@available(*, unavailable)
extension WorkloadRecorder: Sendable {}
