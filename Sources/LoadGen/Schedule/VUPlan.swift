// How many VUs of a closed model are wanted when (scenarios.md 4.5), as one worker sees it: levels
// of its own VUs, which are numbered from 0 and wanted from the first on.
//
//     wanted  VUs below it run iterations; others finish theirs and stop
//     kept    VUs at and above it are interrupted; wanted <= kept
//
// A ramp's raw steps say what is wanted, its reserved steps what is kept. A level is a count of our
// VUs whose number in the test is within the whole test's count; steps that move only the VUs of
// others are left out. Pure, and computed as it is asked for: a long ramp takes no memory.

package import HarnessCore
package import ScenarioModel

package struct VUPlan: Sendable {
    package struct Step: Sendable, Equatable {
        /// Of a ramp: schedule time from the workload's start. Of operators' counts: run time.
        package var offset: TimeSpan
        package var wanted: Int
        package var kept: Int
        package init(offset: TimeSpan, wanted: Int, kept: Int) {
            self.offset = offset
            self.wanted = wanted
            self.kept = kept
        }
    }
    /// The first step that was not taken.
    package private(set) var next: Step?
    private var rest: Rest

    private enum Rest {
        /// In reverse order.
        case list([Step])
        case ramp(RampLevels)
    }

    /// The same VUs from beginning to end.
    package init(vus: Int) {
        next = Step(offset: .zero, wanted: vus, kept: vus)
        rest = .list([])
    }

    /// A ramp.
    /// - Parameter vuNumbers: our VUs' numbers in the test, ascending.
    package init(_ ramp: RampingVUs, gracefulStop: TimeSpan, vuNumbers: [UInt64]) {
        var levels = RampLevels(ramp, gracefulStop: gracefulStop, vuNumbers: vuNumbers)
        next = levels.next()
        rest = .ramp(levels)
    }

    /// Operators' counts: what is no longer wanted is interrupted, as in k6.
    /// - Parameters:
    ///   - initial: in the whole test, until the first of `scales`.
    ///   - passed: run time that is over: of the steps up to it only the last counts.
    package init(
        initial: Int, scales: [ScheduleControl.Scale], vuNumbers: [UInt64], passed: TimeSpan
    ) {
        var steps = [Self.step(.zero, initial, vuNumbers)]
        for scale in scales.sorted(by: { $0.from < $1.from }) {
            let step = Self.step(scale.from, scale.vus, vuNumbers)
            if scale.from <= max(passed, .zero) { steps.removeAll() }
            steps.append(step)
        }
        next = steps[0]
        rest = .list(steps.dropFirst().reversed())
    }

    private static func step(_ offset: TimeSpan, _ vus: Int, _ vuNumbers: [UInt64]) -> Step {
        let level = RampLevels.level(vus, of: vuNumbers)
        return Step(offset: offset, wanted: level, kept: level)
    }

    /// - Complexity: O(1); of a ramp, the steps of others that lie between.
    package mutating func advance() {
        switch rest {
        case .list(var steps):
            next = steps.popLast()
            rest = .list(steps)
        case .ramp(var levels):
            next = levels.next()
            rest = .ramp(levels)
        }
    }
}

/// A ramp's raw and reserved steps, merged by time.
private struct RampLevels: Sendable {
    private var raw: RawVUSteps
    private var reserved: ReservedVUSteps
    private var rawNext: VUStep?
    private var reservedNext: VUStep?
    private var wanted = 0
    private var kept = 0
    private let vuNumbers: [UInt64]

    init(_ ramp: RampingVUs, gracefulStop: TimeSpan, vuNumbers: [UInt64]) {
        raw = ramp.rawSteps
        reserved = ramp.reservedSteps(gracefulStop: gracefulStop)
        rawNext = raw.next()
        reservedNext = reserved.next()
        self.vuNumbers = vuNumbers
    }

    /// The next moment at which a level of ours is another.
    mutating func next() -> VUPlan.Step? {
        while let offset = [rawNext?.offset, reservedNext?.offset].compactMap({ $0 }).min() {
            let before = (wanted, max(wanted, kept))
            while let step = rawNext, step.offset == offset {
                wanted = Self.level(step.vus, of: vuNumbers)
                rawNext = raw.next()
            }
            while let step = reservedNext, step.offset == offset {
                kept = Self.level(step.vus, of: vuNumbers)
                reservedNext = reserved.next()
            }
            let after = (wanted, max(wanted, kept))
            if after != before {
                return VUPlan.Step(offset: offset, wanted: after.0, kept: after.1)
            }
        }
        return nil
    }

    /// How many of `vuNumbers` are within the first `vus` of the test.
    /// - Complexity: O(log n).
    static func level(_ vus: Int, of vuNumbers: [UInt64]) -> Int {
        var (low, high) = (0, vuNumbers.count)
        while low < high {
            let middle = (low + high) / 2
            if vuNumbers[middle] <= UInt64(max(0, vus)) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
