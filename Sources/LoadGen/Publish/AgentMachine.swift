// The life of an agent in one seat (fleet.md section 1) as a value: events in, actions out. No
// clock, socket or thread; `AgentSession` turns what happens into events and carries actions out.
//
//     syncing -> ready -> armed -> running <-> paused -> stopping -> idle -> flushing -> left
//                                     \-> draining, fenced ----------------^
//
// setup runs in `ready`, teardown in `idle`; neither changes the state.

package import HarnessCore

package struct AgentMachine: Sendable, Equatable {
    package enum Event: Sendable, Equatable {
        /// VUs are built; `syncing` ends once the clock is known too.
        case prepared
        case prepareFailed(String)
        case clockKnown
        /// The plan names the moment of the start, us of Redis time.
        case startAnnounced(Int64)
        /// `startAt` is reached.
        case startReached
        /// Every agent has what `setup` captured before it arms.
        case setupProvided
        case hookEnded
        /// The plan says that schedules stand still, or go on, by now.
        case pauseReached, resumeReached
        case command(CommandRecord.Verb)
        /// First and second signal to this process.
        case stopRequested, abortRequested
        /// No renewal for `maxOffline`.
        case offline
        case spoolFull
        /// No change of the lease for `maxUncontrolled`.
        case uncontrolled
        /// Beyond `endWindow`.
        case pastEnd
        /// A cap of this agent's own targets; with which.
        case capReached(String)
        /// Nothing is in flight; the final delta is in the spool.
        case planeIdle
        case finalAcknowledged
        /// A higher epoch holds the slot.
        case superseded
        /// The slot is closed, or the run is over without us.
        case closed
        /// Redis refuses our data for good.
        case fatal(ExitCode, String)
        /// Nothing could be delivered for ten minutes, or for five seconds after a second signal.
        case undeliverable
    }

    package enum Action: Sendable, Equatable {
        case arm(startAtUs: Int64)
        case run(FlowHook)
        case stopPlane
        case abortPlane
        /// Ends a plane that never started: shut down, final delta.
        case finishUnstarted
        case leave(ExitCode)
    }

    package private(set) var state = Heartbeat.State.syncing
    /// What the heartbeat says about a state that is not the usual one.
    package private(set) var reason: String?
    private var isPrepared = false
    private var isClockKnown = false
    private var isAborted = false
    private let hasTeardown: Bool
    private var lacksSetup: Bool
    /// What runs now.
    private var hook: FlowHook?
    private var hooksBegun: Set<FlowHook> = []
    private var leavesAfterHook = false

    /// - Parameters:
    ///   - hasSetup: the start waits for what it captured.
    ///   - hasTeardown: an agent that never started stays for it.
    package init(hasSetup: Bool = false, hasTeardown: Bool = false) {
        lacksSetup = hasSetup
        self.hasTeardown = hasTeardown
    }

    private var hasLeft: Bool { state == .left }
    private var isBeforeStart: Bool { [.seated, .syncing, .ready].contains(state) }
    private var isLoading: Bool { [.armed, .running, .paused].contains(state) }
    private var isEnding: Bool { [.stopping, .draining, .fenced].contains(state) }

    package mutating func handle(_ event: Event) -> [Action] {
        if hasLeft { return [] }
        switch event {
        case .prepared, .clockKnown: return synced(event)
        case .prepareFailed(let why): return leave(.unavailable, why)
        case .startAnnounced(let startAtUs):
            guard state == .ready, !lacksSetup, hook == nil else { return [] }
            state = .armed
            return [.arm(startAtUs: startAtUs)]
        case .startReached:
            if state == .armed { state = .running }
            return []
        case .setupProvided:
            lacksSetup = false
            return []
        case .hookEnded:
            hook = nil
            if leavesAfterHook, state == .idle { state = .flushing }
            return []
        case .pauseReached:
            if state == .running { state = .paused }
            return []
        case .resumeReached:
            if state == .paused { state = .running }
            return []
        case .command(let verb): return command(verb)
        case .stopRequested: return end(as: .draining, "stopped by a signal")
        case .abortRequested: return secondSignal()
        case .offline: return end(as: .fenced, "no renewal for maxOffline")
        case .spoolFull: return end(as: .fenced, "the spool is full")
        case .uncontrolled: return end(as: .fenced, "no coordinator for maxUncontrolled")
        case .capReached(let which): return end(as: .draining, which)
        case .pastEnd: return isLoading || isEnding ? abort("past the end of the run") : []
        case .planeIdle: return planeIdle()
        case .finalAcknowledged:
            guard state == .flushing else { return [] }
            return leave(isAborted ? .interrupted : .pass, reason)
        case .superseded: return leave(.superseded, "another incarnation holds the slot")
        case .closed: return leave(.unavailable, "the run was closed before our data was collected")
        case .fatal(let code, let why): return leave(code, why)
        case .undeliverable:
            return leave(isAborted ? .interrupted : .unavailable, "data could not be delivered")
        }
    }

    private mutating func synced(_ event: Event) -> [Action] {
        if event == .prepared { isPrepared = true } else { isClockKnown = true }
        if state == .syncing, isPrepared, isClockKnown { state = .ready }
        return []
    }

    private mutating func command(_ verb: CommandRecord.Verb) -> [Action] {
        switch verb {
        case .stop: return end(as: .stopping, "stopped by the coordinator")
        case .drain: return end(as: .draining, "drained by the coordinator")
        case .abort: return abort("aborted by the coordinator")
        case .finish:
            if state == .idle { state = .flushing }
            return []
        case .setup: return state == .ready ? begin(.setup) : []
        case .teardown: return state == .idle ? begin(.teardown) : []
        case .plan, .closed: return []
        }
    }

    /// Once each, whatever is said twice.
    private mutating func begin(_ new: FlowHook) -> [Action] {
        guard hook == nil, hooksBegun.insert(new).inserted else { return [] }
        hook = new
        return [.run(new)]
    }

    /// Nothing new starts from here on; what runs gets its gracefulStop.
    private mutating func end(as ending: Heartbeat.State, _ why: String) -> [Action] {
        if isBeforeStart {
            reason = why
            // The coordinator may still want teardown; a signal to us alone wants us gone.
            state = hasTeardown && ending == .stopping ? .stopping : .flushing
            return [.finishUnstarted]
        }
        if state == .idle, ending != .stopping {
            if hook == nil { state = .flushing } else { leavesAfterHook = true }
            return []
        }
        guard isLoading else { return [] }
        reason = why
        state = ending
        return [.stopPlane]
    }

    private mutating func abort(_ why: String) -> [Action] {
        if isBeforeStart { return end(as: .stopping, why) }
        if state == .idle, hook != nil { return [.abortPlane] }
        guard isLoading || isEnding else { return [] }
        reason = why
        if isLoading { state = .stopping }
        return [.abortPlane]
    }

    private mutating func secondSignal() -> [Action] {
        guard !isAborted else { return [] }
        isAborted = true
        if isBeforeStart { return end(as: .draining, "cut by a signal") }
        if state == .idle { state = .flushing }
        guard isLoading || isEnding else { return [] }
        reason = "cut by a signal"
        state = .draining
        return [.abortPlane]
    }

    private mutating func planeIdle() -> [Action] {
        switch state {
        case .running, .paused, .armed, .stopping: state = .idle
        case .draining, .fenced: state = .flushing
        default: break
        }
        return []
    }

    private mutating func leave(_ code: ExitCode, _ why: String?) -> [Action] {
        let wasBusy = isLoading || isEnding || hook != nil
        state = .left
        reason = why
        return (wasBusy ? [.abortPlane] : []) + [.leave(code)]
    }
}
