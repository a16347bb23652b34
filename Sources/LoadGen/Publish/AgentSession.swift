// One seat of an agent, from seated to left: turns answers of Redis, the board and the clock into
// events of `AgentMachine` and carries its actions out. Confined to the control thread.

import Foundation
import HarnessCore
import RedisClient
import ScenarioModel
import Telemetry

final class AgentSession {
    private static let step = TimeSpan.milliseconds(20)
    private static let clockEvery = TimeSpan.seconds(10)
    private static let presenceEvery = TimeSpan.seconds(2)
    private static let firstSamples = 9
    private static let laterSamples = 5
    /// How long the last deltas may wait for Redis.
    private static let deliveryLimit = TimeSpan.seconds(600)
    private static let abortedDeliveryLimit = TimeSpan.seconds(5)
    private static let briefingLimit = TimeSpan.seconds(60)
    /// A plane that has not ended this long after `endWindow` is cut.
    private static let endSlack = TimeSpan.seconds(2)

    private let options: AgentOptions
    private let signals: AgentSignals
    private let seated: SeatedAgent
    private let makePlane: @Sendable (AgentAssignment) throws -> any DataPlane
    private let keys: RunKeys
    private let link: RedisLink
    private var machine = AgentMachine()
    private var clock: ClockSamples
    private var exitCode: ExitCode?

    // Filled in once the briefing is read.
    private var briefing: SeatBriefing!
    private var board: AgentBoard!
    private var publisher: Publisher!
    private var plane: (any DataPlane)?
    private var driver: PlaneDriver?

    private var mapping: ClockMapping?
    private var startAtUs: Int64?
    private var startErrorUs: Int64?
    private var plan: PlanRecord?
    private var lastCommand = StreamID.zero
    private var generation: Int
    private var server = ""
    private var lastRenewal: Instant
    private var leaseSeen: LeaseRecord?
    private var leaseChangedAt: Instant
    private var heartbeatAt = Instant(ns: .min)
    private var clockAt = Instant(ns: .min)
    private var presenceAt = Instant(ns: .min)
    private var abortRequestedAt: Instant?
    private var heartbeatState: Heartbeat.State?

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

    private var heartbeat: TimeSpan { .milliseconds(Int64(briefing.spec.heartbeatMs)) }
    private var maxOffline: TimeSpan { .milliseconds(Int64(briefing.spec.maxOfflineMs)) }
    private var leaseTtl: TimeSpan {
        heartbeat * Int64(briefing.scenario.fleet.leaseTtlHeartbeats)
    }

    // MARK: one turn

    private func turn(_ builder: PlaneBuilder) {
        let now = Instant.now()
        if plane == nil, machine.state == .syncing { notePrepared(builder) }
        noteSignals(now)
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

    private func apply(_ event: AgentMachine.Event) {
        let before = machine.state
        for action in machine.handle(event) {
            switch action {
            case .arm(let startAtUs): arm(startAtUs)
            case .stopPlane: plane?.stop()
            case .abortPlane: plane?.abort()
            case .finishUnstarted: finishUnstarted()
            case .leave(let code): exitCode = code
            }
        }
        guard machine.state != before else { return }
        let why = machine.reason.map { ": \($0)" } ?? ""
        options.log("slot \(seated.seat.slot): \(machine.state.rawValue)\(why)")
    }

    private func notePrepared(_ builder: PlaneBuilder) {
        switch builder.result {
        case .none: break
        case .failed(let why): apply(.prepareFailed(why))
        case .built(let built):
            plane = built
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
                isFull: state.spool.isFull, progressAt: state.progressAt, wokeAt: state.wokeAt
            )
        }
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

    private func noteTimes(_ now: Instant) {
        if now - lastRenewal > maxOffline { apply(.offline) }
        let limit = TimeSpan.milliseconds(Int64(briefing.spec.maxUncontrolledMs))
        if now - leaseChangedAt > limit {
            apply(.uncontrolled)
            // Nobody will say `finish` any more.
            if machine.state == .idle { apply(.command(.finish)) }
        }
        if let mapping, let startAtUs, let plan {
            let end = mapping.instant(serverUs: startAtUs) + .seconds(Int64(plan.endWindow))
            if now > end + Self.endSlack { apply(.pastEnd) }
        }
    }

    // MARK: the start

    private func notePlan(_ new: PlanRecord) {
        guard new.run == seated.seat.run, new.rev > plan?.rev ?? 0 else { return }
        plan = new
        board.withLock { $0.planRev = new.rev }
    }

    private func arm(_ startAtUs: Int64) {
        guard let best = clock.best, let plane else {
            preconditionFailure("an agent arms once it has a plane and a clock")
        }
        let fixed = best.mapping
        mapping = fixed
        self.startAtUs = startAtUs
        let start = fixed.instant(serverUs: startAtUs)
        plane.renew(until: lastRenewal + maxOffline)
        plane.start(at: start)
        let driver = PlaneDriver(plane: plane, board: board, start: start)
        driver.begin()
        self.driver = driver
    }

    private func finishUnstarted() {
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
        let driver = PlaneDriver(plane: plane, board: board, start: nil)
        driver.begin()
        self.driver = driver
    }

    // MARK: Redis

    private func sampleClock(_ now: Instant) throws(RedisError) {
        if link.generation != generation || server.isEmpty {
            let runID = try link.exchange { connection throws(RedisError) in
                try connection.info("server")["run_id"] ?? ""
            }
            if runID != server { clock.clear() }
            server = runID
            generation = link.generation
        }
        let count = machine.state == .syncing ? Self.firstSamples : Self.laterSamples
        var fresh: ClockSample?
        for _ in 0..<count {
            let sample = try link.exchange { connection throws(RedisError) in
                try connection.sampleClock()
            }
            clock.add(sample)
            if fresh.map({ sample.roundTrip < $0.roundTrip }) ?? true { fresh = sample }
        }
        clockAt = now + Self.clockEvery
        if let startAtUs, startErrorUs == nil, let fresh, server == plan?.server,
            let wokeAt = board.withLock({ $0.wokeAt })
        {
            startErrorUs = fresh.mapping.serverUs(at: wokeAt) - startAtUs
        }
        apply(.clockKnown)
    }

    /// Shorter while somebody waits for our word.
    private var interval: TimeSpan {
        switch machine.state {
        case .running, .paused, .fenced: heartbeat
        default: min(heartbeat, .milliseconds(250))
        }
    }

    private func beat(_ now: Instant) throws(RedisError) {
        let exchange = ControlExchange(
            keys: keys, agentKey: PoolKeys(pool: options.pool).agent(seated.agent),
            slot: seated.seat.slot, leaseTtlMs: leaseTtl.ns / 1_000_000)
        let state = machine.state
        var presence: AgentPresence?
        if now >= presenceAt {
            presence = AgentPresence(
                state: "busy", run: seated.seat.run, offsetUs: clock.best?.mapping.offsetUs ?? 0,
                errorUs: clock.best?.mapping.errorUs ?? 0, rttUs: clock.best?.rttUs ?? 0)
            presenceAt = now + Self.presenceEvery
        }
        let answer = try exchange.run(
            on: link, heartbeat: record(state), after: lastCommand, presence: presence)
        heartbeatAt = now + interval
        heartbeatState = state
        take(answer)
    }

    private func take(_ answer: ControlAnswer) {
        board.acknowledge(answer.ack, at: Instant.now())
        if board.withLock({ $0.spool.isDrained }) { apply(.finalAcknowledged) }
        if let lease = answer.lease, lease != leaseSeen {
            leaseSeen = lease
            leaseChangedAt = answer.sentAt
        }
        if let slot = answer.slot { take(slot, answer) }
        if let plan = answer.plan {
            notePlan(plan)
            // Repeated until the machine is ready for it: it may have come while we were building.
            if let startAt = self.plan?.startAt { apply(.startAnnounced(startAt)) }
        }
        for (id, command) in answer.commands where id > lastCommand {
            lastCommand = id
            if command.slot ?? seated.seat.slot == seated.seat.slot { apply(.command(command.do)) }
        }
    }

    private func take(_ slot: SlotRecord, _ answer: ControlAnswer) {
        if slot.epoch > seated.seat.epoch {
            apply(.superseded)
        } else if slot.epoch == seated.seat.epoch, slot.agent == seated.agent {
            if slot.state == "closed" {
                // The coordinator may be gone before we read its `finish`; what counts is that
                // everything of ours is on its disk.
                if board.withLock({ $0.spool.isDrained }) {
                    apply(.command(.finish))
                    apply(.finalAcknowledged)
                }
                apply(.closed)
            } else if answer.isHeartbeatStored {
                lastRenewal = answer.sentAt
                plane?.renew(until: lastRenewal + maxOffline)
            }
        }
    }

    private func record(_ state: Heartbeat.State) -> Heartbeat {
        let best = clock.best
        let drift =
            mapping.flatMap { fixed in best.map { $0.mapping.offsetNs - fixed.offsetNs } } ?? 0
        return board.withLock { board in
            Heartbeat(
                agent: seated.agent, epoch: seated.seat.epoch, state: state,
                planRev: board.planRevReplayed, cmdId: lastCommand.description,
                cutSeq: board.spool.fixedSeq, sentSeq: board.spool.sentSeq,
                ackSeq: board.spool.ackSeq, window: board.window, cum: board.counters.values,
                vus: board.vus, spoolBytes: board.spool.bytes,
                offsetUs: best?.mapping.offsetUs ?? 0, errorUs: best?.mapping.errorUs ?? 0,
                rttUs: best?.rttUs ?? 0, driftUs: drift / 1_000, startErrorUs: startErrorUs,
                server: server, deadline: nil, reason: machine.reason)
        }
    }

    // MARK: briefing and end

    private func readBriefing() throws(CommandFailure) -> SeatBriefing {
        let deadline = Instant.now() + Self.briefingLimit
        while true {
            let now = Instant.now()
            guard now < deadline, !signals.isAbortRequested else {
                throw CommandFailure(.unavailable, "run \(keys.run): its spec could not be read")
            }
            if link.connect(at: now) {
                // Losing the error is right: the link remembers it and is tried again.
                let replies = try? link.pipeline([["MGET", keys.spec, keys.plan]])
                if let values = replies?[0].elements, values.count == 2,
                    let spec = values[0].bytes, let plan = values[1].bytes
                {
                    return try SeatBriefing(
                        seat: seated.seat, spec: spec, plan: plan, decode: options.decode)
                }
            }
            Pause.sleep(Self.step)
        }
    }

    /// Tells the coordinator why the seat was not taken, so that it need not wait for us.
    private func refuseSeat(_ why: String) {
        let refusal = Heartbeat(
            agent: seated.agent, epoch: seated.seat.epoch, state: .left, planRev: 0, cmdId: "0-0",
            cutSeq: 0, sentSeq: 0, ackSeq: 0, window: 0, cum: RunCounters().values, vus: 0,
            spoolBytes: 0, offsetUs: 0, errorUs: 0, rttUs: 0, driftUs: 0, startErrorUs: nil,
            server: "", deadline: nil, reason: why)
        sendLast(refusal, ttlMs: 60_000)
    }

    private func sendLast(_ heartbeat: Heartbeat, ttlMs: Int64) {
        let exchange = ControlExchange(
            keys: keys, agentKey: PoolKeys(pool: options.pool).agent(seated.agent),
            slot: seated.seat.slot, leaseTtlMs: ttlMs)
        // Losing the error is right: the coordinator then notices the missing heartbeats.
        _ = try? exchange.run(on: link, heartbeat: heartbeat, after: lastCommand, presence: nil)
    }

    private func end(_ code: ExitCode) -> ExitCode {
        if code != .superseded { sendLast(record(.left), ttlMs: leaseTtl.ns / 1_000_000) }
        if let driver {
            // After `.abortPlane` the plane is idle at once; the cutter ends with it.
            driver.join()
        } else {
            plane?.shutdown()
        }
        board.withLock { $0.hasEnded = true }
        publisher.join()
        return code
    }
}

@available(*, unavailable)
extension AgentSession: Sendable {}
