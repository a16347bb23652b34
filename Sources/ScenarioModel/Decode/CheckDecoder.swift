// `check`: a map of subjects, or a list of named checks with one subject each.
//
//     OP = a bare value (equals), or any of
//          { equals notEquals in matches contains exists < <= > >= length }
//
// `length` takes a number or operators of its own. Times are compared in milliseconds.

import HarnessCore

struct CheckDecoder {
    let templates: TemplateCompiler

    private var problems: Problems { templates.problems }
    private var read: NodeReader { NodeReader(problems: problems) }

    func checks(_ node: YAMLNode, _ path: String) -> [Check] {
        guard let items = node.items else {
            guard let map = MapReader(node, path: path, problems: problems) else { return [] }
            let checks = subjects(map)
            map.finish()
            if checks.isEmpty, problems.isEmpty {
                problems.error("\(path): checks nothing", at: node.place)
            }
            return checks
        }
        return items.enumerated().flatMap { position, item in
            named(item, "\(path)[\(position)]")
        }
    }

    private func named(_ node: YAMLNode, _ path: String) -> [Check] {
        guard let map = MapReader(node, path: path, problems: problems) else { return [] }
        var name: String?
        if let node = map.take("name"), let text = read.text(node, map.path("name")) {
            name = templates.constant(text, map.path("name"), at: node.place)
        }
        var checks = subjects(map)
        map.finish()
        if checks.count > 1 {
            problems.error(
                "\(path): a check of a list has one of status, header, json, body, time",
                at: node.place)
        } else if checks.isEmpty, problems.isEmpty {
            problems.error("\(path): checks nothing", at: node.place)
        }
        if let name, !checks.isEmpty { checks[0].name = name }
        return checks
    }

    private func subjects(_ map: MapReader) -> [Check] {
        var checks: [Check] = []
        if let node = map.take("status"), let check = status(node, map.path("status")) {
            checks.append(check)
        }
        if let node = map.take("header") {
            for entry in read.entries(node, map.path("header")) ?? [] {
                let path = "\(map.path("header")).\(entry.key)"
                guard Names.isHeader(entry.key) else {
                    problems.error(
                        "\(map.path("header")): \(entry.key.quoted) is no name of a header",
                        at: entry.keyPlace)
                    continue
                }
                checks.append(
                    Check(
                        name: "header \(entry.key)", subject: .header(entry.key),
                        conditions: conditions(entry.value, path, isTime: false)))
            }
        }
        if let node = map.take("json") { checks += json(node, map.path("json")) }
        if let node = map.take("body") {
            checks.append(
                Check(
                    name: "body", subject: .body,
                    conditions: conditions(node, map.path("body"), isTime: false)))
        }
        if let node = map.take("time") {
            checks.append(
                Check(
                    name: "time", subject: .time,
                    conditions: conditions(node, map.path("time"), isTime: true)))
        }
        return checks
    }

    /// Sets of statuses need no operators; `in` with constants is such a set.
    private func status(_ node: YAMLNode, _ path: String) -> Check? {
        let statuses = StatusSetDecoder(read: read)
        guard let entries = node.entries else {
            guard let set = statuses.statuses(node, path) else { return nil }
            return Check(name: "status", subject: .statusIn(set), conditions: [])
        }
        if entries.count == 1, entries[0].key == "in" {
            guard let set = statuses.statuses(entries[0].value, "\(path).in") else { return nil }
            return Check(name: "status", subject: .statusIn(set), conditions: [])
        }
        return Check(
            name: "status", subject: .status, conditions: conditions(node, path, isTime: false))
    }

    private func json(_ node: YAMLNode, _ path: String) -> [Check] {
        (read.entries(node, path) ?? []).compactMap { entry in
            let (parsed, problem) = JSONPath.parse(entry.key)
            guard let parsed else {
                problems.error("\(path): \(entry.key.quoted): \(problem)", at: entry.keyPlace)
                return nil
            }
            return Check(
                name: "json \(entry.key)", subject: .json(parsed),
                conditions: conditions(entry.value, "\(path).\(entry.key)", isTime: false))
        }
    }

    // MARK: Operators

    private func conditions(
        _ node: YAMLNode, _ path: String, isTime: Bool
    ) -> [Check.Condition] {
        guard let entries = node.entries else {
            guard let operand = operand(node, path, isTime) else { return [] }
            return [Check.Condition(op: .equals, operands: [operand])]
        }
        if entries.isEmpty { problems.error("\(path): no operator", at: node.place) }
        problems.knows(Check.Operator.allCases.map(\.rawValue), at: path)
        return entries.compactMap { entry in
            guard let op = Check.Operator(rawValue: entry.key) else {
                let known = Check.Operator.allCases.map(\.rawValue)
                problems.error(
                    "unknown key \(entry.key.quoted) in \(path)"
                        + NearestName.hint(entry.key, in: known), at: entry.keyPlace)
                return nil
            }
            return condition(op, entry.value, "\(path).\(entry.key)", isTime)
        }
    }

    private func condition(
        _ op: Check.Operator, _ node: YAMLNode, _ path: String, _ isTime: Bool
    ) -> Check.Condition? {
        if isTime, [.matches, .contains, .exists, .length].contains(op) {
            problems.error("\(path): a time is compared with durations only", at: node.place)
            return nil
        }
        switch op {
        case .in:
            guard let items = read.items(node, path) else { return nil }
            let operands = items.compactMap { operand($0, path, isTime) }
            if items.isEmpty { problems.error("\(path): an empty list", at: node.place) }
            return Check.Condition(op: op, operands: operands)
        case .exists:
            guard let value = read.boolean(node, path) else { return nil }
            return Check.Condition(op: op, operands: [Template(literal: value ? "true" : "false")])
        case .matches:
            guard let text = read.text(node, path) else { return nil }
            if let problem = RegexRules.problem(text) {
                problems.error("\(path): \(problem)", at: node.place)
            }
            return Check.Condition(op: op, operands: [Template(literal: text)])
        case .length:
            if node.entries != nil {
                let nested = conditions(node, path, isTime: false)
                return Check.Condition(op: op, operands: [], nested: nested)
            }
            guard let length = read.int(node, path, in: 0...(1 << 30)) else { return nil }
            return Check.Condition(op: op, operands: [Template(literal: String(length))])
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            guard let template = operand(node, path, isTime) else { return nil }
            if let text = template.constant, NodeReader.decimal(text) == nil {
                problems.error("\(path): compares numbers, not \(text.quoted)", at: node.place)
            }
            return Check.Condition(op: op, operands: [template])
        case .equals, .notEquals, .contains:
            return operand(node, path, isTime).map { Check.Condition(op: op, operands: [$0]) }
        }
    }

    /// A template; for times a duration in milliseconds.
    private func operand(_ node: YAMLNode, _ path: String, _ isTime: Bool) -> Template? {
        if isTime {
            return read.duration(node, path).map { Template(literal: Self.milliseconds($0)) }
        }
        return read.text(node, path).map { templates.compile($0, path, at: node.place) }
    }

    /// Exact decimal text, no exponent: 1.5 ms is `1.500000`.
    private static func milliseconds(_ span: TimeSpan) -> String {
        let (whole, rest) = span.ns.quotientAndRemainder(dividingBy: 1_000_000)
        // 1,000,000 + rest has seven digits: the last six are the decimals.
        return rest == 0 ? String(whole) : "\(whole).\(String(1_000_000 + rest).dropFirst())"
    }
}
