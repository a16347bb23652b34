// The latency series as a reader wants them, side by side: per scenario its lane and the delays of
// its arrivals; per request name response, service and connection wait, both outcomes merged.
// Scenarios in the order of the document. Warm-up twins are apart.

import ScenarioModel
import Telemetry

/// One request name of one scenario.
struct RequestSeries {
    var scenario: String
    var name: String
    /// From the intended start.
    var response = MergedHistogram()
    var service = MergedHistogram()
    /// From when a VU had it until it could be sent.
    var connWait = MergedHistogram()

    /// Sorted by the scenario's place in the document, then by name.
    static func all(_ aggregate: RunAggregate) -> [RequestSeries] {
        var found: [SeriesKey: RequestSeries] = [:]
        for (key, histogram) in aggregate.totals.histograms
        where !key.isWarmup && !key.isSelected {
            guard let place = Self.place(of: key.metric), let name = key["name"] else { continue }
            let scenario = key["scenario"] ?? ""
            let id = SeriesKey("", ["scenario": scenario, "name": name])
            var series = found[id] ?? RequestSeries(scenario: scenario, name: name)
            series[keyPath: place].merge(histogram)
            found[id] = series
        }
        let order = aggregate.scenario.workloads.map(\.name)
        func place(_ series: RequestSeries) -> Int {
            order.firstIndex(of: series.scenario) ?? order.count
        }
        return found.values.sorted {
            (place($0), $0.scenario, $0.name) < (place($1), $1.scenario, $1.name)
        }
    }

    private static func place(
        of metric: String
    ) -> WritableKeyPath<RequestSeries, MergedHistogram>? {
        switch metric {
        case "http_req_response_time": \.response
        case "http_req_duration": \.service
        case "conn_wait": \.connWait
        default: nil
        }
    }
}

/// One scenario: what its requests took, and what they waited for before.
struct ScenarioLatency {
    var name: String
    /// nil: the document has no such scenario.
    var workload: Workload?
    var requests: [RequestSeries]
    /// The generator's own lateness.
    var scheduleLag: MergedHistogram
    /// For a free VU: the target's doing, or a pool that is too small.
    var vuWait: MergedHistogram
    var connWait: MergedHistogram

    /// Every scenario of the document, then those that only the data name.
    static func all(_ aggregate: RunAggregate) -> [ScenarioLatency] {
        let requests = Dictionary(grouping: RequestSeries.all(aggregate), by: \.scenario)
        let workloads = aggregate.scenario.workloads
        let known = Set(workloads.map(\.name))
        let names = workloads.map(\.name) + requests.keys.filter { !known.contains($0) }.sorted()
        return names.map { name in
            ScenarioLatency(
                name: name, workload: workloads.first { $0.name == name },
                requests: requests[name] ?? [],
                scheduleLag: aggregate.trend("schedule_lag", scenario: name),
                vuWait: aggregate.trend("vu_wait", scenario: name),
                connWait: aggregate.trend("conn_wait", scenario: name))
        }
    }

    var isEmpty: Bool {
        requests.isEmpty && scheduleLag.isEmpty && vuWait.isEmpty && connWait.isEmpty
    }

    var isOpenModel: Bool { workload?.executor.isOpenModel ?? true }
}

extension RunAggregate {
    /// A trend of one scenario, warm-up apart.
    func trend(_ metric: String, scenario: String) -> MergedHistogram {
        totals.trend(SeriesSelection(metric, ["scenario": scenario]))
    }
}

extension MergedHistogram {
    /// As a Double. Spelled out once: `.map(Double.init)` of a UInt64 takes the bit pattern.
    func percentileNs(_ p: Double) -> Double? {
        guard let value = percentile(p) else { return nil }
        return Double(value)
    }

    /// Of the largest sample, ns; nil without samples.
    var maxNs: Double? { isEmpty ? nil : Double(max) }
}
