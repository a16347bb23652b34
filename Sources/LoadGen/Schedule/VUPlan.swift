// How many VUs of a closed model are wanted when (scenarios.md 4.5), as one worker sees it: levels
// of its own VUs, which are numbered from 0 and wanted from the first on.
//
//     wanted  VUs below it run iterations; others finish theirs and stop
//     kept    VUs at and above it are interrupted; wanted <= kept
//
// A ramp's raw steps say what is wanted, its reserved steps what is kept. A level is a count of our
// VUs whose number in the test is within the whole test's count. Pure.

package import HarnessCore
package import ScenarioModel

package struct VUPlan: Sendable, Equatable {
    package struct Step: Sendable, Equatable {
        /// Schedule time of the workload; of a scaled one, run time.
        package var offset: TimeSpan
        package var wanted: Int
        package var kept: Int
        package init(offset: TimeSpan, wanted: Int, kept: Int) {
            self.offset = offset
            self.wanted = wanted
            self.kept = kept
        }
    }
    package let steps: [Step]
    private var position = 0

    private init(steps: [Step]) { self.steps = steps }

    /// The same VUs from beginning to end.
    package init(vus: Int) {
        self.init(steps: [Step(offset: .zero, wanted: vus, kept: vus)])
    }

    /// A ramp.
    /// - Parameter vuNumbers: our VUs' numbers in the test, ascending.
    /// - Complexity: O(steps x log VUs).
    package init(_ ramp: RampingVUs, gracefulStop: TimeSpan, vuNumbers: [UInt64]) {
        let raw = ramp.rawSteps
        let reserved = ramp.reservedSteps(gracefulStop: gracefulStop)
        var steps: [Step] = []
        var (wanted, kept) = (0, 0)
        var (i, j) = (0, 0)
        while i < raw.count || j < reserved.count {
            let offset = min(
                i < raw.count ? raw[i].offset : TimeSpan(ns: .max),
                j < reserved.count ? reserved[j].offset : TimeSpan(ns: .max))
            while i < raw.count, raw[i].offset == offset {
                wanted = Self.level(raw[i].vus, of: vuNumbers)
                i += 1
            }
            while j < reserved.count, reserved[j].offset == offset {
                kept = Self.level(reserved[j].vus, of: vuNumbers)
                j += 1
            }
            let step = Step(offset: offset, wanted: wanted, kept: max(wanted, kept))
            // Most steps of the test move the VUs of others.
            if let last = steps.last, last.wanted == step.wanted, last.kept == step.kept { continue }
            steps.append(step)
        }
        self.init(steps: steps)
    }

    /// Operators' counts: what is no longer wanted is interrupted, as in k6.
    /// - Parameter initial: in the whole test, until the first of `scales`.
    package init(initial: Int, scales: [ScheduleControl.Scale], vuNumbers: [UInt64]) {
        var steps = [Step(offset: .zero, wanted: 0, kept: 0)]
        let changes = [(from: TimeSpan.zero, vus: initial)] + scales.map { ($0.from, $0.vus) }
        for change in changes {
            let level = Self.level(change.vus, of: vuNumbers)
            let step = Step(offset: change.from, wanted: level, kept: level)
            if let last = steps.last, last.offset >= step.offset {
                steps[steps.count - 1] = Step(offset: last.offset, wanted: level, kept: level)
            } else {
                steps.append(step)
            }
        }
        self.init(steps: steps)
    }

    /// The first step that was not taken.
    package var next: Step? { position < steps.count ? steps[position] : nil }

    package mutating func advance() { position += 1 }

    /// Leaves out what is over, but for the latest step: what a newer plan begins with.
    package mutating func skip(to offset: TimeSpan) {
        while position + 1 < steps.count, steps[position + 1].offset <= offset { position += 1 }
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
