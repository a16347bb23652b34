// The generator's own health over the whole run (measurement.md section 4), from the aggregate and
// the fleet's books. Pure.

import Foundation
import HarnessCore
import ScenarioModel
import Telemetry

struct ValidityJudge {
    let aggregate: RunAggregate
    let facts: RunFacts
    let accounting: AccountingSummary
    /// Whether the judge itself asked for the abort.
    let abortedByThreshold: Bool

    func judge() -> Validity {
        var validity = Validity()
        validity.isClosedModel = !aggregate.hasOpenModel
        validity.longestTurnNs = aggregate.longestTurnNs
        (validity.taintedWindows, validity.measuredWindows) = aggregate.taint
        validity.signals = agentSignals()
        addDelivered(to: &validity)
        addLoss(to: &validity)
        validity.notMeasured = notMeasured()
        validity.calibration = facts.calibration
        validity.distrust = distrust() + clockDistrust(validity.signals)
        validity.signals += validity.distrust.map {
            ValiditySignal(
                key: "data", agent: nil, state: .invalidating, windows: 0, worst: $0, bound: "none")
        }
        return validity
    }

    private func agentSignals() -> [ValiditySignal] {
        aggregate.agents.sorted { $0.key < $1.key }.flatMap { slot, agent in
            HealthSignal.allCases.compactMap { key in
                signal(key, slot: Int(slot), of: agent.health)
            }
        }
    }

    private func signal(
        _ key: HealthSignal, slot: Int, of health: AgentHealth
    ) -> ValiditySignal? {
        let state = health.state(of: key)
        guard state != .ok, let tally = health.signals[key] else { return nil }
        let bound = aggregate.bounds[key]
        let limit = state == .invalidating ? bound.invalidating : bound.suspect
        return ValiditySignal(
            key: key.rawValue, agent: slot, state: state,
            windows: max(tally.taintedWindows, tally.suspectWindows),
            worst: text(tally.worst, key), bound: text(limit, key))
    }

    private func text(_ value: Double, _ key: HealthSignal) -> String {
        switch key.unit {
        case .time: ReportText.milliseconds(value) + " ms"
        case .share: ReportText.percent(value, value < 0.1 ? 1 : 0)
        case .count: ReportText.decimal(value, 0)
        }
    }

    /// What a machine could not tell, with the agents it was missing on; of all of them, none is
    /// named. Lag is nothing the closed model has.
    private func notMeasured() -> [String] {
        let agents = aggregate.agents.filter { $0.value.health.windows > 0 }
        return HealthSignal.allCases.compactMap { signal in
            let silent = agents.filter { $0.value.health.signals[signal] == nil }.keys.sorted()
            guard agents.isEmpty || !silent.isEmpty else { return nil }
            if silent.count == agents.count { return signal.rawValue }
            let which = silent.map { String($0) }.joined(separator: ", ")
            return "\(signal.rawValue) (agent \(which))"
        }
    }

    /// A clock that was off by a window or more puts samples into the wrong ones.
    private func clockDistrust(_ signals: [ValiditySignal]) -> [String] {
        signals.filter { $0.key == HealthSignal.clock.rawValue && $0.state == .invalidating }.map {
            "the clock of agent \($0.agent ?? 0) was off by \($0.worst)"
        }
    }

    /// Arrivals nobody accounted for were called for, and did not start.
    private func addDelivered(to validity: inout Validity) {
        var tally = aggregate.arrivals
        if aggregate.hasOpenModel {
            tally.scheduled += accounting.unaccounted
            tally.missed += accounting.unaccounted
        }
        validity.arrivals = tally
        guard let delivered = tally.delivered else { return }
        validity.delivered = delivered
        let bounds = aggregate.bounds.delivered
        if delivered < bounds.invalidating {
            let scheduled = Double(tally.scheduled)
            let allowed = 1 - bounds.invalidating
            let isOurs = Double(tally.late + tally.missed) / scheduled > allowed
            let isPool = Double(tally.dropped) / scheduled > allowed
            validity.isPoolLimited = isPool && !isOurs
            validity.isUnderDelivered = !validity.isPoolLimited
        }
        guard delivered < bounds.suspect else { return }
        let isInvalid = delivered < bounds.invalidating
        validity.signals.append(
            ValiditySignal(
                key: "delivered", agent: nil, state: isInvalid ? .invalidating : .suspect,
                windows: 0, worst: ReportText.percent(delivered, 2),
                bound: Self.bound(isInvalid ? bounds.invalidating : bounds.suspect)))
    }

    /// `99 %`, `99.5 %`
    private static func bound(_ share: Double) -> String {
        let percent = (share * 1_000).rounded() / 10
        return ReportText.decimal(percent, percent == percent.rounded() ? 0 : 1) + " %"
    }

    private func addLoss(to validity: inout Validity) {
        let loss = accounting.lossFraction
        guard loss > 0 else { return }
        let allowed = aggregate.scenario.fleet.maxLossFraction
        let isInvalid = loss > allowed
        if isInvalid, accounting.missed > 0 { validity.isUnderDelivered = true }
        validity.signals.append(
            ValiditySignal(
                key: "loss", agent: nil, state: isInvalid ? .invalidating : .suspect, windows: 0,
                worst: ReportText.percent(loss, 2), bound: ReportText.percent(allowed, 2)))
    }

    /// What makes every number doubtful, in words.
    private func distrust() -> [String] {
        var reasons = accounting.brokenIdentities
        if !accounting.finalsEqualMerged && accounting.agentsFinal > 0 {
            reasons.append("the sum of finals is not the sum of what was merged")
        }
        if accounting.agents > 0, accounting.agentsFinal == 0 {
            reasons.append("no agent delivered its final data")
        } else if accounting.agentsFinal < accounting.agents,
            !aggregate.scenario.workloads.allSatisfy(\.executor.isOpenModel)
        {
            // A closed model has no plan that would show what is missing.
            reasons.append("an agent left without its final data")
        }
        if accounting.badDeltas > 0 {
            reasons.append("\(accounting.badDeltas) deltas were damaged and rejected")
        }
        let planned = Double(max(1, accounting.planned))
        if Double(accounting.unaccounted) / planned > aggregate.scenario.fleet.maxLossFraction {
            reasons.append("\(ReportText.grouped(accounting.unaccounted)) arrivals unaccounted for")
        }
        if aggregate.counters.overflow > 0 {
            reasons.append("\(aggregate.counters.overflow) samples beyond the histogram's range")
        }
        if accounting.started == 0 && aggregate.counters.started == 0 {
            reasons.append("nothing was started")
        }
        // A count of nothing would hold.
        let judgesWarmup = aggregate.scenario.criteria.contains { !$0.excludesWarmup }
        if facts.warmup > .zero, facts.duration <= facts.warmup, !facts.interrupted, !judgesWarmup {
            reasons.append("the run ended within its warm-up: nothing was measured")
        }
        if let aborted = facts.aborted, !abortedByThreshold, !facts.interrupted {
            reasons.append("the run was aborted: \(ReportText.escaped(aborted))")
        }
        return reasons
    }
}
