// What the coordinator does about a server that came back: everything it knows is written again
// (reconcile); where the server has forgotten the run (FLUSHALL, an empty restart), all state is
// made anew under a higher token and the run is stopped, with exact totals of what was merged.
//
// Streams of deltas are made last, once every living agent has seen the new plan and so begins
// again behind the last acknowledged delta: otherwise a later one could get in front.

import Foundation
import HarnessCore
import RedisClient

extension FleetSession {
    func reconcile(_ now: Instant) throws(FleetFault) {
        let info = try pipelineInfo()
        if let runID = info["run_id"], runID != server {
            clock.clear()
            server = runID
            clockAt = now
        }
        let spec = try leased.pipeline([["EXISTS", keys.spec]])[0]
        if spec.integer == 0 { throw .stateLost }
        try sampleClock(now)
        if machine.isBeforeStart { try shipFiles() }
        try leased.write(
            [leased.renewal(nowUs: serverNowUs)] + records.all(durable: durableIDs) + streamWrites)
        unsentCommands = false
        acknowledged = Dictionary(uniqueKeysWithValues: durableIDs.map { ($0.slot, $0.id) })
        generation = link.generation
        apply(.linkRestored, at: Instant.now())
    }

    private func pipelineInfo() throws(FleetFault) -> [String: String] {
        do throws(RedisError) {
            return try link.exchange { connection throws(RedisError) in
                try connection.info("server")
            }
        } catch {
            throw .redis(error)
        }
    }

    func recoverState(_ now: Instant) throws(FleetFault) {
        try sampleClock(now)
        records.plan.rev += 1
        if !machine.isOver { apply(.stateLost, at: now) }
        // Before the start there is nothing to save: the run has failed.
        guard failure == nil else { return }
        try leased.reacquire(
            nowUs: serverNowUs, with: records.all(durable: durableIDs))
        unsentCommands = false
        acknowledged = Dictionary(uniqueKeysWithValues: durableIDs.map { ($0.slot, $0.id) })
        generation = link.generation
        streamsWaitForRev = (records.plan.rev, now)
        apply(.linkRestored, at: Instant.now())
        notes.append("coordination state lost; written again under token \(leased.token)")
    }

    func makeStreamsAgain(_ now: Instant) throws(FleetFault) {
        guard let waiting = streamsWaitForRev else { return }
        let living = machine.slots.filter { $0.agent != nil && $0.state != .lost && !$0.isFinal }
        let haveSeen = living.allSatisfy { $0.heartbeat?.planRev ?? 0 >= waiting.rev }
        guard haveSeen || now - waiting.since > timings.lostAfter else { return }
        try leased.write(streamWrites)
        streamsWaitForRev = nil
    }

    /// Keys of a run that nobody closes vanish after a day.
    func extendLife(_ now: Instant) throws(FleetFault) {
        lifeAt = now + Self.lifeEvery
        var names = [keys.spec, keys.plan, keys.commands, keys.lease, keys.control, keys.data]
        names += shippedFileKeys
        for slot in machine.slots.indices {
            names += [keys.slot(slot), keys.deltas(slot), keys.ack(slot)]
        }
        try leased.write(names.map { RunRecords.words("PEXPIRE", $0, RunRecords.lifeMs) })
    }
}
