// Steps that hold others. Branches see what stands before them; after them a name is certain if
// every branch captures it.

import HarnessCore

extension StepsDecoder {
    func choose(_ node: YAMLNode, _ path: String, _ order: Order) -> Step? {
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
            choices.append(
                Step.Choice(weight: UInt64(weight ?? 1), steps: stepsOf(map, order)))
            map.finish()
            everywhere = everywhere.map { $0.intersection(scope.certain) } ?? scope.certain
        }
        scope.certain = everywhere ?? before
        return .choose(choices)
    }

    /// `if` has siblings: `then` and `else`.
    func branch(_ node: YAMLNode, _ path: String, _ order: Order) -> Step? {
        guard let map = MapReader(node, path: path, problems: problems) else { return nil }
        var condition: Condition?
        if let written = map.take("if") {
            condition = templates.condition(written, map.path("if"))
        } else {
            problems.error("\(path): then and else stand beside an if", at: node.place)
        }
        let before = scope.certain
        for case .variable(let position) in condition?.proven ?? [] {
            scope.certain.insert(scope.variables[position])
        }
        var then: [Step] = []
        if let node = map.take("then") {
            then = steps(node, map.path("then"), order: order)
        } else {
            problems.error("\(path): then is required", at: node.place)
        }
        let afterThen = scope.certain
        scope.certain = before
        var otherwise: [Step] = []
        if let node = map.take("else") {
            otherwise = steps(node, map.path("else"), order: order)
        }
        scope.certain.formIntersection(afterThen)
        map.finish()
        return condition.map { .branch(if: $0, then: then, else: otherwise) }
    }

    /// `{times: N, steps}` or `{while: COND, max: 1000, steps}`. A round sees what any earlier one
    /// has captured.
    func repeated(_ node: YAMLNode, _ path: String, _ order: Order) -> Step? {
        guard let map = MapReader(node, path: path, problems: problems) else { return nil }
        let times = map.take("times")
        let condition = map.take("while")
        let most = map.int("max", in: 1...1_000_000)
        if (times == nil) == (condition == nil) {
            problems.error("\(path): either times or while", at: node.place)
        } else if times != nil, map.take("max") != nil {
            problems.error("\(map.path("max")): only with while", at: map.place(of: "max"))
        }
        if let written = map.take("steps") {
            scope.possible.formUnion(CaptureDecoder.names(below: written, keptOnly: false))
        }
        let before = scope.certain
        scope.loops += 1
        let count = times.flatMap { read.int($0, map.path("times"), in: 0...1_000_000) }
        let asked = condition.flatMap { templates.condition($0, map.path("while")) }
        let steps = stepsOf(map, order)
        scope.loops -= 1
        if (count ?? 0) == 0 { scope.certain = before }
        map.finish()
        if let asked {
            return .repeatWhile(asked, max: most ?? Limits.loopIterations, steps: steps)
        }
        return count.map { .repeatTimes($0, steps: steps) }
    }

    func group(_ node: YAMLNode, _ path: String, _ order: Order) -> Step? {
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
        let steps = stepsOf(map, order)
        map.finish()
        return .group(name: name, steps: steps)
    }

    /// All are rendered before the first is sent: none sees what another captures.
    func parallel(_ node: YAMLNode, _ path: String) -> Step? {
        guard let map = MapReader(node, path: path, problems: problems) else { return nil }
        defer { map.finish() }
        let limit = map.int("max", in: 1...64) ?? 6
        guard let written = map.take("steps") else {
            problems.error("\(path): steps is required", at: node.place)
            return nil
        }
        guard let items = read.items(written, map.path("steps")) else { return nil }
        if items.isEmpty { problems.error("\(path): at least one request", at: written.place) }
        let (certain, possible) = (scope.certain, scope.possible)
        var after = (certain: certain, possible: possible)
        var requests: [RequestStep] = []
        for (position, item) in items.enumerated() {
            guard owner.countStep(at: item.place) else { break }
            (scope.certain, scope.possible) = (certain, possible)
            if let request = onlyRequest(item, "\(path).steps[\(position)]") {
                requests.append(request)
            }
            after.certain.formUnion(scope.certain)
            after.possible.formUnion(scope.possible)
        }
        (scope.certain, scope.possible) = after
        return .parallel(limit: limit, requests: requests)
    }

    private func stepsOf(_ map: MapReader, _ order: Order) -> [Step] {
        guard let node = map.take("steps") else {
            problems.error("\(map.path): steps is required", at: map.place)
            return []
        }
        return steps(node, map.path("steps"), order: order)
    }
}
