// setup and teardown: each runs once for the whole fleet, on one agent. setup before the start, on
// slot 0, while the others wait; teardown after the load, on the lowest slot that is still there.

import HarnessCore

extension CoordinatorMachine {
    // MARK: setup

    mutating func setUp(_ now: Instant) -> [Action] {
        guard let timeout = rules.setupTimeout else { return arm(now) }
        phase = .setup
        deadline = now + timeout + timings.hookSlack
        sent.insert(.setup)
        return [.say("setup"), .send(.setup, slot: 0)]
    }

    mutating func awaitSetup(_ now: Instant) -> [Action] {
        guard now > deadline, let timeout = rules.setupTimeout else { return [] }
        return fail(
            .invalid, "setup failed: no answer within setupTimeout (\(timeout.goText)) of slot 0")
    }

    mutating func hookEnded(_ i: Int, _ record: HookRecord, _ now: Instant) -> [Action] {
        guard record.epoch == slots[i].epoch else { return [] }
        if phase == .setup, i == 0, record.hook == "setup" { return setupEnded(record, now) }
        guard phase == .tearingDown, i == teardownSlot, record.hook == "teardown" else {
            return []
        }
        let warning = record.failure.map { Action.warn("teardown failed: \($0)") }
        return (warning.map { [$0] } ?? []) + collect(now)
    }

    private mutating func setupEnded(_ record: HookRecord, _ now: Instant) -> [Action] {
        if let failure = record.failure { return fail(.invalid, "setup failed: \(failure)") }
        let size = SetupRecord(run: "", captures: record.captures).json().count
        guard size <= Limits.setupCaptureBytes else {
            return fail(
                .invalid,
                "setup failed: its captures are \(size) bytes of JSON, "
                    + "at most \(Limits.setupCaptureBytes) can be shared")
        }
        deadline = .distantFuture
        return [.share(record.captures)] + arm(now)
    }

    // MARK: teardown

    mutating func tearDown(_ now: Instant) -> [Action] {
        guard rules.teardownTimeout != nil else { return collect(now) }
        phase = .tearingDown
        deadline = now + timings.hookSlack
        return advance(now)
    }

    mutating func awaitTeardown(_ now: Instant) -> [Action] {
        if let slot = teardownSlot { return followTeardown(slot, now) }
        guard let timeout = rules.teardownTimeout else { return collect(now) }
        let stands = slots.indices.map { stand(of: $0, now) }
        // The lowest slot is asked; one of which the data are here and the word is not may be it.
        let lowest = stands.firstIndex { $0 != .gone }
        if let lowest, stands[lowest] == .idle {
            teardownSlot = lowest
            deadline = now + timeout + timings.hookSlack
            sent.insert(.teardown)
            return [.say("teardown"), .send(.teardown, slot: lowest)]
        }
        if lowest == nil { return [.warn("teardown did not run: no agent is left")] + collect(now) }
        guard now > deadline else { return [] }
        return [.warn("teardown did not run: no agent became idle")] + collect(now)
    }

    private mutating func followTeardown(_ slot: Int, _ now: Instant) -> [Action] {
        if stand(of: slot, now) == .gone {
            return [.warn("teardown failed: the agent of slot \(slot) went away")] + collect(now)
        }
        guard now > deadline, let timeout = rules.teardownTimeout else { return [] }
        let why = "no answer within teardownTimeout (\(timeout.goText)) of slot \(slot)"
        return [.warn("teardown failed: \(why)")] + collect(now)
    }

    private enum Stand { case idle, ending, gone }

    /// Whether the agent of a slot could run teardown.
    private func stand(of i: Int, _ now: Instant) -> Stand {
        let slot = slots[i]
        guard slot.agent != nil, !slot.hasExited, slot.state != .lost,
            now - slot.lastSeen <= timings.lostAfter
        else { return .gone }
        switch slot.heartbeat?.state {
        case .idle: return .idle
        case .left, .flushing, .draining, .fenced, nil: return .gone
        default: return .ending
        }
    }
}
