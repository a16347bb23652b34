// How many VUs a ramping-vus scenario may hold (scenarios.md 4.5): a VU that a raw step has asked
// to finish is interrupted gracefulRampDown later, unless it is wanted again before.
//
//     raw       0:4 1:5 2:6 3:5 4:4 5:3 6:2 7:1 8:2 9:3 10:4 11:5 ...
//     reserved  0:4 1:5 2:6 33:5 42:4 ...         30s later; VU 5 ran again from 11 to 12
//
// The rule looks ahead from each step that falls. Where a stage of no duration takes many VUs away
// at once and part of them are wanted again in time, that would put steps out of order: here such
// a step falls one VU after the other, each with its own look ahead. Everything else is the same.

package import HarnessCore

extension RampingVUs {
    /// How many VUs may be held, with `gracefulStop` after the last stage: in order, from offset 0,
    /// the last one with 0 VUs.
    package func reservedSteps(gracefulStop: TimeSpan) -> ReservedVUSteps {
        ReservedVUSteps(self, gracefulStop: gracefulStop)
    }
}

/// The reserved steps of a ramp.
package struct ReservedVUSteps: Sendable, Sequence, IteratorProtocol {
    private var raw: RawVUSteps
    private let gracefulRampDown: TimeSpan
    private let end: TimeSpan
    /// Count after the last step; nil before the first.
    private var level: Int?
    /// A raw step that was found by looking ahead.
    private var found: VUStep?

    init(_ ramp: RampingVUs, gracefulStop: TimeSpan) {
        raw = ramp.rawSteps
        gracefulRampDown = ramp.gracefulRampDown
        end = ramp.stages.reduce(gracefulStop) { $0 + $1.duration }
    }

    package mutating func next() -> VUStep? {
        while let step = found ?? raw.next() {
            found = nil
            guard let level, step.vus <= level, gracefulRampDown > .zero else {
                return emit(step)
            }
            if step.vus == level { continue }
            let limit = step.offset + gracefulRampDown
            let kept = Swift.min(level, Swift.max(step.vus, raw.peak(until: limit)))
            if kept < level, limit >= end { break }
            if kept > step.vus { find(kept) }
            if kept < level { return emit(VUStep(offset: limit, vus: kept)) }
        }
        return level == 0 ? nil : emitEnd()
    }

    private mutating func emit(_ step: VUStep) -> VUStep {
        level = step.vus
        return step
    }

    private mutating func emitEnd() -> VUStep {
        raw = raw.ended
        return emit(VUStep(offset: end, vus: 0))
    }

    /// Goes on to the first raw step of at least `count`.
    private mutating func find(_ count: Int) {
        while let step = raw.next() {
            guard step.vus < count else {
                found = step
                return
            }
        }
    }
}
