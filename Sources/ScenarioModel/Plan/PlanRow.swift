// The run cut into rows of equal length, for a plot: the mean arrival rate in each and the most VUs
// that may be held in it.

package import HarnessCore

package struct PlanRow: Sendable, Equatable {
    /// Run time of its start.
    package var start: TimeSpan
    package var arrivalsPerSecond: Double
    package var vus: Int

    static let count = 20

    /// From run time 0 to the last regular end; a single row where all is endless.
    static func rows(_ workloads: [Workload]) -> [PlanRow] {
        let bounded = workloads.filter { !$0.executor.isEndless }
        let end = bounded.map { $0.startTime + $0.executor.regularDuration }.max() ?? .zero
        let bounds =
            end > .zero
            ? (0...count).map { TimeSpan(ns: Int64(Int128(end.ns) * Int128($0) / Int128(count))) }
            : [.zero, .nanoseconds(1)]
        var rows = zip(bounds, bounds.dropFirst()).map { from, to in
            PlanRow(start: from, arrivalsPerSecond: rate(workloads, from, to), vus: 0)
        }
        for (row, most) in mostHeld(workloads, bounds).enumerated() { rows[row].vus = most }
        return rows
    }

    private static func rate(_ workloads: [Workload], _ from: TimeSpan, _ to: TimeSpan) -> Double {
        guard to > from else { return 0 }
        let arrivals = workloads.reduce(0.0) { sum, workload in
            let executor = workload.executor
            return sum + executor.meanArrivals(before: to - workload.startTime)
                - executor.meanArrivals(before: from - workload.startTime)
        }
        return arrivals / (to - from).seconds
    }

    /// The most in [bounds[i], bounds[i + 1]) for each i.
    private static func mostHeld(_ workloads: [Workload], _ bounds: [TimeSpan]) -> [Int] {
        var most = [Int](repeating: 0, count: bounds.count - 1)
        var held = 0
        var row = 0
        for step in HeldVUs(workloads) {
            while row < most.count, bounds[row + 1] <= step.offset {
                most[row] = max(most[row], held)
                row += 1
            }
            guard row < most.count else { return most }
            if step.offset > bounds[row] { most[row] = max(most[row], held) }
            held = step.vus
            most[row] = max(most[row], held)
        }
        for rest in row..<most.count { most[rest] = max(most[rest], held) }
        return most
    }
}
