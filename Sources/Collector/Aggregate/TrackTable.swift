// The tracks of all criteria, and which series goes into which of them. What a series is to each
// criterion follows from its key alone; it is worked out once a key.

import ScenarioModel
import Telemetry

struct TrackTable: Sendable {
    private struct Route: Sendable {
        let track: Int
        let role: TrackFiller.Role
    }
    /// A criterion on a metric of ours.
    private struct Reader: Sendable {
        let track: Int
        let selector: MetricSelector
        let kind: MetricKind
        let countsWarmup: Bool
        let selection: SeriesSelection
        /// The same tags on the service time.
        let service: SeriesSelection?
        /// Failures by class, where the criterion is one on failures.
        let failures: SeriesSelection?
        let rejectsAreResponses: Bool
        /// Scenarios whose dropped arrivals would have been samples.
        let dropping: Set<String>
        /// Of transfers that were cut.
        let limit: SampleLimit?
        let isPlainGauge: Bool

        var metrics: Set<String> {
            var all: Set<String> = [selection.metric]
            if service != nil { all.insert("http_req_duration") }
            if failures != nil { all.insert("http_req_errors") }
            if !dropping.isEmpty { all.insert("dropped_iterations") }
            if limit != nil { all.insert("http_reqs_interrupted_over") }
            return all
        }
    }

    /// Tracks from elsewhere in place of what was merged.
    var made: [CriterionTrack]?
    /// Nil where nothing of ours is read.
    private var fillers: [TrackFiller?] = []
    private var readers: [Reader] = []
    /// Metrics some reader looks at.
    private var metrics: Set<String> = []
    private var routes: [SeriesKey: [Route]] = [:]
    private let scenario: Scenario?
    private static let routesMax = 16_384

    /// Of no criteria.
    init() { scenario = nil }

    init(_ scenario: Scenario, reading: (MetricSelector) -> MetricReading) {
        self.scenario = scenario
        let limits = SeriesLimits(scenario)
        for criterion in scenario.criteria {
            guard let selector = criterion.selector else {
                fillers.append(nil)
                continue
            }
            let read = reading(selector)
            let reader = Self.reader(
                criterion, selector, read, track: fillers.count, scenario: scenario,
                reading: reading)
            readers.append(reader)
            metrics.formUnion(reader.metrics)
            fillers.append(
                TrackFiller(criterion, reading: read, scenario: scenario, limits: limits))
        }
    }

    /// In the order of the criteria; empty ones for observed metrics.
    var tracks: [CriterionTrack] { made ?? fillers.map { $0?.track ?? CriterionTrack() } }

    /// A delta of `window` comes.
    mutating func advance(to window: UInt32, scheduled: UInt32) {
        for i in fillers.indices { fillers[i]?.advance(to: window, scheduled: scheduled) }
    }

    mutating func noteTaint(_ windows: ClosedRange<UInt32>, scheduled: UInt32) {
        for i in fillers.indices { fillers[i]?.noteTaint(windows, scheduled: scheduled) }
    }

    mutating func merge(_ item: SeriesDelta, window: UInt32, scheduled: UInt32) {
        guard metrics.contains(item.key.metric) else { return }
        for route in routes(of: item.key) {
            fillers[route.track]?.merge(
                item.value, as: route.role, window: window, scheduled: scheduled)
        }
    }

    private mutating func routes(of key: SeriesKey) -> [Route] {
        if let known = routes[key] { return known }
        // Keys are bounded by what agents may have; a hostile one gets no memory by new names.
        if routes.count >= Self.routesMax { routes.removeAll() }
        let found = readers.flatMap { reader in
            roles(of: key, for: reader).map { Route(track: reader.track, role: $0) }
        }
        routes[key] = found
        return found
    }

    private func roles(of key: SeriesKey, for reader: Reader) -> [TrackFiller.Role] {
        guard reader.countsWarmup || !key.isWarmup else { return [] }
        var roles: [TrackFiller.Role] = []
        if reader.selection.readsAnyPhase(key) { roles += role(of: key, for: reader) }
        if let service = reader.service, service.readsAnyPhase(key) { roles.append(.service) }
        if let failures = reader.failures, failures.readsAnyPhase(key),
            key["error"]?.hasPrefix("http_") == true
        {
            roles.append(.failedResponses)
        }
        if key.metric == "dropped_iterations", reader.dropping.contains(key["scenario"] ?? "") {
            roles.append(.dropped)
        }
        if isCut(key, reader) { roles.append(.interrupted) }
        return roles
    }

    private func role(of key: SeriesKey, for reader: Reader) -> [TrackFiller.Role] {
        switch reader.kind {
        case .trend: return [.samples]
        case .counter: return [.increase]
        // VUs add up over agents; of the document's own gauges the last value is in the totals.
        case .gauge: return reader.isPlainGauge ? [.level] : []
        case .rate:
            guard key["rate"] == "true" else { return [.falseHalf] }
            return reader.rejectsAreResponses ? [.trueHalf, .failedResponses] : [.trueHalf]
        }
    }

    private func isCut(_ key: SeriesKey, _ reader: Reader) -> Bool {
        guard key.metric == "http_reqs_interrupted_over", let limit = reader.limit,
            key["of"] == reader.selector.metric, key["limit"] == String(limit.above),
            let scenario,
            let workload = scenario.workloads.first(where: { $0.name == key["scenario"] })
        else { return false }
        return scenario.covers(reader.selector, name: key["name"] ?? "", of: workload)
    }

    private static func reader(
        _ criterion: Criterion, _ selector: MetricSelector, _ read: MetricReading, track: Int,
        scenario: Scenario, reading: (MetricSelector) -> MetricReading
    ) -> Reader {
        let metric = selector.metric
        func twin(_ name: String) -> MetricReading {
            reading(MetricSelector(text: name, metric: name, tags: selector.tags))
        }
        let limit = criterion.sampleLimits.bad.flatMap { $0.isUpper ? $0 : nil }
        let countsDrops = limit != nil && read.kind == .trend
        let dropping = scenario.workloads.filter { workload in
            guard countsDrops, workload.executor.isOpenModel else { return false }
            switch metric {
            case "http_req_response_time":
                return scenario.coversFirstRequest(selector, of: workload)
            case "iteration_response_time":
                return scenario.coversIteration(selector, of: workload)
            default: return false
            }
        }
        // By status, method, group or a tag of the document's own the classes are not known.
        let isOwn = !read.selection.ownKeys.isEmpty
        let isResponse = selector.tags["status"].map { $0 != "0" } ?? false
        return Reader(
            track: track, selector: selector, kind: read.kind,
            countsWarmup: !criterion.excludesWarmup, selection: read.selection,
            service: metric == "http_req_response_time"
                ? twin("http_req_duration").selection : nil,
            failures: metric == "http_req_failed" && !isOwn
                ? SeriesSelection(
                    "http_req_errors", tags: selector.tags, staticTags: scenario) : nil,
            rejectsAreResponses: metric == "http_req_rejected"
                || (metric == "http_req_failed" && isResponse),
            dropping: Set(dropping.map(\.name)),
            limit: countsDrops ? limit : nil, isPlainGauge: read.kind == .gauge && !read.isCustom)
    }
}
