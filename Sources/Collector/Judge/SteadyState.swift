// Whether a run had settled before it was measured (measurement.md section 6): MSER-5 on the
// throughput and the median of every scenario whose plan is constant.
//
// MSER-5 alone cuts a piece off half of the series of 60 windows that are pure noise, and more than
// a quarter off three of ten. A cut counts here only where
// what it leaves out differs from the rest by more than chance and by more than one would care
// about (see `SteadyCheck.isMaterial`).

package import HarnessCore
import ScenarioModel

/// What is known about one scenario.
package struct SteadyResult: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case steady
        /// The first part of the measured windows is unlike the rest.
        case settledLate
        /// No part of it is like the rest.
        case notSteady
        /// A ramp, a replay, a number of iterations: nothing there is to be constant.
        case notApplicable(String)
        /// Fewer than 20 windows.
        case tooShort
    }

    package var scenario: String
    package var state: State
    /// Since the scenario's first measured window; nil unless `settledLate`.
    package var settledAfter: TimeSpan?
    /// What `warmup` should be, as run time; nil unless `settledLate`.
    package var suggestedWarmup: TimeSpan?
    /// `throughput` or `p50`: which series says so; nil where all is well.
    package var series: String?
    /// More of the windows than a warning allows.
    package var isTooLate = false

    /// `steady`, `settled only after 40s: set warmup: 1m10s`, `not applicable (ramp)`.
    package var text: String {
        switch state {
        case .steady: "steady"
        case .settledLate:
            "settled only after \(settledAfter?.goText ?? "?"): set warmup:"
                + " \(suggestedWarmup?.goText ?? "?")"
        case .notSteady: "not steady: \(series ?? "it") never settled"
        case .notApplicable(let why): "not applicable (\(why))"
        case .tooShort: "not tested: fewer than \(MSER5.fewestWindows) windows"
        }
    }

    /// A PASS with confidence cannot rest on it.
    package var isUnsettled: Bool { state == .notSteady || (state == .settledLate && isTooLate) }
}

struct SteadyCheck {
    let aggregate: RunAggregate
    /// Run time at the end.
    let end: TimeSpan

    /// Of the windows: a settling that is longer makes a PASS inconclusive.
    private static let tolerated = 0.25
    /// A smaller difference nobody would set a warm-up for.
    private static let materialShare = 0.05
    /// In standard errors.
    private static let materialErrors = 4.0

    /// In order of the scenario's workloads; empty where the document says `steady: off`.
    func results() -> [SteadyResult] {
        guard aggregate.scenario.steady != .off else { return [] }
        return aggregate.scenario.workloads.map { workload in
            if let why = Self.whyNotConstant(workload.executor) {
                return SteadyResult(scenario: workload.name, state: .notApplicable(why))
            }
            return check(workload)
        }
    }

    private static func whyNotConstant(_ executor: Executor) -> String? {
        switch executor {
        case .constantArrivalRate, .constantVUs: nil
        case .rampingVUs, .rampingArrivalRate: "ramp"
        case .replay: "replay"
        case .externallyControlled: "controlled from outside"
        case .sharedIterations, .perVUIterations: "ends by count"
        }
    }

    private func check(_ workload: Workload) -> SteadyResult {
        let windows = windows(of: workload)
        let rows = windows.map { aggregate.timeline.row($0, scenario: workload.name) }
        let throughput = rows.map { Double(max($0?.requests ?? 0, $0?.completed ?? 0)) }
        var series = [("throughput", throughput)]
        let medians = rows.compactMap { $0?.response.map { Double($0.p50) } }
        // A window without samples has no median; where that is common there is no such series.
        if Double(medians.count) >= 0.9 * Double(rows.count) { series.append(("p50", medians)) }
        let results = series.compactMap { name, values in
            judge(values, name, windows: windows, scenario: workload.name)
        }
        return results.max { Self.weight($0) < Self.weight($1) }
            ?? SteadyResult(scenario: workload.name, state: .tooShort)
    }

    private static func weight(_ result: SteadyResult) -> Int {
        switch result.state {
        case .notSteady: Int.max
        case .settledLate: Int(result.settledAfter?.seconds ?? 0) + 1
        case .steady, .notApplicable, .tooShort: 0
        }
    }

    /// Complete windows of the scenario's measured part, without pauses.
    private func windows(of workload: Workload) -> [UInt32] {
        let second: Int64 = 1_000_000_000
        let pauses = aggregate.pauses
        let last = workload.startTime + workload.executor.regularDuration
        guard let start = pauses.runTime(of: workload.startTime) else { return [] }
        let stop = min(end, pauses.runTime(of: last) ?? end)
        let from = UInt32(
            clamping: (max(aggregate.scenario.warmup, start).ns + second - 1) / second)
        let to = UInt32(clamping: max(0, stop.ns) / second)
        guard from < to else { return [] }
        return (from..<to).filter { window in
            let begin = TimeSpan.seconds(Int64(window))
            return pauses.paused(from: begin, to: begin + .seconds(1)) == .zero
        }
    }

    private func judge(
        _ values: [Double], _ name: String, windows: [UInt32], scenario: String
    ) -> SteadyResult? {
        guard let mser = MSER5(values) else { return nil }
        guard mser.cut > 0, Self.isMaterial(values, cut: mser.cut) else {
            return SteadyResult(scenario: scenario, state: .steady)
        }
        guard mser.isSettled else {
            return SteadyResult(scenario: scenario, state: .notSteady, series: name)
        }
        // A median series may lack windows: the cut is a share of what there is.
        let position = min(windows.count - 1, mser.cut * windows.count / values.count)
        let settled = TimeSpan.seconds(Int64(windows[position]))
        let start = TimeSpan.seconds(Int64(windows[0]))
        return SteadyResult(
            scenario: scenario, state: .settledLate, settledAfter: settled - start,
            suggestedWarmup: settled, series: name,
            isTooLate: Double(mser.cut) > Self.tolerated * Double(values.count))
    }

    /// Whether the windows before `cut` differ from those after it: their mean by over 5 %, and by
    /// over 4 standard errors. The variance is that of the batches of five after the cut or, where
    /// larger, that between neighbours anywhere: what MSER-5 leaves is quieter than the series is.
    static func isMaterial(_ values: [Double], cut: Int) -> Bool {
        let batch = MSER5.batch
        let means = (0..<values.count / batch).map { j in
            values[j * batch..<(j + 1) * batch].reduce(0, +) / Double(batch)
        }
        let d = cut / batch
        let (before, after) = (means[..<d], means[d...])
        let (n, m) = (Double(before.count), Double(after.count))
        guard n > 0, m > 1 else { return false }
        let (early, late) = (before.reduce(0, +) / n, after.reduce(0, +) / m)
        let spread = after.reduce(0) { $0 + ($1 - late) * ($1 - late) } / (m - 1)
        let steps = zip(means, means.dropFirst()).enumerated().filter { $0.offset != d - 1 }
            .map { ($0.element.1 - $0.element.0) * ($0.element.1 - $0.element.0) }
        let noise = steps.reduce(0, +) / Double(2 * max(1, steps.count))
        let difference = abs(early - late)
        return difference > materialShare * abs(late)
            && difference > materialErrors * (max(spread, noise) * (1 / n + 1 / m)).squareRoot()
    }
}
