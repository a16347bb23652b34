// `scenarios`, or k6's shortcuts that make one called `default`. Read as drafts first: flows
// need their env, and they need the flows' names.

import HarnessCore

struct WorkloadDecoder {
    /// A scenario before its flow is known.
    struct Draft {
        var name: String
        var place: SourcePosition
        /// As written, with its place.
        var execWritten: (name: String, place: SourcePosition)?
        var decoded = DecodedExecutor()
        var startTime: TimeSpan = .zero
        var gracefulStop: TimeSpan = .seconds(30)
        var tags: [String: String] = [:]
        var env: [String: String] = [:]
        var transport = Workload.Transport.auto
        /// Of `transport`, where it is written.
        var transportPlace: SourcePosition?

        var vuBound: VUBound? {
            decoded.executor.map {
                VUBound(scenario: name, vus: $0.maxVUs, place: decoded.vusPlace ?? place)
            }
        }

        /// The flow it runs: as written, else `default`, else the only one.
        func exec(among flows: some Collection<String>) -> String? {
            if let execWritten { return execWritten.name }
            if flows.contains("default") { return "default" }
            let own = flows.filter { !FlowHookName.all.contains($0) }
            return own.count == 1 ? own[0] : nil
        }
    }

    let problems: Problems
    let files: ScenarioFiles

    /// Of what `ShortcutLayers` has left: one way of saying it.
    func drafts(_ document: MapReader) -> [Draft] {
        let scenarios = document.take("scenarios")
        let shortcut = ["iterations", "duration", "stages"].first { document.take($0) != nil }
        for key in ["iterations", "duration", "stages", "vus"] { _ = document.take(key) }
        if let shortcut { return [self.shortcut(shortcut, document)] }
        if let scenarios {
            if document.has("vus") {
                problems.warning(
                    "vus: ignored beside scenarios", at: document.place(of: "vus"))
            }
            return all(scenarios, document)
        }
        if document.has("vus") { return [self.shortcut("vus", document)] }
        problems.error("scenarios is required", at: document.place(of: "scenarios"))
        return []
    }

    /// k6's: the scenario `default`.
    private func shortcut(_ key: String, _ document: MapReader) -> Draft {
        var draft = Draft(name: "default", place: document.place(of: key))
        let decoder = ExecutorDecoder(map: document, name: nil, files: files)
        draft.decoded.executor =
            switch key {
            case "iterations": decoder.sharedIterations(maxDuration: "duration")
            case "duration": decoder.constantVUs()
            case "stages": decoder.rampingVUs(isShortcut: true)
            default: decoder.oneIterationEach()
            }
        draft.decoded.vusPlace = document.has("vus") ? document.place(of: "vus") : nil
        return draft
    }

    private func all(_ node: YAMLNode, _ document: MapReader) -> [Draft] {
        guard let entries = document.read.entries(node, "scenarios") else { return [] }
        let drafts = entries.filter { !$0.key.hasPrefix("x-") && !$0.value.isNull }
        if drafts.isEmpty { problems.error("scenarios: at least one is needed", at: node.place) }
        if drafts.count > Limits.scenarios {
            problems.error("scenarios: more than \(Limits.scenarios)", at: node.place)
            return []
        }
        return drafts.compactMap(draft)
    }

    private func draft(_ entry: YAMLNode.Entry) -> Draft? {
        let path = "scenarios.\(entry.key)"
        if entry.key.isEmpty || entry.key.utf8.count > 64
            || !entry.key.utf8.allSatisfy(Names.isScenarioNameByte)
        {
            problems.error(
                "scenarios: the name \(entry.key.quoted) should contain only numbers, latin "
                    + "letters, underscores, and dashes, at most 64", at: entry.keyPlace)
        }
        guard let map = MapReader(entry.value, path: path, problems: problems) else { return nil }
        var draft = Draft(name: entry.key, place: entry.keyPlace)
        common(map, &draft)
        draft.decoded = ExecutorDecoder(map: map, name: entry.keyPlace, files: files).decode()
        return draft
    }

    private func common(_ map: MapReader, _ draft: inout Draft) {
        if let node = map.take("exec") {
            if let text = map.read.text(node, map.path("exec")) {
                if text.isEmpty {
                    problems.error(
                        "\(map.path("exec")): exec value cannot be empty", at: node.place)
                }
                draft.execWritten = (text, node.place)
            }
        }
        if let span = map.duration("startTime", negative: "startTime can't be negative") {
            draft.startTime = span
        }
        let negative = "gracefulStop timeout can't be negative"
        if let span = map.duration("gracefulStop", negative: negative) {
            draft.gracefulStop = span
        }
        draft.tags = TagRules.texts(map, "tags")
        draft.env = env(map)
        // `k6 inspect` prints it for every scenario; only null is as good as nothing.
        if !map.has("options") { map.tolerate("options") }
        if let transport = map.choice("transport", Workload.Transport.self) {
            draft.transport = transport
            draft.transportPlace = map.place(of: "transport")
        }
    }

    /// `transport: direct` is refused where the defaults ask for what only libcurl does.
    static func checkLanes(_ drafts: [Draft], _ scenario: Scenario, problems: Problems) {
        guard let key = scenario.needsMulti else { return }
        for draft in drafts where draft.transport == .direct {
            problems.error(
                "scenarios.\(draft.name).transport: direct is HTTP/1.1 without redirects and "
                    + "compression, and defaults.\(key) asks for more; take multi or auto",
                at: draft.transportPlace ?? draft.place)
        }
    }

    /// `${env.X}`: X is a word.
    private func env(_ map: MapReader) -> [String: String] {
        let env = map.texts("env")
        for entry in map.take("env")?.entries ?? [] where !Names.isVariable(entry.key) {
            problems.error(
                "\(map.path("env")): \(entry.key.quoted) is not 1 to 64 letters, digits, \"_\", no "
                    + "digit first", at: entry.keyPlace)
        }
        return env
    }

    /// In order of (startTime, name).
    static func resolving(
        _ drafts: [Draft], flows: [String: DecodedFlow], problems: Problems
    ) -> [Workload] {
        var workloads: [Workload] = []
        for draft in drafts {
            let place = draft.execWritten?.place ?? draft.place
            let exec = draft.exec(among: flows.keys) ?? "default"
            if FlowHookName.all.contains(exec) {
                problems.error(
                    "scenarios.\(draft.name): flow '\(exec)' runs once for the whole fleet, not in "
                        + "a scenario", at: place)
            } else if flows[exec] == nil, !exec.isEmpty {
                let known = flows.keys.filter { !FlowHookName.all.contains($0) }
                problems.error(
                    "scenarios.\(draft.name): flow '\(exec)' not found"
                        + NearestName.hint(exec, in: known), at: place)
            }
            guard let executor = draft.decoded.executor else { continue }
            let models = flows[exec]?.flow.orderModels ?? []
            let isBurst = models.contains { $0.profile == .burst }
            var workload = Workload(
                name: draft.name, exec: exec,
                executor: isBurst ? bursting(executor, draft, problems) : executor)
            workload.isExecGiven = draft.execWritten != nil
            workload.startTime = draft.startTime
            workload.gracefulStop = draft.gracefulStop
            workload.tags = draft.tags
            workload.env = draft.env
            workload.maxWait = draft.decoded.maxWait
            workload.transport = draft.transport
            if case .externallyControlled = executor { workload.gracefulStop = .zero }
            workloads.append(workload)
        }
        return workloads.sorted { ($0.startTime, $0.name) < ($1.startTime, $1.name) }
    }

    /// Profile `burst`: arrivals come in clusters unless the scenario says otherwise.
    private static func bursting(
        _ executor: Executor, _ draft: Draft, _ problems: Problems
    ) -> Executor {
        if draft.decoded.hawkesIsWritten { return executor }
        if case .constantArrivalRate(var constant) = executor, !constant.isPoisson {
            constant.hawkes = Hawkes()
            return .constantArrivalRate(constant)
        }
        problems.warning(
            "scenarios.\(draft.name): profile burst has its bursts with constant-arrival-rate "
                + "without poisson only; here arrivals stay as they are", at: draft.place)
        return executor
    }
}
