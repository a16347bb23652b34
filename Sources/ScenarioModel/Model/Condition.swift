// COND of scenarios.md section 2: what `if` and `repeat: {while}` ask.

package indirect enum Condition: Sendable, Equatable {
    package enum Comparison: String, Sendable, CaseIterable {
        case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">"
        case greaterOrEqual = ">="
    }
    /// By number where both sides are decimal texts, else by bytes.
    case compare(Comparison, Expression, Expression)
    /// Unanchored; `RegexRules` has accepted the pattern.
    case matches(Expression, pattern: String)
    /// Whether a name has a value now.
    case exists(Expression.Name)
    /// A value by itself: false where it is empty, 0 (`0.00` too), `false` or `null`.
    case truth(Expression)
    case not(Condition)
    case and(Condition, Condition)
    case or(Condition, Condition)
}
