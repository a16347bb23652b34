// One scenario at one moment of the run: the numbers behind a progress line. Looks only at complete
// windows, so that an agent's late delta does not show as a dip.

import HarnessCore
import ScenarioModel
import Telemetry

struct ProgressState {
    let name: String
    /// Since the scenario's own start, 0 to `duration`.
    let elapsed: TimeSpan
    /// How long it starts iterations; nil: until an operator ends it.
    let duration: TimeSpan?
    let isWarmup: Bool
    /// Iterations that ended, per second; nil before the first window is complete.
    let rate: Double?
    /// Arrivals per second the schedule calls for now; nil in the closed model.
    let plannedRate: Double?
    let vus: Int64?
    let vusMax: Int64?
    let p99Ns: Double?
    let lagP99Ns: Double?
    /// Failed requests and dropped arrivals since the warm-up.
    let errors: UInt64
    let dropped: UInt64

    /// 0...1; an endless one is always at its beginning.
    var share: Double {
        guard let duration else { return 0 }
        return duration > .zero ? elapsed.seconds / duration.seconds : 1
    }

    init(_ aggregate: RunAggregate, workload: Workload, runTime: TimeSpan) {
        name = workload.name
        let executor = workload.executor
        duration = executor.isEndless ? nil : executor.regularDuration
        let scheduleTime = aggregate.pauses.scheduleTime(at: runTime)
        elapsed = max(
            .zero, min(scheduleTime - workload.startTime, executor.boundedDuration))
        isWarmup = runTime < aggregate.scenario.warmup
        plannedRate = executor.ratePerSecond(at: elapsed)
        let end = aggregate.closedWindows
        let depth = RunAggregate.progressWindows
        let windows = (end > depth ? end - depth : 0)..<end
        rate = Self.rate(aggregate, scenario: workload.name, windows)
        let tags = ["scenario": workload.name]
        let table = aggregate.recent.table(windows)
        func selector(_ metric: String) -> SeriesSelection { SeriesSelection(metric, tags) }
        func p99(_ metric: String) -> Double? {
            table.trend(selector(metric)).percentileNs(99)
        }
        p99Ns = p99("http_req_response_time")
        lagP99Ns = p99("schedule_lag")
        vus = aggregate.totals.gauge(selector("vus"))
        vusMax = aggregate.totals.gauge(selector("vus_max"))
        errors = aggregate.totals.rate(selector("http_req_failed")).true
        dropped = aggregate.totals.count(selector("dropped_iterations"))
    }

    static func whole(_ span: TimeSpan) -> TimeSpan { .seconds(span.ns / 1_000_000_000) }

    private static func rate(
        _ aggregate: RunAggregate, scenario: String, _ windows: Range<UInt32>
    ) -> Double? {
        guard !windows.isEmpty else { return nil }
        let completed = windows.reduce(UInt64(0)) { sum, window in
            sum + (aggregate.timeline.row(window, scenario: scenario)?.completed ?? 0)
        }
        return Double(completed) / Double(windows.count)
    }
}
