// Conditions of `if` and `repeat: {while}`. Each side is rendered to bytes, in buffers that keep
// their memory; what is a decimal text on both sides is compared as a number, exactly.

import HarnessCore
import ScenarioModel

extension FlowMachine {
    /// `&&` and `||` evaluate their right side only where it decides.
    func holds(_ predicate: CompiledPredicate) throws(FlowFailure) -> Bool {
        switch predicate {
        case .and(let a, let b):
            guard try holds(a) else { return false }
            return try holds(b)
        case .or(let a, let b):
            guard try !holds(a) else { return true }
            return try holds(b)
        case .not(let a): return try !holds(a)
        case .truth(let a):
            left.removeAll(keepingCapacity: true)
            _ = try append(a, to: &left)
            return left.withUnsafeBytes { TextValue.isTrue($0) }
        case .compare(let op, let a, let b):
            left.removeAll(keepingCapacity: true)
            right.removeAll(keepingCapacity: true)
            _ = try append(a, to: &left)
            _ = try append(b, to: &right)
            let order = left.withUnsafeBytes { x in
                right.withUnsafeBytes { y in TextValue.compare(x, y) }
            }
            return op.holds(order)
        case .matches(let a, let pattern):
            left.removeAll(keepingCapacity: true)
            _ = try append(a, to: &left)
            // Patterns work on `String`, so this one allocates.
            return String(decoding: left.prefix(Limits.matchedBytes), as: UTF8.self)
                .contains(context.patterns[pattern])
        case .exists(let a): return try exists(a)
        }
    }

    /// Whether a name has a value. A row that there is not has none.
    private func exists(_ name: CompiledExpression) throws(FlowFailure) -> Bool {
        left.removeAll(keepingCapacity: true)
        do throws(FlowFailure) {
            _ = try append(name, to: &left)
            return true
        } catch {
            guard error == .undefinedName || error == .dataExhausted else { throw error }
            return false
        }
    }
}

extension Condition.Comparison {
    /// - Parameter order: of left to right: -1, 0 or 1.
    func holds(_ order: Int) -> Bool {
        switch self {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }
}
