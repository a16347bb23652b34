// The closed models: VUs that run one iteration after another, as long as they are wanted and there
// are iterations left (scenarios.md 4.4, 4.5). An iteration is due when its VU is: at the step that
// wanted it, then at the end of the iteration before.

import HarnessCore
import ScenarioModel
import Telemetry

extension WorkloadRunner {
    var loopsDeadline: Instant {
        guard isPaused else {
            let isBehind = loops.launched < loops.wanted || loops.held != nil
            return isBehind ? bench.now : levelsDeadline
        }
        guard loops.held != nil else { return levelsDeadline }
        return min(levelsDeadline, bench.clock.instant(of: bench.clock.offset(at: bench.now)))
    }

    /// When the next level is due.
    var levelsDeadline: Instant { loops.plan.next.map(due) ?? .distantFuture }

    /// Operators' counts are in run time, a ramp's steps in schedule time.
    private func due(_ step: VUPlan.Step) -> Instant {
        if isControlled { return max(startsAt, bench.startAt + step.offset) }
        return bench.clock.instant(of: workload.startTime + step.offset)
    }

    /// Takes up what operators announced; what has passed is not done again.
    func planLoops() {
        guard case .externallyControlled(let external) = workload.executor else { return }
        loops.plan = VUPlan(
            initial: external.vus,
            scales: bench.schedule.scales.filter { $0.scenario == workload.name },
            vuNumbers: share.vuNumbers, passed: bench.now - bench.startAt)
    }

    func turnLoops() {
        takeLevels()
        if isPaused {
            if loops.launched < loops.wanted { hold() }
        } else {
            resume()
            launch()
        }
        if loops.budget.isSpent && running == 0 { conclude() }
    }

    /// Levels that are due, one after the other; the next waits until its VUs are launched.
    func takeLevels() {
        while let step = loops.plan.next, due(step) <= bench.now {
            if phase == .running, !isPaused, loops.launched < loops.wanted { return }
            loops.plan.advance()
            if step.wanted > loops.wanted { loops.launchDue = due(step) }
            loops.wanted = step.wanted
            loops.launched = min(loops.launched, step.wanted)
            let last = min(loops.kept, users.count)
            for position in min(step.kept, last)..<last where users[position].state != .free {
                interrupt(users[position])
            }
            loops.kept = step.kept
        }
    }

    private func launch() {
        var left = LoopState.launchesPerTurn
        while loops.launched < loops.wanted, left > 0 {
            let user = users[loops.launched]
            loops.launched += 1
            guard user.state == .free, mayLoop(user) else { continue }
            beginLoop(user, intended: loops.launchDue)
            left -= 1
        }
    }

    private func hold() {
        if loops.held == nil {
            loops.held = (bench.clock.offset(at: bench.now), bench.now)
        }
    }

    /// VUs that were held are launched anew, due when the pause ended.
    private func resume() {
        guard let held = loops.held else { return }
        loops.held = nil
        loops.launched = 0
        loops.launchDue = min(bench.now, max(held.since, bench.clock.instant(of: held.offset)))
    }

    private func mayLoop(_ user: VirtualUser) -> Bool {
        phase == .running && bench.now < endsAt && user.ordinal < loops.wanted && !isFenced
            && loops.budget.allows(user.iterations)
    }

    /// The iteration of a VU is over, at `due`: another one, if there is to be one.
    func loop(_ user: VirtualUser, due: Instant) {
        guard mayLoop(user) else {
            release(user)
            return
        }
        if isPaused {
            hold()
            release(user)
        } else {
            beginLoop(user, intended: due)
        }
    }

    private func beginLoop(_ user: VirtualUser, intended: Instant) {
        loops.budget.take()
        bench.counters.scheduled += 1
        bench.recorder(index, intended: intended).count(.arrivals)
        begin(user, intended: intended, number: share.iterationInTest(startedCount))
    }
}
