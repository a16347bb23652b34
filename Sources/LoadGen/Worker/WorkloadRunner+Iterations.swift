// One iteration of a VU, from its begin through the steps of its flow to its end, or to where it is
// cut off.

import HarnessCore
import ScenarioModel
import Telemetry

extension WorkloadRunner {
    /// - Parameter number: `${iterationInTest}`.
    func begin(_ user: VirtualUser, intended: Instant, number: UInt64) {
        if user.state == .free { busy += 1 }
        user.intended = intended
        user.dispatched = bench.now
        user.isFirstRequest = true
        user.isWarmup = intended < bench.measuredFrom
        bench.counters.started += 1
        bench.recorder(index, intended: intended).count(.started)
        running += 1
        startedCount += 1
        user.machine.begin(
            iteration: user.iterations, global: isNumbered ? number : nil,
            iterationInTest: number, isWarmup: user.isWarmup)
        user.iterations += 1
        step(user, from: intended)
    }

    /// Does what the flow wants next; `from` is the end of the step before.
    func step(_ user: VirtualUser, from: Instant) {
        context.now = bench.now
        switch user.machine.next() {
        case .request: sendOne(user, intended: from)
        case .batch(let count, let limit):
            sendBatch(user, count: count, limit: limit, intended: from)
        case .think(let span):
            user.state = .thinking
            sleep(user, until: from + span)
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
        if padded > bench.now || !isOpen {
            user.state = .padding
            sleep(user, until: max(padded, bench.now))
        } else {
            release(user)
        }
    }

    /// A wait of this VU is over.
    func woke(_ user: VirtualUser, due: Instant) {
        switch user.state {
        case .thinking: step(user, from: due)
        case .padding: if isOpen { release(user) } else { loop(user, due: due) }
        case .free, .transferring: break
        }
    }

    func release(_ user: VirtualUser) {
        user.state = .free
        user.ticket += 1
        busy -= 1
        if isOpen { free.append(user) }
    }

    /// Cuts off what this VU does.
    func interrupt(_ user: VirtualUser) {
        let recorder = bench.recorder(index, intended: user.intended)
        if user.state == .transferring { interruptTransfers(of: user, recorder) }
        if user.state != .padding {
            recorder.count(.interrupted)
            bench.counters.interrupted += 1
            running -= 1
        }
        release(user)
    }
}
