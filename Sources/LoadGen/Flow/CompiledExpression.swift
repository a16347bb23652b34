// `${...}` with everything that is known before the run filled in: names of the run, environment
// variables and literals are bytes; what is left is looked up by number while the flow runs.

import HarnessCore
import ScenarioModel

/// A text and whether it is a number, a string or another JSON value.
struct FlowText: Sendable, Equatable {
    enum Kind: Sendable { case undefined, text, number, json }
    var kind: Kind
    var bytes: [UInt8]

    static let undefined = FlowText(kind: .undefined, bytes: [])
    static func text(_ s: String) -> FlowText { FlowText(kind: .text, bytes: Array(s.utf8)) }
    static func number(_ s: String) -> FlowText { FlowText(kind: .number, bytes: Array(s.utf8)) }
}

indirect enum CompiledExpression: Sendable {
    case constant(FlowText)
    case variable(Int)
    /// Positions in the program's list of setup captures.
    case setup(Int)
    /// Positions in the program's list of feeders and in the table's columns.
    case data(feeder: Int, column: Int)
    case loop
    case order(OrderField)
    case vu, iteration, iterationInTest, uuid, now, nowISO, responseStatus, responseTime
    case arithmetic(Expression.Operator, CompiledExpression, CompiledExpression)
    case negate(CompiledExpression)
    case fallback(CompiledExpression, [UInt8])
    case random(CompiledExpression, CompiledExpression)
    case base64(CompiledExpression)
    case urlencode(CompiledExpression)

    init(_ expression: Expression, _ scope: FlowScope) {
        switch expression {
        case .integer(let n): self = .constant(.number(String(n)))
        case .number(let n):
            var bytes: [UInt8] = []
            ByteText.append(n, to: &bytes)
            self = .constant(FlowText(kind: .number, bytes: bytes))
        case .text(let text): self = .constant(.text(text))
        case .name(let name): self.init(name, scope)
        case .arithmetic(let op, let a, let b):
            self = .arithmetic(op, Self(a, scope), Self(b, scope))
        case .negate(let a): self = .negate(Self(a, scope))
        case .fallback(let a, let text): self = Self.fallback(Self(a, scope), text)
        case .random(let a, let b): self = .random(Self(a, scope), Self(b, scope))
        case .base64(let a): self = .base64(Self(a, scope))
        case .urlencode(let a): self = .urlencode(Self(a, scope))
        }
    }

    private init(_ name: Expression.Name, _ scope: FlowScope) {
        switch name {
        case .variable(let i): self = .variable(i)
        case .setup(let name): self = .setup(scope.setupPosition(name))
        case .order(let field): self = .order(field)
        case .env(let key): self = .constant(scope.env[key].map(FlowText.text) ?? .undefined)
        case .scenario: self = .constant(.text(scope.scenario))
        case .agent: self = .constant(.number(String(scope.slot)))
        case .run: self = .constant(.text(scope.runID))
        case .vu: self = .vu
        case .iteration: self = .iteration
        case .iterationInTest: self = .iterationInTest
        case .uuid: self = .uuid
        case .now: self = .now
        case .nowISO: self = .nowISO
        case .responseStatus: self = .responseStatus
        case .responseTime: self = .responseTime
        case .data(let feeder, let column):
            self = .data(feeder: scope.feederPosition(feeder), column: column)
        case .secret(let key):
            self = .constant(scope.secret(key).map(FlowText.text) ?? .undefined)
        case .loop: self = .loop
        }
    }

    private static func fallback(_ a: CompiledExpression, _ text: String) -> CompiledExpression {
        guard case .constant(let known) = a else { return .fallback(a, Array(text.utf8)) }
        return known.kind == .undefined ? .constant(.text(text)) : a
    }
}
