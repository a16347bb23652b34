// Taking a seat and leaving it: what is read first, and the last word.

import HarnessCore
import RedisClient
import ScenarioModel
import Telemetry

extension AgentSession {
    func readBriefing() throws(CommandFailure) -> SeatBriefing {
        let deadline = Instant.now() + Self.briefingLimit
        while true {
            let now = Instant.now()
            guard now < deadline, !signals.isAbortRequested else {
                throw CommandFailure(.unavailable, "run \(keys.run): its spec could not be read")
            }
            if link.connect(at: now), let briefing = try briefing(over: link) { return briefing }
            Pause.sleep(Self.step)
        }
    }

    /// Nil where Redis could not be asked, or does not know the run yet.
    private func briefing(over link: RedisLink) throws(CommandFailure) -> SeatBriefing? {
        // Losing the error is right: the link remembers it and is tried again.
        let replies = try? link.pipeline([["MGET", keys.spec, keys.plan]])
        guard let values = replies?[0].elements, values.count == 2,
            let specBytes = values[0].bytes, let plan = values[1].bytes
        else { return nil }
        let spec = try SeatBriefing.spec(specBytes, of: seated.seat.run)
        let supply = FileSupply(folder: options.dataFolder, keys: keys)
        guard let files = try supply.obtain(spec.files, over: link) else { return nil }
        return try SeatBriefing(
            seat: seated.seat, spec: spec, plan: plan, files: files, secrets: options.secrets,
            targets: options.targets, redis: options.endpoint, decode: options.decode)
    }

    /// Tells the coordinator why the seat was not taken, so that it need not wait for us.
    func refuseSeat(_ why: String) {
        let refusal = Heartbeat(
            agent: seated.agent, epoch: seated.seat.epoch, state: .left, planRev: 0, cmdId: "0-0",
            cutSeq: 0, sentSeq: 0, ackSeq: 0, window: 0, cum: RunCounters().values, vus: 0,
            spoolBytes: 0, offsetUs: 0, errorUs: 0, rttUs: 0, driftUs: 0, startErrorUs: nil,
            server: "", deadline: nil, reason: why)
        sendLast(refusal, ttlMs: 60_000)
    }

    func sendLast(_ heartbeat: Heartbeat, ttlMs: Int64) {
        let exchange = ControlExchange(
            keys: keys, agentKey: PoolKeys(pool: options.pool).agent(seated.agent),
            slot: seated.seat.slot, leaseTtlMs: ttlMs)
        // Losing the error is right: the coordinator then notices the missing heartbeats.
        _ = try? exchange.run(
            on: link, heartbeat: heartbeat, after: lastCommand, presence: nil,
            out: hookAnswer?.record)
    }

    func end(_ code: ExitCode) -> ExitCode {
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
