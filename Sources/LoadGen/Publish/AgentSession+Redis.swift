// One heartbeat's exchange with Redis and what comes of it; samples of its clock.

import HarnessCore
import RedisClient
import ScenarioModel
import Telemetry

extension AgentSession {
    func sampleClock(_ now: Instant) throws(RedisError) {
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
        noteClock()
        apply(.clockKnown)
    }

    /// Where our clock stands against that of Redis. Of another server than the plan's (after a
    /// failover) nothing can be said; an error is certain only beyond what the exchange leaves
    /// open.
    private func noteClock() {
        guard let fixed = mapping, let best = clock.best, server == plan?.server else {
            board.withLock { $0.clockErrorNs = nil }
            return
        }
        let drift = best.mapping.offsetNs - fixed.offsetNs
        let uncertain = best.mapping.errorNs + fixed.errorNs
        let certain = max(0, Int64(clamping: drift.magnitude) - uncertain)
        let start = Int64(clamping: (startErrorUs ?? 0).magnitude) * 1_000
        board.withLock { $0.clockErrorNs = max(certain, start) }
    }

    /// Shorter while somebody waits for our word.
    private var interval: TimeSpan {
        switch machine.state {
        case .running, .paused, .fenced: heartbeat
        default: min(heartbeat, .milliseconds(250))
        }
    }

    func beat(_ now: Instant) throws(RedisError) {
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
        // Told again over each new connection: the server may have forgotten.
        let untold = hookAnswer.flatMap { $0.toldOver == link.generation ? nil : $0.record }
        let told = link.generation
        let answer = try exchange.run(
            on: link, heartbeat: record(state), after: lastCommand, presence: presence,
            out: untold, wantsSetup: lacksSetup)
        if untold != nil { hookAnswer?.toldOver = told }
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
        if let setup = answer.setup { noteSetup(setup) }
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

    func record(_ state: Heartbeat.State) -> Heartbeat {
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
                server: server, deadline: nil, reason: machine.reason.map(blotter.blotted))
        }
    }
}
