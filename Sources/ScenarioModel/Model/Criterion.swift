// Success criteria, what is scraped for them, and how the generator's health is judged
// (measurement.md sections 4 to 6), as the document states them.

package import HarnessCore

/// One entry of `criteria`.
package struct Criterion: Sendable, Equatable {
    package enum Statistic: Sendable, Equatable {
        /// 0...100, of a trend.
        case percentile(Double)
        case median, average, minimum, maximum
        /// The share of a trend's samples `v` for which `v OP limitMs` holds.
        case ratio(Threshold.Comparison, limitMs: Double)
        /// Of a Rate metric 0...1, of a counter per second.
        case rate
        case count
        /// The last value of a gauge.
        case value
    }

    package enum Operator: String, Sendable, CaseIterable {
        case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
        case equal = "==", notEqual = "!=", within
    }

    /// What numbers of a criterion are in.
    package enum Unit: String, Sendable {
        case milliseconds = "ms"
        /// 0...1, printed in percent.
        case ratio
        case perSecond = "/s"
        case bytes
        case plain = ""
    }

    /// Which part of the measured time is judged.
    package enum Window: Sendable, Equatable {
        case whole
        case span(from: TimeSpan, to: TimeSpan)
        case last(TimeSpan)
        /// Each slice of that length by the point rule; `allow` (0...1) is the share that may miss.
        case slices(TimeSpan, allow: Double)
    }

    /// What the statistic is taken of.
    package enum Subject: Sendable, Hashable {
        case metric(MetricSelector)
        case observed(ObservedName)
    }

    /// Unique in the document, at most 80 characters.
    package var name: String
    package var subject: Subject
    /// Divides an observed metric sample by sample.
    package var per: ObservedName?
    package var statistic: Statistic
    /// As written, e.g. `p(95)`.
    package var statisticText: String
    package var comparison: Operator
    /// In `unit`; `within` has both bounds, the others the lower one twice.
    package var lower: Double
    package var upper: Double
    package var unit: Unit
    /// As written, e.g. `100ms`, `[60%, 70%]`.
    package var limitText: String
    package var window = Window.whole
    package var excludesWarmup = true
    /// One-sided, 0.8...0.999; nil: off.
    package var confidence: Double? = 0.95
    package var isGated = true
    /// Stop on an established FAIL once this much run time has passed; nil: never.
    package var abortDelay: TimeSpan?
    package var source: SourcePosition

    package init(
        name: String, subject: Subject, per: ObservedName? = nil, statistic: Statistic,
        statisticText: String, comparison: Operator, lower: Double, upper: Double, unit: Unit,
        limitText: String, source: SourcePosition
    ) {
        self.name = name
        self.subject = subject
        self.per = per
        self.statistic = statistic
        self.statisticText = statisticText
        self.comparison = comparison
        self.lower = lower
        self.upper = upper
        self.unit = unit
        self.limitText = limitText
        self.source = source
    }

    /// The selector of a metric of ours; nil for an observed one.
    package var selector: MetricSelector? {
        if case .metric(let selector) = subject { selector } else { nil }
    }
}

/// `observe.<source>.<metric>`.
package struct ObservedName: Sendable, Hashable, Comparable {
    package var source: String
    package var metric: String
    package init(source: String, metric: String) {
        self.source = source
        self.metric = metric
    }

    /// With its prefix, as documents and reports write it.
    package var text: String { "observe.\(source).\(metric)" }

    package static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}

/// One entry of `observe`: a Prometheus endpoint that `run` scrapes.
package struct ObserveSource: Sendable, Equatable {
    package struct Metric: Sendable, Equatable {
        package enum Reading: String, Sendable, CaseIterable {
            case gauge
            /// Increase per second between two scrapes.
            case rate
            /// Increase between two scrapes.
            case delta
        }
        package var name: String
        /// The exporter's name of the series, without labels.
        package var series: String
        /// Exact matches; the series that have all of them are added up.
        package var labels: [String: String]
        package var reading = Reading.gauge
        package var scale = 1.0
        package init(name: String, series: String, labels: [String: String] = [:]) {
            self.name = name
            self.series = series
            self.labels = labels
        }
    }
    package var name: String
    /// Absolute, or relative to the target.
    package var url: String
    package var interval: TimeSpan = .seconds(5)
    /// In name order.
    package var metrics: [Metric]
    package var source: SourcePosition
    package init(name: String, url: String, metrics: [Metric], source: SourcePosition) {
        self.name = name
        self.url = url
        self.metrics = metrics
        self.source = source
    }
}

/// `health`: bounds that replace those of measurement.md section 4, by the key of the signal.
package struct HealthOverrides: Sendable, Equatable {
    /// In the signal's own unit: ns, or a share 0...1; nil removes the bound.
    package struct Pair: Sendable, Equatable {
        package var suspect: Double?
        package var invalidating: Double?
        package init(suspect: Double?, invalidating: Double?) {
            self.suspect = suspect
            self.invalidating = invalidating
        }
    }
    package var pairs: [String: Pair] = [:]
    /// As written, for reports.
    package var texts: [String: String] = [:]
    package init() {}
}

/// `steady`: what an unsettled run means for its verdict (measurement.md section 6).
package enum SteadyMode: String, Sendable, CaseIterable { case require, warn, off }
