// COND, compiled: what `if` and `repeat: {while}` ask. Evaluated by FlowMachine+Predicates.

import HarnessCore
import ScenarioModel

indirect enum CompiledPredicate: Sendable {
    case compare(Condition.Comparison, CompiledExpression, CompiledExpression)
    /// A position among the patterns.
    case matches(CompiledExpression, pattern: Int)
    case exists(CompiledExpression)
    case truth(CompiledExpression)
    case not(CompiledPredicate)
    case and(CompiledPredicate, CompiledPredicate)
    case or(CompiledPredicate, CompiledPredicate)

    init(
        _ condition: Condition, _ scope: FlowScope, _ patterns: inout Patterns
    ) throws(CommandFailure) {
        switch condition {
        case .compare(let op, let a, let b):
            self = .compare(op, CompiledExpression(a, scope), CompiledExpression(b, scope))
        case .matches(let a, let pattern):
            self = .matches(
                CompiledExpression(a, scope), pattern: try patterns.position(of: pattern))
        case .exists(let name): self = .exists(CompiledExpression(.name(name), scope))
        case .truth(let a): self = .truth(CompiledExpression(a, scope))
        case .not(let a): self = .not(try Self(a, scope, &patterns))
        case .and(let a, let b):
            self = .and(try Self(a, scope, &patterns), try Self(b, scope, &patterns))
        case .or(let a, let b):
            self = .or(try Self(a, scope, &patterns), try Self(b, scope, &patterns))
        }
    }
}
