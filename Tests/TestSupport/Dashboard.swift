// A Grafana dashboard of `dashboards/` and the rules it has to keep.

package import Foundation

package struct Dashboard {
    package static let names = ["run", "fleet", "engine"]
    package static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
            "dashboards")
    /// Grafana's ids of the units we have a use for.
    private static let units: Set = [
        "none", "short", "ops", "reqps", "s", "ms", "bytes", "Bps", "percent", "percentunit",
    ]

    private let name: String
    private let root: [String: Any]

    package static func text(_ name: String) throws -> String {
        try String(
            contentsOf: folder.appendingPathComponent(name + ".json"), encoding: .utf8)
    }

    package init(_ name: String, text: String? = nil) throws {
        self.name = name
        let data = Data(try (text ?? Self.text(name)).utf8)
        root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    package var uid: String { root["uid"] as? String ?? "" }

    private var panels: [[String: Any]] { root["panels"] as? [[String: Any]] ?? [] }

    private var variables: [[String: Any]] {
        (root["templating"] as? [String: Any])?["list"] as? [[String: Any]] ?? []
    }

    /// Of all panels.
    package var queries: [String] {
        panels.flatMap(Self.targets).compactMap { $0["expr"] as? String }
    }

    /// Names of the metrics in all queries, those of the variables included.
    package var metrics: Set<String> {
        let defined = variables.compactMap { $0["definition"] as? String }
        return Set((queries + defined).flatMap(Self.metrics))
    }

    private static func targets(_ panel: [String: Any]) -> [[String: Any]] {
        panel["targets"] as? [[String: Any]] ?? []
    }

    /// Words that name a metric: ours and the process's.
    private static func metrics(in query: String) -> [String] {
        let pattern = #/\b(?:spotload|process)_[a-z0-9_]+/#
        return query.matches(of: pattern).map { String($0.output) }
    }

    // MARK: - The rules

    /// What breaks a rule, in words.
    package func complaints() -> [String] {
        var found: [String] = []
        if root["editable"] as? Bool != false { found.append("editable is not false") }
        if (root["title"] as? String ?? "").isEmpty || uid.isEmpty { found.append("no title") }
        found += variableComplaints + panels.flatMap(Self.complaints)
        let ids = panels.compactMap { $0["id"] as? Int }
        if Set(ids).count != panels.count { found.append("panel ids") }
        return found
    }

    private var variableComplaints: [String] {
        let names = variables.compactMap { $0["name"] as? String }
        guard names.prefix(3) == ["datasource", "job", "instance"] else {
            return ["variables: \(names)"]
        }
        var found: [String] = []
        if variables[0]["type"] as? String != "datasource"
            || variables[0]["label"] as? String != "Data source"
            || variables[0]["query"] as? String != "prometheus"
        {
            found.append("variable datasource")
        }
        for (variable, name) in zip(variables, names).dropFirst() {
            let isRight =
                variable["type"] as? String == "query" && variable["multi"] as? Bool == true
                && variable["includeAll"] as? Bool == true
                && variable["allValue"] as? String == ".+" && variable["refresh"] as? Int == 2
                && Self.usesSource(variable)
            if !isRight { found.append("variable \(name)") }
        }
        return found
    }

    private static func usesSource(_ item: [String: Any]) -> Bool {
        (item["datasource"] as? [String: Any])?["uid"] as? String == "$datasource"
    }

    private static func complaints(_ panel: [String: Any]) -> [String] {
        let title = panel["title"] as? String ?? ""
        var found: [String] = []
        if title.isEmpty { found.append("a panel without title") }
        if (panel["description"] as? String ?? "").isEmpty { found.append("\(title): description") }
        let defaults = (panel["fieldConfig"] as? [String: Any])?["defaults"] as? [String: Any]
        if !units.contains(defaults?["unit"] as? String ?? "") { found.append("\(title): unit") }
        let all = targets(panel)
        if all.isEmpty { found.append("\(title): no target") }
        if !usesSource(panel) || !all.allSatisfy(usesSource) {
            found.append("\(title): not $datasource")
        }
        for target in all {
            found += complaints(query: target["expr"] as? String ?? "").map { "\(title): \($0)" }
        }
        return found
    }

    private static func complaints(query: String) -> [String] {
        var found: [String] = []
        let names = metrics(in: query)
        if names.isEmpty { found.append("no metric in \(query)") }
        // Every metric is followed by its matchers.
        let selected = query.matches(of: #/\b(?:spotload|process)_[a-z0-9_]+\{([^}]*)\}/#)
        if selected.count != names.count { found.append("a metric without matcher in \(query)") }
        for match in selected {
            for matcher in [#"job=~"$job""#, #"instance=~"$instance""#]
            where !match.output.1.contains(matcher) {
                found.append("no matcher \(matcher) in \(query)")
            }
        }
        let ranges = query.matches(of: #/\[([^\]]*)\]/#)
        if ranges.contains(where: { $0.output.1 != "$__rate_interval" }) {
            found.append("a range that is not $__rate_interval in \(query)")
        }
        let rates = query.matches(of: #/\b(?:rate|irate|increase)\(([a-z_]+)\{[^}]*\}\[/#)
        let inRates = rates.map { String($0.output.1) }
        if ranges.count != rates.count { found.append("a range outside a rate in \(query)") }
        let counters = names.filter {
            $0.hasSuffix("_total") || $0.hasSuffix("_bucket") || $0.hasSuffix("_count")
        }
        if counters.count != inRates.count || Set(counters) != Set(inRates) {
            found.append("_total outside a rate, or a rate of no counter, in \(query)")
        }
        return found
    }
}
