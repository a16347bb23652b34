// Which tag values a scenario can produce: a threshold on any other would judge nothing for ever.

import HarnessCore

struct SeriesTags {
    private let scenarios: Set<String>
    private let groups: Set<String>
    private let checks: Set<String>
    private let methods: Set<String>
    private let ops: Set<String>
    /// Names that are constant, and those that are not.
    private var names: Set<String> = []
    private var templates: [Template] = []
    /// Values of `tags`: of requests and their checks, of iterations, of the document's own metrics
    /// by name.
    private var requestTags: [String: Set<String>] = [:]
    private var iterationTags: [String: Set<String>] = [:]
    private var metricTags: [String: [String: Set<String>]] = [:]
    private let scenario: Scenario

    init(scenario: Scenario, requests: [RequestStep]) {
        self.scenario = scenario
        let steps = scenario.flows.values.map(\.steps)
        scenarios = Set(scenario.workloads.map(\.name))
        groups = Set(steps.flatMap { Self.groups($0, below: "") })
        checks = Set(requests.flatMap(\.checks).map(\.name))
        let kinds = scenario.flows.values.flatMap(\.orderModels).flatMap(\.mix).map(\.kind)
        // A cancel without an open order becomes a limit order: `new` is always possible.
        ops = kinds.isEmpty ? [] : Set(kinds.map(Self.op)).union(["new", "cancel"])
        let fromOrder = requests.contains(where: \.fromOrder)
        methods = Set(requests.map(\.method))
            .union(fromOrder ? ["GET", "POST", "PUT", "DELETE"] : [])
        for request in requests {
            if let name = request.name.constant {
                names.insert(name)
            } else if request.fromOrder, request.name.source == "order ${order.op}" {
                names.formUnion(ops.map { "order \($0)" })
            } else {
                templates.append(request.name)
            }
        }
        addOwnTags(scenario)
    }

    private mutating func addOwnTags(_ scenario: Scenario) {
        func add(_ tags: [String: String], to all: inout [String: Set<String>]) {
            for (key, value) in tags { all[key, default: []].insert(value) }
        }
        for workload in scenario.workloads {
            let tags = scenario.staticTags(workload)
            add(tags, to: &iterationTags)
            for step in scenario.flows[workload.exec]?.allSteps ?? [] {
                switch step {
                case .request(let request): add(tags.merging(request.tags) { $1 }, to: &requestTags)
                case .metric(let metric):
                    let name = scenario.customMetrics[metric.metric].name
                    add(tags.merging(metric.tags) { $1 }, to: &metricTags[name, default: [:]])
                default: break
                }
            }
        }
    }

    /// Why no sample of the metric can have the tag; nil where one can.
    func problem(_ metric: String, _ key: String, _ value: String) -> String? {
        guard let entry = scenario.tags(of: metric) else { return nil }
        let own: [String: Set<String>] =
            switch entry.level {
            case .request: requestTags
            case .iteration: metricTags[metric] ?? iterationTags
            }
        if let values = own[key], !MetricTags.reserved.contains(key) {
            return unknown(key, value, values)
        }
        guard entry.samples.contains(key) else {
            let isElsewhere = MetricTags.known.contains(key) || requestTags[key] != nil
            return (isElsewhere ? "\(metric) has no tag" : "nothing has a tag")
                + " \(key.quoted)"
                + NearestName.hint(key, in: entry.samples.union(own.keys))
        }
        switch key {
        case "scenario": return unknown(key, value, scenarios)
        case "method": return unknown(key, value, methods)
        case "group": return unknown(key, value, groups)
        case "check": return unknown(key, value, checks)
        case "op": return unknown(key, value, ops)
        case "name":
            if templates.contains(where: { $0.mayRender(value) }) { return nil }
            if value == "(other)", !templates.isEmpty { return nil }
            return unknown(key, value, names)
        default: return TagValues.problem(metric, key, value)
        }
    }

    private func unknown(_ key: String, _ value: String, _ known: Set<String>) -> String? {
        if known.contains(value) { return nil }
        return "nothing has the tag \(key):\(value)" + NearestName.hint(value, in: known)
    }

    private static func groups(_ steps: [Step], below parent: String) -> [String] {
        steps.flatMap { step -> [String] in
            var path = parent
            if case .group(let name, _) = step { path += "::\(name)" }
            let inner = step.nested.flatMap { groups($0, below: path) }
            return path == parent ? inner : [path] + inner
        }
    }

    /// The command a kind is sent as.
    private static func op(_ kind: OrderKind) -> String {
        switch kind {
        case .limit, .maker, .ioc, .fok, .market: "new"
        case .cancel, .stale: "cancel"
        case .replace: "replace"
        case .query: "query"
        case .retry: "retry"
        case .bad: "bad"
        }
    }
}
