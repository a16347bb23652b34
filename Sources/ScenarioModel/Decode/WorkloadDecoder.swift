// `scenarios`, or the shortcuts `vus` and `duration` that make one called `default`. Read as drafts
// first: flows need their env, and they need the flows' names.

import HarnessCore

struct WorkloadDecoder {
    /// A scenario before its flow is known.
    struct Draft {
        var name: String
        var place: SourcePosition
        /// As written, with its place.
        var execWritten: (name: String, place: SourcePosition)?
        var executor: Executor?
        var startTime: TimeSpan = .zero
        var gracefulStop: TimeSpan = .seconds(30)
        var tags: [String: String] = [:]
        var env: [String: String] = [:]
        var maxWait: TimeSpan?

        /// The flow it runs: as written, else `default`, else the only one.
        func exec(among flows: some Collection<String>) -> String? {
            if let execWritten { return execWritten.name }
            if flows.contains("default") { return "default" }
            return flows.count == 1 ? flows.first : nil
        }
    }

    let problems: Problems

    func drafts(_ document: MapReader) -> [Draft] {
        document.refuse("iterations", "stages")
        let vus = document.take("vus")
        let duration = document.take("duration")
        let scenarios = document.take("scenarios")
        if scenarios != nil, duration != nil {
            problems.error(
                "using `duration` and `scenarios` options simultaneously is not allowed",
                at: document.place(of: "duration"))
        } else if scenarios != nil, vus != nil {
            problems.error(
                "using `vus` and `scenarios` options simultaneously is not allowed",
                at: document.place(of: "vus"))
        }
        if let scenarios { return all(scenarios, document) }
        if duration != nil { return [shortcut(document)] }
        if vus != nil {
            problems.unsupported(
                "vus without duration (shared-iterations)", at: document.place(of: "vus"))
        } else if document.take("iterations") == nil, document.take("stages") == nil {
            problems.error("scenarios is required", at: document.place(of: "scenarios"))
        }
        return []
    }

    private func shortcut(_ document: MapReader) -> Draft {
        var draft = Draft(name: "default", place: document.place(of: "duration"))
        draft.executor = ExecutorDecoder(map: document, name: nil).constantVUs()
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
        draft.executor = ExecutorDecoder(map: map, name: entry.keyPlace).executor(&draft.maxWait)
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
        draft.tags = map.tags()
        draft.env = map.texts("env")
        if let node = map.take("transport") {
            let text = map.read.text(node, map.path("transport"))
            if text == "direct" {
                problems.unsupported("\(map.path("transport")) direct", at: node.place)
            } else if let text, text != "auto", text != "multi" {
                problems.error(
                    "\(map.path("transport")): \(text.quoted) is none of auto, direct, multi",
                    at: node.place)
            }
        }
        if map.take("options") != nil {
            problems.error(
                "unknown key \"options\" in \(map.path)", at: map.place(of: "options"))
        }
    }

    /// In order of (startTime, name).
    static func resolving(
        _ drafts: [Draft], flows: [String: DecodedFlow], problems: Problems
    ) -> [Workload] {
        var workloads: [Workload] = []
        for draft in drafts {
            let place = draft.execWritten?.place ?? draft.place
            let exec = draft.exec(among: flows.keys) ?? "default"
            if flows[exec] == nil, !exec.isEmpty {
                problems.error(
                    "scenarios.\(draft.name): flow '\(exec)' not found"
                        + NearestName.hint(exec, in: flows.keys), at: place)
            }
            guard let executor = draft.executor else { continue }
            var workload = Workload(name: draft.name, exec: exec, executor: executor)
            workload.startTime = draft.startTime
            workload.gracefulStop = draft.gracefulStop
            workload.tags = draft.tags
            workload.env = draft.env
            workload.maxWait = draft.maxWait
            workloads.append(workload)
        }
        return workloads.sorted { ($0.startTime, $0.name) < ($1.startTime, $1.name) }
    }
}
