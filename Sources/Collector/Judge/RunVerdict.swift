// The verdict on a run and the evidence behind it: plain values, made by `Judge`, printed by
// Report/.

package import HarnessCore

/// DESIGN.md section 6.
package enum Verdict: String, Sendable, CaseIterable {
    case pass = "PASS"
    case warn = "WARN"
    case fail = "FAIL"
    case inconclusive = "INCONCLUSIVE"
    case invalid = "INVALID"

    package var exitCode: ExitCode {
        switch self {
        case .pass, .warn: .pass
        case .fail: .criteriaFailed
        case .inconclusive: .inconclusive
        case .invalid: .invalid
        }
    }

    /// The worst of several gated rows wins: FAIL, INVALID, INCONCLUSIVE, WARN, PASS.
    package var rank: Int {
        switch self {
        case .pass: 0
        case .warn: 1
        case .inconclusive: 2
        case .invalid: 3
        case .fail: 4
        }
    }
}

/// How a health signal, or all of them, stands.
package enum HealthState: String, Sendable, Comparable {
    case ok = "OK"
    case suspect = "SUSPECT"
    case invalidating = "INVALIDATING"

    private var rank: Int {
        switch self {
        case .ok: 0
        case .suspect: 1
        case .invalidating: 2
        }
    }
    package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
}

/// A signal of section 4 that is not OK.
package struct ValiditySignal: Sendable, Equatable {
    /// A `HealthSignal`, `delivered`, `loss`, `data`.
    package var key: String
    /// Slot; nil for a signal of the whole run.
    package var agent: Int?
    package var state: HealthState
    /// Windows that were tainted or suspect; 0 for a signal of the whole run.
    package var windows: Int
    /// Worst value and the bound it passed, with units.
    package var worst: String
    package var bound: String
}

/// What the generator says about itself.
package struct Validity: Sendable, Equatable {
    package var signals: [ValiditySignal] = []
    /// (started - late) / scheduled of the measured part; nil in the closed model.
    package var delivered: Double?
    package var arrivals = ArrivalTally()
    /// Why the data cannot be trusted at all; empty: they can.
    package var distrust: [String] = []
    /// Delivered below 99 % by late, missed or unaccounted arrivals.
    package var isUnderDelivered = false
    /// Delivered below 99 %, but only by drops: no VU was free, which is the target's doing.
    package var isPoolLimited = false
    /// Windows in which the generator added delay, and how many were measured.
    package var taintedWindows = 0
    package var measuredWindows = 0
    package var isClosedModel = false
    package var longestTurnNs: Double?
    /// Whether each scenario had settled, in the document's order; empty with `steady: off`.
    package var steady: [SteadyResult] = []

    /// What was planned against what the machines can do; nil: nobody looked.
    package var calibration: CalibrationFacts?

    /// Keys of signals that were not measured, with the agents where only some could not; never
    /// taken for healthy.
    package var notMeasured: [String] = []

    package var state: HealthState {
        if !distrust.isEmpty || isUnderDelivered || isPoolLimited { return .invalidating }
        return signals.map(\.state).max() ?? .ok
    }

    package var taintedShare: Double {
        measuredWindows == 0 ? 0 : Double(taintedWindows) / Double(measuredWindows)
    }
}

/// What is said of the run as a whole.
package struct RunVerdict: Sendable {
    package var verdict: Verdict
    package var exitCode: ExitCode
    /// In words, most weighty first.
    package var reasons: [String]
    package var rows: [CriterionRow]
    package var validity: Validity

    package var rowsPassing: Int {
        rows.count { $0.verdict == .pass || $0.verdict == .warn }
    }
}

/// What the run is to do after an evaluation.
package enum JudgeDirective: Sendable, Equatable {
    case goOn
    /// A threshold with `abortOnFail` or a criterion with `abort` failed: cut the fleet; the text
    /// says which.
    case abort(String)
}
