// Criteria that may abort the run: each is looked at every 10 s after its delay, and each look
// gets a smaller part of the error that its confidence allows, so that all looks together have no
// more than that (measurement.md section 5, "Abort"). A value; the caller passes run time.

import HarnessCore
import ScenarioModel

struct CriterionLooks: Sendable {
    private struct Schedule: Sendable {
        let position: Int
        var next: TimeSpan
        /// Looks that told something.
        var done = 0
    }

    private static let interval = TimeSpan.seconds(10)
    private var schedules: [Schedule]

    init(_ criteria: [Criterion]) {
        schedules = criteria.enumerated().compactMap { i, criterion in
            criterion.abortDelay.map { Schedule(position: i, next: $0 + Self.interval) }
        }
    }

    /// Level of look `j` (from 1): all errors add up to 1 - `confidence`, as 1/(j(j+1)) do to 1.
    static func level(_ confidence: Double, look j: Int) -> Double {
        1 - (1 - confidence) / Double(j * (j + 1))
    }

    /// Looks at the criteria that are due; the first whose FAIL is established.
    mutating func established(_ aggregate: RunAggregate, runTime: TimeSpan) -> Criterion? {
        guard schedules.contains(where: { runTime >= $0.next }) else { return nil }
        let judges = aggregate.criterionJudges(end: runTime, isFinal: false)
        for i in schedules.indices where runTime >= schedules[i].next {
            while schedules[i].next <= runTime {
                schedules[i].next = schedules[i].next + Self.interval
            }
            let position = schedules[i].position
            guard position < judges.count else { continue }
            let judge = judges[position]
            let criterion = judge.criterion
            let look = schedules[i].done + 1
            let level = criterion.confidence.map { Self.level($0, look: look) }
            let row = judge.row(confidence: level)
            // A run that is too short so far was not tested.
            if (row.batches ?? Batching.fewest) >= Batching.fewest { schedules[i].done = look }
            if row.verdict == .fail, judge.isFinalFailure(row),
                !judge.isTainted || judge.stands(aggregate)
            {
                return criterion
            }
        }
        return nil
    }
}

extension CriterionJudge {
    /// Whether a FAIL of a part of the run is one that the rest could not make good: a count that
    /// is to be reached may still be, and so may a share of slices.
    func isFinalFailure(_ row: CriterionRow) -> Bool {
        guard row.observed != nil else { return false }
        if case .slices(let length, let allow) = criterion.window {
            return isBeyond(length, allow: allow)
        }
        if case .last = criterion.window { return false }
        switch (criterion.statistic, criterion.comparison) {
        case (.count, .less), (.count, .lessOrEqual): return true
        case (.count, .equal), (.count, .within): return (row.observed ?? 0) > criterion.upper
        case (.count, _), (_, .equal), (_, .notEqual): return false
        // The largest may still reach a lower bound, the smallest fall below an upper one.
        case (.maximum, .greater), (.maximum, .greaterOrEqual): return false
        case (.minimum, .less), (.minimum, .lessOrEqual): return false
        case (.maximum, .within): return (row.observed ?? 0) > criterion.upper
        case (.minimum, .within): return (row.observed ?? 0) < criterion.lower
        default: return true
        }
    }
}
