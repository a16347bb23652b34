// EXPR of scenarios.md section 2, by recursive descent:
//
//     sum     = product { ("+" | "-") product }
//     product = unary { ("*" | "/" | "%") unary }
//     unary   = "-" unary | primary
//     primary = number | 'text' | "(" sum ")" | name | function "(" [ sum { "," sum } ] ")"
//     name    = word { "." word }            word = [A-Za-z_][A-Za-z0-9_]*
//
// A text has no escapes: it ends at the next quote. Blanks between tokens are skipped.

struct ExpressionParser {
    private var rest: Substring
    private let scope: NameScope
    private var depth = 0
    /// Parts of one expression, so that a long chain of operators cannot make a deep tree.
    private var terms = 0
    /// Names used without a fallback that only some paths define.
    private(set) var uncertain: Set<String> = []

    private static let depthMax = 32
    private static let termsMax = 256

    /// - Parameter text: what follows `${`.
    init(_ text: Substring, scope: NameScope) {
        rest = text
        self.scope = scope
    }

    /// The expression and what follows its `}`.
    mutating func parse() throws(TemplateError) -> (Expression, Substring) {
        skipBlanks()
        if rest.first == "}" { throw TemplateError(message: "an empty ${}") }
        var expression = try sum()
        if rest.hasPrefix(":-") {
            guard case .name(let name) = expression else {
                throw TemplateError(message: "\":-\" after something that is no name")
            }
            guard let end = rest.firstIndex(of: "}") else { throw Self.unclosed }
            if case .variable(let position) = name { uncertain.remove(scope.variables[position]) }
            expression = .fallback(expression, String(rest.dropFirst(2)[..<end]))
            rest = rest[end...]
        }
        guard let closing = rest.first else { throw Self.unclosed }
        guard closing == "}" else {
            throw TemplateError(message: "unexpected \(String(closing).quoted)")
        }
        if case .name(.env(let name)) = expression { try require(environment: name) }
        return (expression, rest.dropFirst())
    }

    private static let unclosed = TemplateError(message: "a ${ without }")

    private mutating func sum() throws(TemplateError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else {
            throw TemplateError(message: "parentheses nested too deep")
        }
        var left = try product()
        while let sign = take("+-") {
            left = .arithmetic(sign == "+" ? .add : .subtract, left, try product())
        }
        return left
    }

    private mutating func product() throws(TemplateError) -> Expression {
        var left = try unary()
        while let sign = take("*/%") {
            let op: Expression.Operator =
                sign == "*" ? .multiply : sign == "/" ? .divide : .remainder
            left = .arithmetic(op, left, try unary())
        }
        return left
    }

    private mutating func unary() throws(TemplateError) -> Expression {
        terms += 1
        guard terms <= Self.termsMax else { throw TemplateError(message: "too long an expression") }
        var negations = 0
        while take("-") != nil { negations += 1 }
        let value = try primary()
        return negations.isMultiple(of: 2) ? value : .negate(value)
    }

    private mutating func primary() throws(TemplateError) -> Expression {
        skipBlanks()
        guard let first = rest.first else { throw Self.unclosed }
        switch first {
        case "(":
            rest.removeFirst()
            let inner = try sum()
            try expect(")")
            return inner
        case "'":
            rest.removeFirst()
            guard let end = rest.firstIndex(of: "'") else {
                throw TemplateError(message: "a text without closing '")
            }
            let text = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            skipBlanks()
            return .text(text)
        case "0"..."9": return try number()
        default:
            guard first.isASCII, first.isLetter || first == "_" else {
                throw TemplateError(message: "unexpected \(String(first).quoted)")
            }
            return try name()
        }
    }

    private mutating func number() throws(TemplateError) -> Expression {
        var text = takeDigits()
        var isInteger = true
        if rest.first == ".", rest.dropFirst().first?.isASCIIDigit == true {
            rest.removeFirst()
            text += "." + takeDigits()
            isInteger = false
        }
        if rest.first.map({ $0.isLetter || $0 == "_" || $0 == "." }) == true {
            throw TemplateError(message: "a malformed number \(text.quoted)")
        }
        skipBlanks()
        if isInteger {
            guard let value = Int64(text) else {
                throw TemplateError(message: "an integer beyond 64 bits: \(text.quoted)")
            }
            return .integer(value)
        }
        guard let value = Double(text), value.isFinite else {
            throw TemplateError(message: "a malformed number \(text.quoted)")
        }
        return .number(value)
    }

    private mutating func name() throws(TemplateError) -> Expression {
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
        return try resolve(full, words)
    }

    private mutating func call(_ function: String) throws(TemplateError) -> Expression {
        rest.removeFirst()
        skipBlanks()
        var arguments: [Expression] = []
        if rest.first != ")" {
            arguments.append(try sum())
            while take(",") != nil { arguments.append(try sum()) }
        }
        try expect(")")
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
        default:
            throw TemplateError(
                message: "unknown function \(function.quoted)",
                hint: NearestName.hint(function, in: NameScope.functions))
        }
    }

    private mutating func resolve(
        _ full: String, _ words: [String]
    ) throws(TemplateError) -> Expression {
        if let known = NameScope.builtIn[full] { return .name(known) }
        switch words[0] {
        case "data", "secret", "loop", "setup":
            throw TemplateError(message: "${\(full)} is not supported by this version")
        case "order" where words.count == 2:
            guard let field = OrderField(rawValue: words[1]) else { break }
            guard scope.hasOrder else {
                throw TemplateError(message: "${\(full)} before an order step")
            }
            return .name(.order(field))
        case "env" where words.count == 2:
            scope.use(environment: words[1])
            // With a fallback it may be missing: `parse` decides. Inside an operation it may not.
            if depth > 1 || !(rest.first == "}" || rest.hasPrefix(":-")) {
                try require(environment: words[1])
            }
            return .name(.env(words[1]))
        default:
            guard scope.possible.contains(full) else { break }
            if !scope.certain.contains(full) { uncertain.insert(full) }
            return .name(.variable(scope.variable(full)))
        }
        throw TemplateError(
            message: "nothing defines \(full.quoted)",
            hint: NearestName.hint(full, in: scope.known))
    }

    private func require(environment name: String) throws(TemplateError) {
        guard let known = scope.environment, !known.contains(name) else { return }
        throw TemplateError(
            message: "no scenario's env, no -e and no environment variable defines "
                + name.quoted, hint: NearestName.hint(name, in: known))
    }

    // MARK: Tokens

    private mutating func skipBlanks() {
        while rest.first?.isWhitespace == true { rest.removeFirst() }
    }

    /// The next character if it is one of `signs`, with the blanks around it.
    private mutating func take(_ signs: String) -> Character? {
        skipBlanks()
        guard let next = rest.first, signs.contains(next) else { return nil }
        rest.removeFirst()
        skipBlanks()
        return next
    }

    private mutating func expect(_ sign: String) throws(TemplateError) {
        guard take(sign) != nil else {
            throw TemplateError(message: "expected \(sign.quoted)")
        }
    }

    private mutating func takeDigits() -> String {
        let digits = rest.prefix { $0.isASCIIDigit }
        rest = rest.dropFirst(digits.count)
        return String(digits)
    }

    private mutating func takeWord() -> String {
        let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isASCIIDigit || $0 == "_") }
        rest = rest.dropFirst(word.count)
        return String(word)
    }
}

extension Character {
    var isASCIIDigit: Bool { "0" <= self && self <= "9" && isASCII }
}
