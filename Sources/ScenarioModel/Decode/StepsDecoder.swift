// The steps of one flow (scenarios.md section 2): which step it is, and the simple ones. What holds
// other steps is in `StepsDecoder+Control`, what only has an effect in `StepsDecoder+Effects`.

import HarnessCore

struct StepsDecoder {
    /// Whether an `order` step may stand here.
    enum Order { case allowed, notInside, notInHooks }

    let owner: FlowsDecoder
    let scope: NameScope

    private static let methods: [String: String] = [
        "get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE",
        "head": "HEAD", "options": "OPTIONS",
    ]
    private static let known =
        [
            "request", "think", "choose", "group", "order", "if", "repeat", "parallel", "batch",
            "metric", "fail", "log",
        ] + Array(methods.keys)

    var problems: Problems { owner.problems }
    var read: NodeReader { NodeReader(problems: problems) }
    var templates: TemplateCompiler { TemplateCompiler(scope: scope, problems: problems) }

    func steps(_ node: YAMLNode, _ path: String, order: Order) -> [Step] {
        guard let items = read.items(node, path) else { return [] }
        var steps: [Step] = []
        for (position, item) in items.enumerated() {
            guard owner.countStep(at: item.place) else { break }
            if let step = step(item, "\(path)[\(position)]", order) { steps.append(step) }
        }
        return steps
    }

    private func step(_ node: YAMLNode, _ path: String, _ order: Order) -> Step? {
        guard let all = read.entries(node, path) else { return nil }
        let entries = all.filter { !$0.key.hasPrefix("x-") }
        if entries.contains(where: { ["if", "then", "else"].contains($0.key) }) {
            return branch(node, path, order.inside)
        }
        guard let entry = entries.first, entries.count == 1 else {
            problems.error(
                "\(path): a step is a map with one key, not \(entries.count)", at: node.place)
            return nil
        }
        let inner = "\(path).\(entry.key)"
        problems.knows(Self.known.filter { $0 != "if" }, at: path)
        switch entry.key {
        case "request": return request(entry, nil, inner)
        case "think": return ThinkDecoder(read: read).think(entry.value, inner).map(Step.think)
        case "choose": return choose(entry.value, inner, order.inside)
        case "group": return group(entry.value, inner, order)
        case "order": return self.order(entry, inner, order)
        case "repeat": return repeated(entry.value, inner, order.inside)
        case "parallel", "batch": return parallel(entry.value, inner)
        case "metric": return metric(entry.value, inner)
        case "fail": return text(entry, inner).map(Step.fail)
        case "log": return text(entry, inner).map(Step.log)
        default:
            if let method = Self.methods[entry.key] { return request(entry, method, inner) }
            problems.error(
                "unknown key \(entry.key.quoted) in \(path)"
                    + NearestName.hint(entry.key, in: Self.known), at: entry.keyPlace)
            return nil
        }
    }

    private func request(_ entry: YAMLNode.Entry, _ method: String?, _ path: String) -> Step? {
        requestStep(entry, method, path).map(Step.request)
    }

    private func requestStep(
        _ entry: YAMLNode.Entry, _ method: String?, _ path: String
    ) -> RequestStep? {
        let decoder = RequestDecoder(templates: templates, files: owner.files, path: path)
        let id = owner.nextRequestID()
        guard let request = decoder.request(entry, method: method, id: id) else { return nil }
        owner.add(request)
        return request
    }

    /// A step that must be a request, inside `parallel`.
    func onlyRequest(_ node: YAMLNode, _ path: String) -> RequestStep? {
        guard let all = read.entries(node, path) else { return nil }
        let entries = all.filter { !$0.key.hasPrefix("x-") }
        guard let entry = entries.first, entries.count == 1,
            entry.key == "request" || Self.methods[entry.key] != nil
        else {
            problems.error(
                "\(path): only requests run in parallel", at: entries.first?.keyPlace ?? node.place)
            return nil
        }
        return requestStep(entry, Self.methods[entry.key], "\(path).\(entry.key)")
    }
}

extension StepsDecoder.Order {
    /// Within a step whose steps may run on some paths only.
    var inside: Self { self == .allowed ? .notInside : self }
}
