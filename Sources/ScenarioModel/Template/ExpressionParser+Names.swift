// Names and functions of an expression, resolved against what the flow and the document define.

import HarnessCore

extension ExpressionParser {
    mutating func name() throws(TemplateError) -> Term {
        var words = [takeWord()]
        while rest.first == ".", let next = rest.dropFirst().first,
            next.isASCII, next.isLetter || next == "_"
        {
            rest.removeFirst()
            words.append(takeWord())
        }
        skipBlanks()
        let full = words.joined(separator: ".")
        if rest.first == "(" { return try call(full) }
        return .value(.name(try resolve(full, words)))
    }

    private mutating func call(_ function: String) throws(TemplateError) -> Term {
        rest.removeFirst()
        skipBlanks()
        if isCondition, function == "exists" { return .condition(try exists()) }
        var arguments: [Expression] = []
        if rest.first != ")" {
            arguments.append(try Self.value(try sum()))
            while take(",") != nil { arguments.append(try Self.value(try sum())) }
        }
        try expect(")")
        return .value(try Self.call(function, arguments, isCondition: isCondition))
    }

    private static func call(
        _ function: String, _ arguments: [Expression], isCondition: Bool
    ) throws(TemplateError) -> Expression {
        switch (function, arguments.count) {
        case ("random", 2):
            if case .integer(let low) = arguments[0], case .integer(let high) = arguments[1],
                low > high
            {
                throw TemplateError(message: "random(\(low),\(high)) has no numbers")
            }
            return .random(arguments[0], arguments[1])
        case ("base64", 1): return .base64(arguments[0])
        case ("urlencode", 1): return .urlencode(arguments[0])
        case ("now", 0): return .name(.now)
        case ("uuid", 0): return .name(.uuid)
        case ("now", 1):
            guard arguments[0] == .text("iso") else {
                throw TemplateError(message: "now takes nothing or 'iso'")
            }
            return .name(.nowISO)
        case ("random", _): throw TemplateError(message: "random takes two numbers")
        case ("base64", _), ("urlencode", _), ("now", _), ("uuid", _):
            throw TemplateError(message: "\(function) does not take \(arguments.count) values")
        case ("exists", _) where !isCondition:
            throw TemplateError(message: "exists stands in a condition only")
        default:
            throw TemplateError(
                message: "unknown function \(function.quoted)",
                hint: NearestName.hint(function, in: NameScope.functions))
        }
    }

    /// `exists(` has been taken. Asking is no use: the name need not be certain.
    private mutating func exists() throws(TemplateError) -> Condition {
        guard case .name(let name) = try Self.value(try sum()) else {
            throw TemplateError(message: "exists takes a name")
        }
        try expect(")")
        takeBack(name)
        if let text = text(of: name) { tested.insert(text) }
        return .exists(name)
    }

    /// Forgets that the name read last may be undefined.
    mutating func takeBack(_ name: Expression.Name) {
        if let text = text(of: name), uncertainUses.last == text { uncertainUses.removeLast() }
        if case .env(let name) = name, unknownEnvironment.last == name {
            unknownEnvironment.removeLast()
        }
    }

    /// As written, of a name that may be captured on some paths only.
    private func text(of name: Expression.Name) -> String? {
        switch name {
        case .variable(let position): scope.variables[position]
        case .setup(let name): "setup.\(name)"
        default: nil
        }
    }

    private mutating func resolve(
        _ full: String, _ words: [String]
    ) throws(TemplateError) -> Expression.Name {
        if let known = NameScope.builtIn[full] { return known }
        switch (words[0], words.count) {
        case ("loop", 1):
            if scope.loops == 0 { throw TemplateError(message: "${loop} outside a repeat") }
            return .loop
        case ("secret", 2):
            scope.use(secret: words[1])
            return .secret(words[1])
        case ("setup", 2): return try setup(words[1])
        case ("data", 3): return try data(words[1], words[2])
        case ("order", 2):
            guard let field = OrderField(rawValue: words[1]) else { break }
            guard scope.hasOrder else {
                throw TemplateError(message: "${\(full)} before an order step")
            }
            return .order(field)
        case ("env", 2):
            scope.use(environment: words[1])
            if let known = scope.shared.environment, !known.contains(words[1]) {
                unknownEnvironment.append(words[1])
            }
            return .env(words[1])
        default:
            guard scope.possible.contains(full) else { break }
            if !scope.certain.contains(full) { uncertainUses.append(full) }
            return .variable(scope.variable(full))
        }
        throw TemplateError(
            message: "nothing defines \(full.quoted)",
            hint: NearestName.hint(full, in: scope.known))
    }

    private mutating func setup(_ name: String) throws(TemplateError) -> Expression.Name {
        if scope.isSetup {
            throw TemplateError(message: "within setup its captures are plain names: ${\(name)}")
        }
        guard scope.shared.setupPossible.contains(name) else {
            throw TemplateError(
                message: "flow setup does not capture \(name.quoted)",
                hint: NearestName.hint(name, in: scope.shared.setupPossible))
        }
        if !scope.shared.setupCertain.contains(name) { uncertainUses.append("setup.\(name)") }
        return .setup(name)
    }

    private func data(_ name: String, _ column: String) throws(TemplateError) -> Expression.Name {
        let catalog = scope.shared.catalog
        // The table could not be read, which has been told; its columns are unknown.
        if catalog.failed.contains(name) { return .data(feeder: 0, column: 0) }
        guard let position = catalog.position(of: name) else {
            throw TemplateError(
                message: "data has no table \(name.quoted)",
                hint: NearestName.hint(name, in: catalog.feeders.map(\.name)))
        }
        let feeder = catalog.feeders[position]
        guard let place = feeder.table.columns.firstIndex(of: column) else {
            throw TemplateError(
                message: "\(feeder.file) has no column \(column.quoted)",
                hint: NearestName.hint(column, in: feeder.table.columns))
        }
        if case .by(.order(let field)) = feeder.pick, !scope.hasOrder {
            throw TemplateError(
                message: "data.\(name) is picked by order.\(field.rawValue): "
                    + "an order step must stand before its use")
        }
        scope.use(feeder: position)
        return .data(feeder: position, column: place)
    }

    func requireEnvironment() throws(TemplateError) {
        guard let name = unknownEnvironment.first, let known = scope.shared.environment else {
            return
        }
        throw TemplateError(
            message: "no scenario's env, no -e and no environment variable defines "
                + name.quoted, hint: NearestName.hint(name, in: known))
    }
}
