// `${...}` in texts of a flow, compiled once at load into literals and expressions.

/// A text with expressions in it.
package struct Template: Sendable, Equatable {
    package enum Part: Sendable, Equatable {
        case literal(String)
        case expression(Expression)
    }
    /// As written, for names and messages.
    package var source: String
    package var parts: [Part]

    package init(source: String, parts: [Part]) {
        self.source = source
        self.parts = parts
    }

    /// A text without expressions.
    package init(literal: String) {
        source = literal
        parts = literal.isEmpty ? [] : [.literal(literal)]
    }

    /// The text, if there are no expressions in it.
    package var constant: String? {
        switch parts.count {
        case 0: return ""
        case 1:
            if case .literal(let text) = parts[0] { return text }
            return nil
        default: return nil
        }
    }

    /// The expression, if the whole text is one `${x}`: such a JSON scalar keeps its type.
    package var wholeExpression: Expression? {
        if parts.count == 1, case .expression(let e) = parts[0] { return e }
        return nil
    }
}

/// EXPR of scenarios.md section 2.
package indirect enum Expression: Sendable, Equatable {
    case integer(Int64)
    case number(Double)
    case text(String)
    case name(Name)
    /// `+ - * / %`
    case arithmetic(Operator, Expression, Expression)
    case negate(Expression)
    /// `${x:-text}`: the second where the first is undefined.
    case fallback(Expression, String)
    case random(Expression, Expression)
    case base64(Expression)
    case urlencode(Expression)

    package enum Operator: String, Sendable {
        case add = "+", subtract = "-", multiply = "*", divide = "/", remainder = "%"
    }

    /// What a name stands for, resolved at load.
    package enum Name: Sendable, Equatable {
        /// Position in `Flow.variables`.
        case variable(Int)
        /// A capture of `setup`.
        case setup(String)
        case order(OrderField)
        case env(String)
        case scenario, agent, run, vu, iteration, iterationInTest, uuid, now, nowISO
        case responseStatus, responseTime
        /// A column of the iteration's row; positions in `Scenario.feeders` and its table.
        case data(feeder: Int, column: Int)
        /// Read by the agent; never stored, printed or shipped.
        case secret(String)
        /// Round of the innermost repeat, from 0.
        case loop
    }
}

/// `${order.*}`.
package enum OrderField: String, Sendable, CaseIterable {
    case op, type, tif, side, symbol, account, price, qty, priceTicks, qtyLots, id, ref, defect
}

/// A JSON body with templates at its leaves; key order is the document's.
package indirect enum JSONTemplate: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number exactly as written.
    case number(String)
    case text(Template)
    case array([JSONTemplate])
    case object([Member])

    package struct Member: Sendable, Equatable {
        package var key: String
        package var value: JSONTemplate
        package init(key: String, value: JSONTemplate) {
            self.key = key
            self.value = value
        }
    }
}
