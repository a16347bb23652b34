// What reports say about a run besides its numbers, and the books of the fleet: filled in by the
// coordinator when the run is over.

package import HarnessCore

/// Name, time and circumstances of a run.
package struct RunFacts: Sendable {
    package var runID: String
    /// As given on the command line.
    package var scenarioFile: String
    package var scenarioName: String
    /// Of the effective scenario, lowercase hex.
    package var scenarioSha256: String = ""
    package var seed: UInt64
    package var agents: Int
    package var startedAtUnixNs: Int64
    /// Run time at the end, graceful stop included.
    package var duration: TimeSpan
    package var warmup: TimeSpan
    package var version: String
    /// Base URL of the system under test.
    package var target: String
    package var tags: [String: String] = [:]
    /// Someone stopped the run (exit 105).
    package var interrupted = false
    /// Why the run was cut short, where it was.
    package var aborted: String?
    /// Host of each slot.
    package var hosts: [Int: String] = [:]
    /// What operators did meanwhile.
    package var pauses = SchedulePauses()
    package var scales: [PlanRecord.Scale] = []
    /// What was planned against what the machines can do; nil: nobody looked.
    package var calibration: CalibrationFacts?

    package init(
        runID: String, scenarioFile: String, scenarioName: String, seed: UInt64, agents: Int,
        startedAtUnixNs: Int64, duration: TimeSpan, warmup: TimeSpan, version: String,
        target: String
    ) {
        self.runID = runID
        self.scenarioFile = scenarioFile
        self.scenarioName = scenarioName
        self.seed = seed
        self.agents = agents
        self.startedAtUnixNs = startedAtUnixNs
        self.duration = duration
        self.warmup = warmup
        self.version = version
        self.target = target
    }
}

/// Every arrival accounted for, over all epochs (fleet.md section 3), warm-up included.
package struct AccountingSummary: Sendable, Equatable, Codable {
    package var planned: UInt64
    package var started: UInt64
    package var dropped: UInt64
    package var missed: UInt64
    package var unaccounted: UInt64
    /// Sum of finals = sum of merged, for every counter and series.
    package var finalsEqualMerged: Bool
    /// Agents whose `final` was merged.
    package var agentsFinal: Int
    package var agents: Int
    package var deltas: UInt64
    package var duplicates: UInt64
    package var badDeltas: UInt64
    /// Each identity that does not hold, in words.
    package var brokenIdentities: [String]

    package init(
        planned: UInt64, started: UInt64, dropped: UInt64, missed: UInt64, unaccounted: UInt64,
        finalsEqualMerged: Bool, agentsFinal: Int, agents: Int, deltas: UInt64,
        duplicates: UInt64 = 0, badDeltas: UInt64 = 0, brokenIdentities: [String] = []
    ) {
        self.planned = planned
        self.started = started
        self.dropped = dropped
        self.missed = missed
        self.unaccounted = unaccounted
        self.finalsEqualMerged = finalsEqualMerged
        self.agentsFinal = agentsFinal
        self.agents = agents
        self.deltas = deltas
        self.duplicates = duplicates
        self.badDeltas = badDeltas
        self.brokenIdentities = brokenIdentities
    }

    /// (missed + unaccounted) / planned; 0 where nothing was planned.
    package var lossFraction: Double {
        planned == 0 ? 0 : (Double(missed) + Double(unaccounted)) / Double(planned)
    }
}
