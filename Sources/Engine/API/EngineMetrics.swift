// The text of /metrics (engine.md 2): Prometheus exposition 0.0.4.

extension TradingAPI {
    private static let prefix = "spotload_engine_"

    /// Called on the matcher's thread.
    func metrics(_ matcher: Matcher) -> String {
        let prefix = Self.prefix
        var text = gauges(matcher).exposition(prefix: prefix)
        func family(_ name: String, _ values: [(String, UInt64)]) {
            guard !values.isEmpty else { return }
            text += "# TYPE \(name) counter\n"
            for (labels, value) in values.sorted(by: { $0.0 < $1.0 }) {
                text += "\(name){\(labels)} \(value)\n"
            }
        }
        let totals = statistics.snapshot
        family(prefix + "commands_total", [("shard=\"0\"", totals.commands)])
        family(prefix + "rejects_total", totals.rejects.map { ("code=\"\($0.key)\"", $0.value) })
        family(
            prefix + "http_requests_total",
            statistics.requestCounts.map { key, value in
                (
                    "route=\"\(key.route.path)\",method=\"\(key.method.rawValue)\","
                        + "status=\"\(key.status)\"", value
                )
            })
        let agents = statistics.agentList.map { ("agent=\"\($0.name)\"", $0.counts) }
        family(prefix + "agent_requests_total", agents.map { ($0.0, $0.1.requests) })
        family(prefix + "agent_responses_total", agents.map { ($0.0, $0.1.responses) })
        text += histograms
        text += "# TYPE process_cpu_seconds_total counter\n"
        text += "process_cpu_seconds_total \(ProcessFacts.cpuSeconds)\n"
        text += "# TYPE process_resident_memory_bytes gauge\n"
        text += "process_resident_memory_bytes \(ProcessFacts.residentBytes)\n"
        text += "# TYPE process_open_fds gauge\nprocess_open_fds \(ProcessFacts.openFiles)\n"
        return text
    }

    private var histograms: String {
        let requests = Self.prefix + "http_request_duration_seconds"
        var text = "# TYPE \(requests) histogram\n"
        for route in Route.allCases {
            let histogram = statistics.requestDuration[route.rawValue]
            guard histogram.count > 0 else { continue }
            text += histogram.exposition(requests, label: "route=\"\(route.path)\"")
        }
        for (name, histogram) in [
            ("log_append_duration_seconds", statistics.logAppend),
            ("store_commit_duration_seconds", statistics.storeCommit),
            ("db_pool_wait_seconds", statistics.poolWait),
        ] {
            text += "# TYPE \(Self.prefix)\(name) histogram\n"
            text += histogram.exposition(Self.prefix + name)
        }
        return text
    }
}
