// From a built plane to a running one: the plan and its changes, setup and teardown, the start.

import HarnessCore
import ScenarioModel
import Telemetry

extension AgentSession {
    func notePlan(_ new: PlanRecord) {
        guard new.run == seated.seat.run, new.rev > plan?.rev ?? 0 else { return }
        // Malformed pauses: the plan is refused, as any record is that cannot be read.
        guard let control = new.control, let pauses = SchedulePauses(new.pauses) else { return }
        plan = new
        board.withLock { $0.planRev = new.rev }
        self.pauses = pauses
        guard control != self.control else { return }
        self.control = control
        plane?.apply(control)
    }

    // MARK: setup and teardown

    func run(_ hook: FlowHook) {
        guard let plane else { preconditionFailure("hooks are for agents that were ready") }
        log("slot \(seated.seat.slot): \(hook.rawValue)")
        hookRunner = HookRunner(hook, on: plane)
    }

    func noteHook() {
        guard let runner = hookRunner, let outcome = runner.outcome else { return }
        hookRunner = nil
        let record = outcome.record(
            run: seated.seat.run, epoch: seated.seat.epoch, hook: runner.hook, blotter: blotter)
        if let failure = record.failure { log("\(record.hook) failed: \(failure)") }
        hookAnswer = (record, nil)
        heartbeatAt = Instant(ns: .min)
        apply(.hookEnded)
    }

    func noteSetup(_ record: SetupRecord) {
        guard lacksSetup, record.run == seated.seat.run, let plane, let values = record.values
        else { return }
        lacksSetup = false
        plane.provide(setup: values)
        apply(.setupProvided)
    }

    // MARK: the start

    func arm(_ startAtUs: Int64) {
        guard let best = clock.best, let plane else {
            preconditionFailure("an agent arms once it has a plane and a clock")
        }
        let fixed = best.mapping
        mapping = fixed
        self.startAtUs = startAtUs
        let start = fixed.instant(serverUs: startAtUs)
        plane.renew(until: lastRenewal + maxOffline)
        plane.start(at: start)
        let driver = PlaneDriver(plane: plane, board: board, blotter: blotter, start: start)
        driver.begin()
        self.driver = driver
    }

    func finishUnstarted() {
        guard driver == nil else { return }
        guard let plane else {
            // Still being built: there is nothing to count, and nobody waits for it.
            board.withLock { state in
                state.spool.add(
                    PendingDelta(
                        fromWindow: 0, toWindow: 0, planRev: state.planRev, cutAtUs: 0,
                        counters: RunCounters(), series: [], isFinal: true))
                state.isIdle = true
            }
            return
        }
        let driver = PlaneDriver(plane: plane, board: board, blotter: blotter, start: nil)
        driver.begin()
        self.driver = driver
    }
}
