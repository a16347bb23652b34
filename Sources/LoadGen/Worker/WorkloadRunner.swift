// One workload in one worker: which VU does what when. The worker's turn calls `turn`; ends of
// transfers and waits come through `transferEnded` and `woke`. Confined to the worker's thread.
//
//     waiting --startTime--> running --end of the schedule, stop--> draining --all ended--> done
//                               '----------------- abort, gracefulStop over -----------------^
//
// Open model (`+Arrivals`): arrivals take a free VU, last in first out, or wait in the ring with
// their intended time. Closed models (`+Loops`): VUs that are wanted begin anew when they have
// ended, as long as there are iterations left. What an iteration does is in `+Iterations` and
// `+Transfers`. All of the schedule is in schedule time, which pauses stop.

import HarnessCore
import ScenarioModel
import Telemetry

final class WorkloadRunner {
    enum Phase { case waiting, running, draining, done }

    let index: Int
    let workload: Workload
    let bench: WorkerBench
    let share: WorkloadShare
    let context: FlowContext
    let maxWait: TimeSpan
    let minIteration: TimeSpan
    /// Iterations have a number in the test; VUs are as many as operators say.
    let isNumbered: Bool
    let isControlled: Bool
    private let gracefulStop: TimeSpan
    /// By position among our VUs, from 0.
    private let makeUser: (Int) throws(SystemError) -> VirtualUser

    private(set) var phase = Phase.waiting
    private var isStopped = false
    private var isFencedOff = false
    private(set) var startsAt = Instant.distantFuture
    private(set) var endsAt = Instant.distantFuture
    private var cutAt = Instant.distantFuture

    /// VUs that exist.
    private(set) var users: [VirtualUser] = []
    /// Of these the ones that are not free.
    var busy = 0
    /// Iterations under way, and begun so far.
    var running = 0
    var startedCount: UInt64 = 0

    // Open model
    var arrivals: OwnArrivals?
    var ring: WaitingRing
    /// A stack.
    var free: [VirtualUser] = []
    var dropNotice: DropNotice?

    // Closed models
    var loops: LoopState

    init(
        index: Int, workload: Workload, scenario: Scenario, share: WorkloadShare,
        bench: WorkerBench, context: FlowContext, dropNotice: DropNotice?,
        makeUser: @escaping (Int) throws(SystemError) -> VirtualUser
    ) throws(SystemError) {
        self.index = index
        self.workload = workload
        self.share = share
        self.bench = bench
        self.context = context
        self.dropNotice = dropNotice
        self.makeUser = makeUser
        maxWait = workload.maxWait ?? scenario.defaults.maxWait
        minIteration = scenario.defaults.minIterationDuration
        isNumbered = workload.executor.isNumbered
        if case .externallyControlled = workload.executor {
            isControlled = true
        } else {
            isControlled = false
        }
        // Operators' scenarios end at once.
        gracefulStop = isControlled ? .zero : workload.gracefulStop
        arrivals = OwnArrivals(
            workload.executor, seed: scenario.seed, scenario: workload.name, share: share)
        loops = LoopState(workload, share: share)
        ring = WaitingRing(
            capacity: workload.executor.isOpenModel
                ? WaitingRing.capacity(
                    ratePerSecond: (workload.executor.peakRatePerSecond ?? 0) * share.fraction,
                    maxWait: maxWait) : 1)
        users.reserveCapacity(share.vuNumbers.count)
        for position in 0..<share.preAllocated { users.append(try makeUser(position)) }
        if isOpen {
            free.reserveCapacity(share.vuNumbers.count)
            free += users.reversed()
        }
    }

    var isOpen: Bool { arrivals != nil }
    var isDone: Bool { phase == .done }
    /// The permission to dispatch has run out (fleet.md 6, self-fence).
    var isFenced: Bool { bench.now > bench.dispatchUntil }
    var isPaused: Bool { bench.clock.isPaused(at: bench.now) }

    /// When this workload next has something to do by itself.
    var deadline: Instant {
        switch phase {
        case .waiting: startsAt
        case .running: min(endsAt, isOpen ? arrivalsDeadline : loopsDeadline)
        case .draining: min(cutAt, isOpen ? ringDeadline : isStopped ? cutAt : levelsDeadline)
        case .done: .distantFuture
        }
    }

    /// One more VU, where there may be one.
    func join() -> VirtualUser? {
        guard users.count < share.vuNumbers.count else { return nil }
        do throws(SystemError) {
            let user = try makeUser(users.count)
            users.append(user)
            return user
        } catch {
            // No memory for another VU: the arrival waits as if there were none left.
            return nil
        }
    }

    // MARK: - Control

    /// Run time 0 is known, or what operators announced has changed.
    func arm() {
        let executor = workload.executor
        if share.isEmpty { phase = .done }
        if phase == .waiting { startsAt = bench.clock.instant(of: workload.startTime) }
        if !isStopped, phase != .done {
            let isEndless = executor.isEndless
            let regularEnd = workload.startTime + executor.regularDuration
            endsAt = isEndless ? .distantFuture : bench.clock.end(at: regularEnd)
            cutAt =
                isEndless ? .distantFuture : bench.clock.end(at: regularEnd + gracefulStop)
        }
        planLoops()
    }

    /// Everything that is due at `bench.now`.
    func turn() {
        if phase == .waiting && bench.now >= startsAt { phase = .running }
        if phase == .running {
            if isOpen { turnArrivals() } else { turnLoops() }
            if phase == .running && bench.now >= endsAt { phase = .draining }
        }
        if phase == .draining { drain() }
    }

    /// Nothing new is scheduled from now on; what runs and waits has gracefulStop.
    func stop() {
        switch phase {
        case .waiting: phase = .done
        case .running, .draining:
            // Those that wait come first: what is due now must not overtake them.
            if phase == .running && isOpen { turnArrivals() }
            isStopped = true
            phase = .draining
            endsAt = min(endsAt, bench.now)
            // In real time, whatever is paused: a stopped run ends.
            cutAt = min(cutAt, bench.now + gracefulStop)
        case .done: break
        }
    }

    /// The permission to dispatch has run out: what waits is missed, what runs may end.
    func fence() {
        while let entry = ring.first {
            ring.removeFirst()
            miss(entry.intended)
        }
        isFencedOff = true
        stop()
    }

    func abort() {
        switch phase {
        case .waiting: phase = .done
        case .running, .draining: cut()
        case .done: break
        }
    }

    // MARK: - The end

    private func drain() {
        if isOpen {
            expireRing()
            serveRing()
        } else if !isStopped {
            takeLevels()
        }
        if running == 0 && ring.count == 0 {
            conclude()
        } else if bench.now >= cutAt {
            cut()
        }
    }

    /// Ends everything at once: interrupted iterations are in no latency and no failure series.
    private func cut() {
        while let entry = ring.first {
            ring.removeFirst()
            drop(entry.intended, .ended)
        }
        for user in users where user.state != .free { interrupt(user) }
        conclude()
    }

    /// Nothing runs any more: iterations that a closed model still owed did not begin.
    func conclude() {
        phase = .done
        let rest = loops.budget.rest
        guard rest > 0 else { return }
        let recorder = bench.recorder(index, intended: bench.now)
        bench.counters.scheduled += rest
        recorder.count(.arrivals, rest)
        if isFencedOff {
            bench.counters.missed += rest
            recorder.countMissed(rest)
        } else {
            bench.counters.dropped += rest
            recorder.countDrop(.ended, rest)
        }
    }
}

@available(*, unavailable)
extension WorkloadRunner: Sendable {}
