// The arrival rate of a workload as the corners of a line: exact for constant and ramping rates,
// means over whole seconds or longer for a replay.
//
//     startRate 500, 30s -> 5200, 10m -> 5200:   (0, 500) (30, 5200) (630, 5200)

package import HarnessCore

package struct RatePoint: Sendable, Equatable {
    /// From the workload's start.
    package var offset: TimeSpan
    package var perSecond: Double
    package init(offset: TimeSpan, perSecond: Double) {
        self.offset = offset
        self.perSecond = perSecond
    }

    private static let replayPointsMax: Int64 = 600

    static func corners(_ executor: Executor) -> [RatePoint] {
        switch executor {
        case .constantArrivalRate(let e):
            let rate = e.rate / e.timeUnit.seconds
            return [
                RatePoint(offset: .zero, perSecond: rate),
                RatePoint(offset: e.duration, perSecond: rate),
            ]
        case .rampingArrivalRate(let e):
            var offset = TimeSpan.zero
            let unit = e.timeUnit.seconds
            let first = RatePoint(offset: .zero, perSecond: Double(e.startRate) / unit)
            return [first]
                + e.stages.map {
                    offset = offset + $0.duration
                    return RatePoint(offset: offset, perSecond: Double($0.target) / unit)
                }
        case .replay(let e): return means(of: ReplayProcess(offsetsNs: e.offsetsNs))
        case .sharedIterations, .perVUIterations, .constantVUs, .rampingVUs, .externallyControlled:
            return []
        }
    }

    private static func means(of replay: ReplayProcess) -> [RatePoint] {
        let seconds = (replay.offsetsNs.last ?? 0) / 1_000_000_000 + 1
        let width = TimeSpan.seconds((seconds + replayPointsMax - 1) / replayPointsMax)
        var before: UInt64 = 0
        return stride(from: 0, to: seconds * 1_000_000_000, by: Int(width.ns)).map { start in
            let upTo = replay.count(before: start + width.ns)
            defer { before = upTo }
            return RatePoint(
                offset: TimeSpan(ns: start), perSecond: Double(upTo - before) / width.seconds)
        }
    }
}
