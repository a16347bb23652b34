// Which tags the samples of a metric have (scenarios.md 4.8), and which of them its ordinary series
// carry. A threshold on the rest reads a series of its own (`SelectedSeries`); one on a tag that
// no sample of the metric has is an error of the document.

package enum MetricTags {
    /// Tags of a finished request.
    package static let request: Set<String> = [
        "scenario", "name", "method", "status", "group", "proto", "tls_version", "error",
        "error_code", "expected_response",
    ]

    /// Every tag that some sample has of the harness's own.
    package static let known = request.union(["check", "reject_code", "reason", "cause", "op"])

    /// Names that `tags` cannot give: a sample has them from elsewhere, or series use them.
    package static let reserved = known.union(["rate", "phase", SelectedSeries.tag])

    /// Where the samples of a metric are taken.
    package enum Level: Sendable { case request, iteration }

    package struct Entry: Sendable {
        let level: Level
        /// Tags of the series every agent sends.
        let series: Set<String>
        /// Tags of a sample, those of document, scenario and step apart.
        let samples: Set<String>
    }

    private static func requests(_ series: Set<String>, also: Set<String> = []) -> Entry {
        Entry(
            level: .request, series: series.union(["scenario"]), samples: request.union(also))
    }

    private static func iterations(_ more: String...) -> Entry {
        let tags = Set(more).union(["scenario"])
        return Entry(level: .iteration, series: tags, samples: tags)
    }

    /// Of a built-in metric; nil for others.
    package static func builtIn(_ metric: String) -> Entry? {
        switch metric {
        case "http_req_response_time", "http_req_duration":
            requests(["name", "expected_response"])
        case "http_req_blocked", "http_req_connecting", "http_req_tls_handshaking",
            "http_req_sending", "http_req_waiting", "http_req_receiving", "data_sent",
            "data_received":
            requests([])
        case "conn_wait": requests(["name"])
        case "http_reqs": requests(["name", "status", "expected_response"])
        case "http_req_failed": requests(["name"])
        case "http_req_rejected": requests(["name", "reject_code"], also: ["reject_code"])
        case "checks": requests(["check"], also: ["check"])
        case "group_duration": iterations("group")
        case "dropped_iterations", "iteration_errors": iterations("reason")
        case "iterations_missed": iterations("cause")
        case "orders": iterations("op")
        default: BuiltInMetrics.kinds[metric] == nil ? nil : iterations()
        }
    }
}

extension Scenario {
    /// The kind of a metric, built-in or of the document's own; nil if there is none of that name.
    package func kind(of metric: String) -> MetricKind? {
        BuiltInMetrics.kinds[metric] ?? customMetrics.first { $0.name == metric }?.kind
    }

    /// Tags of a sample: for a metric of the document's own those its `metric` steps give it.
    package func tags(of metric: String) -> MetricTags.Entry? {
        if let known = MetricTags.builtIn(metric) { return known }
        guard let position = customMetrics.firstIndex(where: { $0.name == metric }) else {
            return nil
        }
        let steps = metricSteps.filter { $0.metric == position }
        let tags = Set(steps.flatMap(\.tags.keys)).union(["scenario", "group"])
        return MetricTags.Entry(level: .iteration, series: tags, samples: tags)
    }

    package var metricSteps: [MetricStep] {
        flows.values.flatMap(\.allSteps).compactMap { step in
            if case .metric(let metric) = step { metric } else { nil }
        }
    }

    /// Tags of everything a workload does: the document's, the scenario's over them.
    package func staticTags(_ workload: Workload) -> [String: String] {
        tags.merging(workload.tags) { $1 }
    }
}
