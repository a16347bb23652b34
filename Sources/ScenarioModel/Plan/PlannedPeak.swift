// The highest rate a scenario plans: of arrivals, and of the requests they bring. What
// `spotload calibrate` found is compared with it (measurement.md section 4). Pure.
//
// Rates are lines with corners (`RatePoint`), so the sum of several is highest at one of them:
//
//     peak = max over corners t of  sum over open workloads w of  rate_w(t - start_w)

import HarnessCore

package struct PlannedPeak: Sendable, Equatable {
    /// Of open models, over the whole fleet, per second.
    package var arrivals: Double
    /// Likewise; how many an iteration makes is a mean.
    package var requests: Double
    /// Some workload's rate is the target's doing and is not in these numbers.
    package var hasClosedModel: Bool

    /// Corners x workloads that are looked at; beyond, the sum of the peaks stands for the peak of
    /// the sum, which it is never below.
    private static let pointsMax = 20_000

    /// Nil: there is no open model, and so no planned rate.
    /// - Complexity: O(corners x workloads), each of O(stages).
    package init?(_ scenario: Scenario) {
        let open = scenario.workloads.filter(\.executor.isOpenModel)
        guard !open.isEmpty else { return nil }
        hasClosedModel = open.count < scenario.workloads.count
        arrivals = Self.peak(open) { _ in 1 }
        let requestsOf = open.reduce(into: [String: Double]()) { known, workload in
            known[workload.exec] = scenario.flows[workload.exec]?.meanRequests ?? 1
        }
        requests = Self.peak(open) { requestsOf[$0.exec] ?? 1 }
    }

    private static func peak(_ open: [Workload], weight: (Workload) -> Double) -> Double {
        // A replay's highest second need not be where its means over longer spans are highest.
        let replays = open.filter(\.isReplay).reduce(0.0) { sum, workload in
            sum + (workload.executor.peakRatePerSecond ?? 0) * weight(workload)
        }
        let lines = open.filter { !$0.isReplay }
        let instants = Set(
            lines.flatMap { workload in
                RatePoint.corners(workload.executor).map { workload.startTime + $0.offset }
            })
        guard instants.count * lines.count <= pointsMax else {
            return replays
                + lines.reduce(0.0) { sum, workload in
                    sum + (workload.executor.peakRatePerSecond ?? 0) * weight(workload)
                }
        }
        let highest = instants.map { instant in
            lines.reduce(0.0) { sum, workload in
                sum + weight(workload) * workload.highestRate(around: instant)
            }
        }.max()
        return replays + (highest ?? 0)
    }
}

extension Workload {
    fileprivate var isReplay: Bool {
        if case .replay = executor { return true }
        return false
    }

    /// At a jump the higher side of it.
    fileprivate func highestRate(around instant: TimeSpan) -> Double {
        let offset = instant - startTime
        let sides = [offset - TimeSpan(ns: 1), offset, offset + TimeSpan(ns: 1)]
        return sides.compactMap { executor.ratePerSecond(at: $0) }.max() ?? 0
    }
}

extension Flow {
    /// Requests of an iteration on average: choices by weight, of a branch the longer side, a
    /// `repeat` with a condition once. What the answers decide is not known before.
    package var meanRequests: Double { Self.mean(steps) }

    private static func mean(_ steps: [Step]) -> Double {
        steps.reduce(0) { sum, step in
            switch step {
            case .request: sum + 1
            case .parallel(_, let requests): sum + Double(requests.count)
            case .choose(let choices): sum + mean(of: choices)
            case .group(_, let steps), .repeatWhile(_, _, let steps): sum + mean(steps)
            case .branch(_, let then, let otherwise): sum + max(mean(then), mean(otherwise))
            case .repeatTimes(let n, let steps): sum + Double(n) * mean(steps)
            case .think, .order, .metric, .fail, .log: sum
            }
        }
    }

    private static func mean(of choices: [Step.Choice]) -> Double {
        let weights = choices.reduce(0.0) { $0 + Double($1.weight) }
        guard weights > 0 else { return 0 }
        return choices.reduce(0.0) { $0 + Double($1.weight) * mean($1.steps) } / weights
    }
}
