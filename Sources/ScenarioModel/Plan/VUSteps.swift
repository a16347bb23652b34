// How many VUs a ramping-vus scenario wants: its raw steps (scenarios.md 4.5). They start VUs, or
// ask them to finish their iteration.
//
//     a stage from f to t over D that ends at E:
//       rising   VU v = f+1 ... t starts at  E - trunc(D (t - v) / (t - f))        the last at E
//       falling  VU v = f ... t+1 stops at   E - trunc(D (t - v + 1) / (t - f))    the last at E
//
//     4, 2s -> 6, 5s -> 1:  0:4 1:5 2:6 | 3:5 4:4 5:3 6:2 7:1     (second:count)
//
// A step is computed when asked for: a ramp over a million VUs takes no memory.

package import HarnessCore

/// From this offset on there are that many VUs.
package struct VUStep: Sendable, Hashable {
    /// From the workload's start.
    package var offset: TimeSpan
    package var vus: Int
    package init(offset: TimeSpan, vus: Int) {
        self.offset = offset
        self.vus = vus
    }
}

extension RampingVUs {
    /// How many VUs are wanted: from the first step, at offset 0, in order; one by one within a
    /// stage, at once in a stage of no duration. Where several steps have one offset, the last
    /// counts. Nothing takes the VUs away at the end of the last stage.
    package var rawSteps: RawVUSteps { RawVUSteps(self) }
}

/// The raw steps of a ramp.
package struct RawVUSteps: Sendable, Sequence, IteratorProtocol {
    private let stages: [Stage]
    private var isStarted = false
    /// Count after the last step.
    private var count: Int
    private var stage = 0
    /// Count at the current stage's start, and the stage's end.
    private var from: Int
    private var endNs: Int64

    init(_ ramp: RampingVUs) {
        stages = ramp.stages
        count = ramp.startVUs
        from = ramp.startVUs
        endNs = ramp.stages.first?.duration.ns ?? 0
    }

    package mutating func next() -> VUStep? {
        guard isStarted else {
            isStarted = true
            return VUStep(offset: .zero, vus: count)
        }
        while stage < stages.count {
            let (duration, target) = (stages[stage].duration.ns, stages[stage].target)
            if count == target {
                advance()
                continue
            }
            if duration == 0 {
                count = target
                return VUStep(offset: TimeSpan(ns: endNs), vus: count)
            }
            count += target > count ? 1 : -1
            // The VU that starts is `count`, the one that stops `count + 1`: t - v either way.
            let left = Int128(duration) * Int128(target - count) / Int128(target - from)
            return VUStep(offset: TimeSpan(ns: endNs - Int64(left)), vus: count)
        }
        return nil
    }

    private mutating func advance() {
        count = stages[stage].target
        from = count
        stage += 1
        if stage < stages.count { endNs += stages[stage].duration.ns }
    }

    /// Without a further step.
    var ended: RawVUSteps {
        var rest = self
        rest.stage = stages.count
        return rest
    }

    /// The highest count that steps still to come rise to at offsets up to `limit`; 0: to none.
    /// - Complexity: O(stages).
    func peak(until limit: TimeSpan) -> Int {
        var rest = self
        var peak = 0
        while rest.stage < stages.count, rest.endNs - stages[rest.stage].duration.ns <= limit.ns {
            peak = Swift.max(peak, rest.peakOfStage(until: limit.ns))
            rest.advance()
        }
        return peak
    }

    /// The largest v of the current stage with trunc(D (t - v) / (t - f)) >= E - limit.
    private func peakOfStage(until limitNs: Int64) -> Int {
        let (duration, target) = (stages[stage].duration.ns, stages[stage].target)
        guard target > count else { return 0 }
        guard endNs > limitNs else { return target }
        guard duration > 0 else { return 0 }
        let product = Int128(endNs - limitNs) * Int128(target - from)
        let reached = target - Int((product + Int128(duration) - 1) / Int128(duration))
        return reached > count ? reached : 0
    }
}

extension Sequence<VUStep> {
    /// What the owner of a share of the VUs does of these steps: VU v is its own where slot v - 1
    /// is; steps that change nothing for it are left out.
    package func owned(by share: SegmentShare) -> some Sequence<VUStep> {
        let own = lazy.map {
            VUStep(offset: $0.offset, vus: Int(share.count(below: UInt64($0.vus))))
        }
        return sequence(state: (own.makeIterator(), nil as Int?)) { state -> VUStep? in
            while let step = state.0.next() {
                guard step.vus != state.1 else { continue }
                state.1 = step.vus
                return step
            }
            return nil
        }
    }
}
