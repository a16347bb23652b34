// What one worker records of the selected series in one window: a histogram, a count or the two
// halves of a rate for each, by position. Part of a `WorkerRecording`, owned like it by one thread
// at a time. Warm-up samples have a recorder of their own where a criterion counts them, else none.

import HarnessCore
import ScenarioModel
import Telemetry

/// Metrics of finished requests, as selected series hold them.
enum SelectedMetric {
    case responseTime, duration, blocked, connecting, tlsHandshaking, sending, waiting, receiving
    case connWait
    case requests, dataSent, dataReceived
    case failed, rejected, checks

    init?(_ metric: String) {
        switch metric {
        case "http_req_response_time": self = .responseTime
        case "http_req_duration": self = .duration
        case "http_req_blocked": self = .blocked
        case "http_req_connecting": self = .connecting
        case "http_req_tls_handshaking": self = .tlsHandshaking
        case "http_req_sending": self = .sending
        case "http_req_waiting": self = .waiting
        case "http_req_receiving": self = .receiving
        case "conn_wait": self = .connWait
        case "http_reqs": self = .requests
        case "data_sent": self = .dataSent
        case "data_received": self = .dataReceived
        case "http_req_failed": self = .failed
        case "http_req_rejected": self = .rejected
        case "checks": self = .checks
        default: return nil
        }
    }
}

final class SelectedRecorder {
    private enum Store {
        case histogram(IntervalHistogram, SeriesKey)
        case count(SeriesKey)
        case rate(yes: SeriesKey, no: SeriesKey)
    }
    private let stores: [Store]
    /// By position: what a counter counts, or a rate's true half.
    private var counts: [UInt64]
    private var misses: [UInt64]

    /// - Parameter isWarmup: the keys are those of the warm-up's twins.
    init(_ selected: SelectedSeries, limits: SeriesLimits, isWarmup: Bool = false) {
        let phase = isWarmup ? ["phase": "warmup"] : [:]
        stores = selected.selectors.enumerated().map { position, selector in
            func key(_ more: [String: String] = [:]) -> SeriesKey {
                let own = phase.merging([SelectedSeries.tag: String(position)]) { $1 }
                return SeriesKey(selector.metric, more.merging(own) { $1 })
            }
            switch BuiltInMetrics.kinds[selector.metric] {
            case .trend:
                return .histogram(IntervalHistogram(limits: limits[selector.metric]), key())
            case .rate: return .rate(yes: key(["rate": "true"]), no: key(["rate": "false"]))
            case .counter, .gauge, nil: return .count(key())
            }
        }
        counts = [UInt64](repeating: 0, count: stores.count)
        misses = counts
    }

    /// Adds the sample to the series of `candidate`.
    func record(
        _ candidate: SelectedFilter.Candidate, _ sample: RequestSample,
        _ outcome: borrowing TransferOutcome, checks: [CheckOutcome]
    ) {
        let i = candidate.position
        switch candidate.metric {
        case .responseTime: time(i, sample.responseNs)
        case .blocked: time(i, outcome.blocked.ns)
        case .connecting: time(i, outcome.connecting.ns)
        case .tlsHandshaking: time(i, outcome.tlsHandshaking.ns)
        case .duration: if outcome.wasSent { time(i, outcome.service.ns) }
        case .sending: if outcome.wasSent { time(i, 0) }
        case .waiting: if outcome.wasSent { time(i, outcome.waiting.ns) }
        case .receiving: if outcome.wasSent { time(i, outcome.receiving.ns) }
        case .connWait: if let ns = sample.connWaitNs { time(i, ns) }
        case .requests: counts[i] += 1
        case .dataSent: counts[i] += outcome.bytesSent
        case .dataReceived: counts[i] += outcome.bytesReceived
        case .failed: rate(i, sample.verdict == .failed)
        case .rejected: rate(i, sample.verdict == .rejected)
        case .checks:
            for outcome in checks where candidate.check < 0 || candidate.check == outcome.check {
                rate(i, outcome.holds)
            }
        }
    }

    private func time(_ position: Int, _ ns: Int64) {
        if case .histogram(let histogram, _) = stores[position] { histogram.record(ns) }
    }

    private func rate(_ position: Int, _ value: Bool) {
        if value { counts[position] += 1 } else { misses[position] += 1 }
    }

    /// Moves everything into `series` and forgets it. Samples beyond the histograms are counted
    /// where the same samples are recorded in the ordinary series.
    func drain(into series: inout [SeriesDelta]) {
        func add(_ key: SeriesKey, _ count: UInt64) {
            guard count > 0 else { return }
            series.append(SeriesDelta(key: key, value: .counter(delta: count, cum: 0)))
        }
        for (i, store) in stores.enumerated() {
            switch store {
            case .histogram(let histogram, let key):
                _ = RequestRecorder.drain(histogram, key, &series)
            case .count(let key): add(key, counts[i])
            case .rate(let yes, let no):
                add(yes, counts[i])
                add(no, misses[i])
            }
            counts[i] = 0
            misses[i] = 0
        }
    }
}

@available(*, unavailable)
extension SelectedRecorder: Sendable {}
