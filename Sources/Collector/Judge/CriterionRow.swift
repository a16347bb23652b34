// One line of the success criteria and what became of it: the evidence row of measurement.md
// section 5. A plain value, made by `Judge`, printed by Report/ and Live/.

package import HarnessCore
package import ScenarioModel

/// What numbers of a row are printed in.
package enum MetricUnit: String, Sendable {
    case milliseconds = "ms"
    /// 0...1, printed in percent.
    case ratio = "ratio"
    case perSecond = "/s"
    case bytes = "bytes"
    case plain = ""
}

/// Where a row comes from.
package enum JudgedRule: Sendable, Equatable {
    case threshold(Threshold)
    case criterion(Criterion)
}

/// What an interval is based on.
package enum IntervalMethod: String, Sendable {
    case point, ratio, mean, woodruff
    case clopperPearson = "clopper-pearson"
    case wilson
}

/// In the row's unit. `high` is infinite where the interval reaches past the largest sample.
package struct ConfidenceInterval: Sendable, Equatable {
    package var low: Double
    package var high: Double
    /// 0.95 is 95 %.
    package var level: Double
    package var method: IntervalMethod
    package init(low: Double, high: Double, level: Double, method: IntervalMethod) {
        self.low = low
        self.high = high
        self.level = level
        self.method = method
    }
}

package struct CriterionRow: Sendable, Equatable {
    package struct JudgedWindow: Sendable, Equatable {
        package var from: TimeSpan
        package var to: TimeSpan
        package var excludedWarmup: TimeSpan
        package init(from: TimeSpan, to: TimeSpan, excludedWarmup: TimeSpan) {
            self.from = from
            self.to = to
            self.excludedWarmup = excludedWarmup
        }
    }
    /// The error budget that the limit grants: 1 is all of it.
    package struct Budget: Sendable, Equatable {
        /// Bad ratio over the allowed one, of the whole run.
        package var consumed: Double
        /// The same of the worst minute.
        package var burnRate: Double
        package init(consumed: Double, burnRate: Double) {
            self.consumed = consumed
            self.burnRate = burnRate
        }
    }
    package struct Slice: Sendable, Equatable {
        package var from: TimeSpan
        package var value: Double
        package init(from: TimeSpan, value: Double) {
            self.from = from
            self.value = value
        }
    }

    package var rule: JudgedRule
    /// In `unit`; nil: no samples.
    package var observed: Double?
    package var unit: MetricUnit
    /// Samples it was computed from.
    package var samples: UInt64
    package var window: JudgedWindow?
    package var interval: ConfidenceInterval?
    package var effectiveSamples: Double?
    package var designEffect: Double?
    package var batches: Int?
    package var batchWindows: Int?
    /// Samples against the limit and the others; nil where the statistic has no such halves.
    package var bad: UInt64?
    package var good: UInt64?
    /// Among `bad`: arrivals dropped, and transfers cut beyond the limit.
    package var droppedAsBad: UInt64?
    package var interruptedAsBad: UInt64?
    package var budget: Budget?
    package var worstSlice: Slice?
    /// Keys of the health signals that touched the verdict.
    package var validity: [String] = []
    package var verdict: Verdict
    /// Why it is not a plain PASS or FAIL; empty where nothing is to say.
    package var reason: String
    /// What would settle it, e.g. `about 3 times longer`; nil where it is settled.
    package var needs: String?

    package init(
        rule: JudgedRule, observed: Double?, unit: MetricUnit, samples: UInt64, verdict: Verdict,
        reason: String = ""
    ) {
        self.rule = rule
        self.observed = observed
        self.unit = unit
        self.samples = samples
        self.verdict = verdict
        self.reason = reason
    }
}

extension CriterionRow {
    package var name: String {
        switch rule {
        case .threshold(let threshold): threshold.selector.text + " " + threshold.expression
        case .criterion(let criterion): criterion.name
        }
    }

    /// nil for a criterion.
    package var threshold: Threshold? {
        if case .threshold(let threshold) = rule { threshold } else { nil }
    }

    /// nil for a threshold.
    package var criterion: Criterion? {
        if case .criterion(let criterion) = rule { criterion } else { nil }
    }

    /// Only a gated row decides the verdict of the run.
    package var isGated: Bool {
        if case .criterion(let criterion) = rule { criterion.isGated } else { true }
    }

    /// Where it is written; an implied one is written nowhere: its file is empty.
    package var source: SourcePosition {
        switch rule {
        case .threshold(let threshold): threshold.source
        case .criterion(let criterion): criterion.source
        }
    }

    /// The selector's text, or the observed metric's name.
    package var subjectText: String {
        switch rule {
        case .threshold(let threshold): threshold.selector.text
        case .criterion(let criterion):
            switch criterion.subject {
            case .metric(let selector): selector.text
            case .observed(let name): name.text
            }
        }
    }

    package var metric: String {
        switch rule {
        case .threshold(let threshold): threshold.selector.metric
        case .criterion(let criterion):
            switch criterion.subject {
            case .metric(let selector): selector.metric
            case .observed(let name): name.text
            }
        }
    }

    /// Empty for an observed metric.
    package var tags: [String: String] {
        switch rule {
        case .threshold(let threshold): threshold.selector.tags
        case .criterion(let criterion): criterion.selector?.tags ?? [:]
        }
    }

    /// `p(95)`, `rate`, `ratio(<=100ms)`.
    package var statisticText: String {
        switch rule {
        case .threshold(let threshold): threshold.aggregation.text
        case .criterion(let criterion): criterion.statisticText
        }
    }

    /// `<`, `>=`, `within`.
    package var operatorText: String {
        switch rule {
        case .threshold(let threshold):
            threshold.comparison == .strictlyEqual ? "==" : threshold.comparison.rawValue
        case .criterion(let criterion): criterion.comparison.rawValue
        }
    }

    /// In `unit`: one bound twice, but for `within`.
    package var bounds: (lower: Double, upper: Double) {
        switch rule {
        case .threshold(let threshold): (threshold.limit, threshold.limit)
        case .criterion(let criterion): (criterion.lower, criterion.upper)
        }
    }

    /// A bound from above, which is missed by too much.
    package var isUpperBound: Bool { operatorText == "<" || operatorText == "<=" }

    /// A bound from below, which is missed by too little.
    package var isLowerBound: Bool { operatorText == ">" || operatorText == ">=" }
}
