// What executors say about rates, VUs and their end without being walked.

package import HarnessCore

extension Executor {
    /// Until an operator ends it.
    package var isEndless: Bool {
        if case .externallyControlled(let e) = self { return e.duration == .zero }
        return false
    }

    /// The regular duration, for those who need an end: an endless one ends at the longest there
    /// may be.
    package var boundedDuration: TimeSpan {
        isEndless ? TimeSpan(ns: Limits.durationNs) : regularDuration
    }

    /// The regular duration as people say it: a replay lasts until its last arrival, not 1 ns more.
    package var nominalDuration: TimeSpan {
        if case .replay(let e) = self { return TimeSpan(ns: e.offsetsNs.last ?? 0) }
        return regularDuration
    }

    /// VUs ready at the barrier; those of a ramp are what it reaches.
    package var preAllocatedVUs: Int {
        switch self {
        case .constantArrivalRate(let e): e.preAllocatedVUs
        case .rampingArrivalRate(let e): e.preAllocatedVUs
        case .replay(let e): e.preAllocatedVUs
        case .sharedIterations, .perVUIterations, .constantVUs, .rampingVUs, .externallyControlled:
            maxVUs
        }
    }

    /// The most VUs it may hold.
    package var maxVUs: Int {
        switch self {
        case .sharedIterations(let e): e.vus
        case .perVUIterations(let e): e.vus
        case .constantVUs(let e): e.vus
        case .rampingVUs(let e): e.stages.reduce(e.startVUs) { max($0, $1.target) }
        case .constantArrivalRate(let e): e.maxVUs
        case .rampingArrivalRate(let e): e.maxVUs
        case .externallyControlled(let e): e.maxVUs
        case .replay(let e): e.maxVUs
        }
    }

    /// The highest arrival rate; of random arrivals the highest mean, of a replay the most in any
    /// one second. Nil in the closed model.
    /// - Complexity: O(stages), or O(arrivals) of a replay.
    package var peakRatePerSecond: Double? {
        switch self {
        case .constantArrivalRate(let e): return e.rate / e.timeUnit.seconds
        case .rampingArrivalRate(let e):
            let peak = e.stages.reduce(e.startRate) { max($0, $1.target) }
            return Double(peak) / e.timeUnit.seconds
        case .replay(let e): return Double(Self.mostInOneSecond(e.offsetsNs))
        case .sharedIterations, .perVUIterations, .constantVUs, .rampingVUs, .externallyControlled:
            return nil
        }
    }

    /// The (mean) arrival rate at an offset from the workload's start: of a replay over the whole
    /// second it lies in. 0 before the start and after the regular end, nil in the closed model.
    /// - Complexity: O(stages), or O(log arrivals) of a replay.
    package func ratePerSecond(at offset: TimeSpan) -> Double? {
        switch self {
        case .constantArrivalRate(let e):
            guard offset >= .zero, offset <= e.duration else { return 0 }
            return e.rate / e.timeUnit.seconds
        case .rampingArrivalRate(let e): return Self.rate(of: e, at: offset)
        case .replay(let e):
            guard offset >= .zero else { return 0 }
            let replay = ReplayProcess(offsetsNs: e.offsetsNs)
            let second = offset.ns / 1_000_000_000 * 1_000_000_000
            return Double(
                replay.count(before: second + 1_000_000_000) - replay.count(before: second))
        case .sharedIterations, .perVUIterations, .constantVUs, .rampingVUs, .externallyControlled:
            return nil
        }
    }

    /// How many arrivals are due before an offset, on average and in fractions: the area under the
    /// rate. 0 in the closed model.
    /// - Complexity: O(stages), or O(log arrivals) of a replay.
    package func meanArrivals(before end: TimeSpan) -> Double {
        switch self {
        case .constantArrivalRate(let e):
            return max(0, min(end, e.duration).seconds) * e.rate / e.timeUnit.seconds
        case .rampingArrivalRate(let e): return Self.area(under: e, before: end)
        case .replay(let e):
            return Double(ReplayProcess(offsetsNs: e.offsetsNs).count(before: end.ns))
        case .sharedIterations, .perVUIterations, .constantVUs, .rampingVUs, .externallyControlled:
            return 0
        }
    }

    private static func area(under ramp: RampingArrivalRate, before end: TimeSpan) -> Double {
        var area = 0.0
        var left = end
        var from = Double(ramp.startRate)
        for stage in ramp.stages where left > .zero {
            let to = Double(stage.target)
            let span = min(left, stage.duration)
            if span > .zero {
                let share = Double(span.ns) / Double(stage.duration.ns)
                area += span.seconds * (from + (to - from) * share / 2)
            }
            left = left - stage.duration
            from = to
        }
        return area / ramp.timeUnit.seconds
    }

    /// Linear within a stage; at a jump the level after it.
    private static func rate(of ramp: RampingArrivalRate, at offset: TimeSpan) -> Double {
        guard offset >= .zero else { return 0 }
        var startNs: Int64 = 0
        var from = Double(ramp.startRate)
        for stage in ramp.stages {
            let to = Double(stage.target)
            let elapsed = offset.ns - startNs
            if elapsed < stage.duration.ns {
                let share = Double(elapsed) / Double(stage.duration.ns)
                return (from + (to - from) * share) / ramp.timeUnit.seconds
            }
            startNs += stage.duration.ns
            from = to
        }
        return offset.ns == startNs ? from / ramp.timeUnit.seconds : 0
    }

    private static func mostInOneSecond(_ offsetsNs: [Int64]) -> Int {
        var most = 0
        var first = 0
        for last in offsetsNs.indices {
            while offsetsNs[last] - offsetsNs[first] >= 1_000_000_000 { first += 1 }
            most = max(most, last - first + 1)
        }
        return most
    }

    /// Who owns which iteration number, for a fleet whose VUs `striping` shares: re-segmented, so
    /// that iterations are shared as the VUs are (scenarios.md 4.6). Nil where iterations have no
    /// number in the test, or where there is no VU to run them.
    package func numbering(_ striping: Striping) -> Striping? {
        isNumbered ? striping.resegmented(from: maxVUs) : nil
    }
}
