// The document's own metrics: found before the flows are decoded, so that steps can refer to them
// by position. A metric has one kind, wherever it is fed.

import HarnessCore

struct MetricCatalog {
    /// Of the generator's health signals.
    private static let reservedPrefix = "health_"
    /// In name order.
    private(set) var metrics: [CustomMetric] = []

    /// Names that series of our own have on the wire beside `BuiltInMetrics`.
    private static let reserved: Set<String> = [
        "http_req_errors", "error_sample", "arrivals", "iterations_started",
        "http_reqs_interrupted_over",
    ]

    /// - Complexity: O(n)
    func position(of name: String) -> Int? {
        metrics.firstIndex { $0.name == name }
    }

    /// Every `metric` step of the flows, checked and told.
    mutating func collect(_ flows: [YAMLNode.Entry], problems: Problems) {
        var found: [String: CustomMetric] = [:]
        for flow in flows {
            for node in Self.nodes(flow.value) {
                guard let metric = Self.metric(node, problems) else { continue }
                guard let known = found[metric.name] else {
                    found[metric.name] = metric
                    if found.count == Limits.customMetrics + 1 {
                        problems.error(
                            "flows: more than \(Limits.customMetrics) metrics", at: node.place)
                    }
                    continue
                }
                if known.kind != metric.kind || known.isTime != metric.isTime {
                    problems.error(
                        "metric \(metric.name.quoted) is \(Self.words(known)) elsewhere, and "
                            + "\(Self.words(metric)) here: a metric has one type", at: node.place)
                }
            }
        }
        metrics = found.values.sorted { $0.name < $1.name }
    }

    private static func words(_ metric: CustomMetric) -> String {
        metric.kind.rawValue + (metric.isTime ? " of times" : "")
    }

    /// Name, type and time of one `metric` step; what else it has is the step's to read.
    private static func metric(_ node: YAMLNode, _ problems: Problems) -> CustomMetric? {
        // What is no map the step itself tells.
        guard node.entries != nil,
            let map = MapReader(node, path: "metric", problems: problems)
        else { return nil }
        guard let written = map.take("name") else {
            problems.error("metric: name is required", at: node.place)
            return nil
        }
        guard let name = map.text("name") else { return nil }
        guard isName(name) else {
            problems.error(
                "metric.name: \(name.quoted) is not a letter or \"_\" and 1 to 128 letters, "
                    + "digits, \"_\"", at: written.place)
            return nil
        }
        if BuiltInMetrics.kinds[name] != nil || reserved.contains(name)
            || name.hasPrefix(reservedPrefix)
        {
            problems.error(
                "metric.name: \(name.quoted) is a built-in metric", at: written.place)
            return nil
        }
        guard map.take("type") != nil else {
            problems.error(
                "metric: type is required: counter, gauge, rate or trend", at: node.place)
            return nil
        }
        guard let kind = map.choice("type", MetricKind.self) else { return nil }
        let isTime = map.boolean("time") ?? false
        if isTime, kind != .trend {
            problems.error("metric.time: only with type trend", at: map.place(of: "time"))
        }
        return CustomMetric(name: name, kind: kind, isTime: isTime)
    }

    /// `^[a-zA-Z_][a-zA-Z0-9_]{1,128}$`
    private static func isName(_ name: String) -> Bool {
        guard (2...129).contains(name.utf8.count), name.first?.isASCIIDigit == false else {
            return false
        }
        return name.utf8.allSatisfy(Names.isWordByte)
    }

    /// Values of `metric` steps, through the steps that hold others: a body may have such a key
    /// too.
    private static func nodes(_ steps: YAMLNode) -> [YAMLNode] {
        var found: [YAMLNode] = []
        for entry in (steps.items ?? []).flatMap({ $0.entries ?? [] }) {
            switch entry.key {
            case "metric": found.append(entry.value)
            case "then", "else": found += nodes(entry.value)
            case "repeat", "group":
                if let inner = entry.value["steps"] { found += nodes(inner) }
            case "choose":
                for choice in entry.value.items ?? [] {
                    if let inner = choice["steps"] { found += nodes(inner) }
                }
            default: break
            }
        }
        return found
    }
}
