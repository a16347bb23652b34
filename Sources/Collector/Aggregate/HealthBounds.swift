// The bounds of the generator's health signals (measurement.md section 4): one table, by signal.
// `delivered` and `loss` are of the run; `data` has no bound: any is too much.

import Foundation
import HarnessCore
package import ScenarioModel

/// How far a signal may go: beyond `suspect` a reader should look, beyond `invalidating` it
/// spoils what was measured. Infinite: there is no such bound.
package struct HealthBound: Sendable, Equatable {
    package var suspect: Double
    package var invalidating: Double
    package init(_ suspect: Double, _ invalidating: Double) {
        self.suspect = suspect
        self.invalidating = invalidating
    }
}

/// Signals of one agent in one window, in the order of the table.
package enum HealthSignal: String, Sendable, CaseIterable {
    case lag, lagMax, lagShare, turn, threadCpu, coreBusy, runQueue, throttled, steal, pressure
    case sockets, retransmits, clock

    package enum Unit: Sendable {
        /// Readings and bounds in ns.
        case time
        /// Readings travel in ppm; here and in bounds a share, 0...1.
        case share
        case count
    }

    package var unit: Unit {
        switch self {
        case .lag, .lagMax, .turn, .clock: .time
        case .lagShare, .threadCpu, .coreBusy, .runQueue, .steal, .pressure, .retransmits: .share
        case .throttled, .sockets: .count
        }
    }

    /// A busy machine alone proves nothing, and a lag of microseconds is much of a fast response:
    /// these count only where the generator was late as well, or in the closed model, which cannot
    /// see that it was.
    var needsProof: Bool {
        switch self {
        case .lagShare, .threadCpu, .coreBusy, .runQueue, .throttled, .steal, .pressure: true
        default: false
        }
    }

    /// Windows over the second bound, of how many in a row, until it counts as passed.
    var persistence: (windows: Int, of: Int) {
        switch self {
        case .threadCpu: (5, 5)
        case .throttled: (3, 5)
        default: (1, 1)
        }
    }
}

package struct HealthBounds: Sendable, Equatable {
    private var pairs: [HealthSignal: HealthBound]
    /// (started - late) / scheduled: below these.
    package private(set) var delivered = HealthBound(0.995, 0.99)
    /// A signal that taints (or is suspect in) more than this share of the windows sets the run's
    /// state.
    package static let share = 0.05
    /// What a scenario without a latency limit is held to: 4 ms and 20 ms of lag.
    private static let defaultLimitNs = 200e6

    package init(scenario: Scenario) {
        let limit = Self.tightestLimitNs(scenario) ?? Self.defaultLimitNs
        let isTargetHere = scenario.isTargetHere
        pairs = [
            .lag: HealthBound(max(1e6, 0.02 * limit), max(2e6, 0.1 * limit)),
            .lagMax: HealthBound(20e6, 100e6),
            .lagShare: HealthBound(0.01, 0.05),
            .turn: HealthBound(10e6, 100e6),
            .threadCpu: HealthBound(0.70, 0.85),
            // A target that shares our cores is what keeps them busy.
            .coreBusy: HealthBound(0.80, isTargetHere ? .infinity : 0.95),
            .runQueue: HealthBound(0.02, 0.10),
            // Any period, in 3 of 5 windows.
            .throttled: HealthBound(0, 0),
            .steal: HealthBound(0.01, 0.05),
            .pressure: HealthBound(0.05, 0.20),
            .sockets: HealthBound(0, .infinity),
            .retransmits: HealthBound(0.01, .infinity),
            .clock: HealthBound(50e6, 1e9),
        ]
        for signal in HealthSignal.allCases {
            pairs[signal] = scenario.health.bound(signal.rawValue, self[signal])
        }
        delivered = scenario.health.bound("delivered", delivered)
    }

    package subscript(signal: HealthSignal) -> HealthBound {
        pairs[signal] ?? HealthBound(.infinity, .infinity)
    }

    package var lag: HealthBound { self[.lag] }
    package var turn: HealthBound { self[.turn] }

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
    fileprivate func bound(_ key: String, _ known: HealthBound) -> HealthBound {
        guard let pair = pairs[key] else { return known }
        let never = key == "delivered" ? -Double.infinity : .infinity
        return HealthBound(pair.suspect ?? never, pair.invalidating ?? never)
    }
}

extension Scenario {
    /// The target is on the machine that loads it: the bundled engine, or a loopback address.
    fileprivate var isTargetHere: Bool {
        guard let target else { return true }
        guard let (host, _, _) = URLAuthority.of(target) else { return false }
        return LoopbackName.contains(HostName.canonical(host))
    }
}
