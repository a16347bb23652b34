// `statistic` of a criterion: what it says, which metrics have it, and the quantity it comes to.

/// What a criterion's metric is.
enum CriterionMetric {
    case trend(isTime: Bool)
    case counter(isBytes: Bool)
    case rate
    /// VUs, which are counted every second; of the document's own gauges only the last value is
    /// known.
    case gauge(isOwn: Bool)
    case observed

    /// Statistics it has, for messages.
    var statistics: [String] {
        switch self {
        case .trend: ["p(N)", "med", "avg", "min", "max", "ratio(OP LIMIT)"]
        case .counter: ["count", "rate"]
        case .rate: ["rate"]
        case .gauge(isOwn: true): ["value"]
        case .gauge(isOwn: false): ["value", "avg", "min", "max"]
        case .observed: ["p(N)", "med", "avg", "min", "max", "value"]
        }
    }

    var words: String {
        switch self {
        case .trend: "metric of type trend"
        case .counter: "metric of type counter"
        case .rate: "metric of type rate"
        case .gauge: "metric of type gauge"
        case .observed: "observed metric"
        }
    }

    func has(_ statistic: Criterion.Statistic) -> Bool {
        switch (self, statistic) {
        case (.trend, .percentile), (.trend, .median), (.trend, .average), (.trend, .minimum),
            (.trend, .maximum), (.trend, .ratio), (.counter, .count), (.counter, .rate),
            (.rate, .rate), (.gauge, .value), (.gauge(isOwn: false), .average),
            (.gauge(isOwn: false), .minimum), (.gauge(isOwn: false), .maximum),
            (.observed, .percentile), (.observed, .median), (.observed, .average),
            (.observed, .minimum), (.observed, .maximum), (.observed, .value):
            true
        default: false
        }
    }

    /// What a limit on the statistic is.
    func quantity(of statistic: Criterion.Statistic) -> CriterionLimit.Quantity {
        switch (self, statistic) {
        case (.observed, _): .any
        case (_, .ratio), (.rate, _): .share
        case (.trend(let isTime), _): isTime ? .time : .plain
        case (.counter(let isBytes), .rate): isBytes ? .bytesPerSecond : .perSecond
        case (.counter(let isBytes), _): isBytes ? .bytes : .plain
        case (.gauge, _): .plain
        }
    }
}

enum CriterionStatistic {
    /// Nil where the text is none.
    /// - Parameter isTime: values are times; else a `ratio`'s limit has no unit.
    static func parse(_ text: String, isTime: Bool) -> Criterion.Statistic? {
        switch text {
        case "med": return .median
        case "avg": return .average
        case "min": return .minimum
        case "max": return .maximum
        case "rate": return .rate
        case "count": return .count
        case "value": return .value
        default: break
        }
        guard text.hasSuffix(")") else { return nil }
        if text.hasPrefix("p(") {
            let n = NodeReader.decimal(String(text.dropFirst(2).dropLast()))
            return n.flatMap { $0 > 0 && $0 < 100 ? .percentile($0) : nil }
        }
        guard text.hasPrefix("ratio(") else { return nil }
        let inner = text.dropFirst(6).dropLast()
        for symbol in ["<=", ">=", "<", ">"] where inner.hasPrefix(symbol) {
            let rest = inner.dropFirst(symbol.count).drop { $0 == " " }
            guard let comparison = Threshold.Comparison(rawValue: symbol),
                let limit = CriterionLimit(String(rest), isTime ? .time : .plain),
                limit.value >= 0
            else { return nil }
            return .ratio(comparison, limitMs: limit.value)
        }
        return nil
    }
}
