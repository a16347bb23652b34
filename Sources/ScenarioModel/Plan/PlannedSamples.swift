// How many samples a criterion can hope for, from the schedule alone: arrivals of its part of the
// run, times the requests an iteration makes at most. Nil where the plan does not say.

package import HarnessCore

extension Scenario {
    /// Run time that a criterion judges, on paper; nil where a scenario has no end.
    package func plannedSpan(of criterion: Criterion) -> (from: TimeSpan, to: TimeSpan)? {
        guard !workloads.contains(where: { $0.executor.regularDuration == .zero }) else {
            return nil
        }
        let ends = workloads.map { $0.startTime + $0.executor.boundedDuration }
        let end = ends.max() ?? .zero
        let from = criterion.excludesWarmup ? warmup : .zero
        switch criterion.window {
        case .whole, .slices: return (from, max(from, end))
        case .span(let begin, let to): return (max(from, begin), max(from, begin, min(to, end)))
        case .last(let span): return (max(from, end - span), max(from, end))
        }
    }

    /// Samples of a selector between two points of run time, at most; nil where nobody knows.
    package func plannedSamples(
        _ selector: MetricSelector, from: TimeSpan, to: TimeSpan
    ) -> Double? {
        var sum = 0.0
        for workload in workloads {
            let perIteration: Double?
            switch selector.metric {
            case "iterations", "iteration_duration", "iteration_response_time",
                "iteration_failed":
                perIteration = coversIteration(selector, of: workload) ? 1 : 0
            case "http_reqs", "http_req_response_time", "http_req_duration", "http_req_failed",
                "http_req_rejected", "http_req_waiting":
                perIteration = requestsPerIteration(selector, of: workload)
            default: return nil
            }
            guard let perIteration else { return nil }
            if perIteration == 0 { continue }
            guard workload.executor.isOpenModel else { return nil }
            let executor = workload.executor
            let arrivals =
                executor.meanArrivals(before: to - workload.startTime)
                - executor.meanArrivals(before: max(.zero, from - workload.startTime))
            sum += max(0, arrivals) * perIteration
        }
        return sum
    }

    private func requestsPerIteration(
        _ selector: MetricSelector, of workload: Workload
    ) -> Double? {
        // Each hop that is followed is a request more.
        guard defaults.redirects == 0, let flow = flows[workload.exec] else { return nil }
        return most(flow.steps, group: "") { placed in
            mayRead(selector, placed, of: workload, named: nil, isAnswered: true)
        }
    }

    private func most(
        _ steps: [Step], group: String, _ counts: (PlacedRequest) -> Bool
    ) -> Double? {
        var sum = 0.0
        for step in steps {
            guard let n = most(step, group: group, counts) else { return nil }
            sum += n
        }
        return sum
    }

    private func most(
        _ step: Step, group: String, _ counts: (PlacedRequest) -> Bool
    ) -> Double? {
        var inner = group
        if case .group(let name, _) = step { inner += "::\(name)" }
        let nested = step.nested.map { most($0, group: inner, counts) }
        switch step {
        case .request(let request):
            return counts(PlacedRequest(request: request, group: group)) ? 1 : 0
        case .repeatTimes(let times, _): return nested.first?.map { $0 * Double(times) }
        case .repeatWhile:
            return nested.first?.flatMap { $0 == 0 ? 0 : nil }
        case .choose, .branch:
            guard !nested.contains(where: { $0 == nil }) else { return nil }
            return nested.compactMap(\.self).max() ?? 0
        case .group, .parallel: return nested.first ?? 0
        case .think, .order, .metric, .fail, .log: return 0
        }
    }
}
