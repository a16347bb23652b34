// Which rates `spotload calibrate` tries, and what it makes of the answers. A value: the caller
// asks for a step, runs it, says whether it held.
//
//     1000 held   2000 held   4000 failed   4000 failed again | 3000 held   3500 failed ... six
//     `------ doubling ------'              `- confirmation -'  `------- bisections -------'
//
// A step that fails while the rate doubles is run once more before it ends the doubling: one
// hiccup of the machine at a low rate would otherwise be its ceiling. A failure in a bisection is
// believed: it makes the ceiling lower than it is, never higher.

package import HarnessCore

package struct CalibrationSearch: Sendable, Equatable {
    package struct Settings: Sendable, Equatable {
        /// Arrivals/s of the first step.
        package var firstRate = 1_000.0
        /// The doubling ends here at the latest.
        package var mostRate = Double(Limits.arrivalsPerSecond)
        package var doublingLength = TimeSpan.seconds(3)
        package var bisections = 6
        package var bisectionLength = TimeSpan.seconds(5)
        package init() {}
    }

    package struct Step: Sendable, Equatable {
        package enum Purpose: String, Sendable { case doubling, confirming, bisecting }
        /// Arrivals/s over all agents; whole above 1.
        package var rate: Double
        package var length: TimeSpan
        package var purpose: Purpose
    }

    private let settings: Settings
    /// The highest rate that held; 0: none did.
    private var low = 0.0
    /// The lowest rate known to fail; nil: none did.
    private var high: Double?
    private var isConfirming = false
    private var bisected = 0
    private var rate: Double
    private var isOver = false

    /// - Precondition: 0 < firstRate <= mostRate, bisections >= 0.
    package init(_ settings: Settings = Settings()) {
        precondition(
            settings.firstRate > 0 && settings.firstRate <= settings.mostRate
                && settings.bisections >= 0, "a search begins below its end")
        self.settings = settings
        rate = settings.firstRate
    }

    /// What to run next; nil: the search is over.
    package var next: Step? {
        if isOver { return nil }
        let isBisecting = high != nil
        return Step(
            rate: rate, length: isBisecting ? settings.bisectionLength : settings.doublingLength,
            purpose: isBisecting ? .bisecting : isConfirming ? .confirming : .doubling)
    }

    /// The highest rate that held; nil: none did.
    package var ceiling: Double? { low > 0 ? low : nil }

    /// Whether a rate failed: without one the ceiling is only known to be at least `ceiling`.
    package var isBounded: Bool { high != nil }

    /// Says how the step of `next` went.
    /// - Precondition: the search is not over.
    package mutating func note(held: Bool) {
        precondition(!isOver, "the search is over")
        if high != nil {
            bisected += 1
            if held { low = rate } else { high = rate }
            bisect()
        } else if held {
            isConfirming = false
            low = rate
            isOver = rate >= settings.mostRate
            rate = min(2 * rate, settings.mostRate)
        } else if isConfirming {
            high = rate
            bisect()
        } else {
            isConfirming = true
        }
    }

    private mutating func bisect() {
        guard let high else { return }
        let middle = (low + high) / 2
        rate = middle > 1 ? middle.rounded() : middle
        isOver = bisected >= settings.bisections || rate <= low || rate >= high
    }
}
