// What a closed model's runner keeps: how many VUs are wanted, how many iterations are left, and
// how far the VUs that are to begin have been launched. VUs are launched from the first on, a batch
// a turn, so that a jump to thousands does not stall those that already run.

import HarnessCore
import ScenarioModel

struct LoopState {
    var plan: VUPlan
    var budget: IterationBudget
    /// VUs below it run iterations, those at and above `kept` are interrupted.
    var wanted = 0
    var kept = 0
    /// VUs below it have been asked to run since the level last rose or a pause ended.
    var launched = 0
    /// When those that are launched were due.
    var launchDue = Instant(ns: 0)
    /// Since when VUs that should begin may not, because of a pause.
    var held: (offset: TimeSpan, since: Instant)?

    /// Begun in one turn, at most.
    static let launchesPerTurn = 64

    init(_ workload: Workload, share: WorkloadShare) {
        let vus = share.vuNumbers.count
        switch workload.executor {
        case .sharedIterations(let e):
            plan = VUPlan(vus: vus)
            budget = .shared(share.iterations(below: e.iterations))
        case .perVUIterations(let e):
            plan = VUPlan(vus: vus)
            budget = .each(e.iterations, vus: vus)
        case .rampingVUs(let e):
            plan = VUPlan(
                e, gracefulStop: workload.gracefulStop, vuNumbers: share.vuNumbers)
            budget = .endless
        case .constantVUs, .externallyControlled, .constantArrivalRate, .rampingArrivalRate,
            .replay:
            // What operators say replaces it; the open models have no loops.
            plan = VUPlan(vus: vus)
            budget = .endless
        }
    }
}
