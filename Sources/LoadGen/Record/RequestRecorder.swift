// What one worker records of one request name in one phase: response and service time by outcome,
// the wait for a connection, counts by status, failures and rejects.
//
// Owned by one thread at a time, as the whole recorder is.

import HarnessCore
import ScenarioModel
import Telemetry

final class RequestRecorder {
    private struct StatusCount {
        let status: Int
        let isExpected: Bool
        let key: SeriesKey
        var count: UInt64
    }
    private struct RejectCount {
        let code: Int
        let key: SeriesKey
        var count: UInt64
    }
    private struct ErrorCount {
        let failure: TransferFailure
        let key: SeriesKey
        var count: UInt64
    }
    private struct CutCount {
        /// ns.
        let above: UInt64
        let isService: Bool
        let key: SeriesKey
        var count: UInt64 = 0
    }
    private let tags: [String: String]
    private let limits: SeriesLimits
    /// [failed, ok]
    private var response: [IntervalHistogram?]
    private var service: [IntervalHistogram?]
    /// Of these four, response times first; nil: its histogram is not made yet.
    private let sinks: UnsafeMutablePointer<IntervalHistogram.Sink?>
    private let responseKeys: [SeriesKey]
    private let serviceKeys: [SeriesKey]
    private let connWait: IntervalHistogram
    private let connWaitKey: SeriesKey
    private var statuses: [StatusCount] = []
    private var errors: [ErrorCount] = []
    private var failed: UInt64 = 0
    private var passed: UInt64 = 0
    /// Without a code.
    private var rejected: UInt64 = 0
    private var rejects: [RejectCount] = []
    /// Transfers that were cut, by the limits their age had passed.
    private var cuts: [CutCount] = []
    private let rateKeys: [String: SeriesKey]
    private static let statusesMax = 64

    /// - Parameter tags: scenario, name, and phase for a warm-up twin.
    init(tags: [String: String], limits: SeriesLimits) {
        self.tags = tags
        self.limits = limits
        func key(_ metric: String, _ more: [String: String]) -> SeriesKey {
            SeriesKey(metric, tags.merging(more) { $1 })
        }
        let outcomes = ["false", "true"]
        responseKeys = outcomes.map {
            key("http_req_response_time", ["expected_response": $0])
        }
        serviceKeys = outcomes.map { key("http_req_duration", ["expected_response": $0]) }
        connWaitKey = key("conn_wait", [:])
        var rates: [String: SeriesKey] = [:]
        for metric in ["http_req_failed", "http_req_rejected"] {
            for half in outcomes { rates[metric + half] = key(metric, ["rate": half]) }
        }
        rateKeys = rates
        // The good case is there before the first request.
        response = [nil, IntervalHistogram(limits: limits["http_req_response_time"])]
        service = [nil, IntervalHistogram(limits: limits["http_req_duration"])]
        connWait = IntervalHistogram(limits: limits["conn_wait"])
        sinks = .allocate(capacity: 4)
        for (i, histogram) in (response + service).enumerated() {
            (sinks + i).initialize(to: histogram?.sink)
        }
    }

    deinit { sinks.deallocate() }

    @inline(__always) func recordResponse(_ ns: Int64, isExpected: Bool) {
        let i = isExpected ? 1 : 0
        (sinks[i] ?? make(&response, i, 0, "http_req_response_time")).record(ns)
    }

    @inline(__always) func recordService(_ ns: Int64, isExpected: Bool) {
        let i = isExpected ? 1 : 0
        (sinks[2 + i] ?? make(&service, i, 2, "http_req_duration")).record(ns)
    }

    private func make(
        _ histograms: inout [IntervalHistogram?], _ i: Int, _ first: Int, _ metric: String
    ) -> IntervalHistogram.Sink {
        let histogram = IntervalHistogram(limits: limits[metric])
        histograms[i] = histogram
        sinks[first + i] = histogram.sink
        return histogram.sink
    }

    func recordConnWait(_ ns: Int64) { connWait.record(ns) }

    /// - Parameter rejectCode: of a rejected request, the number of its code; -1: it has none.
    func count(
        status: Int, isExpected: Bool, isRejected: Bool, rejectCode: Int = -1,
        codeName: (Int) -> String = { String($0) }
    ) {
        if isExpected { passed += 1 } else { failed += 1 }
        if isRejected { countReject(rejectCode, codeName) }
        for i in statuses.indices
        where statuses[i].status == status && statuses[i].isExpected == isExpected {
            statuses[i].count += 1
            return
        }
        // A target that invents statuses does not fill our memory: the rest shares one row.
        let shown = statuses.count < Self.statusesMax ? status : -1
        if shown == -1,
            let i = statuses.firstIndex(where: { $0.status == -1 && $0.isExpected == isExpected })
        {
            statuses[i].count += 1
            return
        }
        let key = SeriesKey(
            "http_reqs",
            tags.merging([
                "status": shown == -1 ? "(other)" : String(shown),
                "expected_response": String(isExpected),
            ]) { $1 })
        statuses.append(
            StatusCount(status: shown, isExpected: isExpected, key: key, count: 1))
    }

    private func countReject(_ code: Int, _ name: (Int) -> String) {
        for i in rejects.indices where rejects[i].code == code {
            rejects[i].count += 1
            return
        }
        guard code >= 0 else {
            rejected += 1
            return
        }
        let more = ["rate": "true", "reject_code": name(code)]
        rejects.append(
            RejectCount(
                code: code, key: SeriesKey("http_req_rejected", tags.merging(more) { $1 }),
                count: 1))
    }

    func count(_ failure: TransferFailure) {
        for i in errors.indices where errors[i].failure == failure {
            errors[i].count += 1
            return
        }
        // As with statuses: the rest shares one row, so that no failure is in none.
        guard errors.count < Self.statusesMax || failure == .rest else {
            count(.rest)
            return
        }
        let key = SeriesKey(
            "http_req_errors",
            tags.merging([
                "error": failure.errorClass, "error_code": String(failure.code),
            ]) { $1 })
        errors.append(ErrorCount(failure: failure, key: key, count: 1))
    }

    /// A transfer is cut at this age; `serviceNs` is nil where it was not sent yet.
    func countCut(responseNs: Int64, serviceNs: Int64?) {
        if cuts.isEmpty { cuts = makeCuts() }
        for i in cuts.indices {
            let age = cuts[i].isService ? serviceNs : responseNs
            if let age, age > 0, UInt64(age) > cuts[i].above { cuts[i].count += 1 }
        }
    }

    private func makeCuts() -> [CutCount] {
        ["http_req_response_time", "http_req_duration"].flatMap { metric in
            limits[metric].map { above in
                let more = ["of": metric, "limit": String(above)]
                return CutCount(
                    above: above, isService: metric == "http_req_duration",
                    key: SeriesKey("http_reqs_interrupted_over", tags.merging(more) { $1 }))
            }
        }
    }

    /// Moves everything into `series` and forgets it; returns samples beyond the histograms.
    func drain(into series: inout [SeriesDelta]) -> UInt64 {
        var overflow: UInt64 = 0
        for i in 0...1 {
            overflow += Self.drain(response[i], responseKeys[i], &series)
            overflow += Self.drain(service[i], serviceKeys[i], &series)
        }
        overflow += Self.drain(connWait, connWaitKey, &series)
        for i in statuses.indices where statuses[i].count > 0 {
            series.append(
                SeriesDelta(
                    key: statuses[i].key, value: .counter(delta: statuses[i].count, cum: 0)))
            statuses[i].count = 0
        }
        for i in errors.indices where errors[i].count > 0 {
            series.append(
                SeriesDelta(key: errors[i].key, value: .counter(delta: errors[i].count, cum: 0)))
            errors[i].count = 0
        }
        for i in cuts.indices where cuts[i].count > 0 {
            series.append(
                SeriesDelta(key: cuts[i].key, value: .counter(delta: cuts[i].count, cum: 0)))
            cuts[i].count = 0
        }
        let all = passed + failed
        rate("http_req_failed", true: failed, false: passed, &series)
        var withCode: UInt64 = 0
        for i in rejects.indices where rejects[i].count > 0 {
            withCode += rejects[i].count
            series.append(
                SeriesDelta(key: rejects[i].key, value: .counter(delta: rejects[i].count, cum: 0)))
            rejects[i].count = 0
        }
        rate("http_req_rejected", true: rejected, false: all - rejected - withCode, &series)
        passed = 0
        failed = 0
        rejected = 0
        return overflow
    }

    private func rate(
        _ metric: String, true yes: UInt64, false no: UInt64, _ series: inout [SeriesDelta]
    ) {
        for (half, count) in [("true", yes), ("false", no)] where count > 0 {
            if let key = rateKeys[metric + half] {
                series.append(SeriesDelta(key: key, value: .counter(delta: count, cum: 0)))
            }
        }
    }

    static func drain(
        _ histogram: IntervalHistogram?, _ key: SeriesKey, _ series: inout [SeriesDelta]
    ) -> UInt64 {
        guard let histogram else { return 0 }
        if let delta = histogram.drain() {
            series.append(SeriesDelta(key: key, value: .histogram(delta)))
        }
        return histogram.takeOverflow()
    }
}

@available(*, unavailable)
extension RequestRecorder: Sendable {}
