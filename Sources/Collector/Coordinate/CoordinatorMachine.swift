// The coordinator (fleet.md section 1) as a value: what happens goes in, what is to be done comes
// out. No clock, socket or thread. setup, teardown, pause and re-assignment are passed through.
//
//     gathering -> arming -> running -> stopping -> collecting -> over
//         \-> failed

package import HarnessCore
package import ScenarioModel

package struct CoordinatorMachine: Sendable, Equatable {
    package enum Phase: String, Sendable {
        case gathering, arming, running, stopping, collecting, over, failed
    }

    package enum SlotState: String, Sendable {
        case empty, seated, ready, running, suspect, lost, draining, idle, left
    }

    package struct Slot: Sendable, Equatable {
        package fileprivate(set) var epoch: UInt64 = 0
        package fileprivate(set) var agent: Registration?
        package fileprivate(set) var state = SlotState.empty
        package fileprivate(set) var heartbeat: Heartbeat?
        package fileprivate(set) var lastSeen = Instant(ns: .min)
        package fileprivate(set) var isFinal = false
        /// Its process is gone: a heartbeat that outlives it in Redis says nothing.
        package fileprivate(set) var hasExited = false
        /// Why it is gone, or went before its time.
        package fileprivate(set) var loss: String?

        /// Nothing more is expected to run on it.
        var isSettled: Bool { isFinal || state == .idle || isGone }
        var isGone: Bool { isFinal || state == .left || state == .lost }
    }

    package enum Event: Sendable, Equatable {
        case seated(slot: Int, Registration)
        /// Nil: the key is not there.
        case heartbeat(slot: Int, Heartbeat?)
        case finalMerged(slot: Int)
        /// The connection to Redis is new: silence before it proves nothing.
        case linkRestored
        case childExited(pid: Int32, status: Int32)
        /// The plan with the start is written; run time 0 on our clock.
        case announced(start: Instant)
        case stopRequested, abortRequested
        case abort(String)
        /// Redis forgot the run.
        case stateLost
        case time
    }

    package enum Action: Sendable, Equatable {
        case announceStart
        case send(CommandRecord.Verb)
        /// The agent of the slot vanished before the start; the slot is free again.
        case unseat(slot: Int, agent: String)
        case say(String)
        case fail(ExitCode, String)
    }

    package private(set) var phase = Phase.gathering
    package private(set) var slots: [Slot]
    package private(set) var aborted: String?
    package private(set) var isInterrupted = false
    package private(set) var start: Instant?
    /// Run time at which the run was told to end before its time.
    package private(set) var stoppedAt: TimeSpan?
    private let timings: FleetTimings
    private let onLoss: OnAgentLoss
    private let ownHost: String
    private let begunAt: Instant
    private var deadline = Instant.distantFuture
    private var sent: Set<CommandRecord.Verb> = []

    package init(
        agents: Int, timings: FleetTimings, onLoss: OnAgentLoss, ownHost: String, at now: Instant
    ) {
        slots = Array(repeating: Slot(), count: agents)
        self.timings = timings
        self.onLoss = onLoss
        self.ownHost = ownHost
        begunAt = now
    }

    package var freeSlots: [Int] { slots.indices.filter { slots[$0].state == .empty } }
    package var isOver: Bool { phase == .over || phase == .failed }
    private var isBeforeStart: Bool { phase == .gathering }

    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        if isOver { return [] }
        switch event {
        case .seated(let slot, let agent):
            slots[slot].epoch += 1
            slots[slot].agent = agent
            slots[slot].state = .seated
            slots[slot].hasExited = false
            slots[slot].heartbeat = nil
            slots[slot].lastSeen = now
            return []
        case .heartbeat(let slot, let heartbeat): return note(slot, heartbeat, now)
        case .finalMerged(let slot):
            slots[slot].isFinal = true
            if slots[slot].state == .lost {
                slots[slot].state = .left
                slots[slot].loss = nil
            }
            return advance(now)
        case .linkRestored:
            for i in slots.indices { slots[i].lastSeen = now }
            return []
        case .childExited(let pid, let status): return childExited(pid, status, now)
        case .announced(let start):
            self.start = start
            deadline = start + .seconds(Int64(timings.endWindow)) + timings.collectTimeout
            return []
        case .stopRequested:
            isInterrupted = true
            return end(.stop, now)
        case .abortRequested:
            isInterrupted = true
            return end(.abort, now)
        case .abort(let why):
            if aborted == nil { aborted = why }
            return end(.abort, now)
        case .stateLost:
            if aborted == nil { aborted = "coordination state lost: Redis forgot the run" }
            return end(.stop, now)
        case .time: return advance(now)
        }
    }

    // MARK: agents

    private mutating func note(_ i: Int, _ heartbeat: Heartbeat?, _ now: Instant) -> [Action] {
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
        guard slots[i].agent != nil, !slots[i].isGone else { return [] }
        let silence = now - slots[i].lastSeen + timings.leaseTtl
        if silence <= timings.lostAfter {
            if slots[i].state == .running { slots[i].state = .suspect }
            return []
        }
        if isBeforeStart { return unseat(i) }
        return lose(i, "no heartbeat for \(timings.lostAfter.goText)", now)
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

    private mutating func lose(_ i: Int, _ why: String, _ now: Instant) -> [Action] {
        guard !slots[i].isGone else { return [] }
        slots[i].state = .lost
        slots[i].loss = why
        var actions: [Action] = [.say("slot \(i) lost: \(why)")]
        if onLoss == .fail, phase == .running || phase == .arming {
            if aborted == nil { aborted = "slot \(i) lost: \(why)" }
            actions += end(.abort, now)
        }
        return actions + advance(now)
    }

    private mutating func childExited(_ pid: Int32, _ status: Int32, _ now: Instant) -> [Action] {
        let what = "process \(pid) ended with status \(status)"
        let place = slots.firstIndex { $0.agent?.pid == pid && $0.agent?.host == ownHost }
        if isBeforeStart {
            return fail(.unavailable, "agent \(what) before the start")
        }
        guard let place else { return [] }
        slots[place].hasExited = true
        return lose(place, what, now)
    }

    // MARK: phases

    private mutating func advance(_ now: Instant) -> [Action] {
        switch phase {
        case .gathering:
            if slots.allSatisfy({ $0.state == .ready }) {
                phase = .arming
                return [.say("\(slots.count) of \(slots.count) agents ready"), .announceStart]
            }
            if now - begunAt > timings.startTimeout {
                let missing = slots.indices.filter { slots[$0].state != .ready }
                let names = missing.map { "\($0) (\(slots[$0].state.rawValue))" }
                return fail(
                    .unavailable,
                    "\(missing.count) of \(slots.count) agents are not ready after "
                        + "\(timings.startTimeout.goText): slots \(names.joined(separator: ", "))")
            }
        case .arming:
            if start == nil,
                slots.allSatisfy(\.isGone)
                    || now - begunAt > timings.startTimeout + timings.collectTimeout
            {
                return fail(.unavailable, "the start could not be announced")
            }
            if let start, now >= start {
                phase = .running
                return [.say("running")] + advance(now)
            }
        case .running, .stopping:
            if now > deadline { return giveUp("silent until collectTimeout", now) }
            if slots.allSatisfy(\.isSettled) {
                phase = .collecting
                deadline = now + timings.collectTimeout
                sent.insert(.finish)
                return [.say("collecting"), .send(.finish)] + advance(now)
            }
        case .collecting:
            if now > deadline { return giveUp("no final delta until collectTimeout", now) }
            if slots.allSatisfy(\.isGone) { phase = .over }
        case .over, .failed: break
        }
        return []
    }

    private mutating func giveUp(_ why: String, _ now: Instant) -> [Action] {
        deadline = .distantFuture
        var actions: [Action] = []
        for i in slots.indices where !slots[i].isGone { actions += lose(i, why, now) }
        return actions
    }

    private mutating func end(_ verb: CommandRecord.Verb, _ now: Instant) -> [Action] {
        if isBeforeStart {
            let why = aborted ?? "interrupted before the start"
            return fail(isInterrupted ? .interrupted : .unavailable, why)
        }
        if phase == .collecting, verb != .abort { return [] }
        guard sent.insert(verb).inserted else { return [] }
        if stoppedAt == nil { stoppedAt = start.map { max(.zero, now - $0) } ?? .zero }
        if phase != .collecting {
            phase = .stopping
            // An abort cuts at once; a stop may take as long as the longest gracefulStop.
            deadline = min(
                deadline, now + .seconds(Int64(timings.endWindow)) + timings.collectTimeout)
        }
        return [.say(verb == .abort ? "aborting" : "stopping"), .send(verb)]
    }

    private mutating func fail(_ code: ExitCode, _ why: String) -> [Action] {
        phase = .failed
        return [.fail(code, why)]
    }
}
