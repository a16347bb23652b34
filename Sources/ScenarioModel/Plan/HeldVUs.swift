// How many VUs a scenario document may hold at any time: of each workload its VUs, maxVUs or
// reserved steps, until its regular end and gracefulStop (scenarios.md section 7).
//
//     orders    1200 |==================|
//     readers     20     |============|
//     held           1200 1220        1200 0
//
// The workloads' steps are merged as they are computed; nothing is stored.

import HarnessCore

struct HeldVUs: Sequence, IteratorProtocol {
    private struct Source {
        let start: TimeSpan
        var steps: AnyIterator<VUStep>
        /// The step that is due next; in run time.
        var next: VUStep?
        var vus = 0

        init(_ workload: Workload) {
            start = workload.startTime
            steps = workload.heldSteps
            advance()
        }

        mutating func advance() {
            next = steps.next().map { VUStep(offset: start + $0.offset, vus: $0.vus) }
        }
    }

    private var sources: [Source]

    init(_ workloads: [Workload]) { sources = workloads.map { Source($0) } }

    /// The next moment at which something changes, with what is held from then on by all together.
    mutating func next() -> VUStep? {
        guard let moment = sources.compactMap({ $0.next?.offset }).min() else { return nil }
        for i in sources.indices {
            while let step = sources[i].next, step.offset == moment {
                sources[i].vus = step.vus
                sources[i].advance()
            }
        }
        return VUStep(offset: moment, vus: sources.reduce(0) { $0 + $1.vus })
    }
}

extension Workload {
    /// VUs that may be held, from the workload's start; the last step is 0 unless it is endless.
    var heldSteps: AnyIterator<VUStep> {
        // Of a ramp of too many steps to be walked, its largest level until all is over.
        if case .rampingVUs(let ramp) = executor, !ramp.isLong {
            return AnyIterator(ramp.reservedSteps(gracefulStop: gracefulStop))
        }
        var steps = [VUStep(offset: .zero, vus: executor.maxVUs)]
        if let end = heldUntil { steps.append(VUStep(offset: end, vus: 0)) }
        return AnyIterator(steps.makeIterator())
    }

    /// Offset from the workload's start after which nothing of it runs; nil: endless.
    ///
    /// - Complexity: O(steps) of a ramp, which may have interrupted its last VU before its regular
    ///   end and gracefulStop.
    var heldUntil: TimeSpan? {
        switch executor {
        case .externallyControlled(let e): return executor.isEndless ? nil : e.duration
        case .rampingVUs(let ramp):
            if ramp.isLong { return executor.nominalDuration + gracefulStop }
            let steps = ramp.reservedSteps(gracefulStop: gracefulStop)
            return steps.reduce(.zero) { $1.offset }
        case .sharedIterations, .perVUIterations, .constantVUs, .constantArrivalRate,
            .rampingArrivalRate, .replay:
            return executor.nominalDuration + gracefulStop
        }
    }
}

extension RampingVUs {
    /// Whether its VUs come and go so often that walking the steps would take seconds.
    var isLong: Bool {
        let levels = [startVUs] + stages.map(\.target)
        let steps = zip(levels.dropFirst(), levels).reduce(0) { $0 + abs($1.0 - $1.1) }
        return steps > Limits.walkedSteps
    }
}
