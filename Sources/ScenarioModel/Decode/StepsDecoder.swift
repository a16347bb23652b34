// The steps of one flow (scenarios.md section 2). What the language has and this version does not
// run is refused by name.

import HarnessCore

struct StepsDecoder {
    let owner: FlowsDecoder
    let scope: NameScope

    private static let later: Set<String> = [
        "if", "repeat", "parallel", "batch", "metric", "fail", "log",
    ]
    private static let methods: [String: String] = [
        "get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE",
        "head": "HEAD", "options": "OPTIONS",
    ]
    private static let known =
        ["request", "think", "choose", "group", "order"] + Array(later) + Array(methods.keys)

    private var problems: Problems { owner.problems }
    private var read: NodeReader { NodeReader(problems: problems) }

    /// - Parameter mayOrder: at top level or in a group, where `order` may stand.
    func steps(_ node: YAMLNode, _ path: String, mayOrder: Bool) -> [Step] {
        guard let items = read.items(node, path) else { return [] }
        var steps: [Step] = []
        for (position, item) in items.enumerated() {
            guard owner.countStep(at: item.place) else { break }
            if let step = step(item, "\(path)[\(position)]", mayOrder: mayOrder) {
                steps.append(step)
            }
        }
        return steps
    }

    private func step(_ node: YAMLNode, _ path: String, mayOrder: Bool) -> Step? {
        guard let all = read.entries(node, path) else { return nil }
        let entries = all.filter { !$0.key.hasPrefix("x-") }
        if let entry = entries.first(where: { Self.later.contains($0.key) }) {
            problems.unsupported("\(path): step \(entry.key)", at: entry.keyPlace)
            return nil
        }
        guard let entry = entries.first, entries.count == 1 else {
            problems.error(
                "\(path): a step is a map with one key, not \(entries.count)", at: node.place)
            return nil
        }
        let inner = "\(path).\(entry.key)"
        switch entry.key {
        case "request": return request(entry, nil, inner)
        case "think": return ThinkDecoder(read: read).think(entry.value, inner).map(Step.think)
        case "choose": return choose(entry.value, inner)
        case "group": return group(entry.value, inner, mayOrder: mayOrder)
        case "order": return order(entry, inner, mayOrder: mayOrder)
        default:
            if let method = Self.methods[entry.key] { return request(entry, method, inner) }
            problems.error(
                "unknown key \(entry.key.quoted) in \(path)"
                    + NearestName.hint(entry.key, in: Self.known), at: entry.keyPlace)
            return nil
        }
    }

    private func request(_ entry: YAMLNode.Entry, _ method: String?, _ path: String) -> Step? {
        let templates = TemplateCompiler(scope: scope, problems: problems)
        let decoder = RequestDecoder(templates: templates, path: path)
        let id = owner.nextRequestID()
        guard let request = decoder.request(entry, method: method, id: id) else { return nil }
        owner.add(request)
        return .request(request)
    }

    /// Branches see what stands before; after it a name is certain if every branch captures it.
    private func choose(_ node: YAMLNode, _ path: String) -> Step? {
        guard let items = read.items(node, path) else { return nil }
        if items.isEmpty { problems.error("\(path): at least one choice", at: node.place) }
        let before = scope.certain
        var everywhere: Set<String>?
        var choices: [Step.Choice] = []
        for (position, item) in items.enumerated() {
            let inner = "\(path)[\(position)]"
            guard let map = MapReader(item, path: inner, problems: problems) else { continue }
            scope.certain = before
            let weight = map.int("weight", in: 1...1_000_000)
            if weight == nil, map.take("weight") == nil {
                problems.error("\(inner): weight is required", at: item.place)
            }
            if let node = map.take("steps") {
                let steps = steps(node, "\(inner).steps", mayOrder: false)
                choices.append(Step.Choice(weight: UInt64(weight ?? 1), steps: steps))
            } else {
                problems.error("\(inner): steps is required", at: item.place)
            }
            map.finish()
            everywhere = everywhere.map { $0.intersection(scope.certain) } ?? scope.certain
        }
        scope.certain = everywhere ?? before
        return .choose(choices)
    }

    private func group(_ node: YAMLNode, _ path: String, mayOrder: Bool) -> Step? {
        guard let map = MapReader(node, path: path, problems: problems) else { return nil }
        var name = ""
        if let written = map.take("name"), let text = map.read.text(written, map.path("name")) {
            name = text
            if text.isEmpty || text.contains("::") || text.contains("${") {
                problems.error(
                    "\(map.path("name")): a group's name is not empty and has no \"::\" and no "
                        + "template", at: written.place)
            }
        } else if map.take("name") == nil {
            problems.error("\(path): name is required", at: node.place)
        }
        var steps: [Step] = []
        if let node = map.take("steps") {
            steps = self.steps(node, "\(path).steps", mayOrder: mayOrder)
        } else {
            problems.error("\(path): steps is required", at: node.place)
        }
        map.finish()
        return .group(name: name, steps: steps)
    }

    private func order(_ entry: YAMLNode.Entry, _ path: String, mayOrder: Bool) -> Step? {
        if !mayOrder {
            problems.error(
                "\(path): stands at the top of a flow or in a group only", at: entry.keyPlace)
        }
        if scope.hasOrder {
            problems.error("\(path): a flow has one order step", at: entry.keyPlace)
        }
        scope.hasOrder = true
        return OrderModelDecoder(problems: problems).model(entry.value, path).map(Step.order)
    }
}
