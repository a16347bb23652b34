// The latency series as a reader wants them: per scenario and request name both outcomes merged,
// in the order of the scenario; per scenario the generator's own delays. Warm-up twins are apart.

import ScenarioModel
import Telemetry

/// One request name of one scenario.
struct RequestSeries {
    var scenario: String
    var name: String
    /// From the intended start.
    var response = MergedHistogram()
    var service = MergedHistogram()

    /// Sorted by the scenario's place in the document, then by name.
    static func all(_ aggregate: RunAggregate) -> [RequestSeries] {
        var found: [SeriesKey: RequestSeries] = [:]
        for (key, histogram) in aggregate.totals.histograms where !key.isWarmup {
            let isResponse = key.metric == "http_req_response_time"
            guard isResponse || key.metric == "http_req_duration" else { continue }
            let scenario = key["scenario"] ?? ""
            let name = key["name"] ?? ""
            let id = SeriesKey("", ["scenario": scenario, "name": name])
            var series = found[id] ?? RequestSeries(scenario: scenario, name: name)
            if isResponse {
                series.response.merge(histogram)
            } else {
                series.service.merge(histogram)
            }
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
}
