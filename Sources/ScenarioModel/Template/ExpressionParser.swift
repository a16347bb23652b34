// EXPR and COND of scenarios.md section 2, by recursive descent:
//
//     condition  = both { "||" both }           both = not { "&&" not }
//     not        = { "!" } comparison
//     comparison = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum | "matches" 'pattern' ]
//     sum        = product { ("+" | "-") product }
//     product    = unary { ("*" | "/" | "%") unary }
//     unary      = "-" unary | primary
//     primary    = number | 'text' | "(" sum ")" | name | function "(" [ sum { "," sum } ] ")"
//     name       = word { "." word }            word = [A-Za-z_][A-Za-z0-9_]*
//
// In a condition parentheses hold a condition, and `${...}` is a value as it is in a text. A text
// has no escapes: it ends at the next quote. Blanks between tokens are skipped.

struct ExpressionParser {
    /// What a part of a condition is; in a template all parts are values.
    enum Term {
        case value(Expression)
        case condition(Condition)
    }

    var rest: Substring
    let scope: NameScope
    let isCondition: Bool
    var depth = 0
    /// Parts of one expression, so that a long chain of operators cannot make a deep tree.
    var terms = 0
    /// Names used that only some paths define, and environment names nothing defines; a fallback
    /// or `exists` takes its own use back.
    var uncertainUses: [String] = []
    var unknownEnvironment: [String] = []
    /// Names a condition asks `exists` of: it knows that they may be missing.
    var tested: Set<String> = []

    static let depthMax = 32
    static let termsMax = 256

    /// - Parameter text: what follows `${`, or a whole condition.
    init(_ text: Substring, scope: NameScope, isCondition: Bool = false) {
        rest = text
        self.scope = scope
        self.isCondition = isCondition
    }

    /// Names that some path leaves undefined and nothing here provides for.
    var uncertain: Set<String> { Set(uncertainUses).subtracting(tested) }

    /// The expression and what follows its `}`.
    mutating func parse() throws(TemplateError) -> (Expression, Substring) {
        let expression = try braced()
        try requireEnvironment()
        return (expression, rest)
    }

    /// The whole text as a condition.
    mutating func condition() throws(TemplateError) -> Condition {
        skipBlanks()
        if rest.isEmpty { throw TemplateError(message: "an empty condition") }
        let condition = Self.condition(try disjunction())
        if let next = rest.first {
            throw TemplateError(message: "unexpected \(String(next).quoted)")
        }
        try requireEnvironment()
        return condition
    }

    /// What stands between `${` and `}`, which is taken too.
    mutating func braced() throws(TemplateError) -> Expression {
        skipBlanks()
        if rest.first == "}" { throw TemplateError(message: "an empty ${}") }
        var expression = try Self.value(try sum())
        if rest.hasPrefix(":-") {
            guard case .name(let name) = expression else {
                throw TemplateError(message: "\":-\" after something that is no name")
            }
            guard let end = rest.firstIndex(of: "}") else { throw Self.unclosed }
            takeBack(name)
            expression = .fallback(expression, String(rest.dropFirst(2)[..<end]))
            rest = rest[end...]
        }
        guard let closing = rest.first else { throw Self.unclosed }
        guard closing == "}" else {
            throw TemplateError(message: "unexpected \(String(closing).quoted)")
        }
        rest.removeFirst()
        return expression
    }

    static let unclosed = TemplateError(message: "a ${ without }")

    mutating func sum() throws(TemplateError) -> Term {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else {
            throw TemplateError(message: "parentheses nested too deep")
        }
        var left = try product()
        while let sign = take("+-") {
            let right = try Self.value(try product())
            left = .value(
                .arithmetic(sign == "+" ? .add : .subtract, try Self.value(left), right))
        }
        return left
    }

    private mutating func product() throws(TemplateError) -> Term {
        var left = try unary()
        while let sign = take("*/%") {
            let op: Expression.Operator =
                sign == "*" ? .multiply : sign == "/" ? .divide : .remainder
            let right = try Self.value(try unary())
            left = .value(.arithmetic(op, try Self.value(left), right))
        }
        return left
    }

    private mutating func unary() throws(TemplateError) -> Term {
        terms += 1
        guard terms <= Self.termsMax else { throw TemplateError(message: "too long an expression") }
        var negations = 0
        while take("-") != nil { negations += 1 }
        let term = try primary()
        return negations.isMultiple(of: 2) ? term : .value(.negate(try Self.value(term)))
    }

    private mutating func primary() throws(TemplateError) -> Term {
        skipBlanks()
        guard let first = rest.first else {
            throw isCondition
                ? TemplateError(message: "the condition ends in the middle") : Self.unclosed
        }
        switch first {
        case "(":
            rest.removeFirst()
            let inner = isCondition ? try disjunction() : try sum()
            try expect(")")
            return inner
        case "'": return .value(.text(try quotedText()))
        case "0"..."9": return .value(try number())
        case "$" where isCondition && rest.hasPrefix("${"):
            rest = rest.dropFirst(2)
            let inner = try braced()
            skipBlanks()
            return .value(inner)
        default:
            guard first.isASCII, first.isLetter || first == "_" else {
                throw TemplateError(message: "unexpected \(String(first).quoted)")
            }
            return try name()
        }
    }

    static func value(_ term: Term) throws(TemplateError) -> Expression {
        guard case .value(let expression) = term else {
            throw TemplateError(message: "a condition stands where a value is wanted")
        }
        return expression
    }

    // MARK: Tokens

    mutating func skipBlanks() {
        while rest.first?.isWhitespace == true { rest.removeFirst() }
    }

    /// The next character if it is one of `signs`, with the blanks around it.
    mutating func take(_ signs: String) -> Character? {
        skipBlanks()
        guard let next = rest.first, signs.contains(next) else { return nil }
        rest.removeFirst()
        skipBlanks()
        return next
    }

    mutating func expect(_ sign: String) throws(TemplateError) {
        guard take(sign) != nil else {
            throw TemplateError(message: "expected \(sign.quoted)")
        }
    }

    /// - Precondition: a quote is next.
    mutating func quotedText() throws(TemplateError) -> String {
        rest.removeFirst()
        guard let end = rest.firstIndex(of: "'") else {
            throw TemplateError(message: "a text without closing '")
        }
        let text = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
        skipBlanks()
        return text
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

    private mutating func takeDigits() -> String {
        let digits = rest.prefix { $0.isASCIIDigit }
        rest = rest.dropFirst(digits.count)
        return String(digits)
    }

    mutating func takeWord() -> String {
        let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isASCIIDigit || $0 == "_") }
        rest = rest.dropFirst(word.count)
        return String(word)
    }
}

extension Character {
    var isASCIIDigit: Bool { "0" <= self && self <= "9" && isASCII }
}
