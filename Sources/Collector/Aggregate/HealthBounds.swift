// The bounds of the generator's health signals (measurement.md section 4), as far as they are
// measured: lag, lagMax, turn, threadCpu per agent and window, delivered and loss per run.

import HarnessCore
package import ScenarioModel

/// How far a signal may go: beyond `suspect` a reader should look, beyond `invalidating` it
/// spoils what was measured.
package struct HealthBound: Sendable, Equatable {
    package let suspect: Double
    package let invalidating: Double
    package init(_ suspect: Double, _ invalidating: Double) {
        self.suspect = suspect
        self.invalidating = invalidating
    }
}

/// Signals of one agent in one window.
package enum HealthSignal: String, Sendable, CaseIterable {
    case lag, lagMax, turn, threadCpu

    /// `ms` or `%`: what reports print the worst value in.
    package var unit: String { self == .threadCpu ? "%" : "ms" }
}

package struct HealthBounds: Sendable, Equatable {
    /// Of the p99 of `schedule_lag`, ns.
    package let lag: HealthBound
    package let lagMax: HealthBound
    package let turn: HealthBound
    /// Parts per million of one core.
    package let threadCpu: HealthBound
    /// Windows in a row over the second bound until `threadCpu` taints.
    package static let busyWindows = 5
    /// A signal that taints (or is suspect in) more than this share of the windows sets the run's
    /// state.
    package static let share = 0.05
    /// (started - late) / scheduled; below them it is too little.
    package let delivered: HealthBound
    /// What a scenario without a latency limit is held to: 4 ms and 20 ms of lag.
    private static let defaultLimitNs = 200e6

    package init(scenario: Scenario) {
        let limit = Self.tightestLimitNs(scenario) ?? Self.defaultLimitNs
        func bound(_ key: String, _ known: HealthBound, scale: Double = 1) -> HealthBound {
            scenario.health.bound(key, known, scale: scale)
        }
        lag = bound("lag", HealthBound(max(1e6, 0.02 * limit), max(2e6, 0.1 * limit)))
        lagMax = bound("lagMax", HealthBound(20e6, 100e6))
        turn = bound("turn", HealthBound(10e6, 100e6))
        threadCpu = bound("threadCpu", HealthBound(700_000, 850_000), scale: 1e6)
        delivered = bound("delivered", HealthBound(0.995, 0.99))
    }

    package subscript(signal: HealthSignal) -> HealthBound {
        switch signal {
        case .lag: lag
        case .lagMax: lagMax
        case .turn: turn
        case .threadCpu: threadCpu
        }
    }

    /// The scenario's tightest upper bound on a latency, in ns.
    private static func tightestLimitNs(_ scenario: Scenario) -> Double? {
        let ofThresholds = scenario.thresholds.filter { threshold in
            BuiltInMetrics.kinds[threshold.selector.metric] == .trend && threshold.limit > 0
                && (threshold.comparison == .less || threshold.comparison == .lessOrEqual)
        }.map(\.limit)
        let ofCriteria = scenario.criteria.filter { criterion in
            criterion.selector.map { BuiltInMetrics.kinds[$0.metric] == .trend } ?? false
        }.compactMap(\.upperLimitMs).filter { $0 > 0 }
        return (ofThresholds + ofCriteria).min().map { $0 * 1e6 }
    }
}

extension HealthOverrides {
    /// What the document puts in place of `known`; a bound it removes is never passed.
    /// - Parameter scale: of the bound's unit to the document's.
    func bound(_ key: String, _ known: HealthBound, scale: Double = 1) -> HealthBound {
        guard let pair = pairs[key] else { return known }
        let never = key == "delivered" ? -Double.infinity : .infinity
        return HealthBound(
            pair.suspect.map { $0 * scale } ?? never,
            pair.invalidating.map { $0 * scale } ?? never)
    }
}
