// Steps that send nothing and hold nothing: `metric`, `fail`, `log`, and `order`, which draws.

import HarnessCore

extension StepsDecoder {
    /// Name, type and time are the catalog's, which has told what is wrong with them.
    func metric(_ node: YAMLNode, _ path: String) -> Step? {
        guard let map = MapReader(node, path: path, problems: problems) else { return nil }
        for key in ["name", "type", "time"] { _ = map.take(key) }
        defer { map.finish() }
        let tags = TagRules.constants(map, "tags", templates)
        guard let written = map.take("value") else {
            problems.error("\(path): value is required", at: node.place)
            return nil
        }
        guard let text = read.text(written, map.path("value")) else { return nil }
        let value = templates.compile(text, map.path("value"), at: written.place)
        guard let name = map.take("name")?.scalar,
            let position = owner.metrics.position(of: name)
        else { return nil }
        if owner.metrics.metrics[position].kind != .rate, let constant = value.constant,
            NodeReader.decimal(constant) == nil
        {
            problems.error(
                "\(map.path("value")): \(constant.quoted) is no number", at: written.place)
        }
        var step = MetricStep(metric: position, value: value)
        step.tags = tags
        return .metric(step)
    }

    func text(_ entry: YAMLNode.Entry, _ path: String) -> Template? {
        if entry.value.isNull {
            problems.error("\(path): expected a text, not nothing", at: entry.keyPlace)
            return nil
        }
        return read.text(entry.value, path).map {
            templates.compile($0, path, at: entry.value.place)
        }
    }

    func order(_ entry: YAMLNode.Entry, _ path: String, _ order: Order) -> Step? {
        switch order {
        case .allowed: break
        case .notInside:
            problems.error(
                "\(path): stands at the top of a flow or in a group only", at: entry.keyPlace)
        case .notInHooks:
            problems.error(
                "\(path): setup and teardown run once and draw no orders", at: entry.keyPlace)
        }
        if scope.hasOrder {
            problems.error("\(path): a flow has one order step", at: entry.keyPlace)
        }
        scope.hasOrder = true
        return OrderModelDecoder(problems: problems).model(entry.value, path).map(Step.order)
    }
}
