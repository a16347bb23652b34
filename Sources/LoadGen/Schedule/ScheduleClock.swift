// Schedule time under pauses (scenarios.md 4.7, fleet.md 6): all that a schedule plans is an offset
// of schedule time, which stands still during a pause; instants follow from it.
//
//     pauses [2 s, 5 s)      run time       0   1   2   3   4   5   6   7
//                            schedule time  0   1   2   2   2   2   3   4
//     planned at 1 s -> 1 s; at 2 s -> 5 s, when the pause ends; at 3 s -> 6 s
//
// Nothing is ever planned inside a pause, so nothing is due at once after it. A pause without an
// end makes what lies behind it distant. A value; known pauses may lie in the future.

package import HarnessCore

package struct ScheduleClock: Sendable, Equatable {
    /// Run time 0, schedule time 0.
    package let start: Instant
    /// Ascending, apart from each other, none empty; only the last may have no end.
    package let pauses: [ScheduleControl.Pause]

    /// - Parameter pauses: in any order; overlapping ones are one, empty ones none.
    package init(start: Instant, pauses: [ScheduleControl.Pause] = []) {
        self.start = start
        var joined: [ScheduleControl.Pause] = []
        for pause in pauses.sorted(by: { $0.from < $1.from }) {
            if let to = pause.to, to <= pause.from { continue }
            guard let last = joined.last else {
                joined.append(pause)
                continue
            }
            guard let end = last.to else { break }
            if pause.from > end {
                joined.append(pause)
            } else {
                joined[joined.count - 1].to = pause.to.map { max($0, end) }
            }
        }
        self.pauses = joined
    }

    /// When what is planned at `offset` is due; distant where no end of a pause before it is known.
    /// - Complexity: O(pauses); none is the rule.
    package func instant(of offset: TimeSpan) -> Instant {
        var runTime = offset
        for pause in pauses {
            guard pause.from <= runTime else { break }
            guard let to = pause.to else { return .distantFuture }
            runTime = runTime + (to - pause.from)
        }
        return start + runTime
    }

    /// When a schedule that ends at `offset` ends: one that ends where a pause begins has ended.
    package func end(at offset: TimeSpan) -> Instant {
        let last = TimeSpan(ns: offset.ns - 1)
        let instant = instant(of: last)
        return instant == .distantFuture ? instant : instant + .nanoseconds(1)
    }

    /// How much of the schedule is over at `instant`: what is planned before it is due.
    package func offset(at instant: Instant) -> TimeSpan {
        let runTime = instant - start
        var offset = runTime
        for pause in pauses where pause.from < runTime {
            offset = offset - (min(pause.to ?? runTime, runTime) - pause.from)
        }
        return offset
    }

    package func isPaused(at instant: Instant) -> Bool {
        guard !pauses.isEmpty else { return false }
        let runTime = instant - start
        return pauses.contains { pause in
            pause.from <= runTime && runTime < pause.to ?? TimeSpan(ns: .max)
        }
    }
}
