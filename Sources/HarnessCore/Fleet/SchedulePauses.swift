// When schedule time stands still (fleet.md section 6), and what follows from it: which run time a
// schedule time falls on, and back. Spans are whole windows, i.e. seconds of run time. A value.
//
//     pauses [[3, 5]]     run time       0  1  2  3  4  5  6
//                         schedule time  0  1  2  3  3  3  4
//
// What is due at the very moment of `from` belongs to the other side of the pause; a schedule that
// ends there has ended.

package struct SchedulePauses: Sendable, Equatable {
    package struct Span: Sendable, Equatable {
        package var from: Int
        /// Nil: until further notice.
        package var to: Int?
        package init(from: Int, to: Int?) {
            self.from = from
            self.to = to
        }
    }
    /// Ascending, apart, none empty; only the last may be open.
    package private(set) var spans: [Span] = []

    package init() {}

    /// From a plan's pairs; nil where they are malformed.
    package init?(_ pairs: [[Int?]]) {
        var earliest = 0
        for (i, pair) in pairs.enumerated() {
            guard pair.count == 2, let from = pair[0], from >= earliest else { return nil }
            if let to = pair[1] {
                guard to > from else { return nil }
                earliest = to
            } else if i + 1 < pairs.count {
                return nil
            }
            spans.append(Span(from: from, to: pair[1]))
        }
    }

    package var pairs: [[Int?]] { spans.map { [$0.from, $0.to] } }
    package var isEmpty: Bool { spans.isEmpty }
    /// The last one has no end yet.
    package var isOpen: Bool { spans.last.map { $0.to == nil } ?? false }

    /// Opens a pause, no earlier than the last one ends.
    ///
    /// - Precondition: none is open.
    /// - Returns: the window it begins with.
    package mutating func pause(from window: Int) -> Int {
        precondition(!isOpen, "a pause within a pause")
        if let last = spans.last, let to = last.to, to >= window {
            spans[spans.count - 1].to = nil
            return to
        }
        spans.append(Span(from: window, to: nil))
        return window
    }

    /// Ends the open pause; one that would have no length is as if it had never been.
    ///
    /// - Precondition: one is open.
    package mutating func resume(at window: Int) {
        precondition(isOpen, "there is no pause to end")
        let from = spans[spans.count - 1].from
        if window > from { spans[spans.count - 1].to = window } else { spans.removeLast() }
    }

    package func contains(_ runTime: TimeSpan) -> Bool {
        spans.contains { span in
            .seconds(Int64(span.from)) <= runTime
                && (span.to.map { runTime < .seconds(Int64($0)) } ?? true)
        }
    }

    /// How much of `from ..< to` of run time was paused.
    package func paused(from: TimeSpan, to: TimeSpan) -> TimeSpan {
        spans.reduce(.zero) { sum, span in
            let begin = max(from, .seconds(Int64(span.from)))
            let end = min(to, span.to.map { .seconds(Int64($0)) } ?? to)
            return end > begin ? sum + (end - begin) : sum
        }
    }

    /// How far the schedules have come at `runTime`.
    package func scheduleTime(at runTime: TimeSpan) -> TimeSpan {
        runTime - paused(from: .zero, to: runTime)
    }

    /// When the schedules reach `scheduleTime`; nil: not before somebody resumes.
    package func runTime(of scheduleTime: TimeSpan) -> TimeSpan? {
        var runTime = scheduleTime
        for span in spans {
            let from = TimeSpan.seconds(Int64(span.from))
            guard from < runTime else { break }
            guard let to = span.to else { return nil }
            runTime = runTime + (.seconds(Int64(to)) - from)
        }
        return runTime
    }
}
