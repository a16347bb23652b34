// Thresholds: k6's success criteria (scenarios.md section 5), parsed.

package import HarnessCore

/// One expression on one metric selector.
package struct Threshold: Sendable, Equatable {
    package enum Aggregation: Sendable, Equatable {
        case count, rate, value, avg, min, med, max
        /// 0...100
        case percentile(Double)
    }
    package enum Comparison: String, Sendable {
        case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
        case equal = "==", strictlyEqual = "===", notEqual = "!="

        package func holds(_ a: Double, _ b: Double) -> Bool {
            switch self {
            case .less: a < b
            case .lessOrEqual: a <= b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            case .equal, .strictlyEqual: a == b
            case .notEqual: a != b
            }
        }
    }
    package var selector: MetricSelector
    /// As written, e.g. `p(95)<200`.
    package var expression: String
    package var aggregation: Aggregation
    package var comparison: Comparison
    package var limit: Double
    package var abortOnFail = false
    package var delayAbortEval: TimeSpan = .zero
    /// Judges the last `window` at each evaluation; nil: everything since warm-up.
    package var window: TimeSpan?
    /// Where it stands, for annotations.
    package var source: SourcePosition

    package init(
        selector: MetricSelector, expression: String, aggregation: Aggregation,
        comparison: Comparison, limit: Double, source: SourcePosition
    ) {
        self.selector = selector
        self.expression = expression
        self.aggregation = aggregation
        self.comparison = comparison
        self.limit = limit
        self.source = source
    }
}

/// `metric` or `metric{k:v,k2:v2}`: exact tags, all must match.
package struct MetricSelector: Sendable, Hashable {
    /// As written.
    package var text: String
    package var metric: String
    package var tags: [String: String]
    package init(text: String, metric: String, tags: [String: String]) {
        self.text = text
        self.metric = metric
        self.tags = tags
    }
}

/// A place in a document; line and column from 1.
package struct SourcePosition: Sendable, Hashable {
    package var file: String
    package var line: Int
    package var column: Int
    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

/// What the summary prints of a trend.
package enum TrendStatistic: Sendable, Hashable {
    case avg, min, med, max, count
    case percentile(Double)

    package static let defaults: [TrendStatistic] = [
        .avg, .min, .med, .max, .percentile(90), .percentile(95), .percentile(99),
        .percentile(99.9),
    ]
}

/// The kinds of metric k6 knows.
package enum MetricKind: String, Sendable, CaseIterable { case counter, gauge, rate, trend }

/// The built-in metrics (scenarios.md 4.8).
package enum BuiltInMetrics {
    package static let kinds: [String: MetricKind] = [
        "http_req_duration": .trend, "http_req_blocked": .trend, "http_req_connecting": .trend,
        "http_req_tls_handshaking": .trend, "http_req_sending": .trend, "http_req_waiting": .trend,
        "http_req_receiving": .trend, "iteration_duration": .trend, "group_duration": .trend,
        "http_req_response_time": .trend, "iteration_response_time": .trend, "schedule_lag": .trend,
        "vu_wait": .trend, "conn_wait": .trend, "http_reqs": .counter, "iterations": .counter,
        "dropped_iterations": .counter, "data_sent": .counter, "data_received": .counter,
        "iteration_errors": .counter, "iterations_interrupted": .counter,
        "http_reqs_interrupted": .counter, "capture_misses": .counter, "orders": .counter,
        "order_substitutions": .counter, "iterations_late": .counter, "iterations_missed": .counter,
        "http_req_failed": .rate, "checks": .rate, "http_req_rejected": .rate,
        "iteration_failed": .rate, "vus": .gauge, "vus_max": .gauge,
    ]
}
