// Everything the collector knows of a run: deltas of all agents, merged exactly (no sampling, no
// averages of averages). A value that one thread owns; reports and the judge read it.
//
// Windows are seconds of run time. A coalesced delta is counted in its last window. The deltas of
// one agent come in order of seq, those of different agents in any order.

package import HarnessCore
package import ScenarioModel
package import Telemetry

package struct RunAggregate: Sendable {
    package let scenario: Scenario
    package let bounds: HealthBounds
    /// Schedule time until which throughput counts; whole seconds where the schedule has one after
    /// the warm-up.
    let scheduledThroughputEnd: TimeSpan
    /// How many agents are to report; until all have, no window counts as complete.
    package var expectedAgents = 1
    /// When schedules stood or will stand still; set before the first delta from such a window.
    package var pauses = SchedulePauses()

    /// All series, warm-up twins under keys of their own.
    package private(set) var totals = SeriesTable()
    /// Counters up to `throughputEnd` only: what arrives while draining adds nothing to a rate.
    package private(set) var throughput = SeriesTable()
    /// The judged series of untainted windows only: a FAIL that rests on the others must stand
    /// here too.
    package private(set) var untainted = SeriesTable()
    package private(set) var agents: [UInt32: AgentAggregate] = [:]
    /// What happened when; percentiles of windows below `closedWindows`.
    package private(set) var timeline = Timeline()
    /// What was scraped from others than our agents.
    package var observed = ObservedLog()
    package private(set) var recent: RecentWindows
    package private(set) var errors = ErrorTable()
    package private(set) var deltas: UInt64 = 0

    private var trackTable = TrackTable()
    private let openScenarios: Set<String>
    private let untaintedMetrics: Set<String>
    private let selected: SelectedSeries
    private let staticTags: [String: [String: String]]
    /// Of the thresholds' selectors.
    private var readings: [MetricSelector: MetricReading] = [:]

    /// Windows an agent may be behind before the others' count without it.
    private static let lateWindows: UInt32 = 10
    /// What the progress line looks back.
    package static let progressWindows: UInt32 = 5

    package init(scenario: Scenario) {
        self.scenario = scenario
        bounds = HealthBounds(scenario: scenario)
        scheduledThroughputEnd = Self.throughputEnd(of: scenario)
        selected = SelectedSeries(scenario)
        staticTags = scenario.staticTagsByWorkload
        openScenarios = Set(
            scenario.workloads.filter(\.executor.isOpenModel).map(\.name))
        let judged = Set(scenario.thresholds.map(\.selector.metric))
        untaintedMetrics = judged.union(["http_req_duration", "iteration_errors"])
        let looksBack = scenario.thresholds.filter { $0.window != nil }
        let seconds = looksBack.compactMap { $0.window?.seconds.rounded(.up) }.max() ?? 0
        recent = RecentWindows(
            depth: max(UInt32(seconds), Self.progressWindows) + Self.lateWindows,
            metrics: Set(looksBack.map(\.selector.metric)).union([
                "http_req_response_time", "schedule_lag",
            ]))
        let selectors = scenario.thresholds.map(\.selector)
        for selector in selectors + scenario.criteria.compactMap(\.selector) {
            readings[selector] = makeReading(selector)
        }
        trackTable = TrackTable(scenario) { makeReading($0) }
    }

    /// What a threshold on `selector` reads, and how.
    package func reading(_ selector: MetricSelector) -> MetricReading {
        readings[selector] ?? makeReading(selector)
    }

    /// Of a metric as a whole.
    package func reading(_ metric: String) -> MetricReading {
        makeReading(MetricSelector(text: metric, metric: metric, tags: [:]))
    }

    private func makeReading(_ selector: MetricSelector) -> MetricReading {
        let custom = scenario.customMetrics.first { $0.name == selector.metric }
        return MetricReading(
            kind: scenario.kind(of: selector.metric) ?? .counter,
            selection: SeriesSelection(selector, selected: selected, staticTags: staticTags),
            isTime: custom?.isTime ?? true, isCustom: custom != nil)
    }

    /// What each of `scenario.criteria` is judged on, in their order; empty for observed metrics.
    /// Those that are set stay as they are, whatever is merged after.
    package var tracks: [CriterionTrack] {
        get { trackTable.tracks }
        set { trackTable.made = newValue }
    }

    /// Adds one delta that the ingest has accepted (in order, no duplicate).
    package mutating func merge(_ delta: Delta) {
        deltas += 1
        let window = delta.toWindow == 0 ? 0 : delta.toWindow - 1
        let order = DeltaOrder(epoch: delta.epoch, seq: delta.seq)
        var agent = agents.removeValue(forKey: delta.slot) ?? AgentAggregate()
        agent.note(delta)
        let tainted = judgeHealth(of: delta, window: window, agent: &agent)
        let isTainted = tainted != nil
        let scheduled = scheduledWindows
        trackTable.advance(to: window, scheduled: scheduled)
        for item in delta.series {
            trackTable.merge(item, window: window, scheduled: scheduled)
            totals.merge(item, slot: delta.slot, order: order)
            let isOrdinary = !item.key.isSelected
            if isOrdinary { timeline.merge(item, window: window) }
            guard !item.key.isWarmup else { continue }
            mergeJudged(item, window: window, isTainted: isTainted, slot: delta.slot, order: order)
            if isOrdinary { mergeArrivals(item, into: &agent) }
        }
        agents[delta.slot] = agent
        if let tainted {
            timeline.noteTaint(window: window)
            trackTable.noteTaint(tainted, scheduled: scheduled)
        }
        timeline.seal(below: completeWindows)
    }

    /// No delta will come any more: all windows are complete.
    package mutating func close() { timeline.seal(below: .max) }

    private mutating func mergeJudged(
        _ item: SeriesDelta, window: UInt32, isTainted: Bool, slot: UInt32, order: DeltaOrder
    ) {
        recent.merge(.init(item: item, slot: slot, order: order), window: window)
        if !isTainted, untaintedMetrics.contains(item.key.metric) {
            untainted.merge(item, slot: slot, order: order)
        }
        guard case .counter(let count, _) = item.value else { return }
        if !item.key.isSelected { errors.merge(item.key, count: count, window: window) }
        if TimeSpan.seconds(Int64(window)) < throughputEnd {
            throughput.merge(item, slot: slot, order: order)
        }
    }

    private func mergeArrivals(_ item: SeriesDelta, into agent: inout AgentAggregate) {
        switch item.value {
        case .counter(let n, _) where openScenarios.contains(item.key["scenario"] ?? ""):
            agent.arrivals.count(item.key.metric, n)
        case .histogram(let h) where item.key.metric == "schedule_lag": agent.lag.add(h)
        default: break
        }
    }

    /// Reads the delta's own health; nil unless its samples are tainted, else the windows that are:
    /// a long turn lies over those before as well. Warm-up is not judged.
    private func judgeHealth(
        of delta: Delta, window: UInt32, agent: inout AgentAggregate
    ) -> ClosedRange<UInt32>? {
        guard TimeSpan.seconds(Int64(window) + 1) > scenario.warmup else { return nil }
        let reading = Self.reading(of: delta)
        let isTainted = agent.health.judge(
            reading, window: window, width: max(1, Int(delta.toWindow - delta.fromWindow)),
            bounds: bounds, isClosedModel: openScenarios.isEmpty)
        guard isTainted else { return nil }
        let turn = reading[.turn] ?? 0
        let reach = turn > bounds.turn.invalidating ? UInt32(min(turn / 1e9, 86_400)) : 0
        return (window > reach ? window - reach : 0)...window
    }

    private static func reading(of delta: Delta) -> HealthReading {
        var reading = HealthReading()
        var lag = MergedHistogram()
        var responseNs = 0.0
        for item in delta.series where !item.key.isWarmup && !item.key.isSelected {
            switch item.value {
            case .histogram(let h) where item.key.metric == "schedule_lag": lag.add(h)
            case .histogram(let h) where item.key.metric == "http_req_response_time":
                responseNs += Double(h.sum)
            case .gauge(let gauge) where gauge.n > 0:
                reading.note(gauge: item.key.metric, max: gauge.max)
            default: break
            }
        }
        if let p99 = lag.percentile(99) {
            reading[.lag] = Double(p99)
            reading[.lagMax] = Double(lag.max)
            if responseNs > 0 { reading[.lagShare] = Double(lag.sum) / responseNs }
        }
        return reading
    }

    /// The schedule's last whole second after the warm-up, so that no window is half counted; far
    /// away where a scenario has no end.
    private static func throughputEnd(of scenario: Scenario) -> TimeSpan {
        let isEndless = scenario.workloads.contains { $0.executor.regularDuration == .zero }
        if isEndless { return TimeSpan(ns: Limits.durationNs) }
        let end =
            scenario.workloads.map { $0.startTime + $0.executor.boundedDuration }.max() ?? .zero
        let whole = TimeSpan.seconds(end.ns / 1_000_000_000)
        return whole > scenario.warmup ? whole : end
    }
}

extension RunAggregate {
    /// Sum over agents and epochs.
    package var counters: RunCounters { agents.values.reduce(RunCounters()) { $0 + $1.counters } }

    /// Arrivals of the measured part of open-model scenarios.
    package var arrivals: ArrivalTally { agents.values.reduce(ArrivalTally()) { $0 + $1.arrivals } }

    package var lag: MergedHistogram {
        agents.values.reduce(into: MergedHistogram()) { $0.merge($1.lag) }
    }

    package var hasOpenModel: Bool { !openScenarios.isEmpty }

    /// Windows below this are complete: every agent has passed them, or is 10 behind the first.
    package var closedWindows: UInt32 {
        guard let newest = agents.values.map(\.mergedThrough).max() else { return 0 }
        let passed = agents.values.filter { !$0.isFinal }.map(\.mergedThrough).min() ?? newest
        let open = agents.count < expectedAgents ? 0 : passed
        return max(open, newest > Self.lateWindows ? newest - Self.lateWindows : 0)
    }

    /// Windows below this have been passed by every agent that is to report.
    private var completeWindows: UInt32 {
        guard agents.count >= expectedAgents else { return 0 }
        let passed = agents.values.map(\.mergedThrough)
        return agents.values.filter { !$0.isFinal }.map(\.mergedThrough).min() ?? passed.max() ?? 0
    }

    /// The longest turn of any agent, ns; nil if not measured.
    package var longestTurnNs: Double? {
        agents.values.compactMap(\.health.longestTurnNs).max()
    }

    /// Tainted windows over all agents, and how many were measured.
    package var taint: (windows: Int, of: Int) {
        agents.values.reduce((0, 0)) {
            ($0.0 + $1.health.taintedWindows, $0.1 + $1.health.windows)
        }
    }
}
