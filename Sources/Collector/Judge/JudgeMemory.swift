// What a judge has seen that cannot be seen again in the totals: which threshold stopped the run,
// and which window failed. Kept in run.json, so that a run judged again is judged alike.

package struct JudgeMemory: Codable, Sendable, Equatable {
    /// Value of a window that failed, by the threshold's place among the scenario's.
    package var crossedWindows: [Int: Double] = [:]
    /// Place of the threshold that stopped the run.
    package var abortedBy: Int?
    package init() {}
}

extension Judge {
    /// Set before `verdict` of a run that is over.
    package var memory: JudgeMemory {
        get {
            var memory = JudgeMemory()
            memory.crossedWindows = crossedWindows
            memory.abortedBy = abortedBy
            return memory
        }
        set {
            crossedWindows = newValue.crossedWindows.filter { thresholds.indices.contains($0.key) }
            abortedBy = newValue.abortedBy.flatMap { thresholds.indices.contains($0) ? $0 : nil }
        }
    }
}
