// The end of a run: the books, the result, and tidying up in Redis.

import HarnessCore
import RedisClient
import ScenarioModel
import Telemetry

extension FleetSession {
    /// Tells agents that nobody listens any more and removes what nobody needs. Best effort: what
    /// is left behind expires.
    func close() {
        log?.append(.end)
        do throws(SystemError) {
            try log?.commit()
        } catch {
            notes.append("the end of the log could not be written: \(error)")
        }
        guard leased.token > 0, link.connect(at: Instant.now()) else { return }
        records.add(.closed, token: leased.token)
        var writes = records.commandWrites + [records.statusWrite(status(Instant.now()))]
        for slot in records.slots.keys.sorted() {
            guard var record = records.slots[slot] else { continue }
            record.state = "closed"
            writes.append(records.slotWrite(record))
        }
        var gone = [keys.commands, keys.control] + shippedFileKeys
        gone += machine.slots.compactMap { $0.agent.map { pool.seat($0.agent) } }
        for slot in machine.slots.indices {
            gone += [keys.deltas(slot), keys.heartbeat(slot), keys.out(slot)]
        }
        writes.append([Array("UNLINK".utf8)] + gone.map { Array($0.utf8) })
        var kept = [keys.spec, keys.plan, keys.data, keys.lease]
        for slot in machine.slots.indices { kept += [keys.slot(slot), keys.ack(slot)] }
        let lifeMs = String(options.scenario.fleet.retention.ns / 1_000_000)
        writes += kept.map { RunRecords.words("PEXPIRE", $0, lifeMs) }
        do throws(FleetFault) {
            try leased.write(writes)
        } catch {
            notes.append("Redis could not be tidied up; its keys expire within a day")
        }
    }

    func result() -> FleetRunResult {
        let ledgers = ingest?.allLedgers ?? []
        let end = endOfOwing
        let owed = min(timings.scheduleEnd, machine.pauses.scheduleTime(at: end))
        let accounts = FleetAccounts(
            ledgers: ledgers,
            slots: machine.slots.enumerated().map { slot, view in
                let isFinal = ingest?.ledger(slot, epoch: view.epoch)?.isFinal ?? false
                // One that was thought lost and whose final came after all is accounted for.
                let isBack = isFinal && view.state == .lost
                return SlotAccount(
                    slot: slot, epoch: view.epoch, owedUntil: owed, owedUntilRunTime: end,
                    heartbeatCounters: view.heartbeat?.cum, loss: isBack ? nil : view.loss)
            },
            planned: PlannedArrivals(scenario: options.scenario, weights: records.plan.weights),
            deltas: ingest?.deltas ?? 0, duplicates: ingest?.duplicates ?? 0,
            badDeltas: ingest?.badDeltas ?? 0)
        let cutAtUs = ledgers.map(\.cutAtUs).max() ?? 0
        return FleetRunResult(
            accounting: accounts.summary, startedAtUnixNs: (startAtUs ?? 0) * 1_000,
            duration: .microseconds(cutAtUs),
            hosts: numbered { $0.agent?.host }, aborted: machine.aborted,
            interrupted: machine.isInterrupted,
            startErrorUs: numbered { $0.heartbeat?.startErrorUs },
            clockErrorUs: numbered { $0.heartbeat?.errorUs },
            slots: machine.slots.enumerated().map { slot, view in
                detail(slot, view, loss: accounts.losses[slot])
            },
            notes: notes + (ingest?.refusals ?? []), pauses: machine.pauses,
            scales: machine.scales)
    }

    /// Run time until which arrivals were owed: a stop, or the end of the schedules. Where that
    /// never came, now.
    private var endOfOwing: TimeSpan {
        if let stoppedAt = machine.stoppedAt { return stoppedAt }
        let end = machine.pauses.runTime(of: timings.scheduleEnd)
        if let end, !machine.rules.isEndless { return end }
        return machine.start.map { max(.zero, Instant.now() - $0) } ?? .zero
    }

    var shippedFileKeys: [String] {
        Set(records.spec.files.filter(\.isShipped).map(\.sha256)).sorted().map { keys.file($0) }
    }

    private func numbered<Value>(
        _ value: (CoordinatorMachine.Slot) -> Value?
    ) -> [Int: Value] {
        var all: [Int: Value] = [:]
        for (slot, view) in machine.slots.enumerated() { all[slot] = value(view) }
        return all
    }

    private func detail(
        _ slot: Int, _ view: CoordinatorMachine.Slot, loss: String?
    ) -> FleetSlotDetail {
        let ledger = ingest?.ledger(slot, epoch: view.epoch)
        let isFinal = ledger?.isFinal ?? false
        return FleetSlotDetail(
            slot: slot, epoch: view.epoch, agent: view.agent?.agent ?? "",
            host: view.agent?.host ?? "", pid: view.agent?.pid ?? 0,
            state: isFinal ? "left" : view.state.rawValue, isFinal: isFinal,
            mergedThrough: ledger?.toWindow ?? 0, loss: loss)
    }
}
