// One workload in one worker: which VU does what when. The worker's turn calls `turn`; ends of
// transfers and waits come through `transferEnded` and `woke`. Confined to the worker's thread.
//
//     waiting --startTime--> running --end of the schedule, stop--> draining --all ended--> done
//                               '----------------- abort, gracefulStop over -----------------^
//
// Open model: arrivals take a free VU, last in first out, or wait in the ring with their intended
// time. Closed model: each VU begins anew when it has ended, until the end of the schedule.

import CCurl
import HarnessCore
import ScenarioModel
import Telemetry

final class WorkloadRunner {
    enum Phase { case waiting, running, draining, done }

    let index: Int
    let workload: Workload
    let bench: WorkerBench
    let share: WorkloadShare
    private let context: FlowContext
    private let makeUser: (UInt64) throws(SystemError) -> VirtualUser
    private let maxWait: TimeSpan
    private let minIteration: TimeSpan

    private(set) var phase = Phase.waiting
    private var arrivals: ConstantArrivals?
    private var ring: WaitingRing
    /// VUs that exist, and those of them that are free.
    private(set) var users: [VirtualUser] = []
    private var free: [VirtualUser] = []
    /// Iterations under way.
    private var running = 0
    private var startedCount: UInt64 = 0
    private var startsAt = Instant.distantFuture
    private var endsAt = Instant.distantFuture
    private var cutAt = Instant.distantFuture

    init(
        index: Int, workload: Workload, defaults: RequestDefaults, share: WorkloadShare,
        bench: WorkerBench, context: FlowContext,
        makeUser: @escaping (UInt64) throws(SystemError) -> VirtualUser
    ) throws(SystemError) {
        self.index = index
        self.workload = workload
        self.share = share
        self.bench = bench
        self.context = context
        self.makeUser = makeUser
        maxWait = workload.maxWait ?? defaults.maxWait
        minIteration = defaults.minIterationDuration
        var places = 1
        if case .constantArrivalRate(let executor) = workload.executor {
            arrivals = ConstantArrivals(executor, share: share)
            let perSecond = executor.rate / executor.timeUnit.seconds / Double(share.workers)
            places = WaitingRing.capacity(ratePerSecond: perSecond, maxWait: maxWait)
        }
        ring = WaitingRing(capacity: places)
        free.reserveCapacity(share.vuNumbers.count)
        for number in share.vuNumbers.prefix(share.preAllocated) {
            let user = try makeUser(number)
            users.append(user)
        }
        free = users.reversed()
    }

    var isDone: Bool { phase == .done }
    var busy: Int { users.count - free.count }

    /// When this workload next has something to do by itself.
    var deadline: Instant {
        switch phase {
        case .waiting: return startsAt
        case .running:
            var next = endsAt
            if let arrival = arrivals?.next { next = min(next, startsAt + arrival.offset) }
            if let first = ring.first { next = min(next, first.intended + maxWait) }
            return next
        case .draining:
            guard let first = ring.first else { return cutAt }
            return min(cutAt, first.intended + maxWait)
        case .done: return .distantFuture
        }
    }

    // MARK: - Control

    func arm() {
        startsAt = bench.startAt + workload.startTime
        endsAt = startsAt + workload.executor.regularDuration
        cutAt = endsAt + workload.gracefulStop
        if share.isEmpty { phase = .done }
    }

    /// Everything that is due at `bench.now`.
    func turn() {
        if phase == .waiting && bench.now >= startsAt { begin() }
        if phase == .running {
            expireRing()
            serveRing()
            fireArrivals()
            if bench.now >= endsAt { phase = .draining }
        }
        if phase == .draining { drain() }
    }

    /// Nothing new is scheduled from now on; what runs and waits has gracefulStop.
    func stop() {
        switch phase {
        case .waiting: phase = .done
        case .running:
            fireArrivals()
            endsAt = min(endsAt, bench.now)
            cutAt = min(cutAt, bench.now + workload.gracefulStop)
            phase = .draining
        case .draining: cutAt = min(cutAt, bench.now + workload.gracefulStop)
        case .done: break
        }
    }

    /// The permission to dispatch has run out: waiting arrivals are missed, running ones may end.
    func fence() {
        while let entry = ring.first {
            ring.removeFirst()
            miss(entry.intended)
        }
        stop()
    }

    func abort() {
        if phase == .done { return }
        cut()
    }

    // MARK: - Phases

    private func begin() {
        phase = .running
        guard !workload.executor.isOpenModel else { return }
        free.removeAll(keepingCapacity: true)
        for user in users { dispatchClosed(user, intended: startsAt) }
    }

    private func drain() {
        expireRing()
        serveRing()
        if running == 0 && ring.count == 0 {
            phase = .done
        } else if bench.now >= cutAt {
            cut()
        }
    }

    /// Ends everything at once: interrupted iterations are in no latency and no failure series.
    private func cut() {
        phase = .done
        while let entry = ring.first {
            ring.removeFirst()
            drop(entry.intended, .ended)
        }
        for user in users where user.state != .free { interrupt(user) }
    }

    private func interrupt(_ user: VirtualUser) {
        let recorder = bench.recorder(index, intended: user.intended)
        if user.state == .transferring {
            bench.multi.remove(user.easy.handle)
            bench.counters.transfersEnded += 1
            recorder.count(.requestsInterrupted)
        }
        if user.state != .padding {
            recorder.count(.interrupted)
            bench.counters.interrupted += 1
            running -= 1
        }
        release(user)
    }

    // MARK: - Arrivals

    private var isFenced: Bool { bench.now > bench.dispatchUntil }

    private func fireArrivals() {
        while let arrival = arrivals?.next {
            let intended = startsAt + arrival.offset
            guard intended <= bench.now, intended < endsAt else { return }
            arrivals?.advance()
            bench.counters.scheduled += 1
            let recorder = bench.recorder(index, intended: intended)
            recorder.count(.arrivals)
            if isFenced {
                miss(intended)
                continue
            }
            guard let user = takeFree() else {
                wait(.init(number: arrival.number, intended: intended))
                continue
            }
            let lag = bench.now - intended
            recorder.record(.scheduleLag, lag.ns)
            if lag > Self.lateAfter { recorder.count(.late) }
            dispatch(user, number: arrival.number, intended: intended)
        }
    }

    /// Later than this an arrival is counted in `iterations_late` (measurement.md section 3).
    private static let lateAfter = TimeSpan.milliseconds(100)

    private func wait(_ entry: WaitingRing.Entry) {
        if maxWait <= .zero {
            drop(entry.intended, .noVU)
        } else if ring.isFull {
            drop(entry.intended, .ringFull)
        } else {
            ring.append(entry)
        }
    }

    private func expireRing() {
        while let first = ring.first, first.intended + maxWait <= bench.now {
            ring.removeFirst()
            drop(first.intended, .expired)
        }
    }

    private func serveRing() {
        while let first = ring.first {
            if isFenced {
                ring.removeFirst()
                miss(first.intended)
                continue
            }
            guard let user = takeFree() else { return }
            ring.removeFirst()
            let recorder = bench.recorder(index, intended: first.intended)
            recorder.record(.vuWait, (bench.now - first.intended).ns)
            dispatch(user, number: first.number, intended: first.intended)
        }
    }

    private func drop(_ intended: Instant, _ reason: DropReason) {
        bench.counters.dropped += 1
        bench.recorder(index, intended: intended).countDrop(reason)
    }

    private func miss(_ intended: Instant) {
        bench.counters.missed += 1
        bench.recorder(index, intended: intended).countMissed()
    }

    /// A free VU, or one that joins now because none is free and there may be more.
    private func takeFree() -> VirtualUser? {
        if let user = free.popLast() { return user }
        guard users.count < share.vuNumbers.count else { return nil }
        do throws(SystemError) {
            let user = try makeUser(share.vuNumbers[users.count])
            users.append(user)
            return user
        } catch {
            // No memory for another VU: the arrival waits as if there were none left.
            return nil
        }
    }

    // MARK: - Iterations

    private func dispatch(_ user: VirtualUser, number: UInt64, intended: Instant) {
        start(user, intended: intended)
        user.machine.begin(
            iteration: user.iterations, global: number, iterationInTest: number,
            isWarmup: user.isWarmup)
        user.iterations += 1
        step(user, from: intended)
    }

    private func dispatchClosed(_ user: VirtualUser, intended: Instant) {
        guard !isFenced else {
            release(user)
            return
        }
        start(user, intended: intended)
        bench.counters.scheduled += 1
        bench.recorder(index, intended: intended).count(.arrivals)
        let number = share.iterationInTest(startedCount)
        startedCount += 1
        user.machine.begin(
            iteration: user.iterations, global: nil, iterationInTest: number,
            isWarmup: user.isWarmup)
        user.iterations += 1
        step(user, from: intended)
    }

    private func start(_ user: VirtualUser, intended: Instant) {
        user.intended = intended
        user.dispatched = bench.now
        user.isFirstRequest = true
        user.isWarmup = intended < bench.measuredFrom
        bench.counters.started += 1
        running += 1
    }

    /// Does what the flow wants next; `from` is the end of the step before.
    private func step(_ user: VirtualUser, from: Instant) {
        context.now = bench.now
        switch user.machine.next() {
        case .request:
            user.requestIntended = from
            user.state = .transferring
            user.easy.prepare(user.machine.request)
            bench.counters.transfersStarted += 1
            bench.multi.add(user.easy.handle)
        case .think(let span):
            user.state = .thinking
            sleep(user, until: from + span)
        case .batch: preconditionFailure("no program has a parallel step")
        case .finished(let failed): finish(user, failed: failed)
        }
    }

    private func sleep(_ user: VirtualUser, until due: Instant) {
        user.ticket += 1
        bench.wakes.insert(.init(due: due, vu: user.index, ticket: user.ticket))
    }

    private func finish(_ user: VirtualUser, failed: Bool) {
        running -= 1
        bench.counters.completed += 1
        let recorder = bench.recorder(index, intended: user.intended)
        recorder.count(.iterations)
        recorder.record(.iterationDuration, (bench.now - user.dispatched).ns)
        recorder.record(.iterationResponseTime, (bench.now - user.intended).ns)
        context.countIteration(failed: failed, isWarmup: user.isWarmup)
        // A closed loop always ends a turn between two iterations, so that a flow without any
        // transfer cannot keep the worker to itself.
        let padded = user.dispatched + minIteration
        let isClosed = !workload.executor.isOpenModel
        if padded > bench.now || isClosed {
            user.state = .padding
            sleep(user, until: max(padded, bench.now))
        } else {
            release(user)
        }
    }

    private func release(_ user: VirtualUser) {
        user.state = .free
        user.ticket += 1
        free.append(user)
    }

    /// A wait of this VU is over.
    func woke(_ user: VirtualUser, due: Instant) {
        switch user.state {
        case .thinking: step(user, from: due)
        case .padding:
            if !workload.executor.isOpenModel, phase == .running, bench.now < endsAt {
                dispatchClosed(user, intended: due)
            } else {
                release(user)
            }
        case .free, .transferring: break
        }
    }

    /// A transfer of this VU ended, by itself, at `bench.now`.
    func transferEnded(_ user: VirtualUser, result: CURLcode) {
        if user.easy.startsAgain() {
            bench.multi.add(user.easy.handle)
            return
        }
        bench.counters.transfersEnded += 1
        let outcome = TransferOutcome(user.easy, result: result)
        if user.easy.leadsOn(status: outcome.status) {
            record(user, outcome, .ok)
            user.easy.follow(status: outcome.status, now: bench.now)
            bench.counters.transfersStarted += 1
            bench.multi.add(user.easy.handle)
            return
        }
        let verdict = user.easy.withResponse(outcome) { user.machine.complete($0) }
        record(user, outcome, verdict)
        user.isFirstRequest = false
        step(user, from: bench.now)
    }

    private func record(
        _ user: VirtualUser, _ outcome: TransferOutcome, _ verdict: RequestVerdict
    ) {
        let intended = user.easy.hopIntended ?? user.requestIntended
        let recorder = bench.recorder(index, intended: intended)
        let request = recorder.request(user.machine.request.nameID)
        let isExpected = verdict != .failed
        bench.counters.bytesSent += outcome.bytesSent
        bench.counters.bytesReceived += outcome.bytesReceived
        recorder.count(.dataSent, outcome.bytesSent)
        recorder.count(.dataReceived, outcome.bytesReceived)
        request.count(
            status: outcome.status, isExpected: isExpected, isRejected: verdict == .rejected)
        // Rounding of libcurl's microseconds must not make a response faster than its service.
        let response = max((bench.now - intended).ns, outcome.service.ns)
        request.recordResponse(response, isExpected: isExpected)
        recorder.record(.blocked, outcome.blocked.ns)
        recorder.record(.connecting, outcome.connecting.ns)
        recorder.record(.tlsHandshaking, outcome.tlsHandshaking.ns)
        if outcome.wasSent {
            request.recordService(outcome.service.ns, isExpected: isExpected)
            recorder.record(.sending, 0)
            recorder.record(.waiting, outcome.waiting.ns)
            recorder.record(.receiving, outcome.receiving.ns)
            let maySend = bench.now - outcome.service
            let isFirst = user.isFirstRequest && user.easy.hopIntended == nil
            let since = isFirst ? user.dispatched : intended
            recorder.record(.connWait, max(0, (maySend - since).ns))
        }
        if !isExpected {
            recordFailure(user, outcome, request, isWarmup: intended < bench.measuredFrom)
        }
    }

    private func recordFailure(
        _ user: VirtualUser, _ outcome: TransferOutcome, _ request: RequestRecorder,
        isWarmup: Bool
    ) {
        bench.counters.transfersFailed += 1
        let failure = outcome.failure ?? .status(outcome.status)
        request.count(failure)
        bench.errorSamples.add(
            scenario: workload.name, name: context.names.names[user.machine.request.nameID],
            errorClass: failure.errorClass, isWarmup: isWarmup,
            text: outcome.failure == nil ? user.easy.responseText : outcome.errorText)
    }
}

@available(*, unavailable)
extension WorkloadRunner: Sendable {}
