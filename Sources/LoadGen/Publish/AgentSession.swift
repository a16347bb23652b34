// One seat of an agent, from seated to left: turns answers of Redis, the board and the clock into
// events of `AgentMachine` and carries its actions out. Confined to the control thread.

import Foundation
import HarnessCore
import RedisClient
import ScenarioModel
import Telemetry

final class AgentSession {
    static let step = TimeSpan.milliseconds(20)
    static let clockEvery = TimeSpan.seconds(10)
    static let presenceEvery = TimeSpan.seconds(2)
    static let firstSamples = 9
    static let laterSamples = 5
    /// How long the last deltas may wait for Redis.
    static let deliveryLimit = TimeSpan.seconds(600)
    static let abortedDeliveryLimit = TimeSpan.seconds(5)
    static let briefingLimit = TimeSpan.seconds(60)
    /// A plane that has not ended this long after `endWindow` is cut.
    static let endSlack = TimeSpan.seconds(2)

    let options: AgentOptions
    let signals: AgentSignals
    let seated: SeatedAgent
    let makePlane: @Sendable (AgentAssignment) throws -> any DataPlane
    let keys: RunKeys
    let link: RedisLink
    var machine = AgentMachine()
    var clock: ClockSamples
    var exitCode: ExitCode?

    // Filled in once the briefing is read.
    var briefing: SeatBriefing!
    var blotter = SecretBlotter([:])
    var board: AgentBoard!
    var publisher: Publisher!
    var plane: (any DataPlane)?
    var driver: PlaneDriver?
    var hookRunner: HookRunner?
    /// What the hook came to, and the connection it was told over.
    var hookAnswer: (record: HookRecord, toldOver: Int?)?
    var lacksSetup = false
    /// Of the caps of the run and of this agent's own.
    var meters: [CapMeter] = []
    private var meteredWindow = 0

    var mapping: ClockMapping?
    var startAtUs: Int64?
    var startErrorUs: Int64?
    var plan: PlanRecord?
    var control = ScheduleControl()
    var pauses = SchedulePauses()
    var lastCommand = StreamID.zero
    var generation: Int
    var server = ""
    var lastRenewal: Instant
    var leaseSeen: LeaseRecord?
    var leaseChangedAt: Instant
    var heartbeatAt = Instant(ns: .min)
    var clockAt = Instant(ns: .min)
    var presenceAt = Instant(ns: .min)
    var abortRequestedAt: Instant?
    var heartbeatState: Heartbeat.State?

    init(
        options: AgentOptions, signals: AgentSignals, seated: SeatedAgent,
        makePlane: @escaping @Sendable (AgentAssignment) throws -> any DataPlane
    ) {
        self.options = options
        self.signals = signals
        self.seated = seated
        self.makePlane = makePlane
        keys = RunKeys(run: seated.seat.run)
        link = seated.link
        clock = seated.clock
        generation = seated.link.generation
        lastRenewal = Instant.now()
        leaseChangedAt = lastRenewal
    }

    func run() -> ExitCode {
        do throws(CommandFailure) {
            briefing = try readBriefing()
        } catch {
            options.log(error.message)
            refuseSeat(error.message)
            return error.code
        }
        let seat = seated.seat
        blotter = SecretBlotter(briefing.secrets)
        meters = briefing.meters(own: options.targets.caps)
        let flows = briefing.scenario.flows
        lacksSetup = flows["setup"] != nil
        machine = AgentMachine(hasSetup: lacksSetup, hasTeardown: flows["teardown"] != nil)
        board = AgentBoard(
            spool: Spool(
                runTag: Delta.runTag(of: seat.run), slot: UInt32(seat.slot), epoch: seat.epoch),
            now: Instant.now())
        notePlan(briefing.plan)
        publisher = Publisher(
            board: board, endpoint: options.endpoint, keys: keys, slot: seat.slot,
            epoch: seat.epoch, heartbeat: heartbeat)
        publisher.begin()
        let builder = PlaneBuilder(
            assignment: briefing.assignment(seat: seat, workers: options.workers),
            makePlane: makePlane)
        while exitCode == nil {
            turn(builder)
            if exitCode == nil { Pause.sleep(Self.step) }
        }
        return end(exitCode ?? .internalError)
    }

    var heartbeat: TimeSpan { .milliseconds(Int64(briefing.spec.heartbeatMs)) }
    var maxOffline: TimeSpan { .milliseconds(Int64(briefing.spec.maxOfflineMs)) }
    var leaseTtl: TimeSpan {
        heartbeat * Int64(briefing.scenario.fleet.leaseTtlHeartbeats)
    }

    // MARK: one turn

    private func turn(_ builder: PlaneBuilder) {
        let now = Instant.now()
        if plane == nil, machine.state == .syncing { notePrepared(builder) }
        noteSignals(now)
        noteHook()
        noteBoard(now)
        noteTimes(now)
        guard link.connect(at: now) else { return }
        do throws(RedisError) {
            if now >= clockAt || link.generation != generation { try sampleClock(now) }
            if now >= heartbeatAt || heartbeatState != machine.state { try beat(now) }
        } catch {
            // The link is down and reconnects; deltas wait in the spool meanwhile.
            heartbeatAt = Instant(ns: .min)
        }
    }

    func apply(_ event: AgentMachine.Event) {
        let before = machine.state
        for action in machine.handle(event) {
            switch action {
            case .arm(let startAtUs): arm(startAtUs)
            case .run(let hook): run(hook)
            case .stopPlane: plane?.stop()
            case .abortPlane: plane?.abort()
            case .finishUnstarted: finishUnstarted()
            case .leave(let code): exitCode = code
            }
        }
        guard machine.state != before else { return }
        let why = machine.reason.map { ": \($0)" } ?? ""
        log("slot \(seated.seat.slot): \(machine.state.rawValue)\(why)")
    }

    func log(_ line: String) { options.log(blotter.blotted(line)) }

    private func notePrepared(_ builder: PlaneBuilder) {
        switch builder.result {
        case .none: break
        case .failed(let why): apply(.prepareFailed(blotter.blotted(why)))
        case .built(let built):
            plane = built
            if control != ScheduleControl() { built.apply(control) }
            apply(.prepared)
        }
    }

    private func noteSignals(_ now: Instant) {
        if signals.isAbortRequested {
            if abortRequestedAt == nil { abortRequestedAt = now }
            apply(.abortRequested)
        } else if signals.isStopRequested {
            apply(.stopRequested)
        }
    }

    private func noteBoard(_ now: Instant) {
        let seen = board.withLock { state in
            (
                verdict: state.verdict, isIdle: state.isIdle, isDrained: state.spool.isDrained,
                isFull: state.spool.isFull, progressAt: state.progressAt, wokeAt: state.wokeAt,
                window: state.window, counters: state.counters
            )
        }
        noteCaps(seen.window, seen.counters)
        switch seen.verdict {
        case .none: break
        case .superseded: apply(.superseded)
        case .fatal(let code, let why): apply(.fatal(code, why))
        }
        if seen.wokeAt != nil, machine.state == .armed {
            apply(.startReached)
            // Sampled at once: the start's error is judged by a mapping just after it.
            clockAt = now
        }
        if seen.isFull { apply(.spoolFull) }
        if seen.isIdle { apply(.planeIdle) }
        if seen.isDrained { apply(.finalAcknowledged) }
        if now - seen.progressAt > Self.deliveryLimit, !seen.isDrained, machine.state == .flushing {
            apply(.undeliverable)
        }
        if let abortRequestedAt, now - abortRequestedAt > Self.abortedDeliveryLimit {
            apply(.undeliverable)
        }
    }

    /// Once for each window.
    private func noteCaps(_ window: Int, _ counters: RunCounters) {
        guard window > meteredWindow else { return }
        meteredWindow = window
        for i in meters.indices {
            if let cap = meters[i].note(
                windows: window, requests: counters.transfersStarted,
                bytes: counters.bytesSent + counters.bytesReceived)
            {
                apply(.capReached("\(cap) of --targets"))
            }
        }
    }

    private func noteTimes(_ now: Instant) {
        if now - lastRenewal > maxOffline { apply(.offline) }
        let limit = TimeSpan.milliseconds(Int64(briefing.spec.maxUncontrolledMs))
        if now - leaseChangedAt > limit {
            apply(.uncontrolled)
            // Nobody will say `finish` any more.
            if machine.state == .idle { apply(.command(.finish)) }
        }
        guard let mapping, let startAtUs else { return }
        let start = mapping.instant(serverUs: startAtUs)
        apply(pauses.contains(now - start) ? .pauseReached : .resumeReached)
        if let endWindow = plan?.endWindow,
            now > start + .seconds(Int64(endWindow)) + Self.endSlack
        {
            apply(.pastEnd)
        }
    }
}

@available(*, unavailable)
extension AgentSession: Sendable {}
