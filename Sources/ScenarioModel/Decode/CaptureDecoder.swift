// `capture`: `{x: $.path}` or `{x: {json|header|regex, group, default, keep}}`. A captured name may
// be used by the steps after it.

import HarnessCore

struct CaptureDecoder {
    let templates: TemplateCompiler

    private var problems: Problems { templates.problems }
    private var read: NodeReader { NodeReader(problems: problems) }

    func captures(_ node: YAMLNode, _ path: String) -> [Capture] {
        (read.entries(node, path) ?? []).compactMap { entry in
            guard Names.isVariable(entry.key), !NameScope.isReserved(entry.key) else {
                problems.error(
                    "\(path): \(entry.key.quoted) cannot be captured: letters, digits, \"_\", and "
                        + "no name of the language", at: entry.keyPlace)
                return nil
            }
            return capture(entry, "\(path).\(entry.key)")
        }
    }

    private func capture(_ entry: YAMLNode.Entry, _ path: String) -> Capture? {
        var source: Capture.Source?
        var defaultValue: String?
        var keep = false
        if entry.value.scalar != nil {
            source = jsonPath(entry.value, path).map(Capture.Source.json)
        } else {
            guard let map = MapReader(entry.value, path: path, problems: problems) else {
                return nil
            }
            source = self.source(map)
            if let node = map.take("default"),
                let text = read.text(node, map.path("default"))
            {
                defaultValue = templates.constant(text, map.path("default"), at: node.place)
            }
            keep = map.boolean("keep") ?? false
            map.finish()
        }
        // Known from here on even if its source is wrong: one mistake, one error.
        templates.scope.capture(entry.key)
        guard let source else { return nil }
        return Capture(
            variable: templates.scope.variable(entry.key), source: source,
            defaultValue: defaultValue, keep: keep)
    }

    private func source(_ map: MapReader) -> Capture.Source? {
        let given = ["json", "header", "regex"].filter { map.take($0) != nil }
        guard given.count == 1 else {
            problems.error("\(map.path): one of json, header, regex", at: map.place)
            _ = map.take("group")
            return nil
        }
        let group = map.int("group", in: 0...99)
        if map.take("group") != nil, given[0] != "regex" {
            problems.error("\(map.path("group")): only with regex", at: map.place(of: "group"))
        }
        if let node = map.take("json") {
            return jsonPath(node, map.path("json")).map(Capture.Source.json)
        }
        if let node = map.take("header"), let name = read.text(node, map.path("header")) {
            guard Names.isHeader(name) else {
                problems.error(
                    "\(map.path("header")): \(name.quoted) is no name of a header", at: node.place)
                return nil
            }
            return .header(name)
        }
        guard let node = map.take("regex"), let text = read.text(node, map.path("regex")) else {
            return nil
        }
        if let problem = RegexRules.problem(text, group: group ?? 1) {
            problems.error("\(map.path("regex")): \(problem)", at: node.place)
            return nil
        }
        return .regex(text, group: group ?? 1)
    }

    private func jsonPath(_ node: YAMLNode, _ path: String) -> JSONPath? {
        guard let text = read.text(node, path) else { return nil }
        let (parsed, problem) = JSONPath.parse(text)
        if parsed == nil {
            problems.error("\(path): \(text.quoted): \(problem)", at: node.place)
        }
        return parsed
    }

    /// Names captured anywhere below a node: with `keep: true` they outlive an iteration, in a
    /// repeat a round, so steps that stand before may use them.
    static func names(below node: YAMLNode, keptOnly: Bool) -> Set<String> {
        var names: Set<String> = []
        for item in node.items ?? [] {
            names.formUnion(Self.names(below: item, keptOnly: keptOnly))
        }
        for entry in node.entries ?? [] {
            names.formUnion(Self.names(below: entry.value, keptOnly: keptOnly))
            guard entry.key == "capture" else { continue }
            for capture in entry.value.entries ?? []
            where !keptOnly || capture.value["keep"]?.scalar?.lowercased() == "true" {
                names.insert(capture.key)
            }
        }
        return names
    }
}
