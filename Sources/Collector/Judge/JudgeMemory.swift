// What a judge has seen that cannot be seen again in the totals: which rule stopped the run, and
// which window failed. Kept in run.json, so that a run judged again is judged alike.

package import ScenarioModel

package struct JudgeMemory: Codable, Sendable, Equatable {
    /// Value of a window that failed, by the threshold's place among the scenario's.
    package var crossedWindows: [Int: Double] = [:]
    /// Place of the threshold or of the criterion that stopped the run.
    package var abortedByThreshold: Int?
    package var abortedByCriterion: Int?
    package init() {}
}

extension Judge {
    package func memory(_ scenario: Scenario) -> JudgeMemory {
        var memory = JudgeMemory()
        memory.crossedWindows = crossedWindows
        switch abortedBy {
        case .threshold(let threshold)?:
            memory.abortedByThreshold = thresholds.firstIndex(of: threshold)
        case .criterion(let criterion)?:
            memory.abortedByCriterion = scenario.criteria.firstIndex(of: criterion)
        case nil: break
        }
        return memory
    }

    /// Before `verdict` of a run that is over; what the scenario does not have is left out.
    package mutating func recall(_ memory: JudgeMemory, _ scenario: Scenario) {
        crossedWindows = memory.crossedWindows.filter { thresholds.indices.contains($0.key) }
        if let i = memory.abortedByThreshold, thresholds.indices.contains(i) {
            abortedBy = .threshold(thresholds[i])
        } else if let i = memory.abortedByCriterion, scenario.criteria.indices.contains(i) {
            abortedBy = .criterion(scenario.criteria[i])
        }
    }
}
