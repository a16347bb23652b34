// COND: comparisons and what joins them. A value by itself is a condition too: false where it is
// empty, `0` or `false`.

import HarnessCore

extension ExpressionParser {
    static func condition(_ term: Term) -> Condition {
        switch term {
        case .value(let expression): .truth(expression)
        case .condition(let condition): condition
        }
    }

    mutating func disjunction() throws(TemplateError) -> Term {
        var left = try conjunction()
        while takeSign("||") {
            let right = Self.condition(try conjunction())
            left = .condition(.or(Self.condition(left), right))
        }
        return left
    }

    private mutating func conjunction() throws(TemplateError) -> Term {
        var left = try negation()
        while takeSign("&&") {
            let right = Self.condition(try negation())
            left = .condition(.and(Self.condition(left), right))
        }
        return left
    }

    private mutating func negation() throws(TemplateError) -> Term {
        var negations = 0
        skipBlanks()
        while rest.first == "!", !rest.hasPrefix("!=") {
            rest.removeFirst()
            skipBlanks()
            negations += 1
        }
        let term = try comparison()
        if negations == 0 { return term }
        // An even number still makes a condition of a value.
        let condition = Self.condition(term)
        return .condition(negations.isMultiple(of: 2) ? condition : .not(condition))
    }

    /// Longer signs before their beginnings.
    private static let comparisons: [(String, Condition.Comparison)] = [
        ("==", .equal), ("!=", .notEqual), ("<=", .lessOrEqual), (">=", .greaterOrEqual),
        ("<", .less), (">", .greater),
    ]

    private mutating func comparison() throws(TemplateError) -> Term {
        let left = try sum()
        for (sign, comparison) in Self.comparisons where takeSign(sign) {
            let right = try Self.value(try sum())
            return .condition(.compare(comparison, try Self.value(left), right))
        }
        guard takesMatches() else { return left }
        guard rest.first == "'" else {
            throw TemplateError(message: "matches takes a pattern in single quotes")
        }
        let pattern = try quotedText()
        if let problem = RegexRules.problem(pattern) { throw TemplateError(message: problem) }
        return .condition(.matches(try Self.value(left), pattern: pattern))
    }

    private mutating func takesMatches() -> Bool {
        guard rest.hasPrefix("matches") else { return false }
        let after = rest.dropFirst("matches".count)
        guard after.first.map({ $0.isWhitespace || $0 == "'" }) ?? true else { return false }
        rest = after
        skipBlanks()
        return true
    }

    private mutating func takeSign(_ sign: String) -> Bool {
        skipBlanks()
        guard rest.hasPrefix(sign) else { return false }
        rest = rest.dropFirst(sign.count)
        skipBlanks()
        return true
    }
}

extension Condition {
    /// Names that surely have a value where the condition holds.
    var proven: [Expression.Name] {
        switch self {
        case .exists(let name): [name]
        case .and(let a, let b): a.proven + b.proven
        case .compare, .matches, .truth, .not, .or: []
        }
    }
}
