// The slow twin of `RunAggregate.tracks`: raw samples of all agents in a list, and for each
// criterion one walk over them by the words of measurement.md. Beside it the random runs that both
// see.

import Collector
import HarnessCore
import ScenarioModel
import Telemetry

/// What one agent recorded under one key in one window.
struct TwinItem {
    enum Value {
        case samples([UInt64], countsLimits: Bool)
        case count(UInt64)
        case level(Int64)
    }
    let key: SeriesKey
    let window: UInt32
    let value: Value
}

/// A random run: deltas by agent, and the same as raw items.
struct TwinRun {
    var deltas: [[Delta]] = []
    var items: [TwinItem] = []
    /// Windows in which some agent was late by a long turn.
    var tainted: Set<UInt32> = []
    var newest: UInt32 = 0
    let scenario: Scenario
    private var random: SplitMix64
    private let limits: SeriesLimits

    init(_ scenario: Scenario, seed: UInt64, agents: UInt32, windows: UInt32) {
        self.scenario = scenario
        limits = SeriesLimits(scenario)
        random = SplitMix64(state: seed)
        for slot in 0..<agents { deltas.append(agent(slot, windows: windows)) }
        newest = items.map(\.window).max() ?? 0
    }

    private mutating func below(_ n: UInt64) -> UInt64 { random.next() % n }

    private mutating func agent(_ slot: UInt32, windows: UInt32) -> [Delta] {
        var all: [Delta] = []
        var from: UInt32 = 0
        var longTurnIn: UInt32?
        while from < windows {
            let width = below(10) == 0 ? UInt32(1 + below(4)) : 1
            let to = min(windows, from + width)
            let window = to - 1
            let turnMs = below(25) == 0 ? 150 + below(3_000) : below(9)
            if (from...window).contains(where: { TimeSpan.seconds(Int64($0) + 1) > scenario.warmup }
            )
                && TimeSpan.seconds(Int64(window) + 1) > scenario.warmup
            {
                let isLong = turnMs > 100
                if isLong || longTurnIn.map({ window <= $0 + 1 }) ?? false {
                    let reach = isLong ? UInt32(turnMs / 1_000) : 0
                    tainted.formUnion((window > reach ? window - reach : 0)...window)
                }
                if isLong { longTurnIn = window }
            }
            var series = [
                SeriesDelta(
                    key: SeriesKey("health_turn"),
                    value: .gauge(
                        GaugeDelta(
                            n: 1, last: 0, min: 0, max: Int64(turnMs) * 1_000_000, sum: 0)))
            ]
            for _ in 0..<below(14) {
                let item = item(window)
                items.append(item)
                series.append(delta(item))
            }
            all.append(
                Delta(
                    flags: width > 1 ? .coalesced : [], runTag: Delta.runTag(of: "r"), slot: slot,
                    epoch: 1, seq: UInt64(all.count + 1), fromWindow: from, toWindow: to,
                    planRev: 1, cutAtUs: Int64(to) * 1_000_000, counters: RunCounters(),
                    series: series))
            from = to
        }
        return all
    }

    private mutating func item(_ window: UInt32) -> TwinItem {
        var tags = ["scenario": below(3) == 0 ? "side" : "main"]
        let isWarmup = TimeSpan.seconds(Int64(window)) < scenario.warmup || below(20) == 0
        if isWarmup { tags["phase"] = "warmup" }
        let name = ["first", "second"][Int(below(2))]
        let half = below(3) == 0 ? "true" : "false"
        func tagged(_ more: [String: String]) -> [String: String] { tags.merging(more) { $1 } }
        func counter(_ metric: String, _ more: [String: String], _ n: UInt64) -> TwinItem {
            TwinItem(key: SeriesKey(metric, tagged(more)), window: window, value: .count(n))
        }
        let n = below(50)
        switch below(11) {
        case 0, 1, 2:
            return trend(
                "http_req_response_time", tagged(["name": name, "expected_response": half]), window)
        case 3:
            return trend(
                "http_req_duration", tagged(["name": name, "expected_response": half]), window)
        case 4:
            let phase = isWarmup ? ["phase": "warmup"] : [:]
            return trend(
                below(2) == 0 ? "http_req_response_time" : "http_req_duration",
                phase.merging(["sel": String(below(4))]) { $1 }, window)
        case 5: return counter("http_reqs", ["name": name, "status": "200"], n)
        case 6: return counter("http_req_failed", ["name": name, "rate": half], n)
        case 7:
            let error = ["http_503", "timeout"][Int(below(2))]
            return counter("http_req_errors", ["name": name, "error": error], n)
        case 8: return counter("dropped_iterations", ["reason": "no_vu"], n)
        case 9:
            let of = ["http_req_response_time", "http_req_duration"][Int(below(2))]
            let limit = limits[of].isEmpty ? 0 : limits[of][Int(below(UInt64(limits[of].count)))]
            return counter(
                "http_reqs_interrupted_over", ["name": name, "of": of, "limit": String(limit)], n)
        default:
            return TwinItem(
                key: SeriesKey("vus", ["scenario": tags["scenario"] ?? ""]), window: window,
                value: .level(Int64(n)))
        }
    }

    private mutating func trend(
        _ metric: String, _ tags: [String: String], _ window: UInt32
    ) -> TwinItem {
        let near: [UInt64] = [100_000_000, 99_999_999, 100_000_001, 20_000_000, 19_999_999]
        let values = (0..<below(14)).map { _ in
            below(4) == 0 ? near[Int(below(5))] : below(220_000_000)
        }
        return TwinItem(
            key: SeriesKey(metric, tags), window: window,
            value: .samples(values, countsLimits: below(5) > 0))
    }

    private func delta(_ item: TwinItem) -> SeriesDelta {
        switch item.value {
        case .count(let n): return SeriesDelta(key: item.key, value: .counter(delta: n, cum: 0))
        case .level(let n):
            return SeriesDelta(
                key: item.key,
                value: .gauge(GaugeDelta(n: 1, last: n, min: n, max: n, sum: n)))
        case .samples(let values, let countsLimits):
            var histogram = Synthetic.histogram(values)
            if countsLimits {
                histogram.over = limits[item.key.metric].map { limit in
                    UInt64(values.count { $0 > limit })
                }
            }
            return SeriesDelta(key: item.key, value: .histogram(histogram))
        }
    }
}

/// Walks all items for one criterion.
struct TrackTwin {
    let run: TwinRun
    let criterion: Criterion
    /// Windows before the end of the schedules.
    let scheduled: UInt32
    private let selected: SelectedSeries

    init(run: TwinRun, criterion: Criterion, scheduled: UInt32) {
        self.run = run
        self.criterion = criterion
        self.scheduled = scheduled
        selected = SelectedSeries(run.scenario)
    }

    private var selector: MetricSelector {
        criterion.selector ?? MetricSelector(text: "", metric: "", tags: [:])
    }

    var track: CriterionTrack {
        var track = CriterionTrack()
        guard criterion.selector != nil else { return track }
        let warmup = criterion.excludesWarmup ? UInt32(run.scenario.warmup.seconds) : 0
        track.begin = warmup
        switch criterion.window {
        case .span(let from, let to):
            track.begin = max(warmup, UInt32(from.seconds))
            track.end = UInt32(to.seconds)
        case .last(let span):
            let n = UInt32(span.seconds)
            track.sliceWindows = (n + 31) / 32
            let end = min(run.newest + 1, scheduled)
            let begin = end > n + 10 ? end - n - 10 : 0
            track.begin = max(warmup, begin - begin % track.sliceWindows)
        case .whole, .slices: break
        }
        for window in run.tainted where isOwn(window, track) {
            track.windows[window, default: CriterionWindow()].isTainted = true
        }
        let items = run.items.filter { item in
            isOwn(item.window, track)
                && (!criterion.excludesWarmup || item.key["phase"] == nil)
        }
        for item in items { add(item, to: &track) }
        slice(items, &track)
        return track
    }

    private func isOwn(_ window: UInt32, _ track: CriterionTrack) -> Bool {
        if criterion.statistic == .rate, selector.metric == "http_reqs", window >= scheduled {
            return false
        }
        return window >= track.begin && window < track.end ?? .max
    }

    private func reads(_ key: SeriesKey, as metric: String) -> Bool {
        guard key.metric == metric else { return false }
        let own = selected.position(
            of: MetricSelector(text: "", metric: metric, tags: selector.tags))
        guard key["sel"] == own.map({ String($0) }) else { return false }
        return own != nil || selector.tags.allSatisfy { key[$0.key] == $0.value }
    }

    private func add(_ item: TwinItem, to track: inout CriterionTrack) {
        var window = track.windows[item.window] ?? CriterionWindow()
        let before = window
        switch item.value {
        case .samples(let values, let countsLimits):
            let isService = selector.metric == "http_req_response_time"
            if reads(item.key, as: selector.metric) {
                let known = window.count == 0 ? values : values + [window.min, window.max]
                window.min = known.min() ?? 0
                window.max = known.max() ?? 0
                window.count += UInt64(values.count)
                window.sum += Double(values.reduce(0, +))
                window.bad += missed(criterion.sampleLimits.bad, values, countsLimits)
                window.badBelow += missed(criterion.sampleLimits.badBelow, values, countsLimits)
                if !values.isEmpty { track.histogram.add(Synthetic.histogram(values)) }
            } else if isService, reads(item.key, as: "http_req_duration") {
                let known =
                    window.serviceCount == 0
                    ? values : values + [window.serviceMin, window.serviceMax]
                window.serviceMin = known.min() ?? 0
                window.serviceMax = known.max() ?? 0
                window.serviceCount += UInt64(values.count)
                window.serviceSum += Double(values.reduce(0, +))
                window.serviceBad += missed(criterion.sampleLimits.bad, values, countsLimits)
                window.serviceBadBelow += missed(
                    criterion.sampleLimits.badBelow, values, countsLimits)
            }
        case .count(let n): count(item.key, n, &window)
        case .level(let n):
            guard reads(item.key, as: selector.metric) else { return }
            window.count = 1
            window.sum += Double(n)
            (window.min, window.max) = (UInt64(window.sum * 1e6), UInt64(window.sum * 1e6))
        }
        if window != before { track.windows[item.window] = window }
    }

    private func count(_ key: SeriesKey, _ n: UInt64, _ window: inout CriterionWindow) {
        let isUpper = criterion.sampleLimits.bad?.isUpper == true
        let isLatency = ["http_req_response_time", "http_req_duration"].contains(selector.metric)
        switch key.metric {
        case "http_reqs" where reads(key, as: selector.metric): window.sum += Double(n)
        case "http_req_failed" where reads(key, as: selector.metric):
            window.count += n
            if key["rate"] == "true" { window.bad += n }
        case "http_req_errors" where selector.metric == "http_req_failed":
            if reads(key, as: "http_req_errors"), key["error"] == "http_503" {
                window.badResponses += n
            }
        case "dropped_iterations" where selector.metric == "http_req_response_time" && isUpper:
            // "side" is a closed scenario; an iteration of "main" begins with "first".
            if key["scenario"] == "main", selector.tags["scenario"] ?? "main" == "main",
                selector.tags["name"] ?? "first" == "first", selector.tags["status"] == nil,
                selector.tags["expected_response"] != "false"
            {
                window.dropped += n
            }
        case "http_reqs_interrupted_over" where isLatency && isUpper:
            if key["of"] == selector.metric,
                key["limit"] == criterion.sampleLimits.bad.map({ String($0.above) }),
                selector.tags["scenario"] ?? key["scenario"] == key["scenario"],
                selector.tags["name"] ?? key["name"] == key["name"],
                selector.tags["status"] == nil, selector.tags["expected_response"] != "false",
                selector.tags["method"] ?? "GET" == "GET"
            {
                window.interrupted += n
            }
        default: break
        }
    }

    /// Where the agent did not count, a bucket's samples are taken for its highest value, the
    /// exact minimum and maximum of the cut apart.
    private func missed(_ limit: SampleLimit?, _ values: [UInt64], _ countsLimits: Bool) -> UInt64 {
        guard let limit, let highest = values.max(), let lowest = values.min() else { return 0 }
        let isBeside = highest <= UInt64(limit.above) || lowest > UInt64(limit.above)
        let seen =
            countsLimits || isBeside
            ? values
            : values.map { HistogramLayout.highestEquivalent(HistogramLayout.index($0)) }
        return UInt64(seen.count { limit.isMissed(by: $0) })
    }

    private func slice(_ items: [TwinItem], _ track: inout CriterionTrack) {
        var (isLast, isPart) = (false, false)
        if case .last = criterion.window { (isLast, isPart) = (true, true) }
        if case .span = criterion.window { isPart = true }
        if !isLast { track.sliceBase = track.begin }
        var isPercentile = criterion.statistic == .median
        if case .percentile = criterion.statistic { isPercentile = true }
        guard isPart || isPercentile else { return }
        let own = items.filter { item in
            guard case .samples(let values, _) = item.value else { return false }
            return !values.isEmpty && reads(item.key, as: selector.metric)
        }
        let base = isLast ? 0 : track.begin
        if !isLast, let most = own.map({ $0.window - base }).max() {
            while most / track.sliceWindows >= 64 { track.sliceWindows *= 2 }
        }
        for item in own {
            guard case .samples(let values, _) = item.value else { continue }
            let slice = (item.window - base) / track.sliceWindows
            track.slices[slice, default: MergedHistogram()].add(Synthetic.histogram(values))
        }
    }
}
