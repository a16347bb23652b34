// How what a run plans compares with what its machines were found to do (`spotload calibrate`,
// measurement.md section 4). Filled in by whoever knows the fleet and has the calibration file;
// judged here, printed by Report/.

import HarnessCore

package struct CalibrationFacts: Codable, Sendable, Equatable {
    /// Above it a run warns: half of C is what calibrate advises.
    package static let advised = 0.5
    /// Above it a PASS becomes WARN.
    package static let most = 0.7

    /// One agent of the fleet.
    package struct Agent: Codable, Sendable, Equatable {
        package var slot: Int
        /// Planned peak over C of this agent; nil: nothing was measured for its like.
        package var fraction: Double?
        /// In `unit`, per second, of this agent alone.
        package var plannedPeak: Double
        package var capacity: Double?
        /// `arrivals` where the calibration had the run's own shape, else `requests`.
        package var unit: String
        /// The scenario whose shape was measured, and when.
        package var shape: String?
        package var measuredAt: String?
        /// C is at least `capacity`: no rate that was tried gave way.
        package var isAtLeast: Bool

        package init(
            slot: Int, plannedPeak: Double, capacity: Double? = nil, unit: String = "arrivals",
            shape: String? = nil, measuredAt: String? = nil, isAtLeast: Bool = false
        ) {
            self.slot = slot
            self.plannedPeak = plannedPeak
            self.capacity = capacity
            self.unit = unit
            self.shape = shape
            self.measuredAt = measuredAt
            self.isAtLeast = isAtLeast
            fraction = capacity.flatMap { $0 > 0 ? plannedPeak / $0 : nil }
        }
    }

    /// In order of slot.
    package var agents: [Agent]
    /// Why agents without a fraction have none, in words.
    package var missing: String?
    /// A part of the load is of the closed model and planned by nobody.
    package var hasClosedModel: Bool

    package init(agents: [Agent], missing: String? = nil, hasClosedModel: Bool = false) {
        self.agents = agents.sorted { $0.slot < $1.slot }
        self.missing = missing
        self.hasClosedModel = hasClosedModel
    }

    /// The agent that is closest to its ceiling; nil: none was calibrated.
    package var worst: Agent? {
        agents.filter { $0.fraction != nil }.max { ($0.fraction ?? 0) < ($1.fraction ?? 0) }
    }

    /// A run may say PASS only where the generator had room.
    package var isTooMuch: Bool { (worst?.fraction ?? 0) > Self.most }

    package var isBeyondAdvice: Bool { (worst?.fraction ?? 0) > Self.advised }

    /// What makes a PASS a WARN; nil where nothing does.
    var doubt: String? {
        guard isTooMuch, let worst else { return nil }
        return "the generator had little room: \(Self.words(worst)), above \(Self.most); "
            + "use more agents"
    }

    /// What a run says at its start and in its reports; nil up to what is advised.
    package var warning: String? {
        guard isBeyondAdvice, let worst else { return nil }
        let consequence =
            isTooMuch
            ? "above \(Self.most) a PASS becomes WARN" : "\(Self.advised) of it is advised"
        return "\(Self.words(worst)): \(consequence)"
    }

    /// `planned peak 0.82 of calibrated capacity on agent 0 (8,200 of 10,000 arrivals/s)`
    private static func words(_ agent: Agent) -> String {
        guard let fraction = agent.fraction, let capacity = agent.capacity else { return "" }
        return "planned peak \(ReportText.decimal(fraction, 2)) of calibrated capacity on agent"
            + " \(agent.slot) (\(rate(agent.plannedPeak)) of \(agent.isAtLeast ? "at least " : "")"
            + "\(rate(capacity)) \(agent.unit)/s)"
    }

    private static func rate(_ value: Double) -> String {
        value >= 100
            ? ReportText.grouped(UInt64(min(value.rounded(), 1e15)))
            : ReportText.decimal(value, value >= 10 ? 1 : 2)
    }
}
