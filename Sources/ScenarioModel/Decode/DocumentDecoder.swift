// The document's own keys, and the order of decoding: what does not depend on others first
// (defaults, scenarios' names), then flows (which need the scenarios' env), then what names flows
// and series (exec, thresholds).
//
// Confined to one load.

import HarnessCore

final class DocumentDecoder {
    let problems: Problems
    private let files: ScenarioFiles
    /// Names -e and the environment define; nil where any may be.
    private let environment: Set<String>?
    private(set) var usedEnvironment: Set<String> = []
    /// What the scenarios hold at most, for a fleet larger than that.
    private(set) var vuBounds: [VUBound] = []

    init(problems: Problems, files: ScenarioFiles, environment: Set<String>?) {
        self.problems = problems
        self.files = files
        self.environment = environment
    }

    /// Nil where too little of a scenario is left to build one; the problems tell why.
    func decode(_ root: YAMLNode) -> Scenario? {
        guard let map = MapReader(root, path: "", problems: problems) else { return nil }
        let name = name(map)
        let drafts = WorkloadDecoder(problems: problems, files: files).drafts(map)
        let known = environment.map { known in
            drafts.reduce(into: known) { $0.formUnion($1.env.keys) }
        }
        let catalog = FeederDecoder(problems: problems, files: files, environment: known)
            .feeders(map)
        let flowDecoder = FlowsDecoder(
            problems: problems, files: files,
            shared: SharedNames(environment: known, catalog: catalog))
        let flows = flowDecoder.flows(map)
        usedEnvironment = flowDecoder.usedEnvironment.union(catalog.usedEnvironment)
        let workloads = WorkloadDecoder.resolving(drafts, flows: flows, problems: problems)
        vuBounds = drafts.compactMap(\.vuBound)
        FeederRules(
            catalog: catalog, flows: flows, workloads: workloads, shared: flowDecoder.shared,
            problems: problems
        ).check()
        warnOfUnused(flows, drafts)
        var scenario = Scenario(
            name: name ?? "", workloads: workloads, flows: flows.mapValues(\.flow))
        scenario.description = map.text("description") ?? ""
        scenario.tags = TagRules.texts(map, "tags")
        scenario.feeders = catalog.feeders
        scenario.customMetrics = flowDecoder.metrics.metrics
        scenario.secretNames = flowDecoder.usedSecrets.sorted()
        settings(map, &scenario)
        WorkloadDecoder.checkLanes(drafts, scenario, problems: problems)
        scenario.engine = EngineFlagsDecoder.flags(map)
        scenario.target = TargetDecoder.target(map)
        if scenario.target == nil, scenario.engine == nil {
            problems.error(
                "no target and no engine: target takes http(s)://host[:port][/prefix]; "
                    + "`engine: true` starts the bundled engine", at: map.place(of: "target"))
        }
        let series = SeriesTags(scenario: scenario, requests: flowDecoder.requests)
        scenario.thresholds = ThresholdDecoder(
            problems: problems, series: series, metrics: scenario.customMetrics
        ).thresholds(map)
        judging(map, series, &scenario)
        if scenario.staticSeries > Limits.seriesPerAgent {
            problems.error(
                "flows: \(scenario.staticSeries) series by name, group, check, metric and "
                    + "threshold; an agent has \(Limits.seriesPerAgent) at most",
                at: map.place(of: "flows"))
        }
        if let key = scenario.longestMetricKey, key.bytes > Limits.deltaKeyBytes {
            problems.error(
                "flows: metric \(key.metric.quoted) with its tags, scenario and group takes "
                    + "\(key.bytes) bytes; \(Limits.deltaKeyBytes) at most",
                at: map.place(of: "flows"))
        }
        map.finish()
        return problems.isEmpty ? scenario : nil
    }

    private func name(_ map: MapReader) -> String? {
        guard let node = map.take("name") else {
            problems.error("name is required", at: map.place(of: "name"))
            return nil
        }
        guard let name = map.read.text(node, "name") else { return nil }
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(Names.isDocumentNameByte)
        else {
            problems.error(
                "name: \(name.quoted) is not 1 to 64 letters, digits, \"_\", \".\", \"-\"",
                at: node.place)
            return nil
        }
        return name
    }

    private func settings(_ map: MapReader, _ scenario: inout Scenario) {
        if let node = map.take("seed") {
            if let text = map.read.text(node, "seed") {
                if NodeReader.isInteger(text), let seed = UInt64(text) {
                    scenario.seed = seed
                } else {
                    problems.error(
                        "seed: \(text.quoted) is not in 0...18446744073709551615", at: node.place)
                }
            }
        }
        DefaultsDecoder.decode(map, &scenario, files: files)
        if let warmup = map.duration("warmup") { scenario.warmup = warmup }
        if let statistics = SummaryStatistics.decode(map) {
            scenario.summaryTrendStats = statistics
        }
        if let onLoss = map.choice("onAgentLoss", OnAgentLoss.self) {
            scenario.onAgentLoss = onLoss
        }
        scenario.fleet = FleetSettingsDecoder.decode(map)
    }

    /// What criteria need, then these, then what is known of their chances.
    private func judging(_ map: MapReader, _ series: SeriesTags, _ scenario: inout Scenario) {
        scenario.observe = ObserveDecoder(problems: problems).sources(map)
        scenario.health = HealthDecoder(problems: problems).overrides(map)
        if let steady = map.choice("steady", SteadyMode.self) { scenario.steady = steady }
        scenario.criteria = CriteriaDecoder(
            problems: problems, series: series, metrics: scenario.customMetrics,
            observe: scenario.observe
        ).criteria(map)
        if problems.isEmpty { CriteriaAdvice(scenario: scenario, problems: problems).check() }
    }

    private func warnOfUnused(
        _ flows: [String: DecodedFlow], _ drafts: [WorkloadDecoder.Draft]
    ) {
        let used = Set(drafts.compactMap { $0.exec(among: flows.keys) })
        for (name, flow) in flows where !used.union(FlowHookName.all).contains(name) {
            problems.warning("no scenario runs flow \(name.quoted)", at: flow.place)
        }
    }
}

@available(*, unavailable)
extension DocumentDecoder: Sendable {}

/// The characters of names.
enum Names {
    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Scenarios and flows: `[0-9a-zA-Z_-]`.
    static func isScenarioNameByte(_ byte: UInt8) -> Bool {
        isWordByte(byte) || byte == UInt8(ascii: "-")
    }

    /// Documents: `[0-9A-Za-z_.-]`.
    static func isDocumentNameByte(_ byte: UInt8) -> Bool {
        isScenarioNameByte(byte) || byte == UInt8(ascii: ".")
    }

    /// Captured variables: `[A-Za-z_][A-Za-z0-9_]*`, at most 64.
    static func isVariable(_ name: String) -> Bool {
        guard let first = name.first, !first.isASCIIDigit, name.utf8.count <= 64 else {
            return false
        }
        return name.utf8.allSatisfy(isWordByte)
    }

    /// A header's name: RFC 9110 token.
    static func isHeader(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 256
            && name.utf8.allSatisfy {
                isWordByte($0) || "!#$%&'*+-.^`|~".utf8.contains($0)
            }
    }
}
