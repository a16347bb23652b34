// What one step of a calibration came to: deltas of its agents through the collector's aggregate,
// so that lag, delivered and CPU are what a run would be judged by, against the same bounds.

import Collector
import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry

struct CalibrationReading {
    let rate: Double
    let length: TimeSpan
    private let aggregate: RunAggregate

    /// - Parameter scenario: of the step.
    init(_ scenario: Scenario, rate: Double, length: TimeSpan, deltas: [[Delta]]) {
        var aggregate = RunAggregate(scenario: scenario)
        aggregate.expectedAgents = deltas.count
        for delta in deltas.joined() { aggregate.merge(delta) }
        aggregate.close()
        self.aggregate = aggregate
        self.rate = rate
        self.length = length
    }

    private var bounds: HealthBounds { aggregate.bounds }

    /// Of the worst agent, in ns.
    var lagP99Ns: Double? {
        aggregate.agents.values.compactMap { $0.lag.percentile(99) }.max().map { Double($0) }
    }

    /// Of the busiest agent's busiest worker.
    var threadCpu: Double? { aggregate.agents.values.compactMap(\.health.meanThreadCpu).max() }

    var delivered: Double? { aggregate.arrivals.delivered }

    /// Keys of the signals that left their first bound.
    var gaveWay: [String] {
        var keys: [String] = []
        if let lagP99Ns, lagP99Ns > bounds.lag.suspect { keys.append("lag") }
        // No arrival at all in the measured part is no sign of health.
        if (delivered ?? 0) < bounds.delivered.suspect { keys.append("delivered") }
        if let threadCpu, threadCpu > bounds[.threadCpu].suspect { keys.append("threadCpu") }
        return keys
    }

    var requestsPerSecond: Double {
        let measured = (length - CalibrationShape.warmup(length)).seconds
        return Double(aggregate.throughput.count("http_reqs")) / measured
    }

    private var counters: RunCounters { aggregate.counters }

    /// Requests that ended, drained ones too.
    var requests: UInt64 { counters.transfersEnded }

    var requestsPerArrival: Double? {
        counters.completed == 0
            ? nil : Double(counters.transfersEnded) / Double(counters.completed)
    }

    var bytesPerRequest: Double? {
        counters.transfersEnded == 0
            ? nil
            : (Double(counters.bytesSent) + Double(counters.bytesReceived))
                / Double(counters.transfersEnded)
    }

    /// CPU time of all workers for one request, if the others are as busy as the busiest.
    func cpuUsPerRequest(workers: Int) -> Double? {
        guard let threadCpu, requestsPerSecond > 0 else { return nil }
        return threadCpu * Double(workers) * 1e6 / requestsPerSecond
    }

    /// Requests without any answer; the null server answers all it reads.
    var unanswered: UInt64 {
        aggregate.totals.counters.reduce(0) { sum, item in
            guard item.key.metric == "http_req_errors",
                !(item.key["error"] ?? "").hasPrefix("http_")
            else { return sum }
            return sum + item.value
        }
    }

    private var service: MergedHistogram {
        aggregate.totals.trend(SeriesSelection("http_req_duration"))
    }

    func serviceMs(_ percentile: Double) -> Double? {
        service.percentile(percentile).map { Double($0) / 1e6 }
    }

    func step(nullServerCpu: Double?) -> CalibrationEntry.Step {
        CalibrationEntry.Step(
            arrivalsPerSecond: rate, lengthS: length.seconds,
            requestsPerSecond: requestsPerSecond, delivered: delivered,
            lagP99Ms: lagP99Ns.map { $0 / 1e6 }, threadCpu: threadCpu,
            serviceP50Ms: serviceMs(50), serviceP99Ms: serviceMs(99),
            nullServerCpu: nullServerCpu, gaveWay: gaveWay)
    }

    /// What of the scenario the null server's answers do not satisfy, in words.
    var remarks: [String] {
        let totals = aggregate.totals
        var remarks: [String] = []
        for (metric, text) in [
            ("http_req_failed", "of the requests count as failed"),
            ("http_req_rejected", "of the requests count as rejected"),
        ] {
            let halves = totals.rate(SeriesSelection(metric))
            if let share = Self.share(halves.true, of: halves.true + halves.false) {
                remarks.append("\(share) \(text): the answers are the null server's")
            }
        }
        let checks = totals.rate(SeriesSelection("checks"))
        if let share = Self.share(checks.false, of: checks.true + checks.false) {
            remarks.append("\(share) of the checks are false: the answers are the null server's")
        }
        let errors = totals.count("iteration_errors")
        if let share = Self.share(errors, of: counters.completed) {
            remarks.append("\(share) of the iterations ended with an error")
        }
        return remarks
    }

    private static func share(_ part: UInt64, of all: UInt64) -> String? {
        part == 0 || all == 0 ? nil : ReportText.percent(Double(part) / Double(all), 0)
    }
}
