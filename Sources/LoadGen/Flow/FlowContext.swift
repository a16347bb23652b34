// What the VUs of one workload share inside one worker: names, counters, patterns and the order
// lanes it replays. Confined to the worker's thread.

package import HarnessCore
import ScenarioModel
package import Telemetry

/// Per worker and workload: names, counters, order lanes.
package final class FlowContext {
    let code: FlowCode
    let names: NameTable
    let patterns: [Regex<AnyRegexOutput>]
    /// Name tag of each request; -1 where it is rendered each time.
    let nameIDs: [Int]
    /// Name tag of drawn orders, by operation; -1 where it is never drawn.
    let orderNameIDs: [Int]
    /// By the program's list of setup captures.
    private(set) var setup: [FlowText]
    private(set) var rejectCodes = RejectCodes()
    /// By `FlowFailure`.
    private var noticed = [Bool](repeating: false, count: FlowFailure.allCases.count)
    var counters: FlowCounters
    var warmupCounters: FlowCounters
    var metrics: MetricCounts
    var warmupMetrics: MetricCounts
    /// The turn's clock, set by the worker before each step; groups are timed with it.
    package var now = Instant(ns: 0)
    /// By group: measured, warm-up.
    private let groupTimes: [[IntervalHistogram]]
    private var renderedNames: [[UInt8]: Int] = [:]
    /// Lanes of numbered executors, made when first wanted.
    private var lanes: [OrderLane?]

    package init(program: FlowProgram, names: NameTable) {
        let code = program.code
        self.code = code
        self.names = names
        patterns = code.patterns.compiled()
        nameIDs = code.requests.map { request in
            request.name.constant.map { names.id(String(decoding: $0, as: UTF8.self)) } ?? -1
        }
        let hasOrderNames = code.requests.contains { $0.isNamedByOperation }
        let possible = hasOrderNames ? code.order?.tables.operations ?? [] : []
        orderNameIDs = OrderOperation.allCases.map { operation in
            possible.contains(operation) ? names.id(operation.requestName) : -1
        }
        setup = [FlowText](repeating: .undefined, count: code.setupNames.count)
        counters = FlowCounters(checks: code.checkNames.count)
        warmupCounters = counters
        metrics = MetricCounts(code.metricSeries, limits: code.limits, isWarmup: false)
        warmupMetrics = MetricCounts(code.metricSeries, limits: code.limits, isWarmup: true)
        let groupLimits = code.limits["group_duration"]
        groupTimes = code.groupNames.map { _ in
            [IntervalHistogram(limits: groupLimits), IntervalHistogram(limits: groupLimits)]
        }
        lanes = [OrderLane?](repeating: nil, count: code.order.map { Int($0.tables.lanes) } ?? 0)
    }

    /// `${setup.NAME}` of all iterations that begin from now on.
    package func provide(setup values: [String: SetupValue]) {
        setup = code.setupNames.map { name in
            guard let value = values[name] else { return .undefined }
            let kind: FlowText.Kind =
                switch value.kind {
                case .text: .text
                case .number: .number
                case .json: .json
                }
            return FlowText(kind: kind, bytes: Array(value.text.utf8))
        }
    }

    /// Adds what was counted since the last call (`cum` 0) and forgets it. Samples of iterations
    /// intended before `warmup` are in twins tagged `phase="warmup"`.
    package func drain(into series: inout [SeriesDelta]) {
        counters.drain(code, isWarmup: false, into: &series)
        warmupCounters.drain(code, isWarmup: true, into: &series)
        let tags = ["scenario": code.scenario]
        let warmupTags = tags.merging(["phase": "warmup"]) { $1 }
        metrics.drain(code.metricSeries, tags: tags, into: &series)
        warmupMetrics.drain(code.metricSeries, tags: warmupTags, into: &series)
        for (times, name) in zip(groupTimes, code.groupNames) {
            let group = ["group": TagText.bounded(name, TagText.nameBytes)]
            for (histogram, tags) in zip(times, [tags, warmupTags]) {
                guard let delta = histogram.drain() else { continue }
                series.append(
                    SeriesDelta(
                        key: SeriesKey("group_duration", tags.merging(group) { $1 }),
                        value: .histogram(delta)))
            }
        }
    }

    /// A group that began at `start` ends now.
    func groupEnded(_ group: Int, since start: Instant, isWarmup: Bool) {
        groupTimes[group][isWarmup ? 1 : 0].record((now - start).ns)
    }

    /// The number of a reject's code.
    func rejectCode(_ code: UnsafeRawBufferPointer) -> Int {
        rejectCodes.id(code, self.code.redactor)
    }

    /// The tag `reject_code` of a number that `FlowMachine.rejectCode` gave.
    package func rejectCodeName(_ id: Int) -> String { rejectCodes.names[id] }

    /// Whether an iteration error is still to be told of: the first of each kind in this worker.
    func takesNotice(of failure: FlowFailure) -> Bool {
        guard !noticed[failure.rawValue], failure != .fail else { return false }
        noticed[failure.rawValue] = true
        return true
    }

    /// Called by the worker when an iteration ended by itself.
    package func countIteration(failed: Bool, isWarmup: Bool) {
        count(isWarmup) { counters in
            if failed { counters.iterationsFailed += 1 } else { counters.iterationsPassed += 1 }
        }
    }

    /// Name tag of a rendered name. Allocates only for names not seen before.
    func nameID(rendered bytes: [UInt8]) -> Int {
        if let known = renderedNames[bytes] { return known }
        let id = names.boundedID(code.redactor.redact(String(decoding: bytes, as: UTF8.self)))
        if renderedNames.count < Limits.requestNames { renderedNames[bytes] = id }
        return id
    }

    func count(_ isWarmup: Bool, _ change: (inout FlowCounters) -> Void) {
        if isWarmup { change(&warmupCounters) } else { change(&counters) }
    }

    /// The command of arrival `global`: position g div lanes of lane g mod lanes.
    func command(global: UInt64, _ tables: OrderTables) -> OrderCommand {
        let index = Int(global % tables.lanes)
        var lane = lanes[index] ?? OrderLane(lane: UInt64(index), minAge: tables.minAge)
        // Taken out while it changes, so that its list is never copied.
        lanes[index] = nil
        let command = lane.command(global / tables.lanes, tables)
        lanes[index] = lane
        return command
    }
}

@available(*, unavailable)
extension FlowContext: Sendable {}
