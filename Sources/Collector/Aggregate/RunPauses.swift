// When the schedule of a run stood still: run time goes on during a pause, schedule time does not.
// Rates are per second of time that was not paused, and the schedule ends later by as much.

package import HarnessCore

package struct RunPauses: Sendable, Equatable {
    /// In run time.
    package struct Span: Sendable, Equatable {
        package var from: TimeSpan
        /// Nil: still paused.
        package var to: TimeSpan?
        package init(from: TimeSpan, to: TimeSpan?) {
            self.from = from
            self.to = to
        }
    }
    /// Ascending, without overlap.
    package var spans: [Span]

    package init(_ spans: [Span] = []) { self.spans = spans }

    /// Paused time between two instants of run time.
    package func time(from start: TimeSpan, to end: TimeSpan) -> TimeSpan {
        spans.reduce(.zero) { sum, span in
            sum + max(.zero, min(span.to ?? end, end) - max(span.from, start))
        }
    }

    /// The run time at which the schedule has come to `schedule`; nil while it stands before that.
    package func runTime(ofSchedule schedule: TimeSpan) -> TimeSpan? {
        var runTime = schedule
        for span in spans where span.from < runTime {
            guard let end = span.to else { return nil }
            runTime = runTime + max(.zero, end - span.from)
        }
        return runTime
    }
}
