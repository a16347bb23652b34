// What heartbeats, silence and dead processes make of a slot.

import HarnessCore
import ScenarioModel

extension CoordinatorMachine {
    mutating func note(_ i: Int, _ heartbeat: Heartbeat?, _ now: Instant) -> [Action] {
        if slots[i].hasExited { return [] }
        guard let heartbeat, heartbeat.agent == slots[i].agent?.agent,
            heartbeat.epoch == slots[i].epoch
        else { return silent(i, now) }
        slots[i].heartbeat = heartbeat
        slots[i].lastSeen = now
        if slots[i].isFinal { return advance(now) }
        if slots[i].state == .lost { slots[i].loss = nil }
        slots[i].state = Self.state(of: heartbeat.state)
        let isOurDoing = !sent.isDisjoint(with: [.stop, .abort])
        if let reason = heartbeat.reason, !isOurDoing {
            if isBeforeStart || phase == .arming, heartbeat.state == .left {
                return fail(.unavailable, "slot \(i) left before the start: \(reason)")
            }
            slots[i].loss = "left early: \(reason)"
        }
        return advance(now)
    }

    private static func state(of state: Heartbeat.State) -> SlotState {
        switch state {
        case .seated, .syncing: .seated
        case .ready: .ready
        case .armed, .running, .paused: .running
        case .draining, .stopping, .fenced: .draining
        case .idle, .flushing: .idle
        case .left: .left
        }
    }

    /// No heartbeat in Redis: the key itself lived for leaseTtl after the last one.
    private mutating func silent(_ i: Int, _ now: Instant) -> [Action] {
        guard slots[i].agent != nil, !slots[i].isGone else { return advance(now) }
        let silence = now - slots[i].lastSeen + timings.leaseTtl
        if silence <= timings.lostAfter {
            if slots[i].state == .running { slots[i].state = .suspect }
            return []
        }
        let why = "no heartbeat for \(timings.lostAfter.goText)"
        if phase == .gathering { return unseat(i) }
        // It may have begun with setup, which must not run twice; and a run that starts short of
        // an agent is not the one that was asked for.
        if phase == .setup { return fail(.unavailable, "slot \(i) lost during setup: \(why)") }
        return lose(i, why, now)
    }

    private mutating func unseat(_ i: Int) -> [Action] {
        let agent = slots[i].agent?.agent ?? ""
        slots[i].agent = nil
        slots[i].heartbeat = nil
        slots[i].state = .empty
        return [
            .say("slot \(i): its agent vanished before the start"), .unseat(slot: i, agent: agent),
        ]
    }

    mutating func lose(_ i: Int, _ why: String, _ now: Instant) -> [Action] {
        guard !slots[i].isGone else { return advance(now) }
        slots[i].state = .lost
        slots[i].loss = why
        var actions: [Action] = [.say("slot \(i) lost: \(why)")]
        if onLoss == .fail, [.running, .paused, .arming].contains(phase) {
            if aborted == nil { aborted = "slot \(i) lost: \(why)" }
            actions += end(.abort, now)
        }
        return actions + advance(now)
    }

    mutating func childExited(_ pid: Int32, _ status: Int32, _ now: Instant) -> [Action] {
        let what = "process \(pid) ended with status \(status)"
        let place = slots.firstIndex { $0.agent?.pid == pid && $0.agent?.host == ownHost }
        if isBeforeStart {
            return fail(.unavailable, "agent \(what) before the start")
        }
        guard let place else { return [] }
        slots[place].hasExited = true
        return lose(place, what, now)
    }
}
