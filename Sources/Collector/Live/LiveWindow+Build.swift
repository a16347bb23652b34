// The live page's second, read from the aggregate. Everything here is also in the reports, counted
// the same way: rows of the timeline, agents' health, rows of the judge.

import HarnessCore
import ScenarioModel
import Telemetry

extension LiveWindow {
    /// - Precondition: `window` is closed in `aggregate`.
    package init(
        _ aggregate: RunAggregate, window: UInt32, run: LiveRun, rows: [CriterionRow]
    ) {
        self.window = window
        self.run = run
        phase = Self.phase(aggregate, window: window)
        tainted = aggregate.timeline.tainted[window] ?? 0
        scenarios = aggregate.scenario.workloads.map { workload in
            LiveScenario(
                workload, lane: aggregate.lane(of: workload.name) ?? "",
                row: aggregate.timeline.row(window, scenario: workload.name))
        }
        agents = Self.agents(aggregate)
        observed = aggregate.observed.samples.sorted { $0.key < $1.key }.compactMap {
            name, samples in
            guard let last = samples.last, last.value.isFinite else { return nil }
            return LiveObserved(
                name: "\(name.source).\(name.metric)", value: last.value, at: last.at.seconds)
        }
        criteria = rows.map(LiveCriterion.init)
    }

    private static func phase(_ aggregate: RunAggregate, window: UInt32) -> String {
        let (from, to) = (TimeSpan.seconds(Int64(window)), TimeSpan.seconds(Int64(window) + 1))
        if aggregate.pauses.paused(from: from, to: to) > .milliseconds(500) { return "paused" }
        if to <= aggregate.scenario.warmup { return "warmup" }
        return from < aggregate.throughputEnd ? "measured" : "draining"
    }

    private static func agents(_ aggregate: RunAggregate) -> [LiveAgent] {
        let first = aggregate.agents.values.map(\.mergedThrough).max() ?? 0
        return aggregate.agents.sorted { $0.key < $1.key }.map { slot, agent in
            let states = HealthSignal.allCases.map { ($0.rawValue, agent.health.state(of: $0)) }
            return LiveAgent(
                slot: slot, state: (states.map(\.1).max() ?? .ok).metricText,
                signals: states.filter { $0.1 != .ok }.map(\.0),
                lagP99: agent.lag.percentile(99).map { Double($0) / 1e6 },
                delivered: agent.arrivals.delivered, cpu: agent.health.meanThreadCpu,
                turnMax: agent.health.signals[.turn].map { $0.worst / 1e6 },
                behind: first - agent.mergedThrough, lost: agent.lostSamples,
                isFinal: agent.isFinal)
        }
    }
}

extension LiveScenario {
    init(_ workload: Workload, lane: String, row: TimelineRow?) {
        let row = row ?? TimelineRow()
        name = workload.name
        isOpen = workload.executor.isOpenModel
        self.lane = lane
        planned = isOpen ? row.planned : nil
        started = Self.started(row, isOpen: isOpen)
        completed = row.completed
        requests = row.requests
        failed = row.failed
        dropped = row.dropped
        late = row.late
        vus = row.vus
        response = LiveTrend(row.response)
        service = LiveTrend(row.service)
        lag = LiveTrend(row.lag)
        vuWait = LiveTrend(row.vuWait)
        connWait = LiveTrend(row.connWait)
        errors = row.errors
    }

    /// Agents that do not count starts by window leave what was planned and not dropped.
    private static func started(_ row: TimelineRow, isOpen: Bool) -> UInt64? {
        if row.started > 0 { return row.started }
        guard isOpen else { return nil }
        return row.planned > row.dropped ? row.planned - row.dropped : 0
    }
}

extension LiveCriterion {
    init(_ row: CriterionRow) {
        name = ReportText.escaped(row.name)
        statistic = row.statisticText
        observed = row.observedText
        interval = row.intervalText == "-" ? nil : row.intervalText
        limit = row.limitText
        verdict = row.verdict.rawValue
        reason = ReportText.escaped(row.explanation ?? "")
        isGated = row.isGated
    }
}

extension HealthState {
    var metricText: String {
        switch self {
        case .ok: "ok"
        case .suspect: "suspect"
        case .invalidating: "invalid"
        }
    }

    /// 0 ok, 1 suspect, 2 invalid.
    var metricValue: Double {
        switch self {
        case .ok: 0
        case .suspect: 1
        case .invalidating: 2
        }
    }
}
