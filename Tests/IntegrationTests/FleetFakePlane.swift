// A data plane that sends nothing: it makes up samples by a seeded stream and remembers them, so
// that a test knows what the collector must hold, bucket by bucket.

import HarnessCore
import LoadGen
import Synchronization
import Telemetry

/// What all planes of a test have recorded, and the collector's view of the same.
struct RecordedTotals: Equatable {
    var times: [String: MergedHistogram] = [:]
    var counts: [String: UInt64] = [:]

    mutating func add(_ series: [SeriesDelta]) {
        for item in series {
            switch item.value {
            case .counter(let n, _) where n > 0: counts[item.key.text, default: 0] += n
            case .histogram(let h) where h.count > 0:
                times[item.key.text, default: MergedHistogram()].add(h)
            default: break
            }
        }
    }
}

final class FakePlane: DataPlane {
    /// What a test lets it do; and what it is told besides load.
    struct Script: Sendable {
        var hook: @Sendable (FlowHook) -> HookOutcome = { _ in
            HookOutcome(failure: nil, captures: [:])
        }
        /// Tags of the iterations' counter.
        var tags: [String: String] = [:]
    }
    private struct State {
        var hooks: [FlowHook] = []
        var setup: [String: SetupValue]?
        var startedWithSetup = false
        var control = ScheduleControl()
        var secrets: [String: String] = [:]
        var wasAborted = false
        var random: SplitMix64
        var counters = RunCounters()
        /// Since the last cut, by series.
        var times: [String: [UInt64]] = [:]
        var iterations: UInt64 = 0
        var recorded = RecordedTotals()
        var start: Instant?
        var allowedUntil = Instant(ns: .min)
        var isStopped = false
        var isShutDown = false
        var renewals = 0
    }
    private let state: Mutex<State>
    private let duration: TimeSpan
    private let script: Script
    private let thread: Mutex<DedicatedThread?> = Mutex(nil)

    /// - Parameter duration: how long it starts iterations; each is over at once.
    init(
        seed: UInt64, duration: TimeSpan, script: Script = Script(),
        secrets: [String: String] = [:]
    ) {
        state = Mutex(State(secrets: secrets, random: SplitMix64(state: seed)))
        self.duration = duration
        self.script = script
    }

    var hooks: [FlowHook] { state.withLock { $0.hooks } }
    var setup: [String: SetupValue]? { state.withLock { $0.setup } }
    /// The captures were there before the start.
    var startedWithSetup: Bool { state.withLock { $0.startedWithSetup } }
    var control: ScheduleControl { state.withLock { $0.control } }
    var secrets: [String: String] { state.withLock { $0.secrets } }
    var wasAborted: Bool { state.withLock { $0.wasAborted } }

    /// All that was ever recorded.
    var recorded: RecordedTotals { state.withLock { $0.recorded } }
    var counters: RunCounters { state.withLock { $0.counters } }
    var hasStarted: Bool { state.withLock { $0.counters.started > 0 } }

    func prepare() throws {}
    func provide(setup: [String: SetupValue]) { state.withLock { $0.setup = setup } }
    func run(_ hook: FlowHook) -> HookOutcome {
        state.withLock { $0.hooks.append(hook) }
        return script.hook(hook)
    }
    func apply(_ control: ScheduleControl) { state.withLock { $0.control = control } }

    func start(at instant: Instant) {
        state.withLock { state in
            state.start = instant
            state.startedWithSetup = state.setup != nil
        }
        thread.withLock { $0 = DedicatedThread(name: "fake-plane") { [self] in run() } }
    }

    private func run() {
        while !isIdle {
            state.withLock { state in
                let now = Instant.now()
                guard let start = state.start, now >= start,
                    now < end(from: start, state.control), now < state.allowedUntil,
                    !state.isStopped, !Self.isPaused(now - start, state.control)
                else { return }
                Self.iterate(&state)
            }
            Pause.sleep(.milliseconds(2))
        }
    }

    private static func isPaused(_ runTime: TimeSpan, _ control: ScheduleControl) -> Bool {
        control.pauses.contains { pause in
            pause.from <= runTime && pause.to.map { runTime < $0 } ?? true
        }
    }

    private func end(from start: Instant, _ control: ScheduleControl) -> Instant {
        var end = start + duration
        for pause in control.pauses where start + pause.from < end {
            guard let to = pause.to else { return .distantFuture }
            end = end + (to - pause.from)
        }
        return end
    }

    private static func iterate(_ state: inout State) {
        let n = 1 + state.random.next() % 20
        state.counters.scheduled += n
        state.counters.started += n
        state.counters.completed += n
        state.counters.transfersStarted += n
        state.counters.transfersEnded += n
        state.iterations += n
        for i in 0..<n {
            let series = i % 3 == 0 ? "http_req_duration" : "http_req_response_time"
            // Log-uniform from 1 us to 17 s.
            let value = (1_000 + state.random.next() % 1_000) << (state.random.next() % 24)
            state.times[series, default: []].append(value)
            state.counters.samples += 1
        }
    }

    func stop() { state.withLock { $0.isStopped = true } }
    func abort() {
        state.withLock { state in
            state.isStopped = true
            state.wasAborted = true
        }
    }

    func renew(until instant: Instant) {
        state.withLock { state in
            state.allowedUntil = max(state.allowedUntil, instant)
            state.renewals += 1
        }
    }

    func cut() -> WindowCut {
        state.withLock { state in
            var series: [SeriesDelta] = []
            if state.iterations > 0 {
                series.append(
                    SeriesDelta(
                        key: SeriesKey("iterations", script.tags),
                        value: .counter(delta: state.iterations, cum: 0)))
            }
            for (name, values) in state.times {
                series.append(
                    SeriesDelta(key: SeriesKey(name), value: .histogram(Self.histogram(values))))
            }
            let gauge = GaugeDelta(n: 1, last: 3, min: 3, max: 3, sum: 3)
            series.append(SeriesDelta(key: SeriesKey("vus"), value: .gauge(gauge)))
            state.recorded.add(series)
            state.times = [:]
            state.iterations = 0
            return WindowCut(counters: state.counters, series: series, vus: 3)
        }
    }

    private static func histogram(_ values: [UInt64]) -> HistogramDelta {
        var counts: [Int: UInt64] = [:]
        for value in values { counts[HistogramLayout.index(value), default: 0] += 1 }
        return HistogramDelta(
            count: UInt64(values.count), cum: 0, min: values.min() ?? 0, max: values.max() ?? 0,
            sum: values.reduce(0, +), over: [],
            buckets: counts.sorted { $0.key < $1.key }.map {
                .init(index: UInt32($0.key), count: $0.value)
            })
    }

    var isIdle: Bool {
        state.withLock { state in
            if state.isStopped || state.isShutDown { return true }
            guard let start = state.start else { return false }
            return Instant.now() >= end(from: start, state.control)
        }
    }

    func shutdown() {
        state.withLock { $0.isShutDown = true }
        let running = thread.withLock { $0 }
        running?.join()
    }
}
