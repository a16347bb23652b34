// How long the keys of the document's own metrics get: name, the step's tags, scenario, group, and
// what tells halves and warm-up twins apart. A delta takes keys of `Limits.deltaKeyBytes` at most.

import HarnessCore

extension Scenario {
    /// The metric with the longest key, and that key's bytes; nil without metrics.
    package var longestMetricKey: (metric: String, bytes: Int)? {
        let keys = workloads.flatMap { workload in
            (flows[workload.exec]?.steps ?? []).flatMap {
                metricKeys($0, group: "", scenario: workload.name)
            }
        }
        return keys.max { $0.bytes < $1.bytes }
    }

    private func metricKeys(
        _ step: Step, group: String, scenario: String
    ) -> [(metric: String, bytes: Int)] {
        switch step {
        case .metric(let metric):
            let name = customMetrics[metric.metric].name
            var tags = metric.tags.merging(["scenario": scenario, "phase": "warmup"]) { $1 }
            if customMetrics[metric.metric].kind == .rate { tags["rate"] = "false" }
            if !group.isEmpty { tags["group"] = TagText.bounded(group) }
            // {tag="value",tag="value"}
            let bytes = tags.reduce(name.utf8.count + 1) { $0 + Self.tagBytes($1.key, $1.value) }
            return [(name, bytes)]
        case .group(let name, let steps):
            return steps.flatMap {
                metricKeys($0, group: group + "::" + name, scenario: scenario)
            }
        default:
            return step.nested.joined().flatMap {
                metricKeys($0, group: group, scenario: scenario)
            }
        }
    }

    private static func tagBytes(_ name: String, _ value: String) -> Int {
        let escapes = value.utf8.count { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        return name.utf8.count + value.utf8.count + escapes + 4
    }
}
