// How much load a scenario plans, in the few numbers that its target's owner asks for: printed by
// `run`, held against the caps of `--targets`. By arithmetic on the schedules; draws nothing.

package import HarnessCore

package struct PlannedLoad: Sendable, Equatable {
    /// Iterations a second at the peak, on average; scenarios of the closed model have none.
    package var peakPerSecond: Double
    /// All scenarios schedule their arrivals.
    package var isOpenModel: Bool
    /// Until nothing new starts; nil: until an operator stops it.
    package var duration: TimeSpan?

    package init(_ workloads: [Workload]) {
        peakPerSecond = Self.peak(workloads)
        isOpenModel = workloads.allSatisfy(\.executor.isOpenModel)
        duration =
            workloads.contains(where: \.executor.isEndless)
            ? nil : workloads.map { $0.startTime + $0.executor.boundedDuration }.max() ?? .zero
    }

    /// Rates are lines between their corners, so that their sum peaks at a corner.
    private static func peak(_ workloads: [Workload]) -> Double {
        let lines = workloads.map { (start: $0.startTime, corners: RatePoint.corners($0.executor)) }
        let times = Set(lines.flatMap { line in line.corners.map { line.start + $0.offset } })
        return times.map { time in
            zip(workloads, lines).reduce(0) { sum, pair in
                let offset = time - pair.0.startTime
                let here = pair.1.corners.filter { $0.offset == offset }.map(\.perSecond).max() ?? 0
                return sum + max(here, pair.0.executor.ratePerSecond(at: offset) ?? 0)
            }
        }.max() ?? 0
    }
}
