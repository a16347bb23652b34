// `scenarios` of summary.json: what a reader compares, side by side. Everything here is in `series`
// too, by its tags and with all percentiles.

import HarnessCore
import ScenarioModel
import Telemetry

extension SummaryJSON {
    static func scenarios(_ run: FinishedRun) -> ReportJSON {
        .array(
            ScenarioLatency.all(run.aggregate).map { latency in
                let executor = latency.workload?.executor
                return .object([
                    ("name", .string(latency.name)),
                    ("executor", .text(executor?.name)),
                    ("model", .text(executor.map { $0.isOpenModel ? "open" : "closed" })),
                    ("transport", .text(latency.workload?.transport.rawValue)),
                    ("lane", .text(run.aggregate.lane(of: latency.name))),
                    ("scheduleLag", delay(latency.scheduleLag)),
                    ("vuWait", delay(latency.vuWait)),
                    ("connWait", delay(latency.connWait)),
                    ("requests", .array(latency.requests.map(request))),
                ])
            })
    }

    private static func request(_ request: RequestSeries) -> ReportJSON {
        .object([
            ("name", .string(request.name)), ("response", delay(request.response)),
            ("service", delay(request.service)), ("connWait", delay(request.connWait)),
        ])
    }

    private static func delay(_ histogram: MergedHistogram) -> ReportJSON {
        .object([
            ("count", .count(histogram.count)), ("meanMs", .milliseconds(histogram.mean)),
            ("p50Ms", .milliseconds(histogram.percentileNs(50))),
            ("p95Ms", .milliseconds(histogram.percentileNs(95))),
            ("p99Ms", .milliseconds(histogram.percentileNs(99))),
            ("maxMs", .milliseconds(histogram.maxNs)),
        ])
    }
}
