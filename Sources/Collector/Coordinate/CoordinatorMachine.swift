// The coordinator (fleet.md section 1) as a value: what happens goes in, what is to be done comes
// out. No clock, socket or thread. What becomes of single agents is in `+Agents`, setup and
// teardown in `+Hooks`, operators' requests in `+Control`. Re-assignment is passed through.
//
//     gathering -> setup -> arming -> running <-> paused -> stopping -> tearingDown -> collecting
//         \-> failed <-/                                                                 -> over

package import HarnessCore
package import ScenarioModel

package struct CoordinatorMachine: Sendable, Equatable {
    package enum Phase: String, Sendable {
        case gathering, setup, arming, running, paused, stopping, tearingDown, collecting, over
        case failed
    }

    package enum SlotState: String, Sendable {
        case empty, seated, ready, running, suspect, lost, draining, idle, left
    }

    package struct Slot: Sendable, Equatable {
        package internal(set) var epoch: UInt64 = 0
        package internal(set) var agent: Registration?
        package internal(set) var state = SlotState.empty
        package internal(set) var heartbeat: Heartbeat?
        package internal(set) var lastSeen = Instant(ns: .min)
        package internal(set) var isFinal = false
        /// Its process is gone: a heartbeat that outlives it in Redis says nothing.
        package internal(set) var hasExited = false
        /// Why it is gone, or went before its time.
        package internal(set) var loss: String?

        /// Nothing more is expected to run on it.
        var isSettled: Bool { isFinal || state == .idle || isGone }
        var isGone: Bool { isFinal || state == .left || state == .lost }
    }

    package enum Event: Sendable, Equatable {
        case seated(slot: Int, Registration)
        /// Nil: the key is not there.
        case heartbeat(slot: Int, Heartbeat?)
        case hookEnded(slot: Int, HookRecord)
        case finalMerged(slot: Int)
        /// The connection to Redis is new: silence before it proves nothing.
        case linkRestored
        case childExited(pid: Int32, status: Int32)
        /// The plan with the start is written; run time 0 on our clock.
        case announced(start: Instant)
        /// An entry of `ctl`.
        case operated(id: String, OperatorRequest)
        case stopRequested, abortRequested
        case abort(String)
        /// Redis forgot the run.
        case stateLost
        case time
    }

    package enum Action: Sendable, Equatable {
        case announceStart
        /// To one slot, or to all.
        case send(CommandRecord.Verb, slot: Int?)
        /// Captures of `setup` for all agents; before the start is announced.
        case share([String: SetupCapture])
        /// `pauses`, `scales` or `endWindow` changed.
        case replan
        case answer(StatusRecord.Answer)
        /// The agent of the slot vanished before the start; the slot is free again.
        case unseat(slot: Int, agent: String)
        case say(String)
        /// For the result as well.
        case warn(String)
        case fail(ExitCode, String)
    }

    package internal(set) var phase = Phase.gathering
    package internal(set) var slots: [Slot]
    package internal(set) var aborted: String?
    package internal(set) var isInterrupted = false
    package internal(set) var start: Instant?
    /// Run time at which the run was told to end before its time.
    package internal(set) var stoppedAt: TimeSpan?
    package internal(set) var pauses = SchedulePauses()
    package internal(set) var scales: [PlanRecord.Scale] = []
    let timings: FleetTimings
    let rules: RunRules
    let onLoss: OnAgentLoss
    let ownHost: String
    /// Since when the present phase may last only so long.
    var begunAt: Instant
    var deadline = Instant.distantFuture
    /// Which slot runs teardown; nil until one is chosen.
    var teardownSlot: Int?
    var sent: Set<CommandRecord.Verb> = []

    package init(
        agents: Int, timings: FleetTimings, rules: RunRules = RunRules(), onLoss: OnAgentLoss,
        ownHost: String, at now: Instant
    ) {
        slots = Array(repeating: Slot(), count: agents)
        self.timings = timings
        self.rules = rules
        self.onLoss = onLoss
        self.ownHost = ownHost
        begunAt = now
    }

    package var freeSlots: [Int] { slots.indices.filter { slots[$0].state == .empty } }
    package var isOver: Bool { phase == .over || phase == .failed }
    /// Whether the load goes on, or could.
    package var isLoading: Bool { phase == .running || phase == .paused || phase == .stopping }
    var isBeforeStart: Bool { phase == .gathering || phase == .setup }

    /// Run time past which nothing runs; nil: nobody knows yet.
    package var endWindow: Int? {
        guard !rules.isEndless else { return nil }
        let end = TimeSpan.seconds(Int64(timings.endWindow))
        return pauses.runTime(of: end).map { Int($0.ns / 1_000_000_000) }
    }

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
        case .hookEnded(let slot, let record): return hookEnded(slot, record, now)
        case .finalMerged(let slot):
            if isBeforeStart || phase == .arming {
                let why = slots[slot].heartbeat?.reason ?? "it has ended its part"
                return fail(.unavailable, "slot \(slot) left before the start: \(why)")
            }
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
            setDeadline()
            return []
        case .operated(let id, let request): return operate(id, request, now)
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

    // MARK: phases

    mutating func advance(_ now: Instant) -> [Action] {
        switch phase {
        case .gathering: return gather(now)
        case .setup: return awaitSetup(now)
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
        case .running, .paused, .stopping:
            let news = notePause(now)
            if now > deadline { return news + giveUp("silent until collectTimeout", now) }
            if slots.allSatisfy(\.isSettled) { return news + tearDown(now) }
            return news
        case .tearingDown: return awaitTeardown(now)
        case .collecting:
            if now > deadline { return giveUp("no final delta until collectTimeout", now) }
            if slots.allSatisfy(\.isGone) { phase = .over }
        case .over, .failed: break
        }
        return []
    }

    private mutating func gather(_ now: Instant) -> [Action] {
        if slots.allSatisfy({ $0.state == .ready }) {
            let line = Action.say("\(slots.count) of \(slots.count) agents ready")
            return [line] + setUp(now)
        }
        guard now - begunAt > timings.startTimeout else { return [] }
        let missing = slots.indices.filter { slots[$0].state != .ready }
        let names = missing.map { "\($0) (\(slots[$0].state.rawValue))" }
        return fail(
            .unavailable,
            "\(missing.count) of \(slots.count) agents are not ready after "
                + "\(timings.startTimeout.goText): slots \(names.joined(separator: ", "))")
    }

    mutating func arm(_ now: Instant) -> [Action] {
        phase = .arming
        begunAt = now
        return [.announceStart]
    }

    mutating func collect(_ now: Instant) -> [Action] {
        phase = .collecting
        deadline = now + timings.collectTimeout
        sent.insert(.finish)
        return [.say("collecting"), .send(.finish, slot: nil)] + advance(now)
    }

    private mutating func giveUp(_ why: String, _ now: Instant) -> [Action] {
        deadline = .distantFuture
        var actions: [Action] = []
        for i in slots.indices where !slots[i].isGone { actions += lose(i, why, now) }
        return actions
    }

    /// When all must have ended by themselves.
    mutating func setDeadline() {
        guard let start, phase != .stopping else { return }
        deadline =
            endWindow.map { start + .seconds(Int64($0)) + timings.collectTimeout }
            ?? .distantFuture
    }

    mutating func end(_ verb: CommandRecord.Verb, _ now: Instant) -> [Action] {
        if isBeforeStart {
            let why = aborted ?? "interrupted before the start"
            return fail(isInterrupted ? .interrupted : .unavailable, why)
        }
        if phase == .collecting || phase == .tearingDown, verb != .abort { return [] }
        if phase == .tearingDown {
            // Whatever ended the load before: who asks again means teardown.
            return [
                .say("aborting"), .send(.abort, slot: nil),
                .warn("teardown was cut: the run was aborted"),
            ] + collect(now)
        }
        guard sent.insert(verb).inserted else { return [] }
        if stoppedAt == nil { stoppedAt = start.map { max(.zero, now - $0) } ?? .zero }
        let order: [Action] = [
            .say(verb == .abort ? "aborting" : "stopping"), .send(verb, slot: nil),
        ]
        switch phase {
        case .collecting: return order
        default:
            phase = .stopping
            // An abort cuts at once; a stop may take as long as the longest gracefulStop.
            deadline = min(deadline, now + rules.gracefulStop + timings.collectTimeout)
            return order
        }
    }

    mutating func fail(_ code: ExitCode, _ why: String) -> [Action] {
        phase = .failed
        return [.fail(code, why)]
    }
}
