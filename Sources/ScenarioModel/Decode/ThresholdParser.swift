// The grammar of thresholds (scenarios.md section 5):
//
//     expression  = aggregation ws* operator ws* number
//     aggregation = count | rate | value | avg | min | med | max | p(N)       0 <= N <= 100
//     operator    = <= | < | >= | > | === | == | !=
//     selector    = metric | metric{k:v,k2:v2}      split on "," then on the first ":"

/// Why a threshold is refused; the text is k6's.
package struct ThresholdError: Error, Sendable, Equatable {
    package let message: String
}

package enum ThresholdParser {
    /// The parts of an expression.
    package struct Expression: Sendable, Equatable {
        package var aggregation: Threshold.Aggregation
        package var comparison: Threshold.Comparison
        package var limit: Double

        package init(
            aggregation: Threshold.Aggregation, comparison: Threshold.Comparison, limit: Double
        ) {
            self.aggregation = aggregation
            self.comparison = comparison
            self.limit = limit
        }
    }

    private static let operators: [(String, Threshold.Comparison)] = [
        ("<=", .lessOrEqual), ("<", .less), (">=", .greaterOrEqual), (">", .greater),
        ("===", .strictlyEqual), ("==", .equal), ("!=", .notEqual),
    ]

    package static func expression(_ text: String) throws(ThresholdError) -> Expression {
        let malformed = ThresholdError(message: "malformed threshold expression \"\(text)\"")
        let left = text.prefix { !"<>=!".contains($0) }
        let rest = text.dropFirst(left.count)
        guard let (symbol, comparison) = operators.first(where: { rest.hasPrefix($0.0) }),
            let limit = number(trimmed(rest.dropFirst(symbol.count))),
            let aggregation = aggregation(trimmed(left))
        else { throw malformed }
        return Expression(aggregation: aggregation, comparison: comparison, limit: limit)
    }

    private static func aggregation(_ text: Substring) -> Threshold.Aggregation? {
        switch text {
        case "count": return .count
        case "rate": return .rate
        case "value": return .value
        case "avg": return .avg
        case "min": return .min
        case "med": return .med
        case "max": return .max
        default:
            guard text.hasPrefix("p("), text.last == ")",
                let n = number(text.dropFirst(2).dropLast()), (0...100).contains(n)
            else { return nil }
            return .percentile(n)
        }
    }

    /// `[+-]?digits[.digits][e+-digits]`, finite.
    private static func number(_ text: some StringProtocol) -> Double? {
        let body = text.first == "+" || text.first == "-" ? text.dropFirst() : text.dropFirst(0)
        guard let first = body.first, first.isASCII, first.isNumber,
            body.allSatisfy({ $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }),
            !body.hasSuffix("."), !body.contains(".e"), !body.contains(".E"),
            let value = Double(String(text)), value.isFinite
        else { return nil }
        return value
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var rest = text
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }

    /// Which aggregations a kind of metric has.
    package static func supports(_ aggregation: Threshold.Aggregation, _ kind: MetricKind) -> Bool {
        switch (kind, aggregation) {
        case (.counter, .count), (.counter, .rate), (.gauge, .value), (.rate, .rate): true
        case (.trend, .avg), (.trend, .min), (.trend, .med), (.trend, .max),
            (.trend, .percentile):
            true
        default: false
        }
    }

    package static func selector(_ text: String) throws(ThresholdError) -> MetricSelector {
        let name = text.prefix { $0 != "{" }
        let rest = text.dropFirst(name.count)
        let metric = String(trimmed(name))
        guard !metric.isEmpty, !metric.contains("}") else {
            throw ThresholdError(message: "malformed selector \"\(text)\"")
        }
        if rest.isEmpty { return MetricSelector(text: text, metric: metric, tags: [:]) }
        guard rest.last == "}", !rest.dropFirst().dropLast().contains(where: { "{}".contains($0) })
        else { throw ThresholdError(message: "unbalanced braces in selector \"\(text)\"") }
        var tags: [String: String] = [:]
        for pair in rest.dropFirst().dropLast().split(
            separator: ",", omittingEmptySubsequences: false)
        {
            guard let colon = pair.firstIndex(of: ":") else {
                throw ThresholdError(message: "no \":\" in \"\(pair)\" of selector \"\(text)\"")
            }
            let key = unquoted(pair[..<colon])
            let value = unquoted(pair[pair.index(after: colon)...])
            guard !key.isEmpty, !value.isEmpty, tags[key] == nil else {
                throw ThresholdError(
                    message: "empty or repeated tag \"\(pair)\" in selector \"\(text)\"")
            }
            tags[key] = value
        }
        return MetricSelector(text: text, metric: metric, tags: tags)
    }

    private static func unquoted(_ text: Substring) -> String {
        var rest = trimmed(text)
        for quote in ["\"", "'"]
        where rest.count >= 2 && rest.hasPrefix(quote) && rest.hasSuffix(quote) {
            rest = rest.dropFirst().dropLast()
        }
        return String(rest)
    }
}
